package table

import (
	"context"
	"runtime"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// TestMirrorTrail: a trail has what changed since it began, before that is answered, and ends with who holds it.
func TestMirrorTrail(t *testing.T) {
	steps := make(chan func(backend.Sink))
	feed := feedFunc(func(ctx context.Context, sink backend.Sink) error {
		for {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case step := <-steps:
				step(sink)
			}
		}
	})
	m := Mirror(t.Context(), feed, MirrorOptions{Options: Options{Apexes: []e164.Apex{testApex}}}).(*mirror)
	defer m.Close()
	do := func(step func(backend.Sink) error) {
		t.Helper()
		done := make(chan error)
		steps <- func(s backend.Sink) { done <- step(s) }
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	change := func(rel string) func(backend.Sink) error {
		return func(s backend.Sink) error {
			return s.Apply([]backend.Change{{Entry: entryOf(backend.Number, nameOf(t, rel), 7)}})
		}
	}
	do(func(s backend.Sink) error { return s.Replace(treeOf(t, "1", "2")) })
	do(change("3"))
	one := m.Trail()
	do(change("4"))
	other := m.Trail()
	do(change("5"))
	for trail, want := range map[*backend.Trail]int{one: 2, other: 1} {
		if names, count, ok := trail.Names(); len(names) != want || int(count) != want || !ok {
			t.Errorf("%d names, %d changes, %t, want %d", len(names), count, ok, want)
		}
	}
	do(func(s backend.Sink) error { return s.Replace(treeOf(t, "1", "2", "3")) })
	if _, _, ok := one.Names(); ok {
		t.Error("a new tree is no change")
	}
	runtime.KeepAlive(other)
	for range 3 {
		runtime.GC()
	}
	do(change("6"))
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.trails) != 0 {
		t.Errorf("%d trails are noted that nobody holds", len(m.trails))
	}
}
