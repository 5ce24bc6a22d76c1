package enumim

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coredns/caddy"
	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/table"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// fed is a backend that mirrors what a test delivers.
type fed struct {
	steps  chan func(backend.Sink) error
	keeper table.Keeper
}

// feds are those that tests made, by name.
var feds sync.Map

func init() { backend.Register("fed", fedDriver{}) }

type fedDriver struct{}

type fedOpener struct {
	name   string
	apexes []e164.Apex
}

func (fedDriver) Parse(c backend.Config) (backend.Opener, error) {
	return fedOpener{c.Args[0], c.Apexes}, nil
}

func (o fedOpener) Key() string { return fmt.Sprint(o) }

func (o fedOpener) Open(ctx context.Context, observe func(backend.Event)) (backend.Backend, error) {
	f, ok := feds.Load(o.name)
	if !ok {
		return nil, backend.ErrUnavailable
	}
	return table.Mirror(ctx, f.(*fed), table.MirrorOptions{
		Options: table.Options{Apexes: o.apexes}, Source: "fed", Observe: observe, Keeper: f.(*fed).keeper,
	}), nil
}

func newFed(t *testing.T, keeper table.Keeper) (*fed, string) {
	t.Helper()
	f := &fed{steps: make(chan func(backend.Sink) error), keeper: keeper}
	name := fmt.Sprintf("%s_%p", strings.ReplaceAll(t.Name(), "/", "_"), f)
	feds.Store(name, f)
	t.Cleanup(func() { feds.Delete(name) })
	return f, name
}

func (f *fed) Run(ctx context.Context, s backend.Sink) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case step := <-f.steps:
			if err := step(s); err != nil {
				return err
			}
		}
	}
}

// deliver has the feed deliver number0 with a user, and more entries, and returns what became of it.
func (f *fed) deliver(user string, more int) error {
	result := make(chan error)
	f.steps <- func(s backend.Sink) error {
		result <- s.Replace(entriesOf(user, more))
		return nil
	}
	return <-result
}

func entriesOf(user string, more int) iter.Seq2[backend.Entry, error] {
	entry := func(number string) backend.Entry {
		return backend.Entry{Name: e164.Name{Number: e164.MustParse(number)}, TTL: 60, Records: []naptr.Record{{
			Order: 100, Preference: 10, Flags: "u", Services: "E2U+im", Regexp: "!^.*$!im:" + user + "@example.com!", Replacement: "\x00",
		}}}
	}
	return func(yield func(backend.Entry, error) bool) {
		if !yield(entry("+12025550100"), nil) {
			return
		}
		for i := range more {
			if !yield(entry(fmt.Sprintf("+1203%07d", i)), nil) {
				return
			}
		}
	}
}

// snapshotOf is a table.Keeper that has one entry of an age.
type snapshotOf struct {
	user string
	age  time.Duration
}

func (k snapshotOf) Load() (iter.Seq2[backend.Entry, error], time.Time, error) {
	return entriesOf(k.user, 0), time.Now().Add(-k.age), nil
}

func (snapshotOf) Save(iter.Seq2[backend.Entry, error], time.Time) error { return nil }

// fedServer serves one backend, and another after reload.
type fedServer struct {
	t        *testing.T
	instance *caddy.Instance
}

func serveFed(t *testing.T, name string) *fedServer {
	t.Helper()
	s := &fedServer{t: t, instance: nil}
	var err error
	if s.instance, err = caddy.Start(input(fedCorefile(name))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopServer(s.instance) })
	settle()
	return s
}

func fedCorefile(name string) string {
	return "e164.arpa:0 {\n bind 127.0.0.1\n enumim {\n backend fed " + name + "\n }\n}"
}

func (s *fedServer) reload(name string) {
	s.t.Helper()
	settle()
	next, err := s.instance.Restart(input(fedCorefile(name)))
	if err != nil {
		s.t.Fatal(err)
	}
	s.instance = next
	settle()
}

