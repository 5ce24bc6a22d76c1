package table

import (
	"errors"
	"fmt"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// TestStands: data must not take the place of much more, as a load must not; entries that cannot be read are none.
func TestStands(t *testing.T) {
	table := New(Options{Apexes: []e164.Apex{testApex}, Lenient: true})
	defer table.Close()
	err := table.Replace(func(yield func(backend.Entry, error) bool) {
		for i := range 100 {
			e := backend.Entry{Name: e164.Name{Number: e164.MustParse(fmt.Sprintf("+1203%07d", i))}, Broken: i < 10}
			if !yield(e, nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		entries, broken int
		want            error
	}{
		{-1, -1, nil},
		{0, 0, nil},
		{90, 0, nil},
		{112, 0, nil},
		{113, 0, backend.ErrShrunk},
		{122, 10, nil},
		{1000, -1, backend.ErrShrunk},
		{1000, 910, nil},
	} {
		if err := table.Stands(backend.State{Entries: c.entries, Broken: c.broken}); !errors.Is(err, c.want) {
			t.Errorf("%d entries, %d broken: %v", c.entries, c.broken, err)
		}
	}
}
