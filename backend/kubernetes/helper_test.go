package kubernetes

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// patience is how long a test waits for what should come.
const patience = 60 * time.Second

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// bounded is a context for one thing that a test does.
func bounded(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	t.Cleanup(cancel)
	return ctx
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// config is what a Corefile says, each option a line.
func config(t testing.TB, host string, lines ...string) backend.Config {
	t.Helper()
	apex, err := e164.ParseApex("e164.arpa.")
	must(t, err)
	c := backend.Config{Apexes: []e164.Apex{apex}}
	if host != "" {
		c.Args = []string{host}
	}
	for _, line := range lines {
		words := strings.Fields(line)
		c.Options = append(c.Options, backend.Option{Name: words[0], Args: words[1:]})
	}
	return c
}

// opener parses a configuration for a kit.
func (k *kit) opener(t testing.TB, lines ...string) *options {
	t.Helper()
	lines = append([]string{"token file:" + k.dir + "/token", "tls_ca " + k.dir + "/ca.crt"}, lines...)
	if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "namespace") }) {
		lines = append(lines, "namespace enum")
	}
	o, err := Driver{}.Parse(config(t, k.Listener.Addr().String(), lines...))
	must(t, err)
	return o.(*options)
}

// served is a backend with its events.
type served struct {
	backend.Backend
	mu     sync.Mutex
	events []backend.Event
}

func serve(t testing.TB, o *options) *served {
	t.Helper()
	s := &served{}
	b, err := o.Open(context.Background(), func(e backend.Event) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.events = append(s.events, e)
	})
	must(t, err)
	s.Backend = b
	t.Cleanup(func() { b.Close() })
	return s
}

// has returns how many events of a kind tell a text.
func (s *served) has(kind backend.EventKind, text string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if e.Kind == kind && (e.Err != nil && strings.Contains(e.Err.Error(), text) || strings.Contains(e.Text, text)) {
			n++
		}
	}
	return n
}

func (s *served) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, e := range s.events {
		fmt.Fprintf(&b, "\n%d %v %s %s", e.Kind, e.Err, e.Rule, e.Text)
	}
	return b.String()
}

// says returns how a number is answered: its URIs, else the kind of the answer.
func (s *served) says(digits string) string {
	n, err := e164.ParseDigits(digits)
	if err != nil {
		return err.Error()
	}
	a, err := s.Lookup(context.Background(), backend.Query{Apex: "e164.arpa.", Name: e164.Name{Number: n}})
	if err != nil {
		return "error: " + err.Error()
	}
	if a.Kind != backend.Found {
		return map[backend.Kind]string{backend.Absent: "absent", backend.Empty: "empty", backend.Descendants: "descendants", backend.Delegated: "delegated"}[a.Kind]
	}
	var uris []string
	text := a.Text
	for i := range a.Rules {
		var plain []byte
		plain, text, _ = a.Rules[i].AppendPlain(nil, []byte("+"+digits), text)
		uri, _ := naptr.CutLiteral(string(plain))
		uris = append(uris, uri)
	}
	return strings.Join(uris, " ")
}

func (s *served) wants(t testing.TB, digits, want string) {
	t.Helper()
	eventually(t, fmt.Sprintf("%s is answered %s, wanted %s", digits, s.says(digits), want), func() bool { return s.says(digits) == want })
}

// keeps checks for a while that nothing else is answered.
func (s *served) keeps(t testing.TB, d time.Duration, digits, want string) {
	t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if got := s.says(digits); got != want {
			t.Fatalf("%s is answered %s, wanted %s; events %v", digits, got, want, s)
		}
	}
}

// number is the object of a number with an im: URI.
func number(digits, user string) map[string]any {
	return spec(fmt.Sprintf(`{"number":"+%s","records":[{"uri":"im:%s@example.com"}]}`, digits, user))
}

func spec(text string) map[string]any {
	var s any
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		panic(err)
	}
	return map[string]any{"spec": s}
}

func (s *served) loaded(t testing.TB) *served {
	t.Helper()
	eventually(t, "it loads", func() bool { return s.has(backend.Loaded, "") > 0 })
	return s
}
