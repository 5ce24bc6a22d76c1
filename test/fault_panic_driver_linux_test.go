package test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/table"
	"github.com/enumim/enumim/e164"
)

// failing is a backend in memory, a driver for tests alone, that fails where a plan says. It is what a driver of
// somebody else may be: it panics with numbers, ends goroutines, hangs, and returns what is no data.
type failing struct {
	*lane
	form string // of forms

	mu      sync.Mutex
	calls   []string      // since the plan was made
	nth     int           // the call that fails; 0 for none
	how     string        // of misdeeds
	until   bool          // all calls from the nth on fail, until the next plan
	failed  string        // the call that did
	changed chan struct{} // closed when there is another version
	over    chan struct{} // closed when there is another plan
}

// forms are the ways in which a driver may be written: see backend.Store, Feed and Backend.
var forms = []string{"store", "feed", "plain"}

// misdeeds are the ways in which a call may fail.
var misdeeds = []string{"error", "panic", "goexit", "hang", "garbage"}

// errOdd is an error of no sort that package backend knows, with what must not be told.
var errOdd = errors.New("row +441632960001 im:v1.n441632960001 refused")

// errGarbage has a method return what is no data.
var errGarbage = errors.New("garbage")

// faultyDriver finds what a Corefile names.
type faultyDriver struct{ known sync.Map }

var faultyBackends = func() *faultyDriver {
	d := &faultyDriver{}
	backend.Register("failing", d)
	return d
}()

func (d *faultyDriver) Parse(c backend.Config) (backend.Opener, error) {
	f, ok := d.known.Load(c.Args[0])
	if !ok {
		return nil, c.Errorf(c.Pos, "no failing backend %q", c.Args[0])
	}
	o := &failingOpener{failing: f.(*failing), args: c.Args, apexes: c.Apexes}
	return o, o.call(context.Background(), "Parse")
}

// newFailing makes a driver with the first version of a lane.
func newFailing(t testing.TB, form string, size int) (f *failing, name string) {
	t.Helper()
	f = &failing{form: form, lane: &lane{apex: "l0.example.net.", size: size}, changed: make(chan struct{}), over: make(chan struct{})}
	f.high.Store(1)
	f.low.Store(1)
	name = fmt.Sprintf("%s-%p", form, f)
	faultyBackends.known.Store(name, f)
	t.Cleanup(func() { faultyBackends.known.Delete(name) })
	return f, name
}

// plan has the nth call from now on fail, and with until all after it.
func (f *failing) plan(nth int, how string, until bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.over)
	f.over = make(chan struct{})
	f.calls, f.nth, f.how, f.until, f.failed = nil, nth, how, until, ""
}

// done returns the calls since the plan was made, and which one failed.
func (f *failing) done() (calls []string, failed string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls), f.failed
}

// change makes the next version the one that is there.
func (f *failing) change() uint32 {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.changed)
	f.changed = make(chan struct{})
	return f.high.Add(1)
}

// version returns the one that is there, and what is closed when there is another.
func (f *failing) current() (v uint32, changed <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.high.Load(), f.changed
}

// bounded are calls that must not wait, and are made on goroutines of others. Their errors are of a Corefile, and told.
var bounded = []string{"Parse", "Key", "Open", "Close", "State"}

// call is one fallible call.
func (f *failing) call(ctx context.Context, name string) error {
	f.mu.Lock()
	f.calls = append(f.calls, name)
	how, over := f.how, f.over
	due := f.nth > 0 && (len(f.calls) == f.nth || f.until && len(f.calls) > f.nth)
	if due {
		f.failed = name
	}
	f.mu.Unlock()
	if !due {
		return nil
	}
	switch how {
	case "panic":
		panic("number +441632960001")
	case "goexit":
		if !slices.Contains([]string{"Parse", "Key", "State", "Serial"}, name) {
			runtime.Goexit()
		}
	case "hang":
		if !slices.Contains(bounded, name) {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-over:
			}
		}
	case "garbage":
		return errGarbage
	}
	if slices.Contains(bounded, name) {
		return backend.ErrUnavailable
	}
	return errOdd
}

// all yields the entries of a version; a call of its own for each.
func (f *failing) all(ctx context.Context, v uint32) iter.Seq2[backend.Entry, error] {
	return func(yield func(backend.Entry, error) bool) {
		for i := range f.size {
			e, err := f.entry(v, i), f.call(ctx, "entry")
			if errors.Is(err, errGarbage) {
				err = nil
				e.Kind, e.Records = 99, nil
			}
			if (err != nil || f.has(v, i)) && !yield(e, err) {
				return
			}
		}
	}
}

