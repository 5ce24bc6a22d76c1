package sqlstore

import (
	"errors"
	"testing"

	"github.com/enumim/enumim/backend"
)

// A look-up that brings rows without end, large ones or many, ends soon; one that brings all that an answer can have does not. It
// is the data that is bad: as an outage it would take along all numbers that are asked for with it, and a few such look-ups would
// have the store taken as down.
func TestLimit(t *testing.T) {
	for _, row := range [][][]byte{make([][]byte, 20), {make([]byte, 1<<19)}} {
		l, size := LimitFor(1), 0
		for l.Take(row) == nil {
			if size++; size > 1<<17 {
				t.Fatal("rows are taken without end")
			}
		}
		if err := l.Take(row); !errors.Is(err, backend.ErrInvalidData) {
			t.Error(err)
		}
	}
	l := LimitFor(256)
	for range 256 * 2 {
		if err := l.Take([][]byte{make([]byte, 1<<16)}); err != nil {
			t.Fatal("two entries of 64 KiB for each number are refused")
		}
	}
}
