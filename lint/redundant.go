package lint

import (
	"slices"
	"strings"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// redundant finds blocks that say what the block around them says for the same numbers.
func (t *tree) redundant() {
	outer := make(map[int]place)
	t.blocksWith(allPieces, func(i int) bool {
		b := &t.blocks[i]
		if around := t.around(b); around != nil && around.place != b.place && t.same(b, around) {
			outer[i] = around.place
			return true
		}
		return false
	}, func(i int) {
		b := &t.blocks[i]
		t.find("D10", b.place, b.subject(), func() string { return "as the block in " + t.files.text(outer[i], b.place) })
	})
}

// around returns the block that would answer for all numbers of b if b were not there; nil where there is
// no such block. Numbers with an entry of their own are the same with and without b.
func (t *tree) around(b *block) *block {
	for l := b.number.Len() - 1; l >= 0; l-- {
		list := t.blocksAt(b.number.Prefix(l))
		for i := range list {
			if x := &list[i]; x.min <= b.max && b.min <= x.max {
				if x.min <= b.min && b.max <= x.max {
					return x
				}
				return nil // some of its numbers only
			}
		}
	}
	return nil
}

// same reports whether two blocks give the numbers of the first the same records.
func (t *tree) same(inner, outer *block) bool {
	if inner.set == outer.set {
		// Equal expressions give equal URIs.
		return true
	}
	a, ttlA := t.sets.get(inner.set)
	b, ttlB := t.sets.get(outer.set)
	if ttlA != ttlB || len(a) != len(b) {
		return false
	}
	compare := func(x, y kept) int {
		return naptr.Compare(naptr.Record{Order: x.Order, Preference: x.Preference, Services: x.Services},
			naptr.Record{Order: y.Order, Preference: y.Preference, Services: y.Services})
	}
	slices.SortStableFunc(a, compare)
	slices.SortStableFunc(b, compare)
	for i := range a {
		x, y := a[i].Record, b[i].Record
		if x == y {
			continue
		}
		alike := x.Order == y.Order && x.Preference == y.Preference && x.Flags == y.Flags && x.Services == y.Services
		if !alike || !a[i].template || !b[i].template || !t.sameURIs(x, y, inner.samples()) {
			return false
		}
	}
	return true
}

// sameURIs compares what templates give, of which each place in the URI is the end of the number from some
// digit on: where that is the same for numbers of other digits and lengths, it is so for all.
func (t *tree) sameURIs(a, b naptr.Record, numbers []e164.Number) bool {
	x, err := naptr.ParseExpression(a.Regexp)
	if err != nil {
		return false
	}
	y, err := naptr.ParseExpression(b.Regexp)
	if err != nil {
		return false
	}
	for _, n := range numbers {
		aus := n.String()
		if t.checker.DialPlan {
			aus = strings.TrimPrefix(aus, "+")
		}
		u, ok := x.Eval(aus)
		v, same := y.Eval(aus)
		if !ok || !same || u != v {
			return false
		}
	}
	return true
}
