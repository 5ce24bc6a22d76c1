package test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/enumim/enumim/test/servers"
)

// TestMySQLPage does what docs/mysql.md shows.
func TestMySQLPage(t *testing.T) {
	needs(t, "mariadb")
	s := servers.MariaDB(t)
	host, port, _ := net.SplitHostPort(s.Addr)
	text, err := os.ReadFile("../docs/mysql.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", filepath.Join(dir, "enumim"), "../cmd/enumim").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	blocks := regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```").FindAllStringSubmatch(string(text), -1)
	for _, b := range blocks {
		if b[1] == "corefile" {
			if err := os.WriteFile(filepath.Join(dir, "Corefile"), []byte(strings.ReplaceAll(b[2], "localhost/enumim", s.Addr+"/enumim")), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	client := "mariadb --no-defaults -h " + host + " -P " + port + " -u enumim enumim"
	for _, b := range blocks {
		switch b[1] {
		case "console":
			for _, command := range strings.Split("\n"+b[2], "\n$ ")[1:] {
				line, want, _ := strings.Cut(command, "\n")
				cmd := exec.Command("sh", "-c", strings.ReplaceAll(line, "mariadb enumim", client))
				cmd.Dir, cmd.Env = dir, append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
				if out, err := cmd.CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != strings.TrimSpace(want) {
					t.Errorf("%s: %v\n%s\nthe page shows\n%s", line, err, out, want)
				}
			}
		case "sql":
			mariadb(t, s, b[2])
		}
	}
}
