package table

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// playing is a feed that does what a test sends it, and fails with what it is sent as an error.
type playing struct {
	steps chan func(backend.Sink) error
	runs  atomic.Int32
}

func newPlaying() *playing { return &playing{steps: make(chan func(backend.Sink) error)} }

func (p *playing) Run(ctx context.Context, sink backend.Sink) error {
	p.runs.Add(1)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case step := <-p.steps:
			if err := step(sink); err != nil {
				return err
			}
		}
	}
}

// do has the feed do a step, and waits until it did.
func (p *playing) do(step func(backend.Sink) error) {
	p.steps <- step
	synctest.Wait()
}

// Steps of a feed.
func replace(list ...backend.Entry) func(backend.Sink) error {
	return func(s backend.Sink) error { return s.Replace(seqOf(list)) }
}
func confirm(s backend.Sink) error { return s.Apply(nil) }
func fail(backend.Sink) error      { return backend.ErrUnavailable }

func apply(e backend.Entry) func(backend.Sink) error {
	return func(s backend.Sink) error { return s.Apply([]backend.Change{{Entry: e}}) }
}

// told gathers events.
type told struct {
	mu   sync.Mutex
	list []backend.Event
}

func (o *told) observe(e backend.Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.list = append(o.list, e)
}

// kinds returns the kinds of the events since it was called last.
func (o *told) kinds() (kinds []backend.EventKind) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, e := range o.list {
		kinds = append(kinds, e.Kind)
	}
	o.list = nil
	return kinds
}

// numbersFrom returns n entries.
func numbersFrom(n int) []backend.Entry {
	list := make([]backend.Entry, n)
	for i := range list {
		list[i] = entryOf(backend.Number, e164.Name{Number: e164.MustParse("+1202" + decimals(i))}, uint32(i+1))
	}
	return list
}

func decimals(i int) string {
	return string([]byte{'0' + byte(i/1000%10), '0' + byte(i/100%10), '0' + byte(i/10%10), '0' + byte(i%10)})
}

// asked is what a mirror answers for the first of numbersFrom.
func asked(t *testing.T, m backend.Backend) (a backend.Answer, err error) {
	t.Helper()
	a, err = m.Lookup(t.Context(), backend.Query{Name: numbersFrom(1)[0].Name})
	var filled backend.Answer
	errFill := m.(backend.Filler).Fill(t.Context(), backend.Query{Name: numbersFrom(1)[0].Name}, &filled)
	if !errors.Is(errFill, err) || err == nil && (filled.Stale != a.Stale || filled.Kind != a.Kind) {
		t.Errorf("Lookup says %+v, %v, and Fill %+v, %v", a, err, filled, errFill)
	}
	return a, err
}

func wantKinds(t *testing.T, when string, o *told, want ...backend.EventKind) {
	t.Helper()
	if got := o.kinds(); !slices.Equal(got, want) {
		t.Errorf("%s: events %v, want %v", when, got, want)
	}
}

