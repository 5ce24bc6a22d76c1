package test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/test/servers"
)

// TestRedisPage does what docs/redis.md shows, in its order, with a Redis of its own. What is asked of the server comes
// true within the second that the page promises.
func TestRedisPage(t *testing.T) {
	needs(t, "dig", "redis-cli")
	text, err := os.ReadFile("../docs/redis.md")
	if err != nil {
		t.Fatal(err)
	}
	const shown = "127.0.0.1:6379"
	redis := servers.Redis(t)
	_, port, _ := net.SplitHostPort(redis.Addr)
	here := func(block string) string { return strings.ReplaceAll(block, shown, redis.Addr) }
	dir := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", filepath.Join(dir, "enumim"), "../cmd/enumim").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	if err := os.CopyFS(filepath.Join(dir, "examples"), os.DirFS("../examples")); err != nil {
		t.Fatal(err)
	}
	id := regexp.MustCompile(`(?m)^\d{13}-\d+$`) // of the stream
	same := func(output string) string {
		output = strings.ReplaceAll(output, redis.Addr, shown)
		return strings.TrimSpace(id.ReplaceAllString(output, "ID"))
	}
	var s server
	var line string
	asked := 0
	for _, m := range regexp.MustCompile("(?ms)^(?:```|~~~) ?(\\w+)\n(.*?)^(?:```|~~~)$").FindAllStringSubmatch(string(text), -1) {
		switch language, block := m[1], m[2]; language {
		case "console":
			for _, command := range strings.Split("\n"+block, "\n$ ")[1:] {
				end := "\n"
				if strings.Contains(command, "<<'END'\n") {
					end = "\nEND\n"
				}
				command, want, _ := strings.Cut(command, end)
				command = strings.ReplaceAll(here(command), "redis-cli", "redis-cli -p "+port) + end
				cmd := exec.Command("sh", "-c", command)
				cmd.Dir, cmd.Env = dir, append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
				if out, err := cmd.CombinedOutput(); err != nil || same(string(out)) != same(want) {
					t.Errorf("$ %s\n%s%v\nthe page shows\n%s", command, out, err, want)
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
