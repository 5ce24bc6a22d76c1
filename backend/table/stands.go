package table

import (
	"fmt"

	"github.com/enumim/enumim/backend"
)

var _ backend.Guarded = (*mirror)(nil)

// Stands implements backend.Guarded, by the share that a guarded Publish may lose of its own data.
func (t *Table) Stands(before backend.State) error {
	s := t.current.Load()
	had, has := before.Entries, s.entries()
	if before.Broken > 0 { // what can be read counts
		had -= before.Broken
	}
	has -= s.unreadable()
	if had > shrinkFrom && float64(had-has) > t.opts.ShrinkShare*float64(had) {
		return fmt.Errorf("%w: %d entries that can be read where there were %d", backend.ErrShrunk, has, had)
	}
	return nil
}
