package lint

import (
	"iter"
	"slices"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr/rr"
)

// hop is a non-terminal record or a CNAME: who looks the name up goes on at another.
type hop struct {
	from  e164.Name
	to    string // in wire form
	alias bool   // a CNAME
	place
}

// nonTerminals finds non-terminal records that lead back to their own name, which clients end as an error
// (RFC 6116 section 5.2.1), and those that lead to a name of this data that has no entry.
func (t *tree) nonTerminals() {
	slices.SortFunc(t.hops, func(a, b hop) int { return compareNames(a.from, b.from) })
	for _, h := range t.hops {
		if h.alias {
			continue // may be for other applications
		}
		t.landing(h.to, h.place, subject{kind: backend.Number, name: h.from})
	}
	told := make(map[place]bool)
	shared := func(set setRef, p place, s subject) {
		if told[p] {
			return
		}
		told[p] = true
		records, _ := t.sets.get(set)
		for _, r := range records {
			if r.NonTerminal() && len(r.Replacement) > 1 {
				t.landing(r.Replacement, p, s)
			}
		}
	}
	for i := range t.blocks {
		shared(t.blocks[i].set, t.blocks[i].place, t.blocks[i].subject())
	}
	for i := range t.wilds {
		shared(t.wilds[i].set, t.wilds[i].place, subject{kind: backend.Wildcard, name: t.wilds[i].parent})
	}
	loop := loops(t.origins(), t.targets, 4*len(t.hops)+4*len(t.blocks)+4*len(t.wilds))
	for _, h := range t.hops {
		if to, ok := t.inside(h.to); ok && loop[h.from] != 0 && loop[h.from] == loop[to] {
			t.find("D06", h.place, subject{kind: backend.Number, name: h.from}, nil)
		}
	}
	t.sharedLoops(loop)
}

// sharedLoops tells of the blocks and wildcards that names of a loop are answered from.
func (t *tree) sharedLoops(loop map[e164.Name]int) {
	told := make(map[place]bool)
	for n := range loop {
		switch a := t.answer(n); a.kind {
		case byBlock:
			if b := &t.blocks[a.at]; !told[b.place] {
				told[b.place] = true
				t.find("D06", b.place, b.subject(), nil)
			}
		case byWild:
			if w := &t.wilds[a.at]; !told[w.place] {
				told[w.place] = true
				t.find("D06", w.place, subject{kind: backend.Wildcard, name: w.parent}, nil)
			}
		}
	}
}

// landing tells of a target that lies in the data and has no entry there.
func (t *tree) landing(to string, p place, s subject) {
	if n, ok := t.inside(to); ok && t.answer(n).kind == nobody {
		t.find("D08", p, s, nil)
	}
}

// inside takes a name in wire form apart if it lies in the tree.
func (t *tree) inside(wire string) (e164.Name, bool) {
	if wire == "" {
		return e164.Name{}, false
	}
	text, err := rr.NameFromWire(wire)
	if err != nil {
		return e164.Name{}, false
	}
	n, err := t.apex.Parse(text)
	return n, err == nil
}

// origins are the names of the data that have non-terminal records, or that such lead to.
func (t *tree) origins() iter.Seq[e164.Name] {
	return func(yield func(e164.Name) bool) {
		for _, h := range t.hops {
			if !yield(h.from) {
				return
			}
		}
		for i := range t.sets.data {
			for _, n := range t.targetsOf(setRef(i)) {
				if !yield(n) {
					return
				}
			}
		}
		for i := range t.wilds {
			for _, n := range t.aliasOf(&t.wilds[i]) {
				if !yield(n) {
					return
				}
			}
		}
	}
}

// targets returns the names that the non-terminal records of a name lead to.
func (t *tree) targets(n e164.Name) []e164.Name {
	switch a := t.answer(n); a.kind {
	case byMark, byName:
		i, _ := slices.BinarySearchFunc(t.hops, n, func(h hop, n e164.Name) int { return compareNames(h.from, n) })
		var list []e164.Name
		for ; i < len(t.hops) && t.hops[i].from == n; i++ {
			if to, ok := t.inside(t.hops[i].to); ok {
				list = append(list, to)
			}
		}
		return list
	case byBlock:
		return t.targetsOf(t.blocks[a.at].set)
	case byWild:
		w := &t.wilds[a.at]
		return append(t.targetsOf(w.set), t.aliasOf(w)...)
	}
	return nil
}

// aliasOf returns the name that the CNAME of a wildcard leads to, if it has one and that lies in the tree.
func (t *tree) aliasOf(w *wild) []e164.Name {
	if to, ok := t.inside(w.alias); ok {
		return []e164.Name{to}
	}
	return nil
}

// aliasTarget returns the target of the CNAME among the sets of an entry in wire form; "" without one.
func aliasTarget(sets []backend.RRset) string {
	for _, s := range sets {
		if s.Type == rr.TypeCNAME && len(s.Data) > 0 {
			return strings.Clone(s.Data[0])
		}
	}
	return ""
}

func (t *tree) targetsOf(set setRef) []e164.Name {
	var list []e164.Name
	records, _ := t.sets.get(set)
	for _, r := range records {
		if r.NonTerminal() && len(r.Replacement) > 1 {
			if to, ok := t.inside(r.Replacement); ok {
				list = append(list, to)
			}
		}
	}
	return list
}