func (s *fedServer) answers(user string) bool {
	s.t.Helper()
	udp, _ := addresses(s.instance)
	got := exchange(s.t, "udp", udp, query1(number0, dns.TypeNAPTR))
	return len(got.Answer) == 1 && strings.Contains(got.Answer[0].String(), "im:"+user+"@")
}

// lookedAt waits until what was handed over has been looked at a few times.
func lookedAt() { time.Sleep(3 * watchEvery) }

// TestReloadDoesNotGoBack: a snapshot that is older than what is served waits for the store, and is good enough
// when what is served has become too old.
func TestReloadDoesNotGoBack(t *testing.T) {
	first, firstName := newFed(t, nil)
	second, secondName := newFed(t, snapshotOf{"old", time.Minute})
	s := serveFed(t, firstName)
	if err := first.deliver("new", 0); err != nil {
		t.Fatal(err)
	}
	s.reload(secondName)
	for range 2 {
		if !s.answers("new") {
			t.Error("data from before the last change is served")
		}
		lookedAt()
	}
	if err := second.deliver("newer", 0); err != nil {
		t.Fatal(err)
	}
	eventually(t, "what the store has is not served", func() bool { return s.answers("newer") })
}

// TestReloadHoldsBackWhatShrunk: another configuration of a store that holds much less is not served either, however
// long it says so.
func TestReloadHoldsBackWhatShrunk(t *testing.T) {
	first, firstName := newFed(t, nil)
	second, secondName := newFed(t, nil)
	s := serveFed(t, firstName)
	if err := first.deliver("all", 1000); err != nil {
		t.Fatal(err)
	}
	s.reload(secondName)
	told := capture(func() {
		if err := second.deliver("few", 1); err != nil { // nothing to compare with in there
			t.Fatal(err)
		}
		lookedAt()
	})
	if !s.answers("all") || strings.Count(told, "is held back for e164.arpa.") != 1 {
		t.Errorf("not held back, or not told once: %s", told)
	}
	if err := second.deliver("mended", 999); err != nil {
		t.Fatal(err)
	}
	eventually(t, "what the store has is not served", func() bool { return s.answers("mended") })
}

// TestReloadKeepsWhatChanged: what changed after the new source had read it, and was answered, is not taken back: what
// answered before does until the new source has that, too.
func TestReloadKeepsWhatChanged(t *testing.T) {
	first, firstName := newFed(t, nil)
	second, secondName := newFed(t, nil)
	s := serveFed(t, firstName)
	if err := first.deliver("one", 0); err != nil {
		t.Fatal(err)
	}
	change := func(f *fed, user string) {
		t.Helper()
		result := make(chan error)
		f.steps <- func(s backend.Sink) error {
			for e := range entriesOf(user, 0) {
				result <- s.Apply([]backend.Change{{Entry: e}})
			}
			return nil
		}
		if err := <-result; err != nil {
			t.Fatal(err)
		}
	}
	go func() { // while the Corefile is reloaded
		second.steps <- func(s backend.Sink) error {
			change(first, "two")
			return s.Replace(entriesOf("one", 0))
		}
	}()
	s.reload(secondName)
	for range 2 {
		if !s.answers("two") {
			t.Error("an answer was taken back")
		}
		lookedAt()
	}
	change(second, "two")
	lookedAt()
	change(second, "three")
	eventually(t, "what the store has is not served", func() bool { return s.answers("three") })
}