// hold returns what there is about a number.
func (f *failing) hold(v uint32, n e164.Number) (h backend.Holding) {
	for i := range f.size {
		if e := f.entry(v, i); f.has(v, i) {
			h.Below = h.Below || e.Name.Number != n && e.Name.Number.HasPrefix(n)
			if e.Name.Number == n {
				h.Entries = append(h.Entries, e)
			}
		}
	}
	return h
}

// failingOpener is a failing backend as a Corefile describes it.
type failingOpener struct {
	*failing
	args   []string
	apexes []e164.Apex
}

func (o *failingOpener) Key() string {
	if o.call(context.Background(), "Key") != nil {
		return "failed"
	}
	return fmt.Sprint(o.args)
}

func (o *failingOpener) Open(ctx context.Context, observe func(backend.Event)) (backend.Backend, error) {
	switch err := o.call(ctx, "Open"); {
	case errors.Is(err, errGarbage):
		return nil, nil
	case err != nil:
		return nil, err
	}
	switch o.form {
	case "store":
		return backend.Gather(failingStore{o.failing}, backend.GatherOptions{Source: "failing", Lanes: 2}), nil
	case "feed":
		return table.Mirror(ctx, failingFeed{o.failing}, table.MirrorOptions{
			Options: table.Options{Apexes: o.apexes}, Source: "failing", Observe: observe,
		}), nil
	}
	return failingBackend{o.failing}, nil
}

// failingStore is it as a store.
type failingStore struct{ *failing }

func (s failingStore) Find(ctx context.Context, numbers []e164.Number) ([]backend.Holding, error) {
	err := s.call(ctx, "Find")
	v, _ := s.current()
	var all []backend.Holding
	for _, n := range numbers {
		h := s.hold(v, n)
		if errors.Is(err, errGarbage) {
			h = backend.Holding{Entries: []backend.Entry{{Name: e164.Name{Number: n}, Sets: []backend.RRset{{}}}}}
		}
		all = append(all, h)
	}
	if errors.Is(err, errGarbage) {
		err = nil
	}
	return all, err
}

func (s failingStore) Check(ctx context.Context) (uint32, error) {
	err := s.call(ctx, "Check")
	v, _ := s.current()
	return v, err
}

func (s failingStore) Close() error { return s.call(context.Background(), "Close") }

// failingFeed is it as a feed.
type failingFeed struct{ *failing }

func (s failingFeed) Run(ctx context.Context, sink backend.Sink) error {
	if err := s.call(ctx, "Run"); err != nil {
		return err
	}
	v, changed := s.current()
	if err := sink.Replace(s.all(ctx, v)); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		case <-time.After(50 * time.Millisecond):
		}
		if err := s.call(ctx, "follow"); err != nil {
			return err
		}
		var changes []backend.Change
		was := v
		if v, changed = s.current(); v != was {
			for i := range s.size {
				if s.has(v, i) || s.has(was, i) {
					changes = append(changes, backend.Change{Entry: s.entry(v, i), Delete: !s.has(v, i)})
				}
			}
		}
		if err := sink.Apply(changes); err != nil {
			return err
		}
	}
}

// failingBackend is it as a backend that answers by itself.
type failingBackend struct{ *failing }

func (b failingBackend) Lookup(ctx context.Context, q backend.Query) (backend.Answer, error) {
	err := b.call(ctx, "Lookup")
	if err != nil {
		return backend.Answer{Sets: []backend.RRset{{}}}, ignore(err, errGarbage)
	}
	v, _ := b.current()
	if !q.Name.Number.IsValid() {
		return backend.Answer{Kind: backend.Empty}, nil
	}
	h := b.hold(v, q.Name.Number)
	return backend.Decide(q.Name.Number, &h)
}

func (b failingBackend) Check(ctx context.Context) error { return b.call(ctx, "Check") }

func (b failingBackend) Serial(ctx context.Context, _ string) (uint32, error) {
	v, _ := b.current()
	return v, b.call(ctx, "Serial")
}

func (b failingBackend) State() backend.State {
	v, _ := b.current()
	if b.call(context.Background(), "State") != nil {
		return backend.State{Source: "failing", Entries: -7, Broken: -7}
	}
	return backend.State{Source: "failing", Entries: b.size, Serial: v, Up: true}
}

func (b failingBackend) Close() error { return b.call(context.Background(), "Close") }

// ignore returns err, nil where it is the one that is ignored.
func ignore(err, ignored error) error {
	if errors.Is(err, ignored) {
		return nil
	}
	return err
}
