package bolt

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// serving returns a file with entries that is served.
func serving(t testing.TB, entries ...backend.Entry) (*options, backend.Backend) {
	t.Helper()
	o := newOptions(t)
	write(t, o, sets(entries)...)
	b := open(t, o)
	listening(t, o)
	return o, b
}

// The socket is its owner's alone, one that a dead server has left is taken over, and it goes with the server.
func TestSocketFile(t *testing.T) {
	o := newOptions(t)
	write(t, o, sets([]backend.Entry{user(number, "1")})...)
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: o.path + socketSuffix, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	left.SetUnlinkOnClose(false)
	left.Close()
	b := open(t, o)
	listening(t, o)
	if info, err := os.Stat(o.path + socketSuffix); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if info, err := os.Stat(o.path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", info.Mode(), err)
	}
	b.Close()
	if _, err := os.Lstat(o.path + socketSuffix); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is left: %v", err)
	}
}

// What stands at the place of the socket and is none is left alone, and told; the file is served.
func TestSocketInTheWay(t *testing.T) {
	o := newOptions(t)
	write(t, o, sets([]backend.Entry{user(number, "1")})...)
	if err := os.WriteFile(o.path+socketSuffix, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	found := make(chan backend.Event, 10)
	b, err := o.Open(t.Context(), func(e backend.Event) { found <- e })
	if err != nil {
		t.Fatal(err)
	}
	for e := range found {
		if e.Kind == backend.Finding {
			break
		}
	}
	if a, err := ask(t, b, number); err != nil || a.Kind != backend.Found {
		t.Errorf("%v, %v", a.Kind, err)
	}
	b.Close()
	if text, err := os.ReadFile(o.path + socketSuffix); err != nil || string(text) != "mine" {
		t.Errorf("%q, %v", text, err)
	}
}

// talk sends lines and returns the last that the server says.
func talk(t *testing.T, o *options, lines string) string {
	t.Helper()
	conn, err := net.Dial("unix", o.path+socketSuffix)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, lines)
	conn.(*net.UnixConn).CloseWrite()
	text, _ := io.ReadAll(conn)
	said := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	return said[len(said)-1]
}

// Whatever is said, and wherever it ends, all of it happens or nothing; and the server says what is wrong.
func TestSocketSayings(t *testing.T) {
	o, b := serving(t, user(number, "1"))
	const begin = `{"enumim":1,"do":"write"}` + "\n"
	const set = `+{"kind":"number","number":"+12025550100","ttl":60,"records":[{"order":1,"preference":1,"flags":"u","services":"E2U+sip","uri":"sip:new@example.com"}]}` + "\n"
	for _, c := range []struct{ name, said, want string }{
		{"nothing", "", "before its closing line"},
		{"no request", "hello\n", "not a request"},
		{"a later protocol", `{"enumim":2,"do":"walk"}` + "\n", "another version"},
		{"another request", `{"enumim":1,"do":"drop"}` + "\n", "none of walk and write"},
		{"no end", begin + set, "before its closing line"},
		{"a cut line", begin + set[:40], "entry 1"},
		{"a wrong count", begin + set + ".2\n", "counts otherwise"},
		{"no sign", begin + set[1:] + ".1\n", "none of the protocol"},
		{"an empty line", begin + "\n.0\n", "none of the protocol"},
		{"a broken entry", begin + "!" + set[1:] + ".1\n", "none of the protocol"},
		{"no entry", begin + "+{}\n.1\n", "entry 1"},
		{"twice the same", begin + set + set + ".2\n", "one entry twice"},
		{"a record that no client can use", begin + strings.ReplaceAll(set, "E2U+sip", "sip") + ".1\n", "E2U"},
		{"a wildcard", begin + strings.Replace(set, "number", "wildcard", 1) + ".1\n", "for zone files"},
		{"a private number", strings.Replace(begin, "}", `,"dialplan":true}`, 1) + strings.Replace(set, "+1", "1", 1) + ".1\n", "dial plan"},
		{"for other data", strings.Replace(begin, "}", `,"checked":true,"serial":7}`, 1) + set + ".1\n", "has changed since"},
		{"a long line", begin + "+" + strings.Repeat(" ", mostLine+10), "too long"},
	} {
		said := talk(t, o, c.said)
		if !strings.Contains(said, c.want) || !strings.HasPrefix(said, `{"ok":false`) || strings.Contains(said, "2025550100") {
			t.Errorf("%s: the server says %s", c.name, said)
		}
		if a, err := ask(t, b, number); err != nil || a.TTL != 3600 {
			t.Errorf("%s: the number is changed: ttl %d, %v", c.name, a.TTL, err)
		}
	}
	if said := talk(t, o, begin+set+".1\n"); !strings.HasPrefix(said, `{"ok":true`) {
		t.Errorf("what is right: %s", said)
	}
	if a, err := ask(t, b, number); err != nil || a.TTL != 60 {
		t.Errorf("what is right: ttl %d, %v", a.TTL, err)
	}
	if said := talk(t, o, begin+`-{"kind":"number","number":"+12025550100"}`+"\n.1\n"); !strings.HasPrefix(said, `{"ok":true`) {
		t.Errorf("a deletion: %s", said)
	}
	if a, err := ask(t, b, number); err != nil || a.Kind != backend.Absent {
		t.Errorf("a deletion: kind %d, %v", a.Kind, err)
	}
}

