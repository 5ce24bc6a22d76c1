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

// TestEtcdPage does what docs/etcd.md shows, in its order, with an etcd of its own. What is asked of the server comes
// true within the second that the page promises.
func TestEtcdPage(t *testing.T) {
	needs(t, "dig", "etcdctl")
	text, err := os.ReadFile("../docs/etcd.md")
	if err != nil {
		t.Fatal(err)
	}
	etcd := servers.Etcd(t)
	here := func(block string) string { return strings.ReplaceAll(block, "127.0.0.1:2379", etcd.Addr) }
	dir := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", filepath.Join(dir, "enumim"), "../cmd/enumim").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	if err := os.CopyFS(filepath.Join(dir, "examples"), os.DirFS("../examples")); err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "ETCDCTL_API=3", "ETCDCTL_ENDPOINTS="+etcd.Addr)
	var s server
	var line string
	asked := 0
	for _, m := range regexp.MustCompile("(?ms)^(?:```|~~~) ?(\\w+)\n(.*?)^(?:```|~~~)$").FindAllStringSubmatch(string(text), -1) {
		switch language, block := m[1], m[2]; language {
		case "console":
			for _, command := range strings.Split("\n"+block, "\n$ ")[1:] {
				command, want, _ := strings.Cut(command, "\n")
				cmd := exec.Command("sh", "-c", here(command))
				cmd.Dir, cmd.Env = dir, env
				out, err := cmd.CombinedOutput()
				if got := strings.ReplaceAll(string(out), etcd.Addr, "127.0.0.1:2379"); err != nil || strings.TrimSpace(got) != strings.TrimSpace(want) {
					t.Errorf("$ %s\n%s%v\nthe page shows\n%s", command, got, err, want)
				}
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
			for end := time.Now().Add(time.Second); ; time.Sleep(10 * time.Millisecond) {
				got := settled(run(t, s, line))
				if got == settled(block) {
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
	if asked < 2 {
		t.Errorf("%d questions on the page", asked)
	}
}
