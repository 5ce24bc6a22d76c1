package client

// node is a state of the automaton.
type node struct {
	op       treeOp
	set      ascii
	anchor   anchor // what must hold here; of copies too
	group    int
	optional bool // the group stands under a repetition
	copied   bool // made by repeatAnchors, of the node original
	original int
	to       [2]int // where the node leads, the first tried first; -1 is none
}

// ways lists where the node leads.
func (n *node) ways() []int {
	switch {
	case n.to[0] < 0:
		return nil
	case n.to[1] < 0:
		return n.to[:1]
	}
	return n.to[:]
}

// build makes the automaton of a tree, with its nodes in the order in which glibc numbers them. ok is
// false where that comes to no end.
func (e *ere) build(root *tree) (ok bool) {
	e.alias = make([]int, e.groups)
	for i := range e.alias {
		e.alias[i] = i + 1
	}
	e.shareSpans(root)
	root = lower(root)
	e.number(root)
	link(root)
	e.start = root.first.at
	e.edges(root)
	return e.repeatAnchors()
}

// shareSpans finds groups that hold nothing but a group: glibc keeps one span for both, though not
// for three.
func (e *ere) shareSpans(t *tree) {
	if t == nil {
		return
	}
	if t.op == opSub && t.left != nil && t.left.op == opSub {
		e.alias[t.left.group-1] = e.alias[t.group-1]
		t.left = t.left.left
	}
	e.shareSpans(t.left)
	e.shareSpans(t.right)
}

// lower turns a group into the nodes that record where it begins and ends.
func lower(t *tree) *tree {
	if t == nil {
		return nil
	}
	t.left, t.right = lower(t.left), lower(t.right)
	if t.op != opSub {
		return t
	}
	end := tree{op: opClose, group: t.group, optional: t.optional}
	begin := end
	begin.op = opOpen
	body := &end
	if t.left != nil {
		body = &tree{op: opConcat, left: t.left, right: body}
	}
	return &tree{op: opConcat, left: &begin, right: body}
}

func (e *ere) number(t *tree) {
	if t == nil {
		return
	}
	e.number(t.left)
	e.number(t.right)
	if t.op == opConcat {
		t.first = t.left.first
		return
	}
	t.first, t.at = t, len(e.nodes)
	e.nodes = append(e.nodes, node{
		op: t.op, set: t.set, anchor: t.anchor, group: t.group, optional: t.optional, original: t.at,
		to: [2]int{-1, -1},
	})
	e.plural = e.plural || t.op == opAlt || t.op == opStar
}

func link(t *tree) {
	if t == nil {
		return
	}
	switch t.op {
	case opConcat:
		t.left.next, t.right.next = t.right.first, t.next
	case opStar:
		t.left.next = t
	default:
		if t.left != nil {
			t.left.next = t.next
		}
		if t.right != nil {
			t.right.next = t.next
		}
	}
	link(t.left)
	link(t.right)
}

func (e *ere) edges(t *tree) {
	if t == nil {
		return
	}
	e.edges(t.left)
	e.edges(t.right)
	switch t.op {
	case opConcat, opAccept:
	case opAlt, opStar:
		a, b := t.next.at, t.next.at
		if t.left != nil {
			a = t.left.first.at
		}
		if t.right != nil {
			b = t.right.first.at
		}
		e.lead(t.at, a)
		e.lead(t.at, b)
	default:
		e.lead(t.at, t.next.at)
	}
}

// lead adds a way. glibc tries the lower number first: a part before the way around it, even in "(|a)".
func (e *ere) lead(from, to int) {
	n := &e.nodes[from]
	switch {
	case n.to[0] < 0 || n.to[0] == to:
		n.to[0] = to
	default:
		n.to = [2]int{min(n.to[0], to), max(n.to[0], to)}
	}
}

// repeatAnchors gives every node that an anchor leads to without a character a copy that asks what the
// anchor asks. glibc's copies have higher numbers, which changes what is tried first and at which end a match ends.
func (e *ere) repeatAnchors() (ok bool) {
	ok = true
	var seen []bool
	var visit func(i int)
	visit = func(i int) {
		seen = append(seen, make([]bool, len(e.nodes)-len(seen))...)
		if !ok || seen[i] {
			return
		}
		seen[i] = true
		if n := e.nodes[i]; n.op == opAnchor && !e.nodes[n.to[0]].copied {
			ok = e.copyClosure(i, i, n.anchor)
		}
		if n := e.nodes[i]; n.op != opChar {
			for _, to := range n.ways() {
				visit(to)
			}
		}
	}
	for i := 0; i != len(e.nodes) && ok; i++ {
		visit(i)
	}
	return ok
}

// copyClosure copies what original reaches without a character to hang it on clone. ok is false where
// many anchors before a long pattern make that too much.
func (e *ere) copyClosure(original, clone int, a anchor) (ok bool) {
	for {
		n := e.nodes[original]
		ways := n.ways()
		if n.op == opChar || len(ways) == 0 {
			e.nodes[clone].to = n.to
			return true
		}
		e.nodes[clone].to = [2]int{-1, -1}
		if len(e.nodes) > 4*maxTree {
			return false
		}
		var next int
		if len(ways) == 1 {
			a |= n.anchor
			next = e.clone(ways[0], a)
		} else {
			first := e.findClone(ways[0], a)
			if first >= 0 {
				e.lead(clone, first)
			} else {
				first = e.clone(ways[0], a)
				e.lead(clone, first)
				if !e.copyClosure(ways[0], first, a) {
					return false
				}
			}
			next = e.clone(ways[1], a)
		}
		e.lead(clone, next)
		original, clone = ways[len(ways)-1], next
	}
}

func (e *ere) clone(i int, a anchor) int {
	n := e.nodes[i]
	n.anchor |= a
	n.copied, n.original = true, i
	n.to = [2]int{-1, -1}
	e.nodes = append(e.nodes, n)
	return len(e.nodes) - 1
}

func (e *ere) findClone(original int, a anchor) int {
	for i := len(e.nodes) - 1; i > 0 && e.nodes[i].copied; i-- {
		if e.nodes[i].original == original && e.nodes[i].anchor == a {
			return i
		}
	}
	return -1
}
