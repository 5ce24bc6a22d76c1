package http

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/test/servers"
)

// program is the example server.
var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "httpstore-")
	if err == nil {
		program, err = servers.BuildHTTPStore(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// dial is the tree of the tests: of a dial plan, so that any digits do.
const dial = "dial.example.net."

func config(t testing.TB, url string, lines ...string) backend.Config {
	t.Helper()
	apex, err := e164.ParseApex(dial)
	must(t, err)
	c := backend.Config{Args: []string{url}, Apexes: []e164.Apex{apex}, DialPlan: true}
	for _, line := range lines {
		words := strings.Fields(line)
		c.Options = append(c.Options, backend.Option{Name: words[0], Args: words[1:]})
	}
	return c
}

func parse(t testing.TB, url string, lines ...string) *options {
	t.Helper()
	o, err := Driver{}.Parse(config(t, url, lines...))
	must(t, err)
	return o.(*options)
}

// recorder keeps events.
type recorder struct {
	mu     sync.Mutex
	events []backend.Event
}

func (r *recorder) observe(e backend.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

func (r *recorder) all() []backend.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

func (r *recorder) count(kind backend.EventKind) (n int) {
	for _, e := range r.all() {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// has reports whether an event of the kind tells a text.
func (r *recorder) has(kind backend.EventKind, text string) bool {
	return slices.ContainsFunc(r.all(), func(e backend.Event) bool {
		return e.Kind == kind && (e.Err != nil && strings.Contains(e.Err.Error(), text) || strings.Contains(e.Text, text))
	})
}

func open(t testing.TB, o *options) (backend.Backend, *recorder) {
	t.Helper()
	r := &recorder{}
	b, err := o.Open(context.Background(), r.observe)
	must(t, err)
	t.Cleanup(func() { b.Close() })
	return b, r
}

// eventually waits until ok, for long: the machine may have other things to do.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("in vain: %s", what)
		}
	}
}

func number(t testing.TB, digits string) e164.Number {
	t.Helper()
	n, err := e164.ParseDigits(digits)
	must(t, err)
	return n
}

// patience is how much time a look-up of the tests has that is to succeed.
const patience = 10 * time.Second

func lookUp(t testing.TB, b backend.Backend, digits string, within time.Duration) (backend.Answer, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	return b.Lookup(ctx, backend.Query{Apex: dial, Name: e164.Name{Number: number(t, digits)}})
}

// kind is that of the answer for a number; -1 for an error.
func kind(t testing.TB, b backend.Backend, digits string) int {
	t.Helper()
	a, err := lookUp(t, b, digits, patience)
	if err != nil {
		return -1
	}
	return int(a.Kind)
}

// place puts text in the place of a file, at once.
func place(t testing.TB, path, text string) {
	t.Helper()
	aside := path + ".new"
	must(t, os.WriteFile(aside, []byte(text), 0o600))
	must(t, os.Rename(aside, path))
}

// tail returns lines with their end.
func tail(lines ...string) string {
	text := ""
	for _, line := range lines {
		text += line + "\n"
	}
	return text + fmt.Sprintf("{\"kind\":\"end\",\"entries\":%d}\n", len(lines))
}

// data returns what the example server has for entries.
func data(entries []backend.Entry) string {
	codec := notation.Codec{DialPlan: true}
	lines := make([]string, len(entries))
	for i := range entries {
		lines[i] = string(codec.AppendJSON(nil, &entries[i]))
	}
	return tail(lines...)
}

// example is the example server with a folder of trees.
type example struct {
	*servers.Server

	mu    sync.Mutex
	count int
}

// start starts the example server; args are those of its command line.
func start(t testing.TB, args ...string) *example {
	t.Helper()
	return &example{Server: servers.HTTPStore(t, program, args...)}
}

// tree makes a tree with the text of a file, and returns its name.
func (x *example) tree(t testing.TB, text string) (name string) {
	t.Helper()
	x.mu.Lock()
	x.count++
	name = fmt.Sprint("t", x.count)
	x.mu.Unlock()
	x.put(t, name, text)
	return name
}

// put puts text in the place of a tree's file.
func (x *example) put(t testing.TB, name, text string) {
	t.Helper()
	place(t, filepath.Join(x.Dir, name+".jsonl"), text)
}

func (x *example) url(name string) string { return "http://" + x.Addr + "/" + name }

// scripted is a server that reads requests and answers each connection's as say does, which returns false when it
// has had enough of the connection.
func scripted(t testing.TB, say func(conn net.Conn, request string) bool) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	var open sync.WaitGroup
	var mu sync.Mutex
	conns := map[net.Conn]bool{}
	ended := false
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		ended = true
		for c := range conns {
			c.Close()
		}
		mu.Unlock()
		open.Wait()
	})
	open.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns[c] = true
			if ended {
				c.Close()
			}
			mu.Unlock()
			open.Go(func() {
				defer c.Close()
				for {
					text, err := readRequest(c)
					if err != nil || !say(c, text) {
						return
					}
				}
			})
		}
	})
	return "http://" + l.Addr().String()
}

// readRequest reads one request with its body.
func readRequest(c net.Conn) (string, error) {
	text, body := "", 0
	b := make([]byte, 1)
	for !strings.HasSuffix(text, "\r\n\r\n") {
		if _, err := c.Read(b); err != nil {
			return "", err
		}
		text += string(b)
	}
	if _, length, ok := strings.Cut(text, "Content-Length: "); ok {
		fmt.Sscan(length, &body)
	}
	for range body {
		if _, err := c.Read(b); err != nil {
			return "", err
		}
		text += string(b)
	}
	return text, nil
}

// say writes a reply with a body of the type.
func reply(status, media, body string, header ...string) string {
	text := "HTTP/1.1 " + status + "\r\n"
	for _, h := range header {
		text += h + "\r\n"
	}
	if media != "" {
		text += "Content-Type: " + media + "\r\n"
	}
	return text + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
}
