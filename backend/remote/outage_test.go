package remote

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// away is a feed whose store cannot be reached.
type away struct{}

func (away) Run(context.Context, backend.Sink) error { return backend.ErrUnavailable }

// TestStartDuringOutage: with a snapshot a server that starts while its store is away answers, and says that the
// data is stale; for another store, or without a snapshot, it has no data.
func TestStartDuringOutage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "good.jsonl")
	d := &double{e164.MustParse("+441632960083"), make(chan string, 4)}
	open := func(feed backend.Feed, source string, want backend.EventKind, options ...string) backend.Backend {
		t.Helper()
		o, err := parse(t, far, options...)
		must(t, err)
		events := make(chan backend.Event, 99)
		b, err := o.Open(t.Context(), Parts{Feed: feed, Source: source, Data: source}, func(e backend.Event) { events <- e })
		must(t, err)
		t.Cleanup(func() { b.Close() })
		for {
			select {
			case e := <-events:
				if e.Kind == want {
					return b
				}
			case <-time.After(10 * time.Second):
				t.Fatalf("no event %d", want)
			}
		}
	}
	q := backend.Query{Name: e164.Name{Number: d.number}}
	const source = "db.example.net:5432/enum"
	b := open(d, source, backend.Loaded, "snapshot "+path)
	if a, err := b.Lookup(t.Context(), q); err != nil || a.Stale || a.Kind != backend.Empty {
		t.Errorf("with the store: %+v, %v", a, err)
	}
	must(t, b.Close()) // saves
	if a, err := open(away{}, source, backend.Loaded, "snapshot "+path).Lookup(t.Context(), q); err != nil || !a.Stale || a.Kind != backend.Empty {
		t.Errorf("without the store: %+v, %v", a, err)
	}
	if _, err := open(away{}, "other.example.net:5432/enum", backend.Refused, "snapshot "+path).Lookup(t.Context(), q); !errors.Is(err, backend.ErrNotReady) {
		t.Errorf("the snapshot of another store: %v", err)
	}
	if _, err := open(away{}, source, backend.Unavailable).Lookup(t.Context(), q); !errors.Is(err, backend.ErrNotReady) {
		t.Errorf("no snapshot: %v", err)
	}
}
