package http

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/keyed"
)

// That nothing was modified is believed of who names the version that was read, and of nobody else: a proxy or a portal may
// say it to all.
func TestNotModified(t *testing.T) {
	for _, tt := range []struct {
		tag, again string // of the tree, and of the reply that it is the same
		good       bool
	}{
		{`ETag: "x"`, `ETag: "x"`, true}, {`ETag: W/"x"`, `ETag: W/"x"`, true}, {`ETag: "x"`, `ETag: W/"x"`, true},
		{`ETag: "x"`, "X: y", false}, {`ETag: "x"`, `ETag: "y"`, false}, {`ETag: "x"`, "Last-Modified: Mon, 23 Nov 2026 08:00:00 GMT", false}, {"X: y", `ETag: "x"`, false},
	} {
		t.Run(tt.tag+" "+tt.again, func(t *testing.T) {
			t.Parallel()
			var conditional atomic.Int32
			b, r := open(t, parse(t, scripted(t, func(c net.Conn, request string) bool {
				text := reply("200 OK", "application/jsonl", treeOf(7, false, line("4930")), tt.tag)
				if strings.Contains(request, "If-None-Match: "+strings.TrimPrefix(tt.tag, "ETag: ")) || tt.tag == "X: y" && conditional.Load() > 0 {
					text = "HTTP/1.1 304 Not Modified\r\n" + tt.again + "\r\n\r\n"
				}
				conditional.Add(1)
				c.Write([]byte(text))
				return true
			}), "mode feed", "refresh 100ms"))
			if tt.good {
				eventually(t, "asked again", func() bool { return conditional.Load() > 4 })
				if n := r.count(backend.Unavailable); n > 0 || r.count(backend.Loaded) != 1 {
					t.Errorf("%v", r.all())
				}
			} else {
				eventually(t, "told", func() bool { return r.has(backend.Unavailable, "304") })
			}
			if got := kind(t, b, "4930"); got != int(backend.Found) {
				t.Errorf("answered %d", got)
			}
		})
	}
}

// A server that says of a connection that it waited too long costs no look-up; of a new one it means that.
func TestRequestTimeout(t *testing.T) {
	for name, always := range map[string]bool{"a connection that waited": false, "each": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var last net.Conn
			var asked atomic.Int32
			b, _ := open(t, parse(t, scripted(t, func(c net.Conn, _ string) bool {
				asked.Add(1)
				if always || c == last {
					c.Write([]byte(reply("408 Request Timeout", "", "", "Connection: close")))
					return false
				}
				last = c
				c.Write([]byte(reply("200 OK", jsonType, answered)))
				return true
			}), "mode store", "connections 1"))
			for range 3 {
				_, err := lookUp(t, b, "4930", patience)
				if always && (!errors.Is(err, backend.ErrUnavailable) || asked.Load() > 1) {
					t.Fatalf("asked %d times: %v", asked.Load(), err)
				}
				if always {
					return
				}
				must(t, err)
			}
		})
	}
}

// Where connections that wait went silent without a word, as after a fail-over of an address, one look-up finds that out
// and not one for each of them.
func TestSilentConnections(t *testing.T) {
	const connections = 8
	var all sync.WaitGroup
	all.Add(connections)
	var silent sync.Map
	var moved atomic.Bool
	b, _ := open(t, parse(t, scripted(t, func(c net.Conn, _ string) bool {
		if _, before := silent.LoadOrStore(c, true); before && moved.Load() {
			return true
		}
		if !moved.Load() {
			all.Done()
			all.Wait()
		}
		c.Write([]byte(reply("200 OK", jsonType, answered)))
		return true
	}), "mode store", fmt.Sprint("connections ", connections)))
	var asking sync.WaitGroup
	for range connections {
		asking.Go(func() {
			if _, err := lookUp(t, b, "4930", patience); err != nil {
				t.Error(err)
			}
		})
	}
	asking.Wait()
	moved.Store(true)
	if _, err := lookUp(t, b, "4930", 100*time.Millisecond); !errors.Is(err, backend.ErrUnavailable) {
		t.Errorf("a connection that is silent answers: %v", err)
	}
	if _, err := lookUp(t, b, "4930", patience); err != nil {
		t.Errorf("the next look-up: %v", err)
	}
}

// Where two servers are at one address, and one lags, what was changed may be gone again: that is told, and not with each reply.
func TestOlder(t *testing.T) {
	var asked atomic.Int32
	b, r := open(t, parse(t, scripted(t, func(c net.Conn, request string) bool {
		generation, tree := 19, treeOf(19, true, line("4930"), line("4931"))
		if asked.Add(1)%4 >= 2 {
			generation, tree = 17, treeOf(17, true, line("4930"))
		}
		text := reply("200 OK", "application/jsonl", tree)
		if _, since, polled := strings.Cut(request, "/changes?since="); polled {
			since, _, _ = strings.Cut(since, " ")
			text = reply("200 OK", jsonType, fmt.Sprintf(`{"format":1,"since":%s,"generation":%d,"gap":%t,"changes":[]}`, since, generation, since != fmt.Sprint(generation)))
		}
		c.Write([]byte(text))
		return true
	}), "mode feed", "refresh 100ms"))
	eventually(t, "it goes to and fro", func() bool { return r.count(backend.Loaded) > 4 })
	if n := r.count(backend.Finding); n != 1 || !r.has(backend.Finding, "older data") {
		t.Errorf("%d findings: %v", n, r.all())
	}
	if got := kind(t, b, "4930"); got != int(backend.Found) {
		t.Errorf("answered %d", got)
	}
}

// A number with more lines than anybody can make sense of is not answered, and takes no more memory than one that has just
// too many.
func TestManyLines(t *testing.T) {
	const lines = 20_000
	body := strings.Repeat(entry+"\n", lines) + line("4931") + "\n" + `{"kind":"end","entries":20001}`
	m := &mirrored{feed: &feed{options: parse(t, "http://127.0.0.1")}}
	tr := &tree{ctx: t.Context(), in: bufio.NewReader(strings.NewReader(body)), sum: sha256.New(), state: keyed.NewState()}
	most := 0
	var got []string
	for e, err := range tr.entries(m) {
		must(t, err)
		most = max(most, cap(tr.text), cap(tr.lines))
		got = append(got, e.Name.Number.Digits())
		if n := e.Name.Number.Digits(); e.Broken != (n == "4930") {
			t.Errorf("of %s an entry is broken: %t", n, e.Broken)
		}
	}
	if strings.Join(got, " ") != "4930 4930 4931" || most > 4*keyed.MaxValue {
		t.Errorf("%v, with %d octets or lines", got, most)
	}
}
