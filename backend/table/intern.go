package table

import "weak"

// interner gives equal keys one node. It holds nodes weakly: a node lives as long as a chunk of some
// snapshot refers to it, so a table that changes for months keeps no shape that is out of use.
type interner struct {
	nodes map[string]weak.Pointer[node]
	sweep int // how many keys there may be before the dead ones are taken out
	last  *node
}

const leastSweep = 1024

// get returns the node of key, and whether it was there. It is made if create says so, else nil.
func (in *interner) get(key []byte, create bool) (nd *node, found bool, err error) {
	if in.last != nil && in.last.key == string(key) {
		return in.last, true, nil
	}
	if nd := in.nodes[string(key)].Value(); nd != nil {
		in.last = nd
		return nd, true, nil
	}
	if !create {
		return nil, false, nil
	}
	if nd, err = parseNode(string(key)); err != nil {
		return nil, false, err
	}
	if in.nodes == nil {
		in.nodes = make(map[string]weak.Pointer[node])
		in.sweep = leastSweep
	}
	if len(in.nodes) >= in.sweep {
		for k, p := range in.nodes {
			if p.Value() == nil {
				delete(in.nodes, k)
			}
		}
		in.sweep = max(leastSweep, 2*len(in.nodes))
	}
	in.nodes[nd.key] = weak.Make(nd)
	in.last = nd
	return nd, false, nil
}

// release drops the one strong reference.
func (in *interner) release() { in.last = nil }