// One changes at a time: who comes second is told so at once, and the first goes on.
func TestOneWriter(t *testing.T) {
	o, b := serving(t, user(number, "1"))
	first := openWriter(t, o)
	second := openWriter(t, o)
	err := first.Write(t.Context(), func(yield func(backend.Change, error) bool) {
		err := second.Write(t.Context(), each(sets([]backend.Entry{user(number, "3")})), func(int) {})
		if err != nil && !errors.Is(err, backend.ErrBusy) {
			t.Errorf("the second: %v", err)
		}
		yield(backend.Change{Entry: user(number, "2")}, nil)
	}, func(int) {})
	// Who is first is for the server to say.
	if err != nil && !errors.Is(err, backend.ErrBusy) {
		t.Errorf("the first: %v", err)
	}
	if a, err := ask(t, b, number); err != nil || a.Kind != backend.Found {
		t.Errorf("%v, %v", a.Kind, err)
	}
}

// What was compared with data that has changed since is refused, not half right.
func TestChangedMeanwhile(t *testing.T) {
	o, _ := serving(t, user(number, "1"))
	w := openWriter(t, o)
	for range w.Walk(t.Context()) {
	}
	write(t, o, sets([]backend.Entry{user(number, "2")})...)
	err := w.Write(t.Context(), each(sets([]backend.Entry{user(number, "3")})), func(int) {})
	if err == nil || !strings.Contains(err.Error(), "run it again") {
		t.Errorf("%v", err)
	}
}

// A walk by the socket lists what a walk of the file lists, also what is broken.
func TestWalkBySocket(t *testing.T) {
	entries, _ := crowd(t, 3000)
	o := newOptions(t)
	write(t, o, sets(entries)...)
	d, err := openDatabase(o.path)
	if err != nil {
		t.Fatal(err)
	}
	key := appendKey(nil, backend.Number, entries[7].Name.Number, 0, 0)
	if _, err := d.update([]change{{key, []byte("nothing that can be read")}}); err != nil {
		t.Fatal(err)
	}
	d.close()
	list := func() (all []string) {
		w := openWriter(t, o)
		defer w.Close()
		for e, err := range w.Walk(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, fmt.Sprintf("%+v", e))
		}
		return all
	}
	direct := list()
	b := open(t, o)
	listening(t, o)
	if served := list(); !slices.Equal(direct, served) || len(served) != len(entries) {
		t.Errorf("%d entries of the file and %d of the socket differ", len(direct), len(served))
		for i := range min(len(direct), len(served)) {
			if direct[i] != served[i] {
				t.Fatalf("such as\n%s\n%s", direct[i], served[i])
			}
		}
	}
	if _, err := ask(t, b, entries[7].Name.Number); !errors.Is(err, backend.ErrInvalidData) {
		t.Errorf("the broken one is answered: %v", err)
	}
	write(t, o, backend.Change{Entry: entries[7]}) // and mended
	if a, err := ask(t, b, entries[7].Name.Number); err != nil || a.Kind != backend.Found {
		t.Errorf("the mended one: %v, %v", a.Kind, err)
	}
}

// FuzzSocket: no lines bring a server to anything but an outcome.
func FuzzSocket(f *testing.F) {
	const begin = `{"enumim":1,"do":"write"}` + "\n"
	for _, s := range []string{"", begin, begin + ".0\n", `{"enumim":1,"do":"walk"}` + "\n",
		begin + `+{"kind":"number","number":"+12025550100","none":true}` + "\n.1\n", begin + `-{"kind":"block","number":"+1","min":3,"max":4}` + "\n.1\n"} {
		f.Add(s)
	}
	o, b := serving(f, user(number, "1"))
	f.Fuzz(func(t *testing.T, text string) {
		conn, err := net.Dial("unix", o.path+socketSuffix)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		io.WriteString(conn, text)
		conn.(*net.UnixConn).CloseWrite()
		said, err := io.ReadAll(conn)
		if err != nil || !strings.HasSuffix(string(said), "}\n") {
			t.Errorf("the server says %q, %v", said, err)
		}
		if _, err := b.Lookup(t.Context(), backend.Query{Apex: "e164.arpa.", Name: e164.Name{Number: number}}); err != nil {
			t.Error(err)
		}
	})
}
