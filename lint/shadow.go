package lint

import "github.com/enumim/enumim/e164"

// shadowed finds blocks none of whose numbers they answer for, since longer blocks, numbers with an entry
// of their own and delegations take all of them.
func (t *tree) shadowed() {
	if len(t.blocks) == 0 {
		return
	}
	c := coverage{t: t, shadowed: make(map[int]bool)}
	c.run()
	t.blocksWith(allPieces, func(i int) bool { return c.shadowed[i] }, func(i int) {
		t.find("D03", t.blocks[i].place, t.blocks[i].subject(), nil)
	})
}

// coverage walks all entries by their digits, what begins with others behind these, and counts how many
// numbers of each length the entries below a prefix answer for.
type coverage struct {
	t        *tree
	open     []frame
	shadowed map[int]bool // by index of the block
}

// frame is a prefix with blocks or a delegation, of which not all that lies below has been seen.
type frame struct {
	number e164.Number
	blocks [2]int // from, to
	cut    bool
	exact  bool // the number itself has an entry
	count  [e164.MaxDigits + 1]uint64
}

func (c *coverage) run() {
	t := c.t
	b, k := 0, 0
	cuts := t.covers.digits
	for m := 0; m < len(t.marks) || b < len(t.blocks) || k < len(cuts); {
		next := e164.Number(1<<64 - 1)
		if m < len(t.marks) {
			next = min(next, t.marks[m].number)
		}
		if b < len(t.blocks) {
			next = min(next, t.blocks[b].number)
		}
		if k < len(cuts) {
			next = min(next, cuts[k].name.Number)
		}
		c.close(next)
		f := frame{number: next, blocks: [2]int{b, b}}
		for ; b < len(t.blocks) && t.blocks[b].number == next; b++ {
			f.blocks[1] = b + 1
		}
		for ; k < len(cuts) && cuts[k].name.Number == next; k++ {
			f.cut = true
		}
		for ; m < len(t.marks) && t.marks[m].number == next; m++ {
			f.exact = true
		}
		switch {
		case f.cut || f.blocks[0] < f.blocks[1]:
			c.open = append(c.open, f)
		case len(c.open) > 0:
			c.open[len(c.open)-1].count[next.Len()]++
		}
	}
	c.close(0)
}

// close ends the frames that next does not lie below.
func (c *coverage) close(next e164.Number) {
	for len(c.open) > 0 {
		f := &c.open[len(c.open)-1]
		if next != 0 && next.HasPrefix(f.number) {
			return
		}
		c.end(f)
		c.open = c.open[:len(c.open)-1]
		if len(c.open) > 0 {
			up := &c.open[len(c.open)-1]
			for l, n := range f.count {
				up.count[l] += n
			}
		}
	}
}

// end judges the blocks of a frame, and has it count the numbers that they answer for.
func (c *coverage) end(f *frame) {
	l := f.number.Len()
	if f.exact {
		f.count[l] = 1
	}
	blocks := c.t.blocks[f.blocks[0]:f.blocks[1]]
	_, hidden := c.t.covers.of(name(f.number))
	for i := range blocks {
		b := &blocks[i]
		all := !hidden // what is hidden is told as that
		for digits := int(b.min); digits <= int(b.max); digits++ {
			all = all && f.count[digits] == power10(digits-l)
		}
		if all {
			c.shadowed[f.blocks[0]+i] = true
		}
	}
	for i := range blocks {
		for digits := int(blocks[i].min); digits <= int(blocks[i].max); digits++ {
			f.count[digits] = power10(digits - l)
		}
	}
	if f.cut {
		for digits := l; digits < len(f.count); digits++ {
			f.count[digits] = power10(digits - l)
		}
	}
}

// power10 returns how many numbers continue one by n digits.
func power10(n int) uint64 {
	p := uint64(1)
	for range n {
		p *= 10
	}
	return p
}
