package naptr

import "slices"

// program is a pattern compiled for the matcher: a graph of instructions, from entry to matched.
type program struct {
	code   []inst
	sets   []*set
	entry  uint16
	pinned bool // every match begins at the start of the subject
}

// inst is one instruction. It goes on at x; split tries x first, then y.
type inst struct {
	code code
	arg  uint16 // consume: index of the set; save: index into spans
	x, y uint16
}

type code uint8

const (
	matched code = iota
	consume      // one character that is in the set
	atBegin
	atEnd
	save // the position, as the begin or end of a group
	split
)

// maxProgram bounds the matcher's work, length of the program times length of the number. Every
// pattern without repetition counts fits; counts multiply.
const maxProgram = 1024

// newProgram compiles a pattern of whose groups the first used ones are wanted. It returns nil when
// the program would be longer than maxProgram.
func newProgram(root *node, used int) *program {
	c := compiler{used: used}
	c.entry = c.node(root, c.emit(inst{code: matched}))
	if c.full {
		return nil
	}
	c.pinned = c.code[c.entry].code == atBegin
	return &c.program
}

// compiler builds the graph from its end: every part is compiled towards what follows it.
type compiler struct {
	program
	used int
	full bool
}

func (c *compiler) emit(i inst) uint16 {
	if len(c.code) >= maxProgram {
		c.full = true
		return 0
	}
	c.code = append(c.code, i)
	return uint16(len(c.code) - 1)
}

// node compiles n towards next and returns where it starts.
func (c *compiler) node(n *node, next uint16) uint16 {
	if c.full {
		return 0
	}
	switch n.op {
	case opSet:
		c.sets = append(c.sets, n.set)
		return c.emit(inst{code: consume, arg: uint16(len(c.sets) - 1), x: next})
	case opBegin:
		return c.emit(inst{code: atBegin, x: next})
	case opEnd:
		return c.emit(inst{code: atEnd, x: next})
	case opConcat:
		for _, v := range slices.Backward(n.subs) {
			next = c.node(v, next)
		}
		return next
	case opAlternate:
		entry := c.node(n.subs[len(n.subs)-1], next)
		for i := len(n.subs) - 2; i >= 0; i-- {
			entry = c.emit(inst{code: split, x: c.node(n.subs[i], next), y: entry})
		}
		return entry
	case opGroup:
		if n.group > c.used {
			return c.node(n.subs[0], next)
		}
		next = c.emit(inst{code: save, arg: uint16(2*n.group - 1), x: next})
		next = c.node(n.subs[0], next)
		return c.emit(inst{code: save, arg: uint16(2*n.group - 2), x: next})
	}
	return c.repeat(n, next)
}

func (c *compiler) repeat(n *node, next uint16) uint16 {
	sub, least := n.subs[0], n.min
	entry := next
	if n.max == unbounded {
		// x* is (x+)?, so that a body that matches nothing is tried once and no more.
		loop := c.emit(inst{code: split, y: next})
		entry = c.node(sub, loop)
		if c.full {
			return 0
		}
		c.code[loop].x = entry
		if least == 0 {
			entry = c.emit(inst{code: split, x: entry, y: next})
		}
		least--
	} else {
		for i := n.min; i < n.max && !c.full; i++ {
			entry = c.emit(inst{code: split, x: c.node(sub, entry), y: next})
		}
	}
	for ; least > 0 && !c.full; least-- {
		entry = c.node(sub, entry)
	}
	return entry
}
