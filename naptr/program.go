package naptr

import "slices"

// program is a pattern compiled for the matcher: a graph of instructions, from entry to matched.
type program struct {
	code   []inst
	sets   []set
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

// maxVisits bounds the compiler's work where counts multiply what compiles to little or nothing, such as
// "(((((((x)))))?){255}){4}". Patterns that people write take no more than three visits an instruction.
const maxVisits = 8 * maxProgram

// compiler builds the graph from its end: every part is compiled towards what follows it.
type compiler struct {
	tree *tree
	program
	used   int
	visits int
	full   bool
}

// compile compiles a pattern of whose groups the first used ones are wanted. The program is good until the
// next is compiled. It is nil when it would be longer than maxProgram, or take more than maxVisits.
func (c *compiler) compile(t *tree, root uint16, used int) *program {
	*c = compiler{tree: t, program: program{code: c.code[:0], sets: t.sets}, used: used}
	c.entry = c.node(root, c.emit(inst{code: matched}))
	if c.full {
		return nil
	}
	c.pinned = c.code[c.entry].code == atBegin
	return &c.program
}

func (p *program) clone() *program {
	own := *p
	own.code, own.sets = slices.Clone(p.code), slices.Clone(p.sets)
	return &own
}

func (c *compiler) emit(i inst) uint16 {
	if len(c.code) >= maxProgram {
		c.full = true
		return 0
	}
	c.code = append(c.code, i)
	return uint16(len(c.code) - 1)
}

// node compiles a node towards next and returns where it starts.
func (c *compiler) node(index, next uint16) uint16 {
	c.visits++
	c.full = c.full || c.visits > maxVisits
	if c.full {
		return 0
	}
	n := &c.tree.nodes[index]
	switch n.op {
	case opSet:
		return c.emit(inst{code: consume, arg: n.set, x: next})
	case opBegin:
		return c.emit(inst{code: atBegin, x: next})
	case opEnd:
		return c.emit(inst{code: atEnd, x: next})
	case opConcat:
		for _, sub := range slices.Backward(c.tree.operands(n)) {
			next = c.node(sub, next)
		}
		return next
	case opAlternate:
		subs := c.tree.operands(n)
		entry := c.node(subs[len(subs)-1], next)
		for _, sub := range slices.Backward(subs[:len(subs)-1]) {
			entry = c.emit(inst{code: split, x: c.node(sub, next), y: entry})
		}
		return entry
	case opGroup:
		if int(n.group) > c.used {
			return c.node(c.tree.operand(n), next)
		}
		next = c.emit(inst{code: save, arg: 2*n.group - 1, x: next})
		next = c.node(c.tree.operand(n), next)
		return c.emit(inst{code: save, arg: 2*n.group - 2, x: next})
	}
	return c.repeat(n, next)
}

func (c *compiler) repeat(n *node, next uint16) uint16 {
	sub, least := c.tree.operand(n), n.min
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
		before := entry
		if entry = c.node(sub, entry); entry == before {
			break // x{0} in a group: nothing, however often
		}
	}
	return entry
}
