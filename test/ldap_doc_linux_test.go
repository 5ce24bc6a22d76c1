package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/test/servers"
)

// TestLDAPPage does what docs/ldap.md shows, in its order, with a directory of its own.
func TestLDAPPage(t *testing.T) {
	needs(t, "dig", "ldapadd", "ldapmodify", "ldapsearch")
	text, err := os.ReadFile("../docs/ldap.md")
	if err != nil {
		t.Fatal(err)
	}
	slapd := servers.Slapd(t, "overlay syncprov", "syncprov-sessionlog 10000")
	dir := t.TempDir()
	write(t, dir, "admin.password", servers.SlapdPassword) // ldapadd takes a newline for part of it
	here := func(block string) string {
		return strings.NewReplacer("127.0.0.1:389", slapd.Addr, "/etc/enumim/ldap.password", filepath.Join(dir, "admin.password")).Replace(block)
	}
	var s server
	var line string
	asked, made := 0, 0
	for _, m := range regexp.MustCompile("(?ms)^(?:```|~~~) ?(\\w+)\n(.*?)^(?:```|~~~)$").FindAllStringSubmatch(string(text), -1) {
		switch language, block := m[1], m[2]; language {
		case "ldif":
			write(t, dir, "people.ldif", block)
		case "console":
			for _, command := range strings.Split("\n"+block, "\n$ ")[1:] {
				command, want, _ := strings.Cut(command, "\n")
				cmd := exec.Command("sh", "-c", here(command))
				cmd.Dir, cmd.Env = dir, append(os.Environ(), "PATH="+filepath.Dir(built(t, "enumim"))+":"+os.Getenv("PATH"))
				out, err := cmd.CombinedOutput()
				if err != nil || strings.TrimSpace(string(out)) != strings.TrimSpace(want) {
					t.Errorf("$ %s\n%s%v\nthe page shows\n%s", command, out, err, want)
				}
				made++
			}
		case "corefile":
			head := regexp.MustCompile(`(?s)\A\.:1053 \{\n(.*)\n\}\n\z`).FindStringSubmatch(block)
			if head == nil {
				t.Fatalf("not one server block of port 1053:\n%s", block)
			}
			s = startEnumim(t, here(head[1]))
		case "sh":
			line = strings.TrimSpace(block)
		case "txt":
			if line == "" {
				continue // no output of a command
			}
			var got string
			for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
				if got = settled(run(t, s, line)); got == settled(block) {
					break
				}
				if time.Now().After(end) {
					t.Errorf("$ %s\n%s\nthe page shows\n%s", line, got, settled(block))
					break
				}
			}
			line = ""
			asked++
		default:
			t.Errorf("a block of %q", language)
		}
	}
	if asked < 3 || made < 2 {
		t.Errorf("%d questions and %d commands on the page", asked, made)
	}
}
