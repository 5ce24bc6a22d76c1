package http

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
)

// line is an entry of the tests' trees.
func line(digits string) string {
	return fmt.Sprintf(`{"kind":"number","number":"%s","records":[{"uri":"im:u@example.com"}]}`, digits)
}

// treeOf is a tree as a file holds it.
func treeOf(generation int, changes bool, lines ...string) string {
	return fmt.Sprintf("{\"kind\":\"tree\",\"format\":1,\"generation\":%d,\"changes\":%t}\n", generation, changes) + tail(lines...)
}

// Any server of files does for mode feed: a file that is the same is not read again, and another one is.
func TestStaticFiles(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "entries")
	place(t, path, treeOf(1, false, line("4930")))
	old := time.Now().Add(-time.Hour)
	must(t, os.Chtimes(path, old, old))
	var mu sync.Mutex
	count := map[int]int{}
	files := http.FileServer(http.Dir(dir))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recorded := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		files.ServeHTTP(recorded, r)
		mu.Lock()
		defer mu.Unlock()
		count[recorded.status]++
	}))
	defer s.Close()
	b, r := open(t, parse(t, s.URL, "mode feed", "refresh 100ms"))
	of := func(status int) int {
		mu.Lock()
		defer mu.Unlock()
		return count[status]
	}
	eventually(t, "asked again", func() bool { return of(http.StatusNotModified) > 2 })
	if of(http.StatusOK) != 1 || r.count(backend.Loaded) != 1 || kind(t, b, "4930") != int(backend.Found) {
		t.Errorf("%v", r.all())
	}
	place(t, path, treeOf(2, false, line("4931")))
	eventually(t, "the other file", func() bool {
		return kind(t, b, "4931") == int(backend.Found) && kind(t, b, "4930") != int(backend.Found)
	})
}

// A server that tells no trees apart is read each time; the same tree is confirmed, and published once.
func TestSameTree(t *testing.T) {
	a := &asked{tree: treeOf(1, false, line("4930"))}
	b, r := open(t, parse(t, a.serve(t), "mode feed", "refresh 100ms"))
	read := func(more int) func() bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		until := a.trees + more
		return func() bool {
			a.mu.Lock()
			defer a.mu.Unlock()
			return a.trees >= until
		}
	}
	eventually(t, "it is read again", read(4))
	if r.count(backend.Loaded) != 1 || kind(t, b, "4930") != int(backend.Found) {
		t.Errorf("%v", r.all())
	}
	a.mu.Lock()
	a.tree = treeOf(1, false, line("4931"))
	a.mu.Unlock()
	eventually(t, "another tree", func() bool {
		return kind(t, b, "4931") == int(backend.Found) && kind(t, b, "4930") != int(backend.Found)
	})
	eventually(t, "it is read again", read(3))
	if r.count(backend.Loaded) != 2 || r.count(backend.Unavailable) != 0 {
		t.Errorf("%v", r.all())
	}
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// A date that may be that of two versions is none to go by.
func TestValidator(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	for _, tt := range []struct {
		header map[string]string
		want   validator
	}{
		{nil, validator{}}, {map[string]string{"Etag": `"x"`, "Last-Modified": now.Add(-time.Hour).Format(http.TimeFormat)}, validator{tag: `"x"`}},
		{map[string]string{"Last-Modified": now.Add(-2 * time.Second).Format(http.TimeFormat)}, validator{modified: now.Add(-2 * time.Second).Format(http.TimeFormat)}},
		{map[string]string{"Last-Modified": now.Add(-time.Second).Format(http.TimeFormat)}, validator{}}, {map[string]string{"Last-Modified": "yesterday"}, validator{}},
		// nginx makes tags of the second and the size: a file of the same size may have the same one.
		{map[string]string{"Etag": `"x"`, "Last-Modified": now.Add(-time.Second).Format(http.TimeFormat)}, validator{}},
		{map[string]string{"Etag": `"x"`}, validator{tag: `"x"`}}, {map[string]string{"Etag": `"x"`, "Last-Modified": "yesterday"}, validator{tag: `"x"`}},
	} {
		h := http.Header{"Date": {now.Format(http.TimeFormat)}}
		for name, value := range tt.header {
			h.Set(name, value)
		}
		if got := validatorOf(h); got != tt.want {
			t.Errorf("%v: %+v", tt.header, got)
		}
	}
	if got := validatorOf(http.Header{"Last-Modified": {now.Add(-time.Hour).Format(http.TimeFormat)}}); got != (validator{}) {
		t.Errorf("a date without that of the reply: %+v", got)
	}
}

// asked is a server with a tree and changes, which notes what it was asked.
type asked struct {
	mu      sync.Mutex
	tree    string
	changes string // the reply; GENERATION in it stands for what was asked for
	trees   int
	polls   int
}

