package main

import (
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/coredns/coredns/core/dnsserver"
)

// recipe returns the lines for plugin.cfg that the README gives, by the line that each stands above.
func recipe(t *testing.T) map[string]string {
	t.Helper()
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(b), "\n## Compilation\n")
	section, _, _ = strings.Cut(section, "\n## ")
	lines := regexp.MustCompile(`(?m)^(enumim\w*:github\.com/enumim/enumim)\n(\S+:\S+)$`)
	above := make(map[string]string)
	for _, m := range lines.FindAllStringSubmatch(section, -1) {
		above[m[2]] = m[1]
	}
	if len(above) != 2 {
		t.Fatalf("the README has the lines %q, want two", above)
	}
	return above
}

// generate runs CoreDNS's own generator on its plugin.cfg with the lines of the recipe, and returns the text of the
// files that it writes.
func generate(t *testing.T, above map[string]string) (imports, directives string) {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/coredns/coredns").Output()
	if err != nil {
		t.Fatal(err)
	}
	source, dir := strings.TrimSpace(string(out)), t.TempDir()
	for _, folder := range []string{"core/plugin", "core/dnsserver"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	// The generator takes what is in this folder for plugins of CoreDNS, and all else for import paths.
	if err := os.Symlink(filepath.Join(source, "plugin"), filepath.Join(dir, "plugin")); err != nil {
		t.Fatal(err)
	}
	config := read(t, filepath.Join(source, "plugin.cfg"))
	for line, mine := range above {
		if !strings.Contains(config, "\n"+line+"\n") {
			t.Fatalf("the plugin.cfg of CoreDNS has no line %s", line)
		}
		config = strings.Replace(config, "\n"+line+"\n", "\n"+mine+"\n"+line+"\n", 1)
	}
	if err := os.WriteFile(filepath.Join(dir, "plugin.cfg"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	run := exec.Command("go", "run", filepath.Join(source, "directives_generate.go"))
	run.Dir = dir
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return read(t, filepath.Join(dir, "core/plugin/zplugin.go")), read(t, filepath.Join(dir, "core/dnsserver/zdirectives.go"))
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The recipe of the README gives a CoreDNS the order of this one, though both lines name one package.
func TestRecipe(t *testing.T) {
	if testing.Short() {
		t.Skip("runs CoreDNS's generator")
	}
	imports, directives := generate(t, recipe(t))
	var order []string
	for _, m := range regexp.MustCompile(`(?m)^\t"(\w+)",$`).FindAllStringSubmatch(directives, -1) {
		order = append(order, m[1])
	}
	want, err := withEnumim(dnsserver.Directives)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(order, want) {
		t.Errorf("the generator gives\n%q\nthis program has\n%q", order, want)
	}
	file, err := parser.ParseFile(token.NewFileSet(), "zplugin.go", imports, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, spec := range file.Imports {
		if path, _ := strconv.Unquote(spec.Path.Value); strings.Contains(path, "enumim") {
			paths = append(paths, path)
		}
	}
	if !slices.Equal(paths, []string{"github.com/enumim/enumim"}) {
		t.Errorf("imported are %q, want the package once", paths)
	}
}
