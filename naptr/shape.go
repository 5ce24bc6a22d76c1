package naptr

import "slices"

// shape is a pattern in the form that people use: positions one after the other, groups around some
// of them, at most one of them of variable length, and tied to the start and (unless its length is
// fixed) to the end of the number. Then everything left of the variable item has a fixed distance
// from the start and everything right of it from the end, so that matching needs no search.
type shape struct {
	items       []item
	before      int // length of what precedes the variable item, or of the whole
	after       int // length of what follows it
	least, most int // length of the variable item; most may be unbounded
	free        bool
	grouped     int // how many groups there are
	groups      [maxGroups]struct{ from, to place }
}

// item is a set and how often it stands in a row, or variable.
type item struct {
	ascii [2]uint64
	every bool // the set is ".": nothing to test
	count int
}

const variable = -1

// place is a position in the number: where it is not negative, the distance from the start, else
// the complement of the distance from the end of the variable item.
type place int16

// shapeBuilder makes shapes, one after the other.
type shapeBuilder struct {
	shape
	tree       *tree
	at         int // index of the variable item, or -1
	begin, end bool
}

// build returns the shape of a pattern, good until the next is built, or nil when it has none.
func (b *shapeBuilder) build(t *tree, root uint16) *shape {
	*b = shapeBuilder{shape: shape{items: b.items[:0]}, tree: t, at: -1}
	if !b.walk(root) {
		return nil
	}
	// "." repeated without limit reaches the end of the number that it touches.
	reaches := func(i int) bool {
		return b.at == i && b.items[i].every && b.most == unbounded
	}
	if !b.begin && (len(b.items) == 0 || !reaches(0)) {
		return nil
	}
	if b.at >= 0 && !b.end && !reaches(len(b.items)-1) {
		return nil
	}
	b.free = b.at < 0 && !b.end
	return &b.shape
}

func (s *shape) clone() *shape {
	own := *s
	own.items = slices.Clone(s.items)
	return &own
}

// walk adds n and reports whether the pattern still has a shape.
func (b *shapeBuilder) walk(index uint16) bool {
	n := &b.tree.nodes[index]
	switch n.op {
	case opBegin:
		b.begin = true
		return len(b.items) == 0 && !b.end
	case opEnd:
		b.end = true
		return true
	case opSet:
		return b.add(n.set, 1, 1)
	case opRepeat:
		sub := &b.tree.nodes[b.tree.operand(n)]
		return sub.op == opSet && b.add(sub.set, int(n.min), int(n.max))
	case opConcat:
		for _, sub := range b.tree.operands(n) {
			if !b.walk(sub) {
				return false
			}
		}
		return true
	case opGroup:
		sub := b.tree.operand(n)
		if n.group > maxGroups {
			return b.walk(sub)
		}
		g := &b.groups[n.group-1]
		b.grouped = int(n.group)
		g.from = b.here()
		ok := b.walk(sub)
		g.to = b.here()
		return ok
	}
	return false
}

func (b *shapeBuilder) here() place {
	if b.at < 0 {
		return place(b.before)
	}
	return ^place(b.after)
}

func (b *shapeBuilder) add(index uint16, least, most int) bool {
	if b.end {
		return false
	}
	s := &b.tree.sets[index]
	it := item{s.ascii, s.everyASCII(), least}
	switch {
	case least != most && b.at >= 0:
		return false
	case least != most:
		b.at = len(b.items)
		b.least, b.most = least, most
		it.count = variable
	case b.at >= 0:
		b.after += least
	default:
		b.before += least
	}
	b.items = append(b.items, it)
	return true
}

// match tests the number aus, which is ASCII, and sets the groups.
func (s *shape) match(aus []byte, groups *spans) bool {
	middle := len(aus) - s.before - s.after
	if middle < s.least || !s.free && s.most != unbounded && middle > s.most {
		return false
	}
	pos := 0
	for i := range s.items {
		it := &s.items[i]
		next := pos + it.count
		if it.count == variable {
			next = pos + middle
		}
		if !it.every {
			for _, c := range aus[pos:next] {
				if it.ascii[c>>6&1]>>(c&63)&1 == 0 {
					return false
				}
			}
		}
		pos = next
	}
	for i, g := range s.groups[:s.grouped] {
		groups[2*i], groups[2*i+1] = g.from.in(aus, s.after), g.to.in(aus, s.after)
	}
	return true
}

func (p place) in(aus []byte, after int) int {
	if p >= 0 {
		return int(p)
	}
	return len(aus) - after + int(^p)
}