// leaseOf is a share in a backend of the shelf, until the test ends.
func leaseOf(t *testing.T, name string) *backend.Lease {
	t.Helper()
	l, err := pool.Acquire(t.Context(), "memory", memoryOpener{name: name}, backend.Limits{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Release)
	return l
}

// TestNobodyLeavesWhileBothAnswer: as long as the instance before a reload answers, the new one answers the same.
func TestNobodyLeavesWhileBothAnswer(t *testing.T) {
	old, oldName := shelveStore(t, "im:old@example.com", true)
	m, name := shelveStore(t, "im:new@example.com", true)
	e := serve(t, "e164.arpa", m)
	e.state.blocks[0].use(leaseOf(t, name))
	tree, f := e.forest.trees["e164.arpa."], &former{Lease: leaseOf(t, oldName), was: leaseOf(t, oldName)}
	if tree.leaves(f) {
		t.Error("the new source answers beside the old one")
	}
	old.notReady.Store(true)
	if !tree.leaves(f) {
		t.Error("what cannot answer is held on to")
	}
	old.notReady.Store(false)
	f.was.Release()
	if !tree.leaves(f) {
		t.Error("what answered before goes on")
	}
}

// TestTakesOver: when the source of a tree takes over from what answered before.
func TestTakesOver(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		name                 string
		ready, before        bool // can answer
		up                   bool
		current, beforeUntil time.Time
		want                 bool
	}{
		{"no data", false, true, false, time.Time{}, now, false},
		{"heard of since the reload", true, true, true, now.Add(time.Second), now.Add(2 * time.Second), true},
		{"heard of since the reload, and failed", true, true, false, now.Add(time.Second), now.Add(2 * time.Second), false},
		{"heard of since the reload, and failed like the other", true, true, false, now.Add(2 * time.Second), now.Add(time.Second), true},
		{"heard of since the reload, failed, and nothing else", true, false, false, now.Add(time.Second), now.Add(2 * time.Second), true},
		{"an older snapshot", true, true, false, now.Add(-2 * time.Minute), now.Add(-time.Minute), false},
		{"the last snapshot of the same", true, true, false, now.Add(-time.Minute), now.Add(-time.Minute), true},
		{"an older snapshot, and nothing else", true, false, false, now.Add(-2 * time.Minute), now.Add(-time.Minute), true},
		{"nothing at all", false, false, false, now.Add(-2 * time.Minute), now.Add(-time.Minute), false},
		{"age not known", true, true, false, time.Time{}, now, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			old, oldName := shelveStore(t, "im:old@example.com", c.before)
			old.state = func() backend.State { return backend.State{Entries: -1, Broken: -1, Current: c.beforeUntil} }
			m, name := shelveStore(t, "im:new@example.com", c.ready)
			m.state = func() backend.State { return backend.State{Entries: -1, Broken: -1, Current: c.current, Up: c.up} }
			e := serve(t, "e164.arpa", m)
			e.state.blocks[0].use(leaseOf(t, name))
			tree := e.forest.trees["e164.arpa."]
			if got := tree.takesOver(&former{Lease: leaseOf(t, oldName), since: now}); got != c.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

// TestSerialDoesNotGoBackAtReload: not from the serial of what was served before, nor from the one that stood in for
// it, whatever the backend begins with.
func TestSerialDoesNotGoBackAtReload(t *testing.T) {
	m := &serialMemory{memory: newMemory(t, "e164.arpa", numbers)}
	serialOf := func(e Enumim) uint32 {
		return askHandler(t, e, query1("e164.arpa.", dns.TypeSOA), nil).Answer[0].(*dns.SOA).Serial
	}
	e := serve(t, "e164.arpa", m)
	last := serialOf(e) // nothing is known
	say := func(e Enumim, n, step uint32) {
		t.Helper()
		m.serial = n
		got := serialOf(e)
		if got != last+step {
			t.Errorf("the backend says %d: got %d after %d, want %d more", n, got, last, step)
		}
		last = got
	}
	say(e, 7, 1)
	say(e, 9, 2)
	next := serve(t, "e164.arpa", m)
	next.forest.trees["e164.arpa."].frame.follow(&e.forest.trees["e164.arpa."].frame, true)
	say(next, 9, 0)
	say(next, 10, 1)
	other := serve(t, "e164.arpa", m)
	other.forest.trees["e164.arpa."].frame.follow(&next.forest.trees["e164.arpa."].frame, false)
	say(other, 0, 0)
	say(other, 3, 1)
	say(other, 5, 2)
}
