package table

import "github.com/enumim/enumim/e164"

// sieve packs items, and keeps out those that a delegation or DNAME above them hides.
type sieve struct {
	run
	builder  *Builder
	count    counts
	cover    e164.Number
	coverRef uint32
	covering bool
	covers   map[e164.Number]uint32 // refs, for the names with labels
}

func (s *sieve) add(it item, ref uint32) {
	if s.covering && it.number.HasPrefix(s.cover) {
		s.builder.occlude(it.node, ref, s.coverRef)
		return
	}
	it = s.builder.strip(it, ref)
	if it.node.covers() {
		s.cover, s.coverRef, s.covering = it.number, ref, true
		if !s.builder.Merge {
			if s.covers == nil {
				s.covers = make(map[e164.Number]uint32)
			}
			s.covers[it.number] = ref
		}
	}
	s.count.add(it.number, it.node, 1)
	s.run.add(it, ref)
}

// covers reports whether the node hides what is below it.
func (nd *node) covers() bool {
	return nd != nil && (nd.cut != nil || nd.exact != nil && nd.exact.kind == renamePart)
}

// counts tell how many parts of each kind there are, those at names of digits by length.
type counts struct {
	numbers [partKinds][e164.MaxDigits + 1]int
	named   [partKinds]int
	// unreadable is how many of them are broken entries of a zone.
	unreadable int
	mask       [partKinds]uint16 // the lengths that occur
	covers     uint16            // the lengths of delegations and DNAMEs
	around     bool              // there is more than numbers
	hidden     bool              // names with labels have delegations or DNAMEs
	wild       bool              // there are wildcards
}

func (c *counts) add(n e164.Number, nd *node, by int) {
	if nd == nil {
		return
	}
	for i := range nd.parts {
		c.numbers[nd.parts[i].kind][n.Len()] += by
		if nd.parts[i].broken() {
			c.unreadable += by
		}
	}
}

func (c *counts) addNamed(nd *node, by int) {
	if nd == nil {
		return
	}
	for i := range nd.parts {
		c.named[nd.parts[i].kind] += by
		if nd.parts[i].broken() {
			c.unreadable += by
		}
	}
}

// prepare derives what look-ups use.
func (c *counts) prepare() {
	for kind, byLen := range c.numbers {
		c.mask[kind] = 0
		for l, count := range byLen {
			if count > 0 {
				c.mask[kind] |= 1 << l
			}
		}
	}
	c.covers = c.mask[cutPart] | c.mask[renamePart]
	c.hidden = c.named[cutPart]+c.named[renamePart] > 0
	c.around = c.covers|c.mask[blockPart]|c.mask[wildPart] != 0 || c.named != [partKinds]int{}
	c.wild = c.mask[wildPart] != 0 || c.named[wildPart] > 0
}

func (c *counts) total(kind int) int {
	sum := c.named[kind]
	for _, count := range c.numbers[kind] {
		sum += count
	}
	return sum
}

func (c *counts) all() int {
	sum := 0
	for kind := range partKinds {
		sum += c.total(kind)
	}
	return sum
}
