package redis

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/test/servers"
)

// older counts how often it was told that the tree went back.
func (r *events) older() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.all {
		if e.Kind == backend.Finding && e.Rule == older.Rule {
			n++
		}
	}
	return n
}

func (r *events) wantOlder(t *testing.T) {
	t.Helper()
	eventually(t, patience, "told", func() string {
		if r.older() > 0 {
			return "told"
		}
		return r.String()
	})
	if n := r.older(); n != 1 || strings.Contains(r.String(), "1202555") {
		t.Errorf("told %d times, or a number: %s", n, r)
	}
}

// A server that comes back with older data is served, and it is told, once, in both modes: also where it was written to
// since, past what was seen. One that goes on, or has another history, is nothing to tell of.
func TestRestoreIsTold(t *testing.T) {
	for _, c := range []struct {
		name   string
		writes int // after the restore, before the mirror looks
		other  bool
	}{{"at once", 0, false}, {"with as many writes since", 1, false}, {"with more writes since", 9, false}, {"of another history", 0, true}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := servers.Redis(t)
			o := opened(t, s.Addr, "mode store")
			provision(t, o)
			s.Stop()
			old := t.TempDir() + "/old"
			copyOf(t, s.Dir, old)
			s.Start()
			st, rs := start(t, o)
			mirror, rm := start(t, opened(t, s.Addr))
			fill(t, o, set(number("12025550111", "new"))...)
			for _, b := range []backend.Backend{st, mirror} {
				eventually(t, patience, "found", func() string { return told(b, "12025550111") })
			}
			if rs.older()+rm.older() != 0 {
				t.Fatalf("told before: %s %s", rs, rm)
			}
			s.Pause() // nobody sees what is between
			aside := servers.Redis(t)
			aside.Stop()
			must(t, os.RemoveAll(aside.Dir))
			copyOf(t, old, aside.Dir)
			aside.Start()
			k := raw(t, aside.Addr)
			if c.other {
				do(t, k, "HSET", o.meta(), "history", "another")
			}
			for range c.writes {
				fill(t, opened(t, aside.Addr), set(number("12025550122", "other"))...)
			}
			aside.Stop()
			s.Stop()
			must(t, os.RemoveAll(s.Dir))
			copyOf(t, aside.Dir, s.Dir)
			s.Start()
			for _, b := range []backend.Backend{st, mirror} {
				eventually(t, patience, "absent", func() string { return told(b, "12025550111") })
			}
			if c.other {
				if rs.older()+rm.older() != 0 {
					t.Errorf("told: %s %s", rs, rm)
				}
				return
			}
			rm.wantOlder(t)
			if c.writes == 0 { // a store keeps no stream: what was counted on since is not seen
				rs.wantOlder(t)
			}
		})
	}
}

// Look-ups that overlap end in any order, and that is no tree that went back; a tree that does is told once, and one that
// goes to and fro every ten seconds.
func TestPastOfAStore(t *testing.T) {
	at := func(n uint64) marker { return marker{"h", n} }
	var p past
	step := func(before, now marker, want bool) {
		t.Helper()
		if got := p.note(before, now); got != want {
			t.Errorf("%v, then %v: told %t", before, now, got)
		}
	}
	step(p.last(), at(10), false)
	first, second := p.last(), p.last()
	step(second, at(12), false)
	step(first, at(11), false) // it began before
	if p.last() != at(12) {
		t.Errorf("remembered %v", p.last())
	}
	first, second = p.last(), p.last()
	step(first, at(5), true)
	step(second, at(5), false)
	step(p.last(), at(6), false)
	step(p.last(), at(5), false)
	p.told = time.Now().Add(-2 * toldEvery)
	step(p.last(), at(4), true)
	step(p.last(), marker{"another", 1}, false)
}

func copyOf(t testing.TB, from, to string) {
	t.Helper()
	if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
		t.Fatalf("cp: %v\n%s", err, out)
	}
}

// found looks a number up, which has to be there: anything but it or an outage ends the test.
func found(t *testing.T, b backend.Backend, digits string) error {
	t.Helper()
	begun := time.Now()
	a, err := lookup(b, digits)
	if took := time.Since(begun); took > 3*time.Second {
		t.Fatalf("a look-up took %v", took)
	}
	switch {
	case err == nil && a.Kind != backend.Found:
		t.Fatalf("denied: kind %v", a.Kind)
	case err != nil && !errors.Is(err, backend.ErrUnavailable) && !errors.Is(err, backend.ErrNotReady):
		t.Fatal(err)
	}
	return err
}
