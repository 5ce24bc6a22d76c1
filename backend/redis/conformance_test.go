package redis

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/backendtest"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/test/servers"
)

// The driver answers as every backend must: in both modes, and wherever the tree lives.
func TestConformance(t *testing.T) {
	for _, place := range []struct {
		name  string
		start func(t *testing.T) (pause func() (resume func()), addr string, lines []string)
	}{
		{"standalone", func(t *testing.T) (func() func(), string, []string) {
			s := servers.Redis(t)
			return freezing(s), s.Addr, nil
		}},
		{"cluster", func(t *testing.T) (func() func(), string, []string) {
			nodes := servers.RedisCluster(t, 3)
			return freezing(nodes...), nodes[0].Addr, []string{"cluster"}
		}},
		{"sentinel", func(t *testing.T) (func() func(), string, []string) {
			_, _, s := servers.Sentinel(t)
			return nil, s.Addr, []string{"sentinel mymaster"}
		}},
	} {
		for _, mode := range []string{"store", "feed"} {
			t.Run(place.name+"/"+mode, func(t *testing.T) {
				if testing.Short() && place.name != "standalone" {
					t.Skip("the same code, on more servers")
				}
				t.Parallel()
				pause, addr, lines := place.start(t)
				if mode == "feed" {
					pause = nil
				}
				conform(t, pause, addr, append(lines, "mode "+mode))
			})
		}
	}
}

func freezing(all ...*servers.Server) func() func() {
	return func() func() {
		for _, s := range all {
			s.Pause()
		}
		return sync.OnceFunc(func() {
			for _, s := range all {
				s.Resume()
			}
		})
	}
}

func conform(t *testing.T, pause func() func(), addr string, lines []string) {
	var mu sync.Mutex
	type tree struct {
		*options
		backend.Writer
	}
	trees := map[backend.Backend]tree{}
	var count atomic.Int32
	skip := backendtest.NumbersOnly()
	if len(lines) > 1 { // not alone
		for _, rule := range []string{"change-while-asked", "close-while-asked", "model-of-numbers", "model-of-blocks", "model-of-delegations", "model-of-changes"} {
			skip[rule] = "what a tree lives on makes no difference to it; with one server it is kept"
		}
	}
	h := backendtest.Harness{
		Apex: testApex,
		Skip: skip,
		Open: func(t testing.TB, entries []backend.Entry) backend.Backend {
			o, err := parseLines(t, addr, append([]string{fmt.Sprintf("prefix {t%d}:", count.Add(1)), "shrink off"}[:2-len(mode(lines))], lines...)...)
			must(t, err)
			fit(t, entries)
			w, err := o.OpenWriter(context.Background())
			must(t, err)
			t.Cleanup(func() { w.Close() })
			for _, err := range w.Walk(t.Context()) {
				must(t, err)
			}
			must(t, w.Write(t.Context(), changesOf(set(entries...)), func(int) {}))
			b, err := o.Open(t.Context(), func(backend.Event) {})
			must(t, err)
			eventually(t, 5*time.Second, "ready", func() string { return ready(b) })
			mu.Lock()
			defer mu.Unlock()
			trees[b] = tree{o, w}
			return b
		},
		Update: func(t testing.TB, b backend.Backend, changes []backend.Change) {
			mu.Lock()
			o := trees[b]
			mu.Unlock()
			for _, c := range changes {
				fit(t, []backend.Entry{c.Entry})
			}
			before := serialOf(t, b)
			must(t, o.Write(t.Context(), changesOf(changes), func(int) {}))
			eventually(t, 5*time.Second, "seen", func() string {
				ready(b) // which is when a store learns the serial
				if serialOf(t, b) != before {
					return "seen"
				}
				return "not yet"
			})
		},
	}
	if pause != nil {
		h.Stall = func(testing.TB, backend.Backend) func() { return pause() }
	}
	backendtest.Run(t, h)
}

// mode has one element for mode store, which has no guard.
func mode(lines []string) []string {
	if lines[len(lines)-1] == "mode store" {
		return lines[:1]
	}
	return nil
}

// fit leaves out rules with entries that no store can hold.
func fit(t testing.TB, entries []backend.Entry) {
	t.Helper()
	o := opened(t, "localhost")
	for _, e := range entries {
		if e.Name.Labels != "" || e.Name == (e164.Name{}) {
			t.Skip("not in a store: labels, the apex")
		}
		if e.TTL > notation.MaxTTL {
			t.Skip("TTLs of stores are cut")
		}
		if err := o.Codec.Check(&e); err != nil {
			t.Skipf("not in a store: %v", err)
		}
	}
}

func ready(b backend.Backend) string {
	c, ok := backend.As[backend.Checker](b)
	if !ok {
		return "no checker"
	}
	if err := c.Check(testContext()); err != nil {
		return err.Error()
	}
	return "ready"
}

func serialOf(t testing.TB, b backend.Backend) uint32 {
	s, _ := backend.As[backend.Serialer](b)
	n, err := s.Serial(testContext(), testApex)
	must(t, err)
	return n
}