// TestMirrorAge: data is current while the feed says so, then stale, then not answered, and current again as
// soon as the feed says so, without a new generation.
func TestMirrorAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed, events := newPlaying(), &told{}
		m := Mirror(t.Context(), feed, MirrorOptions{Source: "s", Observe: events.observe, Stale: 10 * time.Minute})
		defer m.Close()
		state := m.(backend.Stater)
		if s := state.State(); s != (backend.State{Source: "s", Stale: 10 * time.Minute}) {
			t.Errorf("before data: %+v", s)
		}
		if err := m.(backend.Checker).Check(t.Context()); !errors.Is(err, backend.ErrNotReady) {
			t.Errorf("before data: %v", err)
		}
		feed.do(func(s backend.Sink) error {
			if err := s.Apply(nil); !errors.Is(err, backend.ErrNotReady) {
				t.Errorf("Apply before data: %v", err)
			}
			return nil
		})
		feed.do(replace(append(numbersFrom(2), backend.Entry{Name: e164.Name{Number: e164.MustParse("+7")}, Broken: true})...))
		loaded := time.Now()
		serial, _ := m.(backend.Serialer).Serial(t.Context(), "")
		if s := state.State(); s != (backend.State{Source: "s", Entries: 3, Broken: 1, Serial: serial, Current: loaded, Stale: 10 * time.Minute, Up: true}) {
			t.Errorf("after loading: %+v", s)
		}
		wantKinds(t, "loading", events, backend.Loaded)
		watched := 0
		watching, stop := context.WithCancel(t.Context())
		go m.(backend.Watcher).Watch(watching, func() { watched++ })
		synctest.Wait()
		for range 20 {
			time.Sleep(freshFor - time.Millisecond)
			feed.do(confirm)
		}
		if a, err := asked(t, m); err != nil || a.Stale || a.Kind != backend.Found {
			t.Errorf("confirmed: %+v, %v", a, err)
		}
		if now, _ := m.(backend.Serialer).Serial(t.Context(), ""); now != serial || watched != 0 {
			t.Errorf("confirming makes serial %d of %d, %d changes", now, serial, watched)
		}
		stop()
		current := time.Now()
		if s := state.State(); !s.Current.Equal(current) {
			t.Errorf("current %v, want %v", s.Current, current)
		}
		wantKinds(t, "confirming", events)

		time.Sleep(freshFor - time.Millisecond)
		if a, err := asked(t, m); err != nil || a.Stale {
			t.Errorf("before 15 s: %+v, %v", a, err)
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if a, err := asked(t, m); err != nil || !a.Stale || a.Kind != backend.Found {
			t.Errorf("after 15 s: %+v, %v", a, err)
		}
		if err := m.(backend.Checker).Check(t.Context()); err != nil {
			t.Errorf("stale data can be answered: %v", err)
		}
		if s := state.State(); s.Up || !s.Current.Equal(current) {
			t.Errorf("after 15 s: %+v", s)
		}
		wantKinds(t, "silence", events, backend.Unavailable)

		time.Sleep(10*time.Minute - freshFor - time.Millisecond)
		synctest.Wait()
		if a, err := asked(t, m); err != nil || !a.Stale {
			t.Errorf("before the bound: %+v, %v", a, err)
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		for what, err := range map[string]error{
			"Lookup": func() error { _, err := asked(t, m); return err }(),
			"Check":  m.(backend.Checker).Check(t.Context()),
			"Serial": func() error { _, err := m.(backend.Serialer).Serial(t.Context(), ""); return err }(),
			"Walk": func() error {
				for _, err := range m.(backend.Walker).Walk(t.Context(), "") {
					return err
				}
				return nil
			}(),
		} {
			if !errors.Is(err, backend.ErrStale) {
				t.Errorf("%s past the bound: %v", what, err)
			}
		}
		wantKinds(t, "the bound", events, backend.Unavailable)

		feed.do(confirm)
		if a, err := asked(t, m); err != nil || a.Stale || a.Kind != backend.Found {
			t.Errorf("confirmed again: %+v, %v", a, err)
		}
		wantKinds(t, "confirming again", events, backend.Recovered)
		if s := state.State(); !s.Up {
			t.Errorf("confirmed again: %+v", s)
		}
	})
}

// TestMirrorBackAtOnce: a store that comes back is asked within a second, however long it was away.
func TestMirrorBackAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed := newPlaying()
		m := Mirror(t.Context(), feed, MirrorOptions{})
		defer m.Close()
		feed.do(replace(numbersFrom(1)...))
		for range 500 {
			feed.do(fail)
			start := time.Now()
			feed.do(func(backend.Sink) error { return nil }) // taken when it runs again
			if d := time.Since(start); d > mostPause {
				t.Fatalf("started again after %v", d)
			}
		}
		if a, err := asked(t, m); err != nil || !a.Stale {
			t.Errorf("while the feed fails: %+v, %v", a, err)
		}
		feed.do(replace(numbersFrom(1)...))
		if a, err := asked(t, m); err != nil || a.Stale {
			t.Errorf("%+v, %v", a, err)
		}
	})
}

// TestMirrorShrunk: a tree that lost too much is not served, which is told once; what is served becomes stale,
// since the store holds something else, until somebody mends the store.
func TestMirrorShrunk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed, events := newPlaying(), &told{}
		m := Mirror(t.Context(), feed, MirrorOptions{Observe: events.observe, Stale: time.Minute})
		defer m.Close()
		feed.do(replace(numbersFrom(1000)...))
		wantKinds(t, "loading", events, backend.Loaded)
		runs := feed.runs.Load()
		for i := range 5 {
			feed.do(replace(numbersFrom(799 - i)...)) // returns the error, and is started again
		}
		wantKinds(t, "shrinking", events, backend.Refused)
		if n := feed.runs.Load() - runs; n < 4 {
			t.Errorf("%d runs", n)
		}
		if s := m.(backend.Stater).State(); s.Entries != 1000 || !s.Up {
			t.Errorf("%+v", s)
		}
		if a, err := asked(t, m); err != nil || !a.Stale || a.Kind != backend.Found {
			t.Errorf("after a refused tree: %+v, %v", a, err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if _, err := asked(t, m); !errors.Is(err, backend.ErrStale) {
			t.Errorf("past the bound: %v", err)
		}
		events.kinds()
		feed.do(replace(numbersFrom(800)...))
		wantKinds(t, "mending", events, backend.Loaded)
		if a, err := asked(t, m); err != nil || a.Stale {
			t.Errorf("after a good tree: %+v, %v", a, err)
		}
		// Another reason, and the same again after a good tree, are news.
		list := numbersFrom(900)
		for i := range list[:100] {
			list[i] = backend.Entry{Name: list[i].Name, Broken: true}
		}
		feed.do(replace(list...))
		feed.do(replace(numbersFrom(200)...))
		feed.do(func(s backend.Sink) error {
			if err := s.Replace(seqOf(list)); err != nil {
				return err
			}
			return s.Apply([]backend.Change{{Entry: backend.Entry{Kind: 99}}})
		})
		feed.do(replace(numbersFrom(200)...))
		wantKinds(t, "more", events, backend.Loaded, backend.Refused, backend.Loaded, backend.Refused, backend.Refused)
	})
}

