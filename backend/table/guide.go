package table

import (
	"math/bits"

	"github.com/enumim/enumim/e164"
)

// guide finds a place in a sorted sequence of numbers in two loads, where a binary search takes one
// after the other. It divides the numbers between the least and the greatest into equal parts and
// knows the place of each. The zero guide knows nothing.
type guide struct {
	least  uint64
	span   uint64 // to the greatest
	scale  uint64 // parts to the 2^64th of the span
	places []uint32
}

// partsPerPlace keeps most parts of evenly spread numbers to one place or two.
const partsPerPlace = 4

// rank is a number as an integer that has the same order: its digits as those of a fraction, then 4
// bits for their count.
type rank uint64

func rankOf(n e164.Number) rank { return rank(decimal(n, e164.MaxDigits)<<4 | uint64(n.Len())) }

// linear returns the digits as those of a fraction, so that evenly spread numbers give evenly spread
// integers.
func (r rank) linear() uint64 { return uint64(r >> 4) }

// newGuide returns the guide to count ranks, ascending.
func newGuide(count int, at func(i int) rank) guide {
	if count < 2 {
		return guide{}
	}
	parts := count * partsPerPlace
	g := guide{least: at(0).linear(), places: make([]uint32, parts+1)}
	g.span = at(count-1).linear() - g.least
	g.scale = scale(parts, g.span)
	for i := 1; i < count; i++ {
		g.places[g.part(at(i).linear())+1]++
	}
	for i := range parts {
		g.places[i+1] += g.places[i]
	}
	return g
}

// scale returns what to multiply the integers 0 to span with so that the upper half of the product is
// evenly spread over 0 to parts-1.
func scale(parts int, span uint64) uint64 {
	if span < uint64(parts) {
		return ^uint64(0)
	}
	s, _ := bits.Div64(uint64(parts), 0, span+1)
	return s
}

func (g *guide) part(v uint64) int {
	v = min(max(v, g.least)-g.least, g.span)
	part, _ := bits.Mul64(v, g.scale)
	return int(part)
}

// between returns between which places, both included, the last is that is not greater; 0 where none
// is.
func (g *guide) between(r rank) (from, to int) {
	if len(g.places) == 0 {
		return 0, 0
	}
	part := g.part(r.linear())
	places := g.places[part : part+2]
	return int(places[0]), int(places[1])
}
