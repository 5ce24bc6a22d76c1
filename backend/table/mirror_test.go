package table

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

type feedFunc func(ctx context.Context, sink backend.Sink) error

func (f feedFunc) Run(ctx context.Context, sink backend.Sink) error { return f(ctx, sink) }

func treeOf(t testing.TB, rels ...string) func(yield func(backend.Entry, error) bool) {
	return func(yield func(backend.Entry, error) bool) {
		for i, rel := range rels {
			if !yield(entryOf(backend.Number, nameOf(t, rel), uint32(i+1)), nil) {
				return
			}
		}
	}
}

// TestMirror: what a feed delivers is served while it lives, and while it is away.
func TestMirror(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var events []backend.EventKind
		var runs atomic.Int32
		feed := feedFunc(func(ctx context.Context, sink backend.Sink) error {
			switch runs.Add(1) {
			case 1: // cannot reach its store
				return errors.New("refused")
			case 2:
				panic("out of its mind")
			case 3:
				if err := sink.Replace(treeOf(t, "1", "2")); err != nil {
					t.Error(err)
				}
				if err := sink.Apply([]backend.Change{{Entry: entryOf(backend.Number, nameOf(t, "3"), 3)}}); err != nil {
					t.Error(err)
				}
				if err := sink.Apply([]backend.Change{{Entry: backend.Entry{Kind: 99}}}); err == nil {
					t.Error("a bad change was taken")
				}
				if err := sink.Replace(seqOf([]backend.Entry{{Kind: 99}})); !errors.Is(err, backend.ErrInvalidData) {
					t.Error(err)
				}
				broken := errors.New("broken off")
				if err := sink.Replace(func(yield func(backend.Entry, error) bool) { yield(backend.Entry{}, broken) }); err != broken {
					t.Error(err)
				}
				return nil
			case 4:
				if err := sink.Replace(treeOf(t, "4")); err != nil {
					t.Error(err)
				}
			}
			<-ctx.Done()
			return ctx.Err()
		})
		ctx, cancel := context.WithCancel(t.Context())
		m := Mirror(ctx, feed, MirrorOptions{Options: Options{Apexes: []e164.Apex{testApex}}, Source: "store", Observe: func(e backend.Event) {
			if e.Source != "store" {
				t.Errorf("event of %q", e.Source)
			}
			events = append(events, e.Kind)
		}})
		cancel() // ends the opening, not the backend
		synctest.Wait()
		q := backend.Query{Apex: "example.com.", Name: nameOf(t, "3")}
		if _, err := m.Lookup(t.Context(), q); err != backend.ErrNotReady {
			t.Errorf("before data: %v", err)
		}
		for runs.Load() < 3 {
			time.Sleep(leastPause / 10)
			synctest.Wait()
		}
		if a := mustLookup(t, m, "example.com.", q.Name); a.Kind != backend.Found {
			t.Errorf("while the feed is away: kind %d", a.Kind)
		}
		time.Sleep(refusedPause)
		synctest.Wait()
		if a := mustLookup(t, m, "example.com.", nameOf(t, "4")); runs.Load() != 4 || a.Kind != backend.Found {
			t.Errorf("after %d runs: kind %d", runs.Load(), a.Kind)
		}
		want := []backend.EventKind{backend.Unavailable, backend.Unavailable, backend.Recovered, backend.Loaded, backend.Refused, backend.Refused, backend.Loaded}
		if !slices.Equal(events, want) {
			t.Errorf("events %v, want %v", events, want)
		}
		if _, ok := m.(backend.Local); !ok {
			t.Error("a mirror is not Local")
		}
		for range 2 {
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		}
		if _, err := m.Lookup(t.Context(), q); err != backend.ErrClosed {
			t.Errorf("after Close: %v", err)
		}
	})
}

// TestMirrorPauses: a feed that keeps failing is started ever more seldom, and Close does not wait
// for the pause.
func TestMirrorPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Time
		m := Mirror(t.Context(), feedFunc(func(context.Context, backend.Sink) error {
			at = append(at, time.Now())
			return backend.ErrUnavailable
		}), MirrorOptions{Source: "store"})
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		for i, pause := 1, leastPause; i < len(at); i, pause = i+1, min(2*pause, mostPause) {
			if d := at[i].Sub(at[i-1]); d < pause/2 || d > pause {
				t.Errorf("pause %d is %v, want %v to %v", i, d, pause/2, pause)
			}
		}
		if len(at) < 600 || len(at) > 1210 {
			t.Errorf("%d runs in ten minutes", len(at))
		}
		start := time.Now()
		if m.Close(); time.Since(start) != 0 {
			t.Errorf("Close waits %v", time.Since(start))
		}
	})
}

// TestMirrorOutlivesGoexit: a feed that ends its goroutine, also while it delivers, is started again as one that
// returns.
func TestMirrorOutlivesGoexit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var runs atomic.Int32
		m := Mirror(t.Context(), feedFunc(func(ctx context.Context, sink backend.Sink) error {
			switch runs.Add(1) {
			case 1:
				runtime.Goexit()
			case 2:
				return sink.Replace(func(func(backend.Entry, error) bool) { runtime.Goexit() })
			}
			if err := sink.Replace(treeOf(t, "1")); err != nil {
				t.Error(err)
			}
			<-ctx.Done()
			return ctx.Err()
		}), MirrorOptions{})
		time.Sleep(3 * mostPause)
		synctest.Wait()
		if a := mustLookup(t, m, "example.com.", nameOf(t, "1")); runs.Load() != 3 || a.Kind != backend.Found {
			t.Errorf("after %d runs: kind %d", runs.Load(), a.Kind)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
}
