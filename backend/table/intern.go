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
	// recent are the nodes that were asked for last, by the lengths of their keys: most keys are
	// one of few, and the map takes many times as long. The references are strong.
	recent [8]*node
}

const leastSweep = freeShapes

// get returns the node of key. One that is not there is made if create says so, else nil returns.
func (in *interner) get(key []byte, create bool) (*node, error) {
	recent := &in.recent[len(key)%len(in.recent)]
	if *recent != nil && (*recent).key == string(key) {
		return *recent, nil
	}
	if nd := in.nodes[string(key)].Value(); nd != nil {
		*recent = nd
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
	*recent = nd
	return nd, nil
}

// release drops the strong references.
func (in *interner) release() { clear(in.recent[:]) }
