package mysql

import (
	"sync"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/backendtest"
	"github.com/enumim/enumim/backend/notation"
)

// Both modes answer as every backend must, with the real server. Rules about what the tree cannot hold are
// passed over.
func TestConformance(t *testing.T) {
	d := start11(t)
	for _, mode := range []string{"store", "feed"} {
		t.Run(mode, func(t *testing.T) { conform(t, d, mode) })
	}
}

func conform(t *testing.T, d *server, mode string) {
	var mu sync.Mutex
	trees := map[backend.Backend]string{}
	h := backendtest.Harness{
		Skip: map[string]string{
			"delegation-hides": "the schema refuses entries below a delegation (constraint delegation_alone)",
			"replacement":      "the schema refuses records of other applications (constraint flags_known)",
		},
		Apex: dial,
		Open: func(t testing.TB, entries []backend.Entry) backend.Backend {
			tree := d.borrow(t)
			d.fill(t, tree, entries)
			lines := []string{"mode " + mode}
			if mode == "feed" {
				lines = append(lines, "shrink off")
			}
			b, r := d.open(t, tree, lines...)
			if c, ok := backend.As[backend.Checker](b); ok && mode == "store" {
				must(t, c.Check(t.Context()))
			}
			if mode == "feed" {
				eventually(t, "loaded", func() bool { return r.count(backend.Loaded) > 0 })
			}
			mu.Lock()
			defer mu.Unlock()
			trees[b] = tree
			return b
		},
		Update: func(t testing.TB, b backend.Backend, changes []backend.Change) {
			mu.Lock()
			tree := trees[b]
			mu.Unlock()
			hold(t, changes)
			d.write(t, tree, changes...)
			if mode == "feed" {
				d.follow(t, tree, b)
				return
			}
			if c, ok := backend.As[backend.Checker](b); ok {
				must(t, c.Check(t.Context())) // which reads the serial
			}
		},
	}
	if mode == "store" {
		h.Stall = func(t testing.TB, _ backend.Backend) func() {
			d.Pause()
			return d.Resume
		}
	}
	backendtest.Run(t, h)
}

// fill writes entries into an empty tree, or passes the test over where they are none of a store.
func (d *server) fill(t testing.TB, tree string, entries []backend.Entry) {
	t.Helper()
	changes := make([]backend.Change, len(entries))
	for i := range entries {
		changes[i].Entry = entries[i]
	}
	hold(t, changes)
	d.write(t, tree, changes...)
}

// hold passes a test over whose entries no store has.
func hold(t testing.TB, changes []backend.Change) {
	t.Helper()
	codec := notation.Codec{DialPlan: true}
	for i := range changes {
		e := changes[i].Entry
		ttl := e.TTL
		if err := codec.Check(&e); err != nil {
			t.Skipf("not in a store: %v", err)
		}
		if e.TTL != ttl {
			t.Skip("not in a store: a TTL of more than a week")
		}
	}
}

// marker is the number that follow writes: no rule of the suite asks for it.
const marker = "888888888888888"

// follow returns when b has seen all that was committed before.
func (d *server) follow(t testing.TB, tree string, b backend.Backend) {
	t.Helper()
	q := func(sql string) { d.exec(t, sql) }
	q("INSERT INTO " + tree + ".record (number, type) VALUES ('" + marker + "', 'NONE')")
	eventually(t, "followed", func() bool { return kind(t, b, marker) == int(backend.Empty) })
	q("DELETE FROM " + tree + ".record WHERE number = '" + marker + "'")
	eventually(t, "followed", func() bool { return kind(t, b, marker) == int(backend.Absent) })
}
