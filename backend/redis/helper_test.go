package redis

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	client "github.com/redis/go-redis/v9"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/keyed"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

const testApex = "e164.arpa."

// parseLines parses a backend line of a Corefile: the addresses, then one option a line.
func parseLines(t testing.TB, addr string, lines ...string) (*options, error) {
	t.Helper()
	apex, err := e164.ParseApex(testApex)
	must(t, err)
	c := backend.Config{Args: strings.Fields(addr), Apexes: []e164.Apex{apex}}
	for i, line := range lines {
		words := strings.Fields(line)
		c.Options = append(c.Options, backend.Option{Name: words[0], Args: words[1:], Pos: backend.Pos{File: "Corefile", Line: i + 2}})
	}
	o, err := Driver{}.Parse(c)
	if err != nil {
		return nil, err
	}
	return o.(*options), nil
}

func opened(t testing.TB, addr string, lines ...string) *options {
	t.Helper()
	o, err := parseLines(t, addr, lines...)
	must(t, err)
	return o
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fill writes entries into the tree.
func fill(t testing.TB, o *options, changes ...backend.Change) {
	t.Helper()
	w, err := o.OpenWriter(t.Context())
	must(t, err)
	defer w.Close()
	for _, err := range w.Walk(t.Context()) {
		must(t, err)
	}
	must(t, w.Write(t.Context(), changesOf(changes), func(int) {}))
}

func changesOf(changes []backend.Change) iter.Seq2[backend.Change, error] {
	sorted := slices.SortedStableFunc(slices.Values(changes), func(a, b backend.Change) int {
		if a.Name.Number != b.Name.Number {
			return a.Name.Number.Compare(b.Name.Number)
		}
		return keyed.SlotOf(&a.Entry).Compare(keyed.SlotOf(&b.Entry))
	})
	return func(yield func(backend.Change, error) bool) {
		for _, c := range sorted {
			if !yield(c, nil) {
				return
			}
		}
	}
}

func set(entries ...backend.Entry) []backend.Change {
	changes := make([]backend.Change, len(entries))
	for i, e := range entries {
		changes[i] = backend.Change{Entry: e}
	}
	return changes
}

func drop(e backend.Entry) backend.Change { return backend.Change{Entry: e, Delete: true} }

func num(digits string) e164.Number {
	n, err := e164.ParseDigits(digits)
	if err != nil {
		panic(err)
	}
	return n
}

func name(digits string) e164.Name { return e164.Name{Number: num(digits)} }

func record(uri string) []naptr.Record {
	return []naptr.Record{{Order: 100, Preference: 10, Flags: "u", Services: "E2U+im", Regexp: "!^.*$!" + uri + "!", Replacement: "\x00"}}
}

func number(digits, user string) backend.Entry {
	return backend.Entry{Kind: backend.Number, Name: name(digits), TTL: 300, Records: record("im:" + user + "@example.com")}
}

func block(digits string, least, most int, user string) backend.Entry {
	return backend.Entry{Kind: backend.Block, Name: name(digits), Min: least, Max: most, TTL: 300, Records: record("im:" + user + "@example.com")}
}

func delegation(digits string) backend.Entry {
	return backend.Entry{Kind: backend.Delegation, Name: name(digits), Sets: []backend.RRset{{Type: 2, TTL: 300, Data: []string{"\x03ns1\x07example\x03net\x00"}}}}
}

// raw is a client for what tests do behind the back of the driver.
func raw(t testing.TB, addr string) *client.Client {
	c := client.NewClient(&client.Options{Addr: addr, Protocol: 2, MaxRetries: 3, ReadTimeout: 10 * time.Second})
	t.Cleanup(func() { c.Close() })
	return c
}

func do(t testing.TB, c client.UniversalClient, args ...any) any {
	t.Helper()
	v, err := c.Do(context.Background(), args...).Result()
	if err != nil && err != client.Nil {
		t.Fatalf("%v: %v", args, err)
	}
	return v
}

// events collects what a backend tells.
type events struct {
	mu  sync.Mutex
	all []backend.Event
}

func (r *events) observe(e backend.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, e)
}

func (r *events) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return fmt.Sprintf("%+v", r.all)
}

// start opens the backend and waits until it answers.
func start(t testing.TB, o *options) (backend.Backend, *events) {
	t.Helper()
	r := &events{}
	b, err := o.Open(t.Context(), r.observe)
	must(t, err)
	t.Cleanup(func() { b.Close() })
	return b, r
}

func lookup(b backend.Backend, digits string) (backend.Answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	return b.Lookup(ctx, backend.Query{Apex: testApex, Name: name(digits)})
}

// told renders what matters of an answer.
func told(b backend.Backend, digits string) string {
	a, err := lookup(b, digits)
	if err != nil {
		return "error: " + err.Error()
	}
	s := [...]string{"unknown", "found", "empty", "descendants", "absent", "delegated", "renamed"}[a.Kind]
	for _, r := range a.Rules {
		s += " " + fmt.Sprint(r)
	}
	return s
}

// eventually waits until what becomes want; a rule about time gives its bound.
func eventually(t testing.TB, bound time.Duration, want string, what func() string) {
	t.Helper()
	var got string
	for until := time.Now().Add(bound); time.Now().Before(until); time.Sleep(2 * time.Millisecond) {
		if got = what(); strings.HasPrefix(got, want) {
			return
		}
	}
	t.Fatalf("after %v: %s, want %s", bound, got, want)
}

func testContext() context.Context { return context.Background() }
