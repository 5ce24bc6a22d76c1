package enumim

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// declared returns the names of functions, methods, types and of interfaces' methods that a file declares.
func declared(t *testing.T, file string) map[string]bool {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Error(err)
		return nil
	}
	names := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		switch d := n.(type) {
		case *ast.FuncDecl:
			names[d.Name.Name] = true
			return false
		case *ast.TypeSpec:
			names[d.Name.Name] = true
		case *ast.InterfaceType:
			for _, m := range d.Methods.List {
				for _, name := range m.Names {
					names[name.Name] = true
				}
			}
		}
		return true
	})
	return names
}

// TestArchitecturePage: who looks for a function where docs/architecture.md says finds it, and the folders that it names are there.
func TestArchitecturePage(t *testing.T) {
	text, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	steps := regexp.MustCompile("(?m)^\\| [^|]+ \\| (`[^|]+`) \\| `(\\w+)` \\|$").FindAllStringSubmatch(string(text), -1)
	quoted := regexp.MustCompile("`([a-z0-9_/]+(?:\\.go)?)`")
	for _, m := range steps {
		for _, file := range quoted.FindAllStringSubmatch(m[1], -1) {
			if !declared(t, file[1])[m[2]] {
				t.Errorf("%s has no %s", file[1], m[2])
			}
		}
	}
	_, folders, _ := strings.Cut(string(text), "## The folders\n")
	folders, _, _ = strings.Cut(folders, "\n## ")
	rooms := quoted.FindAllStringSubmatch(folders, -1)
	for _, m := range rooms {
		if info, err := os.Stat(m[1]); err != nil || !info.IsDir() {
			t.Errorf("there is no folder %s", m[1])
		}
	}
	for dir := range topFolders(t) {
		if !strings.Contains(folders, "`"+dir+"`") {
			t.Errorf("the page does not tell of the folder %s", dir)
		}
	}
	if len(steps) < 25 || len(rooms) < 20 {
		t.Errorf("%d steps and %d folders on the page", len(steps), len(rooms))
	}
}

// TestPagesAreListed: whoever begins with the README comes to each page of docs.
func TestPagesAreListed(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob("docs/*.md")
	if err != nil || len(pages) < 30 {
		t.Fatal(pages, err)
	}
	for _, page := range pages {
		if !strings.Contains(string(text), "]("+filepath.ToSlash(page)) {
			t.Errorf("README.md has no link to %s", page)
		}
	}
}

// packages returns those of the module, by their folder.
func packages(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for p := range strings.Lines(string(out)) {
		list = append(list, strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(p), "github.com/enumim/enumim"), "/"))
	}
	return list
}

// topFolders are the folders of the repository that have packages.
func topFolders(t *testing.T) map[string]bool {
	t.Helper()
	top := map[string]bool{}
	for _, p := range packages(t) {
		if first, _, _ := strings.Cut(p, "/"); first != "" {
			top[first] = true
		}
	}
	return top
}

// TestRooms: the table of docs/design.md, which says what each package is for and must never do, has all packages, and none that
// is gone. Those below bench and examples go with these.
func TestRooms(t *testing.T) {
	text, err := os.ReadFile("docs/design.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "## 2. The house\n")
	table, _, _ = strings.Cut(table, "\n## ")
	rooms := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| (?:root )?`([a-z0-9/]+)` \\|").FindAllStringSubmatch(table, -1) {
		rooms[m[1]] = true
	}
	list := packages(t)
	for _, p := range list {
		first, _, _ := strings.Cut(p, "/")
		if p == "" {
			p = "enumim"
		}
		if !rooms[p] && !(rooms[first] && (first == "bench" || first == "examples")) {
			t.Errorf("docs/design.md does not say what %s is for", p)
		}
	}
	for room := range rooms {
		if _, err := os.Stat(filepath.FromSlash(room)); err != nil && room != "enumim" {
			t.Errorf("docs/design.md tells of %s, which is not there", room)
		}
	}
	if len(rooms) < 40 {
		t.Errorf("%d packages in the table", len(rooms))
	}
}
