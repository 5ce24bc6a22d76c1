package test

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend/notation"
)

// TestHTTPPage does what docs/http.md shows, the servers of its blocks of "server" included, and reads the examples of its
// protocol.
func TestHTTPPage(t *testing.T) {
	needs(t, "curl", "python3")
	dir := home(t)
	ports := []string{fmt.Sprint(freePort(t)), fmt.Sprint(freePort(t))}
	p := page{
		file: "http.md", dir: dir, shown: []string{"127.0.0.1:8080", "127.0.0.1:8081", "/etc/enumim/token"},
		here: []string{"127.0.0.1:" + ports[0], "127.0.0.1:" + ports[1], filepath.Join(dir, "token")},
	}
	servers, objects := 0, 0
	p.other = func(t *testing.T, language, block string) {
		switch language {
		case "server":
			line := strings.NewReplacer("go run ./examples/httpstore", built(t, "httpstore")+" -every 20ms", "127.0.0.1 --directory static 8081", "127.0.0.1 --directory static "+ports[1]).Replace(block)
			words := strings.Fields(translate(line, p.shown, p.here))
			cmd := exec.Command(words[0], words[1:]...)
			cmd.Dir = dir
			dieWithParent(cmd)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				cmd.Process.Kill()
				cmd.Wait()
			})
			eventually(t, func() error {
				conn, err := net.Dial("tcp", "127.0.0.1:"+ports[servers])
				if err == nil {
					conn.Close()
				}
				return err
			})
			servers++
		case "json":
			objects++
			for d := json.NewDecoder(strings.NewReader(block)); d.More(); {
				var object any
				if err := d.Decode(&object); err != nil {
					t.Fatalf("%v\n%s", err, block)
				}
				readEntries(t, object)
			}
		default:
			t.Errorf("a block of %q", language)
		}
	}
	p.do(t)
	if servers != 2 || objects != 4 {
		t.Errorf("%d servers and %d blocks of JSON on the page", servers, objects)
	}
	if _, err := os.Stat(filepath.Join(dir, "static", "numbers", "entries")); err != nil {
		t.Error(err)
	}
}

// readEntries reads all entries in a value.
func readEntries(t *testing.T, value any) {
	switch v := value.(type) {
	case []any:
		for _, element := range v {
			readEntries(t, element)
		}
	case map[string]any:
		kind, ok := v["kind"]
		if !ok {
			for _, member := range v {
				readEntries(t, member)
			}
			return
		}
		if kind == "tree" || kind == "end" {
			return
		}
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var codec notation.Codec
		if _, _, err := codec.ParseJSON(text); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	}
}
