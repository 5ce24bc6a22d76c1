package convert

import (
	"context"
	"errors"
	"slices"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// A block is a wildcard at its prefix. That is all where nothing else lies below the prefix. A name that
// exists there, were it only for what lies below it, is the closest encloser of all names below it that
// do not exist, and the wildcard further up does not reach those (RFC 4592 section 3.3.1): each such
// name gets a wildcard of its own, of the block with the longest prefix, as enumim answers. A block of
// open length may have such a name among its own numbers, which then gets the records themselves.
//
// A wildcard reaches numbers of any length. Where it must stand for blocks of different lengths, it has
// the records of all of them, with expressions that match the lengths of their block alone (pin.go).

// stop is all that stands at one number of the tree, and nothing of what lies left of the digits.
type stop struct {
	number e164.Number
	exact  *backend.Entry // Number or Rename
	wild   *backend.Entry
	cut    *backend.Entry
	blocks []backend.Entry
}

// expand runs an expander over the numbers of the tree.
func (t *tree) expand(ctx context.Context, x *expander) error {
	x.apex, x.dialPlan = t.apex.Prefix(), t.dialPlan
	return t.stops(ctx, x.add, func(*backend.Entry) error { return nil })
}

// expander walks a tree and hands out what a zone must hold.
type expander struct {
	apex     e164.Number
	dialPlan bool
	// own takes an entry that stands in the zone as it is.
	own func(e *backend.Entry) error
	// begins takes a block, before what is made of it.
	begins func(e *backend.Entry) error
	// made takes a number, or the wildcard below one, with records made of blocks; without records it
	// exists and has none.
	made func(e *backend.Entry) error
	// met takes what cannot be said in a zone, so that all of it is found; nil ends the walk with it.
	met func(m *meeting)

	chain []backend.Entry // the blocks around the number, outermost first
	last  e164.Number     // the number visited last
	begun bool
	out   backend.Entry
}

// add takes the next number of the tree, ascending.
func (x *expander) add(s *stop) error {
	if !x.begun {
		x.begun = true
		x.last = x.apex
		if s.number != x.apex {
			if err := x.visit(&stop{number: x.apex}); err != nil {
				return err
			}
		}
	}
	for l := s.number.CommonPrefix(x.last).Len() + 1; l < s.number.Len(); l++ {
		if err := x.visit(&stop{number: s.number.Prefix(l)}); err != nil {
			return err
		}
	}
	x.last = s.number
	return x.visit(s)
}

// meeting is what cannot be said in a zone, and where.
type meeting struct {
	number e164.Number
	err    error
}

func (m *meeting) Error() string { return m.err.Error() }

var errWildcard = errors.New("a wildcard stands within a block, and a zone can say only one of the two: delete the wildcard or the block")

// visit hands out what stands at a number that exists, and the wildcard below it.
func (x *expander) visit(s *stop) error {
	for len(x.chain) > 0 && !s.number.HasPrefix(x.chain[len(x.chain)-1].Name.Number) {
		x.chain = x.chain[:len(x.chain)-1]
	}
	x.chain = append(x.chain, s.blocks...)
	for i := range s.blocks {
		if err := x.begins(&s.blocks[i]); err != nil {
			return err
		}
	}
	if s.cut != nil {
		return x.own(s.cut)
	}
	length := s.number.Len()
	if s.exact != nil {
		if err := x.own(s.exact); err != nil || s.exact.Kind == backend.Rename {
			return err
		}
	} else if b := x.at(length); b != nil && s.number != x.apex {
		x.out = backend.Entry{Kind: backend.Number, Name: e164.Name{Number: s.number}, TTL: b.TTL, Records: b.Records}
		if err := x.made(&x.out); err != nil {
			return err
		}
	}
	shares := x.shares(length + 1)
	switch {
	case s.wild != nil && len(shares) > 0:
		return x.meet(&meeting{s.number, errWildcard})
	case s.wild != nil:
		return x.own(s.wild)
	case len(shares) == 0:
		return nil
	}
	x.out = backend.Entry{Kind: backend.Wildcard, Name: e164.Name{Number: s.number}}
	if err := join(&x.out, shares, x.dialPlan); err != nil {
		return x.meet(&meeting{s.number, err})
	}
	return x.made(&x.out)
}

func (x *expander) meet(m *meeting) error {
	if x.met == nil {
		return m
	}
	x.met(m)
	return nil
}

// at returns the block that numbers of a length are answered from.
func (x *expander) at(length int) *backend.Entry {
	for i := range slices.Backward(x.chain) {
		if b := &x.chain[i]; b.Min <= length && length <= b.Max {
			return b
		}
	}
	return nil
}

// share is a block and the lengths of numbers that are answered from it.
type share struct {
	block   *backend.Entry
	lengths []int // ascending
}

// shares returns the blocks that numbers from a length on are answered from.
func (x *expander) shares(from int) []share {
	if len(x.chain) == 0 {
		return nil
	}
	var all []share
	for length := from; length <= e164.MaxDigits; length++ {
		b := x.at(length)
		if b == nil {
			continue
		}
		i := slices.IndexFunc(all, func(s share) bool { return s.block == b })
		if i < 0 {
			i = len(all)
			all = append(all, share{block: b})
		}
		all[i].lengths = append(all[i].lengths, length)
	}
	return all
}
