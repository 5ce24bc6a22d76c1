package naptr

// tree is the syntax tree of a pattern. Its parts lie in slices that serve one pattern after the other.
type tree struct {
	nodes []node
	subs  []uint16 // operands: indexes of nodes
	sets  []set
}

// node is a part of a pattern.
type node struct {
	op       op
	set      uint16 // opSet: index of the set
	group    uint16 // opGroup, from 1
	min, max int16  // opRepeat; max is unbounded where there is no upper limit
	// from and to are where the operands are in tree.subs: of opConcat and opAlternate; one of opGroup and
	// opRepeat.
	from, to uint16
}

// operands returns those of n, left to right.
func (t *tree) operands(n *node) []uint16 { return t.subs[n.from:n.to] }

// operand returns the one that n has.
func (t *tree) operand(n *node) uint16 { return t.subs[n.from] }

type op uint8

const (
	opSet op = iota
	opBegin
	opEnd
	opConcat
	opAlternate
	opGroup
	opRepeat
)

// add adds a node and returns its index.
func (p *parser) add(n node) uint16 {
	p.nodes = append(p.nodes, n)
	return uint16(len(p.nodes) - 1)
}

func (p *parser) addSet(s set) uint16 {
	p.sets = append(p.sets, s)
	return uint16(len(p.sets) - 1)
}

// adopt makes sub the operand of n, and adds n.
func (p *parser) adopt(n node, sub uint16) uint16 {
	n.from, n.to = uint16(len(p.subs)), uint16(len(p.subs)+1)
	p.subs = append(p.subs, sub)
	return p.add(n)
}

// collect makes one node of the pending operands from start on; a single one stays as it is.
func (p *parser) collect(op op, start int) uint16 {
	operands := p.pending[start:]
	p.pending = p.pending[:start]
	if len(operands) == 1 {
		return operands[0]
	}
	n := node{op: op, from: uint16(len(p.subs)), to: uint16(len(p.subs) + len(operands))}
	p.subs = append(p.subs, operands...)
	return p.add(n)
}
