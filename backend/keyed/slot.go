package keyed

import (
	"cmp"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// Slot is what tells the entries of one name apart: the kind, and the lengths of a block. Slots can be compared
// with ==.
type Slot struct {
	kind     backend.EntryKind
	min, max int
}

// SlotOf returns the slot in which an entry stands.
func SlotOf(e *backend.Entry) Slot {
	if e.Kind != backend.Block {
		return Slot{kind: e.Kind}
	}
	return Slot{e.Kind, e.Min, e.Max}
}

// Compare orders slots by kind and lengths, which is how the entries of a value are sorted. It returns -1, 0 or 1.
func (a Slot) Compare(b Slot) int {
	return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.min, b.min), cmp.Compare(a.max, b.max))
}

// entry returns the entry that stands in the slot, without what it holds.
func (a Slot) entry(n e164.Number) backend.Entry {
	return backend.Entry{Kind: a.kind, Name: e164.Name{Number: n}, Min: a.min, Max: a.max}
}
