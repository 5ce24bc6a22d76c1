package postgres

import (
	"sync"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/backendtest"
	"github.com/enumim/enumim/backend/notation"
)

// Both modes answer as every backend must, with the real server. Rules about what the schema cannot hold are
// passed over.
func TestConformance(t *testing.T) {
	d := start15(t)
	for _, mode := range []string{"store", "feed"} {
		t.Run(mode, func(t *testing.T) { conform(t, d, mode) })
	}
}

func conform(t *testing.T, d *database, mode string) {
	var mu sync.Mutex
	trees := map[backend.Backend]string{}
	h := backendtest.Harness{
		Skip: map[string]string{
			"delegation-hides": "the schema refuses entries below a delegation (constraint delegation_alone)",
			"replacement":      "the schema refuses records of other applications (constraint flags_known)",
		},
		Apex: dial,
		Open: func(t testing.TB, entries []backend.Entry) backend.Backend {
			schema := d.borrow(t)
			d.fill(t, schema, entries)
			lines := []string{"mode " + mode}
			if mode == "feed" {
				lines = append(lines, "shrink off")
			}
			b, r := d.open(t, schema, lines...)
			if c, ok := backend.As[backend.Checker](b); ok && mode == "store" {
				must(t, c.Check(t.Context()))
			}
			if mode == "feed" {
				eventually(t, 10*time.Second, "loaded", func() bool { return r.count(backend.Loaded) > 0 })
			}
			mu.Lock()
			defer mu.Unlock()
			trees[b] = schema
			return b
		},
		Update: func(t testing.TB, b backend.Backend, changes []backend.Change) {
			mu.Lock()
			schema := trees[b]
			mu.Unlock()
			hold(t, changes)
			d.write(t, schema, changes...)
			if mode == "feed" {
				d.follow(t, schema, b)
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
func (d *database) fill(t testing.TB, schema string, entries []backend.Entry) {
	t.Helper()
	changes := make([]backend.Change, len(entries))
	for i := range entries {
		changes[i].Entry = entries[i]
	}
	hold(t, changes)
	d.write(t, schema, changes...)
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
func (d *database) follow(t testing.TB, schema string, b backend.Backend) {
	t.Helper()
	q := func(sql string) { d.exec(t, sql) }
	q("INSERT INTO " + schema + ".record (number, type) VALUES ('" + marker + "', 'NONE')")
	eventually(t, 5*time.Second, "followed", func() bool { return kind(t, b, marker) == int(backend.Empty) })
	q("DELETE FROM " + schema + ".record WHERE number = '" + marker + "'")
	eventually(t, 5*time.Second, "followed", func() bool { return kind(t, b, marker) == int(backend.Absent) })
}