func (a *asked) serve(t testing.TB) string {
	return scripted(t, func(c net.Conn, request string) bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		_, since, polled := strings.Cut(request, "/changes?since=")
		if !polled {
			a.trees++
			c.Write([]byte(reply("200 OK", "application/jsonl", a.tree)))
			return true
		}
		a.polls++
		since, _, _ = strings.Cut(since, " ")
		c.Write([]byte(reply("200 OK", jsonType, strings.ReplaceAll(a.changes, "GENERATION", since))))
		return true
	})
}

const unchanged = `{"format":1,"since":GENERATION,"generation":GENERATION,"gap":false,"changes":[]}`

// set sets what is answered from now on, and forgets what was asked.
func (a *asked) set(tree, changes string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tree, a.changes, a.trees, a.polls = tree, changes, 0, 0
}

func (a *asked) count() (trees, polls int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.trees, a.polls
}

// Changes are taken without the tree; on any doubt the tree is read again.
func TestChanges(t *testing.T) {
	for _, tt := range []struct {
		name, changes string
		whole         bool
	}{
		{"nothing", unchanged, false},
		{"a number more", `{"format":1,"since":7,"generation":9,"gap":false,"changes":[{"number":"4931","entries":[` + line("4931") + `]}]}`, false},
		{"another and one less", `{"format":1,"since":7,"generation":9,"gap":false,"changes":[{"number":"4930","entries":[]},{"number":"4931","entries":[` + line("4931") + `]}]}`, false},
		{"a gap", `{"format":1,"since":7,"generation":9,"gap":true,"changes":[]}`, true},
		{"older than before", `{"format":1,"since":7,"generation":6,"gap":false,"changes":[]}`, true},
		{"a delegation", `{"format":1,"since":7,"generation":9,"gap":false,"changes":[{"number":"493","entries":[{"kind":"delegation","number":"493","sets":[{"type":"NS","data":["ns.example.net."]}]}]}]}`, true},
		{"an answer for another generation", `{"format":1,"since":8,"generation":9,"gap":false,"changes":[]}`, true},
		{"changes without generation", `{"format":1,"since":7,"generation":7,"gap":false,"changes":[{"number":"4930","entries":[]}]}`, true},
		{"twice", `{"format":1,"since":7,"generation":9,"gap":false,"changes":[{"number":"4930","entries":[]},{"number":"4930","entries":[` + line("4930") + `]}]}`, true},
		{"no changes", `{"format":1,"since":7,"generation":9,"gap":false}`, true}, {"cut", `{"format":1,"since":7,"generation":9,"gap":false,"changes":[`, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := &asked{}
			a.set(treeOf(7, true, line("4930")), unchanged)
			b, _ := open(t, parse(t, a.serve(t), "mode feed", "refresh 100ms"))
			eventually(t, "polled", func() bool { _, polls := a.count(); return polls > 1 })
			if trees, _ := a.count(); trees != 1 {
				t.Fatalf("the tree was read %d times", trees)
			}
			a.set(treeOf(10, true, line("4930"), line("4932")), tt.changes)
			if tt.whole {
				eventually(t, "the tree is read", func() bool { return kind(t, b, "4932") == int(backend.Found) })
				return
			}
			eventually(t, "polled", func() bool { _, polls := a.count(); return polls > 0 })
			more, less := strings.Contains(tt.changes, "4931"), strings.Contains(tt.changes, "4930")
			eventually(t, "the change", func() bool {
				return (kind(t, b, "4931") == int(backend.Found)) == more && (kind(t, b, "4930") != int(backend.Found)) == less
			})
			a.set("", unchanged)
			eventually(t, "polled on", func() bool { _, polls := a.count(); return polls > 1 })
			if trees, _ := a.count(); trees > 0 {
				t.Error("the tree was read again")
			}
		})
	}
}

// An entry that cannot be read costs what it decides, and nothing else, in both modes and in changes.
func TestBrokenEntries(t *testing.T) {
	const broken = `{"kind":"number","number":"4931","records":[{"uri":"no uri"}]}`
	a := &asked{}
	a.set(treeOf(7, true, line("4930"), broken, line("4932")), unchanged)
	b, r := open(t, parse(t, a.serve(t), "mode feed", "refresh 100ms"))
	eventually(t, "loaded", func() bool { return kind(t, b, "4930") == int(backend.Found) })
	if got := kind(t, b, "4931"); got != -1 {
		t.Errorf("answered %d", got)
	}
	if !r.has(backend.Finding, "entries that cannot be read") {
		t.Errorf("%v", r.all())
	}
	a.set("", `{"format":1,"since":7,"generation":8,"gap":false,"changes":[{"number":"4931","entries":[`+line("4931")+`]},{"number":"4932","entries":[{"kind":"number"}]}]}`)
	eventually(t, "repaired", func() bool { return kind(t, b, "4931") == int(backend.Found) && kind(t, b, "4932") == -1 })
	if got := kind(t, b, "4930"); got != int(backend.Found) {
		t.Errorf("answered %d", got)
	}
}
