package table

import (
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/backendtest"
	"github.com/enumim/enumim/e164"
)

// TestConformance: a table is a backend like all others. It is built as zone files are, which may
// hold names that a delegation hides.
func TestConformance(t *testing.T) {
	apex, err := e164.ParseApex("e164.arpa.")
	if err != nil {
		t.Fatal(err)
	}
	backendtest.Run(t, backendtest.Harness{
		Broken: true,
		Open: func(t testing.TB, entries []backend.Entry) backend.Backend {
			tab := New(Options{Apexes: []e164.Apex{apex}})
			b := tab.Builder()
			b.Merge = true
			for i := range entries {
				if err := b.Add(&entries[i], uint32(i+1)); err != nil {
					t.Fatal(err)
				}
			}
			if err := b.Publish(false); err != nil {
				t.Fatal(err)
			}
			return tab
		},
		Update: func(t testing.TB, b backend.Backend, changes []backend.Change) {
			if err := b.(*Table).Apply(changes); err != nil {
				t.Fatal(err)
			}
		},
	})
}

// TestConformanceOfMirrors: what a mirror is made of takes entries in contradiction, which stores may hold.
func TestConformanceOfMirrors(t *testing.T) {
	backendtest.Run(t, backendtest.Harness{
		Broken: true, Overlap: true, Skip: backendtest.NumbersOnly(),
		Open: func(t testing.TB, entries []backend.Entry) backend.Backend {
			tab := New(Options{Lenient: true, ShrinkShare: 1})
			if err := tab.Replace(seqOf(entries)); err != nil {
				t.Fatal(err)
			}
			return tab
		},
		Update: func(t testing.TB, b backend.Backend, changes []backend.Change) {
			if err := b.(*Table).Apply(changes); err != nil {
				t.Fatal(err)
			}
		},
	})
}
