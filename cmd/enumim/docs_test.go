package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
)

// Every command line of the documentation prints what the documentation shows. A console block holds
// commands behind "$ " and what they print; "# exit 1" at the end of a command tells its exit code. Blocks
// of one page run in order, in a copy of the examples, so that what one writes the next can read. The page of a
// backend, which needs the programs of its data base or of its cluster, is for the tests of the backend, as those of other
// servers and of clients are for the tests with these.
func TestDocumentedCommands(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	for i, page := range pages {
		if pages[i], err = filepath.Abs(page); err != nil {
			t.Fatal(err)
		}
	}
	block := regexp.MustCompile("(?ms)^(?:```|~~~) ?console\n(.*?)^(?:```|~~~)$")
	indented := regexp.MustCompile("(?m)^[ \t]+(?:```|~~~) ?console$")
	commands := 0
	for _, page := range pages {
		name := strings.TrimSuffix(filepath.Base(page), ".md")
		if slices.Contains([]string{"clients-setup", "kubernetes-resources", "migrating", "powerdns"}, name) || slices.Contains(backend.Names(), name) {
			continue
		}
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		if indented.Match(text) {
			t.Errorf("%s: a console block that is indented, as in a list, is not run: put it behind the list", filepath.Base(page))
		}
		blocks := block.FindAllStringSubmatch(string(text), -1)
		if len(blocks) == 0 {
			continue
		}
		t.Run(filepath.Base(page), func(t *testing.T) {
			t.Chdir(t.TempDir())
			if err := os.CopyFS("examples", os.DirFS(examples)); err != nil {
				t.Fatal(err)
			}
			write(t, "alias.keys", everybodysKey+"\n") // of docs/anonymous.md
			for _, b := range blocks {
				for _, command := range strings.Split("\n"+b[1], "\n$ ")[1:] {
					commands++
					line, want, _ := strings.Cut(command, "\n")
					check(t, line, strings.TrimRight(want, "\n"))
				}
			}
		})
	}
	if commands < 10 {
		t.Errorf("%d commands in the documentation", commands)
	}
}

// check runs one command line of the documentation.
func check(t *testing.T, line, want string) {
	t.Helper()
	line, exit, _ := strings.Cut(line, "  # exit ")
	program, rest, _ := strings.Cut(line, " ")
	switch program {
	case "cat":
		got, err := os.ReadFile(rest)
		if err != nil || strings.TrimRight(string(got), "\n") != want {
			t.Errorf("$ %s\n%s%v\nthe page shows\n%s", line, got, err, want)
		}
		return
	case "enumim":
	default:
		t.Errorf("$ %s: only enumim and cat are run here", line)
		return
	}
	rest, input, _ := strings.Cut(rest, " < ")
	var stdin string
	if input != "" {
		text, err := os.ReadFile(input)
		if err != nil {
			t.Errorf("$ %s: %v", line, err)
		}
		stdin = string(text)
	}
	rest, output, _ := strings.Cut(rest, " > ")
	out, errs, code := tool(t, stdin, split(rest)...)
	if output != "" {
		if err := os.WriteFile(output, []byte(out), 0o600); err != nil {
			t.Error(err)
		}
		out = ""
	}
	got := strings.TrimRight(out+errs, "\n")
	status := "0"
	if exit != "" {
		status = exit
	}
	if got != want || status != string(rune('0'+code)) {
		t.Errorf("$ %s\n%s\nexit %d; the page shows\n%s", line, got, code, want)
	}
}

// split splits a command line as a shell does, as far as the pages need it.
func split(line string) []string {
	var args []string
	for _, m := range regexp.MustCompile(`"([^"]*)"|'([^']*)'|(\S+)`).FindAllStringSubmatch(line, -1) {
		args = append(args, m[1]+m[2]+m[3])
	}
	return args
}
