package backendtest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// world is a small tree with every sort of entry that numbers have.
func world() []backend.Entry {
	return []backend.Entry{
		number("12025550100", "alice", "alice2"), number("12025550101", "bob"), number("12025550102"),
		block("4420794", 12, 12, "block"), delegation("441632", "one"),
	}
}

// asked are names in and around world.
func asked() []e164.Name {
	return []e164.Name{
		num("12025550100"), num("12025550101"), num("12025550102"), num("12025550103"), num("1202555"),
		num("442079460000"), num("441632960000"), num("4420"), num("5"),
	}
}

var lifeRules = []rule{{
	"concurrent",
	"many goroutines may ask at once, and each gets the answer to its own question",
	func(t testing.TB, s *suite) {
		b, model := s.open(t, world()...), NewModel(world())
		var wg sync.WaitGroup
		for g := range 8 {
			wg.Go(func() {
				for i := range 100 {
					name := asked()[(g+i)%len(asked())]
					q := backend.Query{Apex: s.apex.String(), Name: name}
					got, err := b.Lookup(t.Context(), q)
					want, _ := model.Lookup(t.Context(), q)
					if err != nil || show(name, got) != show(name, want) {
						t.Errorf("%s is answered\n  %s\nand %v, want\n  %s", showName(name), show(name, got), err, show(name, want))
						return
					}
				}
			})
		}
		wg.Wait()
	},
}, {
	"context",
	"a look-up whose context has ended returns promptly, with an error or with the right answer; never is it a denial",
	func(t testing.TB, s *suite) {
		b, model := s.open(t, world()...), NewModel(world())
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		expired, cancel := context.WithTimeout(t.Context(), -time.Second)
		defer cancel()
		for _, ctx := range []context.Context{cancelled, expired} {
			s.within(t, "a look-up whose context has ended", func() {
				for _, name := range asked() {
					q := backend.Query{Apex: s.apex.String(), Name: name}
					got, err := b.Lookup(ctx, q)
					want, _ := model.Lookup(t.Context(), q)
					if err == nil && show(name, got) != show(name, want) {
						t.Errorf("%s is answered\n  %s\nwant an error or\n  %s", showName(name), show(name, got), show(name, want))
					}
				}
			})
		}
	},
}, {
	"deadline",
	"while the store hangs, a look-up ends with an error soon after its context does, and Close does not wait for the store",
	func(t testing.TB, s *suite) {
		if s.Stall == nil {
			t.Skip("this backend never waits (Harness.Stall is nil)")
		}
		b := s.open(t, world()...)
		resume := s.Stall(t, b)
		defer resume()
		name := num("12025550100")
		ask := func(ctx context.Context) {
			if a, err := b.Lookup(ctx, backend.Query{Apex: s.apex.String(), Name: name}); err == nil && a.Kind != backend.Found {
				t.Errorf("while the store hangs %s is answered\n  %s", showName(name), show(name, a))
			}
		}
		short, cancel := context.WithTimeout(t.Context(), s.bound/20)
		defer cancel()
		s.within(t, "a look-up past its deadline", func() { ask(short) })
		cancelled, cancel := context.WithCancel(t.Context())
		time.AfterFunc(s.bound/20, cancel)
		s.within(t, "a look-up that was cancelled", func() { ask(cancelled) })
		s.within(t, "Close while the store hangs", func() { b.Close() })
	},
}, {
	"close-twice",
	"Close is idempotent: the second time it neither fails nor waits",
	func(t testing.TB, s *suite) {
		b := s.open(t, world()...)
		s.within(t, "Close", func() {
			for range 3 {
				if err := b.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			}
		})
	},
}, {
	"closed",
	"after Close every look-up returns ErrClosed, also for names that do not exist",
	func(t testing.TB, s *suite) {
		b := s.open(t, world()...)
		if err := b.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		for _, name := range asked() {
			a, err := b.Lookup(t.Context(), backend.Query{Apex: s.apex.String(), Name: name})
			if !errors.Is(err, backend.ErrClosed) {
				t.Errorf("%s after Close: %s, error %v; want ErrClosed", showName(name), kinds[a.Kind], err)
			}
		}
	},
}, {
	"close-while-asked",
	"Close may run beside look-ups: each is answered rightly or fails, and none is a denial",
	func(t testing.TB, s *suite) {
		for range 5 {
			b := s.open(t, world()...)
			name := num("12025550100")
			want := show(name, foundOf(world()[0]))
			var asking atomic.Int32
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					for {
						a, err := b.Lookup(t.Context(), backend.Query{Apex: s.apex.String(), Name: name})
						asking.Add(1)
						if err != nil {
							return
						}
						if got := show(name, a); got != want {
							t.Errorf("beside Close %s is answered\n  %s\nwant\n  %s", showName(name), got, want)
							return
						}
					}
				})
			}
			for deadline := time.Now().Add(s.bound); asking.Load() < 100 && time.Now().Before(deadline); {
				time.Sleep(time.Millisecond)
			}
			s.within(t, "Close beside look-ups", func() { b.Close() })
			if !s.within(t, "that look-ups fail after Close", wg.Wait) {
				return
			}
		}
	},
}, {
	"no-goroutine-left",
	"what the backend started ends with Close",
	func(t testing.TB, s *suite) {
		before := goroutines()
		b := s.open(t, world()...)
		for _, name := range asked() {
			s.lookup(t, b, name)
		}
		if w, ok := backend.As[backend.Walker](b); ok {
			for range w.Walk(t.Context(), s.apex.String()) {
				break
			}
		}
		b.Close()
		for deadline := time.Now().Add(s.bound); ; time.Sleep(5 * time.Millisecond) {
			left := leaked(before)
			if len(left) == 0 {
				return
			}
			if time.Now().After(deadline) {
				t.Errorf("%d goroutines are left, such as\n%s", len(left), left[0])
				return
			}
		}
	},
}}
