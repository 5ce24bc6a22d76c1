package table

import (
	"errors"
	"fmt"
	"slices"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// errAgain is the error of Apply in a lenient table for changes that only a complete tree can tell the meaning
// of: those that contradict what is there, and those of what was contradicted or hidden.
var errAgain = fmt.Errorf("%w: entries contradict each other: all of them have to be loaded anew", backend.ErrInvalidData)

// contradict makes broken what two items of one number say in contradiction, and joins the rest. What the first
// one says stays in the index, where it decides nothing any more: broken entries come before others.
func (b *Builder) contradict(first, second item) item {
	all := first.node.pieces(first.text)
	for _, p := range second.node.pieces(second.text) {
		all = append(all, b.apart(first.number, p, all)...)
	}
	slices.SortFunc(all, piece.slot)
	key, text := keyOf(all)
	nd, err := b.shapes.get(key, true)
	if err != nil {
		b.fail(err)
		return first
	}
	return item{first.number, nd, string(text)}
}

// apart returns what of a piece none of the others contradicts. Of blocks that overlap that is all but the lengths that
// they have in common.
func (b *Builder) apart(n e164.Number, p piece, others []piece) []piece {
	rest := []piece{p}
	for _, o := range others {
		var left []piece
		for _, p := range rest {
			lo, hi := max(p.min, o.min), min(p.max, o.max)
			switch {
			case p.kind == blockPart && o.kind == blockPart && lo <= hi:
				b.breakPiece(n, piece{kind: blockPart, min: lo, max: hi})
				b.contradicted++ // it stands for two
				left = append(left, b.trimmed(n, p, p.min, lo-1)...)
				left = append(left, b.trimmed(n, p, hi+1, p.max)...)
			case p.slot(o) == 0:
				b.breakPiece(n, o)
				b.breakPiece(n, p)
			default:
				left = append(left, p)
			}
		}
		rest = left
	}
	return rest
}

// trimmed returns a block with fewer lengths, or nothing.
func (b *Builder) trimmed(n e164.Number, p piece, least, most uint8) []piece {
	if least > most {
		return nil
	}
	part, err := parsePart(p.key)
	if err != nil {
		b.fail(err)
		return nil
	}
	e := part.entry(e164.Name{Number: n}, p.text)
	e.Min, e.Max = int(least), int(most)
	key, text := appendPart(nil, nil, &e, blockPart, false)
	return []piece{{blockPart, least, most, string(key), string(text)}}
}

func (b *Builder) breakPiece(n e164.Number, p piece) {
	k := brokenKey{number: n, min: p.min, max: p.max}
	switch p.kind {
	case exactPart:
		k.kind = backend.Number
	case blockPart:
		k.kind = backend.Block
	case cutPart:
		k.kind = backend.Delegation
	default: // of a zone, which is merged
		b.fail(&DuplicateError{})
		return
	}
	b.contradicted++
	b.broken = append(b.broken, k)
}

// lost makes broken what a lenient table cannot index; false where it cannot even do that.
func (b *Builder) lost(e *backend.Entry) bool {
	k, ok := brokenKeyOf(e)
	if ok = ok && b.table.opts.Lenient; ok {
		b.broken = append(b.broken, k)
	}
	return ok
}

// twice counts the broken entries that stand beside an entry that can be read and has the same key.
func (s *snapshot) twice() (n int) {
	if s.broken == nil {
		return 0
	}
	for _, k := range s.broken.list {
		nd, _ := s.numbers.get(k.number)
		if nd == nil {
			continue
		}
		for i := range nd.parts {
			if p := &nd.parts[i]; p.entryKind() == k.kind && p.min == k.min && p.max == k.max {
				n++
			}
		}
	}
	return n
}

// again reports whether changes concern what was contradicted or hidden.
func (s *snapshot) again(changes []backend.Change) bool {
	if s.contradicted == 0 {
		return false
	}
	for i := range changes {
		c := &changes[i]
		if c.Kind == backend.Delegation || c.Kind == backend.Rename || s.broken != nil && len(s.broken.at(c.Name.Number)) > 0 {
			return true
		}
	}
	return false
}

// lenient makes of an error that a complete tree would not meet one that asks for such a tree.
func (t *Table) lenient(err error) error {
	if t.opts.Lenient && (errors.Is(err, ErrDuplicate) || errors.Is(err, ErrOccluded)) {
		return fmt.Errorf("%w: %w", errAgain, err)
	}
	return err
}
