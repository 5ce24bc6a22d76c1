package etcd

import (
	"slices"

	"go.etcd.io/etcd/api/v3/mvccpb"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
)

// state is what the feed has to know of the tree that its sink holds, to make changes of events. An event of a
// deletion does not say what stood there: at most names that is a number, so only other names are kept.
type state struct {
	keys   int                    // how many names there are
	others map[e164.Number][]slot // what stands at names with more or else than a number
	cuts   map[e164.Number]bool   // delegations, and whether they hide names
}

func newState() *state {
	return &state{others: map[e164.Number][]slot{}, cuts: map[e164.Number]bool{}}
}

// hides reports whether a delegation above n hides it, and notes that it does.
func (s *state) hides(n e164.Number) bool {
	if len(s.cuts) == 0 {
		return false
	}
	for l := range n.Len() {
		if _, cut := s.cuts[n.Prefix(l)]; cut {
			s.cuts[n.Prefix(l)] = true
			return true
		}
	}
	return false
}

// put notes what stands at a name from now on and returns of its lines those that are not hidden.
func (s *state) put(n e164.Number, lines []line) (shown []line, hidden bool) {
	if s.hides(n) {
		return nil, true
	}
	if i := slices.IndexFunc(lines, func(l line) bool { return l.Kind == backend.Delegation }); i >= 0 {
		hidden = len(lines) > 1
		lines = lines[i : i+1]
		s.cuts[n] = s.cuts[n] || hidden
	}
	if len(lines) == 1 && lines[0].Kind == backend.Number {
		delete(s.others, n)
		return lines, hidden
	}
	slots := make([]slot, len(lines))
	for i := range lines {
		slots[i] = slotOf(&lines[i].Entry)
	}
	s.others[n] = slots
	return lines, hidden
}

// drop appends the changes that take away what stands at a name, but for the slots that stay. again says that
// this shows what a delegation hid, so that the tree has to be read again.
func (s *state) drop(changes []backend.Change, n e164.Number, stay []line) (_ []backend.Change, again bool) {
	for _, a := range append([]slot{{kind: backend.Number}}, s.others[n]...) {
		if !slices.ContainsFunc(stay, func(l line) bool { return slotOf(&l.Entry) == a }) {
			changes = append(changes, backend.Change{Entry: a.entry(n), Delete: true})
		}
	}
	delete(s.others, n)
	if !slices.ContainsFunc(stay, func(l line) bool { return l.Kind == backend.Delegation }) {
		again = s.cuts[n]
		delete(s.cuts, n)
	}
	return changes, again
}

// within reports whether what stands at n may concern one of the trees: it lies in it, or above it. What does
// not is of other servers.
func within(apexes []e164.Apex, n e164.Number) bool {
	return len(apexes) == 0 || slices.ContainsFunc(apexes, func(a e164.Apex) bool {
		return n.HasPrefix(a.Prefix()) || a.Prefix().HasPrefix(n)
	})
}

// batch is what events make of a tree.
type batch struct {
	changes []backend.Change
	again   bool // the tree has to be read again
	broken  int  // values with faults
	fault   error
	hidden  int
	keys    int // how many more names there are; negative for fewer
}

// take makes changes of events. Of several about one key the last counts. After it the state is that of the
// changes made; where they do not come to be, it is void.
func (s *state) take(codec *notation.Codec, prefix int, events []*mvccpb.Event) *batch {
	b := &batch{}
	last := make(map[string]int, len(events))
	for i, e := range events {
		if n, ok := numberOf(e.Kv.Key[prefix:]); !ok || !within(codec.Apexes, n) {
			continue
		}
		last[string(e.Kv.Key)] = i
		// Versions count from 1 since the key came to be.
		switch {
		case e.Type == mvccpb.DELETE:
			b.keys--
		case e.Kv.Version == 1:
			b.keys++
		}
	}
	for i, e := range events {
		if at, ok := last[string(e.Kv.Key)]; !ok || at != i {
			continue
		}
		n, _ := numberOf(e.Kv.Key[prefix:])
		var lines, shown []line
		var hidden, again bool
		if e.Type != mvccpb.DELETE {
			var fault error
			if lines, fault = parseValue(codec, n, e.Kv.Value); fault != nil {
				b.broken++
				b.fault = fault
			}
		}
		if b.changes, again = s.drop(b.changes, n, lines); again {
			b.again = true
		}
		if len(lines) == 0 {
			continue
		}
		if shown, hidden = s.put(n, lines); hidden {
			b.hidden++
		}
		for j := range shown {
			b.changes = append(b.changes, backend.Change{Entry: shown[j].Entry})
		}
	}
	return b
}
