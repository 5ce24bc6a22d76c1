package etcd

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// patience is how long a test waits for what should come.
const patience = 20 * time.Second

// recorder takes the events of a backend.
type recorder struct {
	mu     sync.Mutex
	events []backend.Event
}

func (r *recorder) observe(e backend.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

// find returns the last event of a kind.
func (r *recorder) find(kind backend.EventKind) (e backend.Event, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.events {
		if r.events[i].Kind == kind {
			e = r.events[i]
			n++
		}
	}
	return e, n
}

func (r *recorder) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return fmt.Sprintf("%+v", r.events)
}

// client returns a client of the kind that administrators use.
func client(t testing.TB, hosts ...string) *clientv3.Client {
	t.Helper()
	c, err := clientv3.New(clientv3.Config{Endpoints: hosts, Logger: zap.NewNop(), DialTimeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// bounded is a context for one request of a test.
func bounded(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	t.Cleanup(cancel)
	return ctx
}

// eventually waits until f reports true.
func eventually(t testing.TB, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !f(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// numeral reads digits.
func numeral(digits string) e164.Number {
	n, err := e164.ParseDigits(digits)
	if err != nil && digits != "" {
		panic(err)
	}
	return n
}

// person is a number with one address.
func person(digits, user string) backend.Entry {
	return backend.Entry{Kind: backend.Number, Name: e164.Name{Number: numeral(digits)}, TTL: 3600, Records: []naptr.Record{{
		Order: 100, Preference: 10, Flags: "u", Services: "E2U+im", Regexp: "!^.*$!im:" + user + "@example.com!", Replacement: "\x00",
	}}}
}

func blockOf(digits string, least, most int, user string) backend.Entry {
	e := person(digits, user)
	e.Kind, e.Min, e.Max = backend.Block, least, most
	return e
}

func cutOf(digits string) backend.Entry {
	return backend.Entry{Kind: backend.Delegation, Name: e164.Name{Number: numeral(digits)},
		Sets: []backend.RRset{{Type: 2, TTL: 3600, Data: []string{"\x02ns\x07example\x00"}}}}
}

// value is what a key holds for entries.
func value(entries ...backend.Entry) string {
	var b []byte
	for i := range entries {
		if i > 0 {
			b = append(b, '\n')
		}
		b = newCodec().AppendJSON(b, &entries[i])
	}
	return string(b)
}

// put writes entries as a user would, all of one name together.
func put(t testing.TB, c *clientv3.Client, entries ...backend.Entry) {
	t.Helper()
	byName := map[e164.Number][]backend.Entry{}
	for _, e := range entries {
		byName[e.Name.Number] = append(byName[e.Name.Number], e)
	}
	ops := []clientv3.Op{clientv3.OpPut(defaultPrefix+markerKey, `{"format":1}`)}
	for n, list := range byName {
		ops = append(ops, clientv3.OpPut(defaultPrefix+n.Digits(), value(list...)))
	}
	for part := range slices.Chunk(ops, 100) {
		_, err := c.Txn(bounded(t)).Then(part...).Commit()
		must(t, err)
	}
}

// people are n numbers from +1202555000000 on.
func people(n int) []backend.Entry {
	list := make([]backend.Entry, n)
	for i := range list {
		list[i] = person(fmt.Sprint(1202555000000+i), fmt.Sprint("user", i))
	}
	return list
}

// served is a backend that mirrors etcd.
type served struct {
	backend.Backend
	recorder
}

// serve opens a backend on hosts.
func serve(t testing.TB, hosts ...string) *served {
	t.Helper()
	return open(t, opener(t, hosts))
}

func open(t testing.TB, o *options) *served {
	t.Helper()
	s := &served{}
	b, err := o.Open(t.Context(), s.observe)
	must(t, err)
	s.Backend = b
	t.Cleanup(func() { b.Close() })
	return s
}

// kind returns how a number is answered; Unknown with an error.
func (s *served) kind(digits string) (backend.Kind, error) {
	a, err := s.Lookup(context.Background(), backend.Query{Apex: "e164.arpa.", Name: e164.Name{Number: numeral(digits)}})
	return a.Kind, err
}

// wants waits until a number is answered so.
func (s *served) wants(t testing.TB, digits string, kind backend.Kind) {
	t.Helper()
	eventually(t, fmt.Sprintf("%s is answered %v; events %v", digits, kind, s), func() bool {
		got, err := s.kind(digits)
		return err == nil && got == kind
	})
}

// keeps checks for a while that a number is answered so.
func (s *served) keeps(t testing.TB, d time.Duration, digits string, kind backend.Kind) {
	t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if got, err := s.kind(digits); err != nil || got != kind {
			t.Fatalf("%s is answered %v, %v, want %v; events %v", digits, got, err, kind, s)
		}
	}
}

func newCodec() *notation.Codec { return &notation.Codec{} }

func keyValue(key, value string) *mvccpb.KeyValue {
	return &mvccpb.KeyValue{Key: []byte(key), Value: []byte(value), ModRevision: 1, Version: 1}
}
