package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestBoltPage does what docs/bolt.md shows, in its order: commands, the Corefile, and questions to the server while it
// takes changes.
func TestBoltPage(t *testing.T) {
	needs(t, "dig")
	text, err := os.ReadFile("../docs/bolt.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	tool := filepath.Join(dir, "enumim")
	if out, err := exec.Command("go", "build", "-o", tool, "../cmd/enumim").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	if err := os.CopyFS(filepath.Join(dir, "examples"), os.DirFS("../examples")); err != nil {
		t.Fatal(err)
	}
	var s server
	var line string
	asked := 0
	for _, m := range regexp.MustCompile("(?ms)^(?:```|~~~) ?(\\w+)\n(.*?)^(?:```|~~~)$").FindAllStringSubmatch(string(text), -1) {
		switch language, block := m[1], m[2]; language {
		case "console":
			for _, command := range strings.Split("\n"+block, "\n$ ")[1:] {
				command, want, _ := strings.Cut(command, "\n")
				cmd := exec.Command("sh", "-c", command)
				cmd.Dir, cmd.Env = dir, append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
				var out, errs strings.Builder
				cmd.Stdout, cmd.Stderr = &out, &errs
				err := cmd.Run()
				if got := out.String() + errs.String(); err != nil || strings.TrimSpace(got) != strings.TrimSpace(want) {
					t.Errorf("$ %s\n%s%v\nthe page shows\n%s", command, got, err, want)
				}
			}
		case "corefile":
			head := regexp.MustCompile(`(?s)\A\.:1053 \{\n(.*)\n\}\n\z`).FindStringSubmatch(block)
			if head == nil {
				t.Fatalf("not one server block of port 1053:\n%s", block)
			}
			s = startEnumim(t, strings.ReplaceAll(head[1], "numbers.bolt", filepath.Join(dir, "numbers.bolt")))
			eventually(t, func() error {
				_, err := os.Stat(filepath.Join(dir, "numbers.bolt.sock"))
				return err
			})
		case "sh":
			line = strings.TrimSpace(block)
		case "txt":
			if line == "" {
				continue // no output of a command
			}
			if got := settled(run(t, s, line)); got != settled(block) {
				t.Errorf("$ %s\n%s\nthe page shows\n%s", line, got, settled(block))
			}
			line = ""
			asked++
		default:
			t.Errorf("a block of %q", language)
		}
	}
	if asked < 2 {
		t.Errorf("%d questions on the page", asked)
	}
}
