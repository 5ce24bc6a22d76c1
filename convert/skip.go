package convert

import (
	"context"
	"iter"
	"slices"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// An entry that Options.Skip leaves out is in the index all the same and is not written. So its name is
// known: what a delegation hides stays hidden, and the records of one name stay together. What cannot be
// said without it is refused: a block around a number that is left out would answer for the number.

// entryKey tells an entry of an index from all others.
type entryKey struct {
	name     e164.Name
	kind     backend.EntryKind
	min, max int
}

func keyOf(e *backend.Entry) entryKey {
	k := entryKey{name: e.Name, kind: e.Kind}
	if e.Kind == backend.Block {
		k.min, k.max = e.Min, e.Max
	}
	return k
}

// blockRef is a block and the line that it stands on.
type blockRef struct {
	number   e164.Number
	min, max int
	line     int
}

// around reports whether the block would answer for numbers that the entry answers for.
func (b *blockRef) around(e *entryKey) bool {
	n := e.name.Number
	if !n.HasPrefix(b.number) || !e.name.IsNumber() {
		return false
	}
	switch e.kind {
	case backend.Number:
		return b.min <= n.Len() && n.Len() <= b.max
	case backend.Block:
		return b.min <= e.max && e.min <= b.max
	case backend.Wildcard:
		return n.Len() < b.max
	}
	return n.Len() <= b.max
}

// exposed tells of entries that are left out and whose numbers a block would answer for instead.
func (l *loading) exposed() {
	if len(l.skipped) == 0 || len(l.blocks) == 0 {
		return
	}
	at := make(map[e164.Number][]blockRef, len(l.blocks))
	for _, b := range l.blocks {
		at[b.number] = append(at[b.number], b)
	}
	for e, line := range l.skipped {
		for length := range e.name.Number.Len() + 1 {
			i := slices.IndexFunc(at[e.name.Number.Prefix(length)], func(b blockRef) bool { return b.around(&e) })
			if i >= 0 {
				b := at[e.name.Number.Prefix(length)][i]
				l.faults.addf(line, "--skip cannot leave this out: the block in %s lies around it and would answer instead; take out one of the two", l.faults.where(b.line))
				break
			}
		}
	}
}

// walk yields the entries that are written.
func (t *tree) walk(ctx context.Context) iter.Seq2[backend.Entry, error] {
	all := t.table.Walk(ctx, "")
	if len(t.skipped) == 0 {
		return all
	}
	return func(yield func(backend.Entry, error) bool) {
		for e, err := range all {
			if _, out := t.skipped[keyOf(&e)]; err == nil && out {
				continue
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// written counts the entries that are written, for the report.
func (t *tree) written(ctx context.Context) (n int, err error) {
	if len(t.skipped) == 0 {
		return t.table.Len(), nil
	}
	for _, err := range t.walk(ctx) {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
