package enumim_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Each line of SECURITY.md names tests that exist, and of each boundary all of STRIDE is told: what is done, or that
// nothing is.
func TestThreatModel(t *testing.T) {
	text, err := os.ReadFile("SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	stays := regexp.MustCompile(`^\* ([A-Z](?:, [A-Z])*): `)
	declared := make(map[string][]string)
	section, letters, claims := "", "", 0
	told := func() {
		for _, letter := range "STRIDE" {
			if letters != "" && !strings.ContainsRune(letters, letter) {
				t.Errorf("%s: nothing is said of %c", section, letter)
			}
		}
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "##"); ok {
			told()
			section, letters = strings.TrimLeft(name, "# "), ""
		}
		if m := stays.FindStringSubmatch(line); m != nil {
			letters += m[1]
		}
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|---") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		held := cells[len(cells)-1]
		if held == "held by" {
			continue
		}
		if len(cells) == 4 {
			letters += cells[0]
		}
		claims++
		for part := range strings.SplitSeq(held, "; ") {
			path, names, _ := strings.Cut(part, " ")
			path = strings.Trim(path, "`")
			if declared[path] == nil {
				declared[path] = testsOf(t, path)
			}
			for name := range strings.SplitSeq(names, ", ") {
				if !slices.Contains(declared[path], name) {
					t.Errorf("%s: %q: there is no test %s in %s", section, cells[len(cells)-2], name, path)
				}
			}
		}
	}
	told()
	if claims < 100 {
		t.Errorf("%d lines were found: the tables have another form", claims)
	}
}

// testsOf returns the names of the tests and fuzz targets of a file.
func testsOf(t *testing.T, path string) (names []string) {
	t.Helper()
	if !strings.HasSuffix(path, "_test.go") {
		t.Fatalf("%q is no file of tests", path)
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if ok && f.Recv == nil && (strings.HasPrefix(f.Name.Name, "Test") || strings.HasPrefix(f.Name.Name, "Fuzz")) {
			names = append(names, f.Name.Name)
		}
	}
	return names
}

// What ships starts no other program, verifies certificates, and ends the process in main alone: nothing that arrives
// becomes a command, and no query ends the server.
func TestShippedCode(t *testing.T) {
	forbidden := []string{
		"os.StartProcess", "syscall.Exec", "syscall.ForkExec", "unix.Exec", "tls.InsecureSkipVerify",
		"os.Exit", "log.Fatal", "log.Fatalf", "log.Fatalln",
	}
	files := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (slices.Contains([]string{"bench", "bin", "deploy", "dist", "test", "testdata", "tools"}, d.Name()) || len(path) > 1 && path[0] == '.'):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		files++
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, i := range file.Imports {
			if name, err := strconv.Unquote(i.Path.Value); err != nil || name == "os/exec" || name == "plugin" || name == "C" {
				t.Errorf("%s imports %s", path, i.Path.Value)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			name := ""
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok {
					name = x.Name + "." + n.Sel.Name
				}
				if n.Sel.Name == "InsecureSkipVerify" {
					name = "tls.InsecureSkipVerify"
				}
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok {
					name = "tls." + key.Name
				}
			}
			if slices.Contains(forbidden, name) && (name != "os.Exit" || file.Name.Name != "main") {
				t.Errorf("%s has %s", path, name)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 300 {
		t.Errorf("%d files were read", files)
	}
}
