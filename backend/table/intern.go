package table

import (
	"maps"
	"weak"
)

// interner gives equal keys one node. It holds nodes weakly: a node lives as long as a chunk of some
// snapshot refers to it, so a table that changes for months keeps no shape that is out of use.
type interner struct {
	nodes map[string]weak.Pointer[node]
	sweep int // how many keys there may be before the dead ones are taken out
	last  *node
}

const leastSweep = freeShapes

// get returns the node of key. One that is not there is made if create says so, else nil returns.
func (in *interner) get(key []byte, create bool) (*node, error) {
	if in.last != nil && in.last.key == string(key) {
		return in.last, nil
	}
	if nd := in.nodes[string(key)].Value(); nd != nil {
		in.last = nd
		return nd, nil
	}
	if !create {
		return nil, nil
	}
	nd, err := parseNode(string(key))
	if err != nil {
		return nil, err
	}
	if in.nodes == nil {
		in.nodes = make(map[string]weak.Pointer[node])
		in.sweep = leastSweep
	}
	if len(in.nodes) >= in.sweep {
		maps.DeleteFunc(in.nodes, func(_ string, p weak.Pointer[node]) bool { return p.Value() == nil })
		in.sweep = max(leastSweep, 2*len(in.nodes))
	}
	in.nodes[nd.key] = weak.Make(nd)
	in.last = nd
	return nd, nil
}

// release drops the one strong reference.
func (in *interner) release() { in.last = nil }
