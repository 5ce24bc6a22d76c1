package lint

import (
	"cmp"
	"slices"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

func (b *block) subject() subject {
	return subject{backend.Block, name(b.number), int(b.min), int(b.max)}
}

// has reports whether the block holds numbers of so many digits.
func (b *block) has(digits int) bool { return int(b.min) <= digits && digits <= int(b.max) }

// samples are numbers of the block that show what its records give: the first, the last, and some whose
// digits tell positions apart.
func (b *block) samples() []e164.Number {
	var list []e164.Number
	for _, digits := range []string{"000000000000000", "999999999999999", "123456789012345", "864209753186420"} {
		for _, length := range []int8{b.min, b.max} {
			n := b.number
			for i := 0; n.Len() < int(length); i++ {
				n, _ = n.Child(digits[i])
			}
			if !slices.Contains(list, n) {
				list = append(list, n)
			}
		}
	}
	return list
}

// blockAt returns the blocks with a prefix, which lie side by side.
func (t *tree) blocksAt(prefix e164.Number) []block {
	compare := func(b block, n e164.Number) int { return cmp.Compare(b.number, n) }
	i, found := slices.BinarySearchFunc(t.blocks, prefix, compare)
	if !found {
		return nil
	}
	j := i
	for j < len(t.blocks) && t.blocks[j].number == prefix {
		j++
	}
	return t.blocks[i:j]
}

// quorum says how many of the pieces of a range must have a property for the range to have it.
type quorum bool

const (
	anyPiece  quorum = false
	allPieces quorum = true
)

// blocksWith calls tell once for each block or range that has a property, with one of its pieces. tell
// comes after all calls of property.
func (t *tree) blocksWith(q quorum, property func(i int) bool, tell func(i int)) {
	type pieces struct{ first, have, all int }
	found := make(map[place]*pieces)
	for i := range t.blocks {
		if !property(i) {
			continue
		}
		if e := found[t.blocks[i].place]; e != nil {
			e.have++
		} else {
			found[t.blocks[i].place] = &pieces{first: i, have: 1}
		}
	}
	if len(found) == 0 {
		return
	}
	for i := range t.blocks {
		if e := found[t.blocks[i].place]; e != nil {
			e.all++
		}
	}
	for _, e := range found {
		if q == anyPiece || e.have == e.all {
			tell(e.first)
		}
	}
}
