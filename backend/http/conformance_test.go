package http

import (
	"slices"
	"sync"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/backendtest"
	"github.com/enumim/enumim/backend/keyed"
	"github.com/enumim/enumim/backend/notation"
)

// Both modes answer as every backend must, with the example server.
func TestConformance(t *testing.T) {
	for _, mode := range []string{"store", "feed"} {
		t.Run(mode, func(t *testing.T) { conform(t, start(t), mode) })
	}
}

// served is the tree of a backend, and what it has.
type served struct {
	name    string
	entries []backend.Entry
}

func conform(t *testing.T, x *example, mode string) {
	var mu sync.Mutex
	all := map[backend.Backend]*served{}
	of := func(b backend.Backend) *served {
		mu.Lock()
		defer mu.Unlock()
		return all[b]
	}
	ready := func(t testing.TB, b backend.Backend) bool {
		c, _ := backend.As[backend.Checker](b)
		return c.Check(t.Context()) == nil
	}
	serial := func(t testing.TB, b backend.Backend) uint32 {
		ready(t, b) // which is when a store learns of it
		s, _ := backend.As[backend.Serialer](b)
		n, err := s.Serial(t.Context(), dial)
		must(t, err)
		return n
	}
	h := backendtest.Harness{
		Apex: dial, Skip: backendtest.NumbersOnly(), Broken: true,
		Open: func(t testing.TB, entries []backend.Entry) backend.Backend {
			fit(t, entries)
			s := &served{x.tree(t, data(entries)), entries}
			lines := []string{"mode " + mode}
			if mode == "feed" {
				lines = append(lines, "shrink off", "refresh 100ms")
			}
			b, _ := open(t, parse(t, x.url(s.name), lines...))
			eventually(t, "ready", func() bool { return ready(t, b) })
			mu.Lock()
			defer mu.Unlock()
			all[b] = s
			return b
		},
		Update: func(t testing.TB, b backend.Backend, changes []backend.Change) {
			s := of(b)
			for i := range changes {
				c := &changes[i]
				if !c.Delete {
					fit(t, []backend.Entry{c.Entry})
				}
				same := func(e backend.Entry) bool {
					return e.Name == c.Name && keyed.SlotOf(&e) == keyed.SlotOf(&c.Entry)
				}
				s.entries = slices.DeleteFunc(s.entries, same)
				if !c.Delete {
					s.entries = append(s.entries, c.Entry)
				}
			}
			before := serial(t, b)
			x.put(t, s.name, data(s.entries))
			eventually(t, "the change is seen", func() bool { return serial(t, b) != before })
		},
	}
	if mode == "store" {
		h.Stall = func(testing.TB, backend.Backend) func() {
			x.Pause()
			return x.Resume
		}
	}
	backendtest.Run(t, h)
}

// fit passes a test over whose entries no store has.
func fit(t testing.TB, entries []backend.Entry) {
	t.Helper()
	codec := notation.Codec{DialPlan: true}
	for _, e := range entries {
		ttl := e.TTL
		if err := codec.Check(&e); err != nil {
			t.Skipf("not in a store: %v", err)
		}
		if e.TTL != ttl {
			t.Skip("not in a store: a TTL of more than a week")
		}
	}
}
