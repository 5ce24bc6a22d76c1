package backendtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
)

var changeRules = []rule{{
	"change",
	"after a change look-ups see it, in all that it touches: the entry, the way to it, and the block it had been an exception of",
	func(t testing.TB, s *suite) {
		b := s.open(t, world()...)
		model := NewModel(world())
		for _, changes := range [][]backend.Change{
			{set(number("12025550100", "alicia"))},
			{drop(number("12025550101"))},
			{set(number("88123", "new")), set(number("442079460000", "exception"))},
			{drop(number("88123")), drop(number("442079460000"))},
			{drop(block("4420794", 12, 12)), set(block("4420794", 11, 11, "shorter"))},
			{drop(delegation("441632", "one")), set(delegation("44163", "two"))},
			{set(number("12025550102", "now"))},
			{set(number("12025550102"))},
		} {
			s.update(t, b, changes...)
			model.Apply(changes)
			s.compare(t, b, model, 0)
		}
	},
}, {
	"answers-unchanged",
	"an answer that was given does not change: whoever holds it may read it while the data moves on",
	func(t testing.TB, s *suite) {
		e := number("12025550100", "alice", "alice2")
		e2 := delegation("441632", "one")
		b := s.open(t, e, e2)
		first, second := s.lookup(t, b, e.Name), s.lookup(t, b, e2.Name)
		one, two := show(e.Name, first), show(e2.Name, second)
		for i := range 3 {
			s.update(t, b, set(number("12025550100", fmt.Sprint("x", i), fmt.Sprint("y", i))), set(delegation("441632", fmt.Sprint("z", i))))
			s.lookup(t, b, e.Name)
			s.lookup(t, b, e2.Name)
		}
		if got := show(e.Name, first); got != one {
			t.Errorf("an answer changed after it was given, from\n  %s\nto\n  %s", one, got)
		}
		if got := show(e2.Name, second); got != two {
			t.Errorf("an answer changed after it was given, from\n  %s\nto\n  %s", two, got)
		}
	},
}, {
	"change-while-asked",
	"a look-up beside a change sees the data before it or after it, never a mix and never nothing",
	func(t testing.TB, s *suite) {
		versions := map[string]bool{}
		version := func(i int) backend.Entry {
			return number("12025550100", fmt.Sprint("v", i), fmt.Sprint("w", i), fmt.Sprint("x", i))
		}
		for i := range 20 {
			versions[show(version(i).Name, foundOf(version(i)))] = true
		}
		b := s.open(t, version(0), number("12025550101", "bob"))
		if s.Update == nil {
			s.update(t, b)
		}
		stop := make(chan struct{})
		var asked atomic.Int64
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					name := version(0).Name
					a, err := b.Lookup(t.Context(), backend.Query{Apex: s.apex.String(), Name: name})
					asked.Add(1)
					if got := show(name, a); err != nil || !versions[got] {
						t.Errorf("beside a change %s is answered\n  %s\nand %v", showName(name), got, err)
						return
					}
				}
			})
		}
		for i := 1; i < 20; i++ {
			s.update(t, b, set(version(i)))
			// Some look-ups between two changes, and some that meet them.
			seen := asked.Load()
			for deadline := time.Now().Add(s.bound / 20); asked.Load() < seen+8 && time.Now().Before(deadline); {
				time.Sleep(100 * time.Microsecond)
			}
		}
		close(stop)
		wg.Wait()
	},
}, {
	"serial",
	"Serial grows with each change (RFC 1982) and stays while nothing changes: it is how secondaries and caches notice",
	func(t testing.TB, s *suite) {
		b := s.open(t, world()...)
		w, ok := backend.As[backend.Serialer](b)
		if !ok {
			t.Skip("the backend is no Serialer")
		}
		serial := func() uint32 {
			n, err := w.Serial(t.Context(), s.apex.String())
			if err != nil {
				t.Errorf("Serial: %v", err)
			}
			return n
		}
		last := serial()
		for i := range 5 {
			if again := serial(); again != last {
				t.Errorf("Serial goes from %d to %d without a change", last, again)
			}
			s.update(t, b, set(number("12025550100", fmt.Sprint("user", i))))
			now := serial()
			if int32(now-last) <= 0 {
				t.Errorf("Serial goes from %d to %d with a change", last, now)
			}
			last = now
		}
	},
}, {
	"watch",
	"Watch calls back after every change: several may be told of at once, none is lost",
	func(t testing.TB, s *suite) {
		b := s.open(t, world()...)
		told, end := s.watch(t, b)
		defer end()
		n := s.standing(t, b, told)
		for range 3 {
			quiet(told, s.bound/20)
			n++
			s.update(t, b, set(number("12025550100", fmt.Sprint("user", n))))
			select {
			case <-told:
			case <-time.After(s.bound):
				t.Errorf("no call of changed within %v of a later change", s.bound)
				return
			}
		}
	},
}, {
	"watch-ends",
	"Watch returns soon after its context ends, with the context's error or none, and calls no more",
	func(t testing.TB, s *suite) {
		b := s.open(t, world()...)
		told, end := s.watch(t, b)
		if s.Update == nil {
			end()
			return
		}
		s.standing(t, b, told)
		end()
		quiet(told, s.bound/20)
		s.update(t, b, set(number("12025550100", "later")))
		select {
		case <-told:
			t.Errorf("changed is called after Watch has returned")
		case <-time.After(s.bound / 10):
		}
	},
}}

// watch starts a watch of b. told gets a value after calls of changed; end ends the watch and checks
// that it ends.
func (s *suite) watch(t testing.TB, b backend.Backend) (told chan struct{}, end func()) {
	t.Helper()
	w, ok := backend.As[backend.Watcher](b)
	if !ok {
		t.Skip("the backend is no Watcher")
	}
	told = make(chan struct{}, 1)
	ctx, cancel := context.WithCancel(t.Context())
	returned := make(chan error, 1)
	go func() {
		returned <- w.Watch(ctx, func() {
			select {
			case told <- struct{}{}:
			default:
			}
		})
	}()
	return told, func() {
		t.Helper()
		cancel()
		select {
		case err := <-returned:
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("Watch returns %v", err)
			}
		case <-time.After(s.bound):
			t.Errorf("Watch has not returned %v after its context ended", s.bound)
		}
	}
}

// standing makes changes until changed is called for the first time, for until then there is no
// telling whether the watch stands; it returns how many it made.
func (s *suite) standing(t testing.TB, b backend.Backend, told chan struct{}) int {
	t.Helper()
	deadline := time.After(s.bound)
	for n := 1; ; n++ {
		s.update(t, b, set(number("12025550100", fmt.Sprint("user", n))))
		select {
		case <-told:
			return n
		case <-time.After(s.bound / 20):
		case <-deadline:
			t.Fatalf("no call of changed within %v", s.bound)
		}
	}
}

// quiet takes from told until nothing came for a while, for ten such whiles at most.
func quiet(told chan struct{}, while time.Duration) {
	for enough := time.After(10 * while); ; {
		select {
		case <-told:
		case <-time.After(while):
			return
		case <-enough:
			return
		}
	}
}
