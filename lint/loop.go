package lint

import "iter"

// loops returns the nodes from which next leads back to themselves, among those that starts lead to, with
// the number of their loop: the strongly connected components of more than one node, and nodes that follow
// themselves (Tarjan's algorithm, without recursion). It looks at no more than most nodes.
func loops[N comparable](starts iter.Seq[N], next func(N) []N, most int) map[N]int {
	l := looper[N]{next: next, seen: make(map[N]*state), cyclic: make(map[N]int)}
	for n := range starts {
		if l.seen[n] == nil {
			l.walk(n, most)
		}
	}
	return l.cyclic
}

type looper[N comparable] struct {
	next   func(N) []N
	seen   map[N]*state
	path   []visit[N]
	stack  []N // of nodes whose component is not known
	cyclic map[N]int
}

// state is what is known of a node that was reached.
type state struct {
	index, low int
	onStack    bool
}

// visit is a node under way, with what of its successors is left.
type visit[N comparable] struct {
	node N
	*state
	left []N
	self bool // it follows itself
}

func (l *looper[N]) enter(n N) {
	s := &state{index: len(l.seen), low: len(l.seen), onStack: true}
	l.seen[n] = s
	l.stack = append(l.stack, n)
	l.path = append(l.path, visit[N]{node: n, state: s, left: l.next(n)})
}

func (l *looper[N]) walk(start N, most int) {
	l.enter(start)
	for len(l.path) > 0 {
		v := &l.path[len(l.path)-1]
		if len(v.left) > 0 {
			n := v.left[0]
			v.left = v.left[1:]
			v.self = v.self || n == v.node
			switch s := l.seen[n]; {
			case s != nil && s.onStack:
				v.low = min(v.low, s.index)
			case s == nil && len(l.seen) < most:
				l.enter(n)
			}
			continue
		}
		if v.low == v.index {
			l.component(v.node, v.self)
		}
		low := v.low
		l.path = l.path[:len(l.path)-1]
		if len(l.path) > 0 {
			up := l.path[len(l.path)-1]
			up.low = min(up.low, low)
		}
	}
}

// component takes the component that begins with a node off the stack.
func (l *looper[N]) component(first N, self bool) {
	i := len(l.stack) - 1
	for l.stack[i] != first {
		i--
	}
	for _, n := range l.stack[i:] {
		l.seen[n].onStack = false
		if self || len(l.stack)-i > 1 {
			l.cyclic[n] = l.seen[first].index + 1
		}
	}
	l.stack = l.stack[:i]
}
