package enumim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coredns/caddy"
	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
)

// shelveStore makes a backend known that tells of itself, as those of stores do, with an answer of its own.
func shelveStore(t *testing.T, uri string, ready bool) (m *memory, name string) {
	t.Helper()
	m = newMemory(t, "e164.arpa", fmt.Sprintf("0.0.1.0.5.5.5.2.0.2.1 60 NAPTR 10 10 \"u\" \"E2U+im\" \"!^.*$!%s!\" .\n", uri))
	m.state = func() backend.State { return backend.State{Source: uri, Entries: -1, Broken: -1} }
	m.notReady.Store(!ready)
	return m, shelve(t, m)
}

// TestReloadWhileStoresAreDown: a Corefile that names a store which is down is taken, and what was served before
// goes on until the store has data; through more reloads, too.
func TestReloadWhileStoresAreDown(t *testing.T) {
	first, firstName := shelveStore(t, "im:first@example.com", true)
	second, secondName := shelveStore(t, "im:second@example.com", false)
	third, thirdName := shelveStore(t, "im:third@example.com", false)
	instance, err := caddy.Start(input(memoryCorefile(firstName, "")))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { stopServer(instance) }()
	want := func(when, uri string) {
		t.Helper()
		settle()
		udp, _ := addresses(instance)
		got := exchange(t, "udp", udp, query1(number0, dns.TypeNAPTR))
		if len(got.Answer) != 1 || !strings.Contains(got.Answer[0].String(), uri) {
			t.Errorf("%s: got %v, want %s", when, got, uri)
		}
	}
	reload := func(name, more string) {
		t.Helper()
		settle()
		if instance, err = instance.Restart(input(memoryCorefile(name, more))); err != nil {
			t.Fatal(err)
		}
		if err := pool.Flush(); err != nil {
			t.Error(err)
		}
	}
	ready := func() bool {
		for g := range generations {
			if !g.ready() {
				return false
			}
		}
		return true
	}
	want("at first", "first")
	reload(secondName, "")
	want("the second is down", "first")
	reload(secondName, "chaos")
	want("the second is down, after another reload", "first")
	reload(thirdName, "")
	want("the third is down", "first")
	if !ready() {
		t.Error("not ready, though all is answered")
	}
	if first.closed.Load() != 0 || second.closed.Load() != 1 || third.closed.Load() != 0 {
		t.Errorf("closed %d, %d and %d times", first.closed.Load(), second.closed.Load(), third.closed.Load())
	}
	if _, err := instance.Restart(input(memoryCorefile("nothing-on-the-shelf", ""))); err == nil {
		t.Error("a Corefile that is wrong was taken")
	}
	want("after a reload that failed", "first")
	third.notReady.Store(false)
	eventually(t, "what answered before was not closed", func() bool { return first.closed.Load() == 1 })
	want("the third has data", "third")
	reload(firstName, "")
	eventually(t, "what answered before was not closed", func() bool { return third.closed.Load() == 1 })
	first.notReady.Store(true) // an outage later on takes nothing from anywhere
	settle()
	if ready() {
		t.Error("ready without data")
	}
	first.notReady.Store(false)
}

// TestHandOverFailsOver: when what answered before is closed meanwhile, the new source is asked.
func TestHandOverFailsOver(t *testing.T) {
	old, oldName := shelveStore(t, "im:old@example.com", true)
	m, _ := shelveStore(t, "im:new@example.com", false)
	e := serve(t, "e164.arpa", m)
	lease, err := pool.Acquire(t.Context(), "memory", memoryOpener{name: oldName}, backend.Limits{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	e.forest.trees["e164.arpa."].before.Store(&former{Lease: lease, zone: "e164.arpa."})
	for _, want := range []string{"im:old@", "im:new@"} {
		if r := askHandler(t, e, query1(number0, dns.TypeNAPTR), nil); len(r.Answer) != 1 || !strings.Contains(r.Answer[0].String(), want) {
			t.Errorf("got %v, want %s", r, want)
		}
		lease.Release()
	}
	if err := pool.Flush(); err != nil || old.closed.Load() != 1 {
		t.Errorf("closed %d times, %v", old.closed.Load(), err)
	}
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

// TestHandOverEndsWithoutQueries: nobody needs to ask for it to end.
func TestHandOverEndsWithoutQueries(t *testing.T) {
	old, oldName := shelveStore(t, "im:old@example.com", true)
	m, _ := shelveStore(t, "im:new@example.com", false)
	e := serve(t, "e164.arpa", m)
	e.state.opened.Store(true)
	lease, err := pool.Acquire(t.Context(), "memory", memoryOpener{name: oldName}, backend.Limits{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	e.forest.trees["e164.arpa."].before.Store(&former{Lease: lease, zone: "e164.arpa."})
	e.state.watch()
	if !e.state.ready() || old.closed.Load() != 0 {
		t.Error("not ready, though all is answered")
	}
	m.notReady.Store(false)
	eventually(t, "what answered before was not closed", func() bool { return old.closed.Load() == 1 })
	e.state.watching.Wait() // nothing is left to watch
}

// TestWatchEnds: with the generation, and when the leases of one that caddy threw away are released.
func TestWatchEnds(t *testing.T) {
	for name, end := range map[string]func(*generation){
		"released":    (*generation).release,
		"thrown away": func(*generation) { pool.ReleasePending() },
	} {
		t.Run(name, func(t *testing.T) {
			old, oldName := shelveStore(t, "im:old@example.com", true)
			m, _ := shelveStore(t, "im:new@example.com", false)
			e := serve(t, "e164.arpa", m)
			lease, err := pool.Acquire(t.Context(), "memory", memoryOpener{name: oldName}, backend.Limits{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			e.forest.trees["e164.arpa."].before.Store(&former{Lease: lease, zone: "e164.arpa."})
			e.state.watch()
			end(e.state)
			e.state.watching.Wait()
			if err := pool.Flush(); err != nil || old.closed.Load() != 1 {
				t.Errorf("closed %d times, %v", old.closed.Load(), err)
			}
		})
	}
}