// TestMirrorTakesEverything: with the whole as the share, no tree is too small: that is how an operator says
// that it is meant.
func TestMirrorTakesEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed, events := newPlaying(), &told{}
		m := Mirror(t.Context(), feed, MirrorOptions{Options: Options{ShrinkShare: 1}, Observe: events.observe})
		defer m.Close()
		feed.do(replace(numbersFrom(1000)...))
		feed.do(replace())
		wantKinds(t, "shrinking", events, backend.Loaded, backend.Loaded)
	})
}

// TestMirrorTellsReasons: another reason why the feed fails is told, at most one in ten seconds after the first.
func TestMirrorTellsReasons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed, events := newPlaying(), &told{}
		m := Mirror(t.Context(), feed, MirrorOptions{Observe: events.observe})
		defer m.Close()
		reason := func(n int) func(backend.Sink) error {
			return func(backend.Sink) error { return fmt.Errorf("%w: reason %d", backend.ErrUnavailable, n) }
		}
		feed.do(replace(numbersFrom(1)...))
		wantKinds(t, "loading", events, backend.Loaded)
		feed.do(reason(1))
		feed.do(reason(1))
		wantKinds(t, "one reason", events, backend.Unavailable)
		feed.do(reason(2))
		feed.do(reason(2))
		wantKinds(t, "another", events, backend.Unavailable)
		feed.do(reason(1))
		feed.do(reason(3))
		wantKinds(t, "too many", events)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		feed.do(reason(3))
		feed.do(reason(3))
		wantKinds(t, "the last", events, backend.Unavailable)
		feed.do(confirm)
		feed.do(replace(numbersFrom(1)...))
		wantKinds(t, "mended", events, backend.Recovered, backend.Loaded)
		feed.do(reason(3))
		wantKinds(t, "again", events, backend.Unavailable)
	})
}

// A replica that lags is as old as it lags, however often changes come: it is stale while it lags for longer than data is
// current, is answered as long as it does not lag for longer than the bound, and is told to be away and back once.
func TestMirrorOfStoreThatLags(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed, events := newPlaying(), &told{}
		m := Mirror(t.Context(), feed, MirrorOptions{Observe: events.observe, Stale: 10 * time.Minute})
		defer m.Close()
		feed.do(replace(numbersFrom(2)...))
		wantKinds(t, "loading", events, backend.Loaded)
		// lags has a change come each second for some time, each of which is so late.
		lags := func(late, during time.Duration) {
			for range during / time.Second {
				time.Sleep(time.Second)
				feed.do(func(s backend.Sink) error {
					return s.ApplyLate([]backend.Change{{Entry: numbersFrom(1)[0]}}, late)
				})
			}
		}
		wants := func(when string, stale bool, age time.Duration) {
			t.Helper()
			if a, err := asked(t, m); err != nil || a.Stale != stale || a.Kind != backend.Found {
				t.Errorf("%s: %+v, %v", when, a, err)
			}
			s := m.(backend.Stater).State()
			if got := time.Since(s.Current); got != age || s.Up == stale {
				t.Errorf("%s: data is %v old, want %v; up is %t", when, got, age, s.Up)
			}
		}
		lags(5*time.Second, time.Hour)
		wants("five seconds late", false, 5*time.Second)
		wantKinds(t, "five seconds late", events)
		lags(time.Minute, 30*time.Second)
		wants("later and later", true, 35*time.Second)
		lags(time.Minute, time.Hour)
		wants("a minute late", true, time.Minute)
		wantKinds(t, "a minute late", events, backend.Unavailable)
		lags(backend.UnknownLag, 5*time.Minute)
		wants("nobody knows how late", true, 6*time.Minute)
		lags(time.Hour, time.Hour)
		if _, err := asked(t, m); !errors.Is(err, backend.ErrStale) {
			t.Errorf("an hour late: %v", err)
		}
		wantKinds(t, "an hour late", events, backend.Unavailable)
		lags(0, time.Second)
		wants("in time", false, 0)
		wantKinds(t, "in time", events, backend.Recovered)
	})
}
