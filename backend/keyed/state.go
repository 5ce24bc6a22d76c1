package keyed

import (
	"slices"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// State is what a feed has to know of the tree that its sink holds, to make changes of values. That a value is
// gone does not say what it held: at most names that is a number, so only other names are kept. It is not safe for
// concurrent use, and void when changes that it made do not come to be.
type State struct {
	others map[e164.Number][]Slot // what stands at names with more or else than a number
	cuts   map[e164.Number]bool   // delegations, and whether they hide entries
	found  Findings
}

// Findings are counts of what was read and cannot be served.
type Findings struct {
	Broken int   // values with faults
	Fault  error // the last of theirs; nil for none
	Hidden int   // names of which delegations hide something
}

// NewState returns the state of an empty tree.
func NewState() *State {
	return &State{others: map[e164.Number][]Slot{}, cuts: map[e164.Number]bool{}}
}

// Findings returns what was found since it was asked last.
func (s *State) Findings() Findings {
	found := s.found
	s.found = Findings{}
	return found
}

// Put notes what stands at a name from now on, nothing or what Parse returned, and returns what of it no
// delegation hides. Delegations have to come before the names below them: for those that do not, there is Change.
func (s *State) Put(n e164.Number, lines []Line, fault error) (shown []Line) {
	if fault != nil {
		s.found.Broken++
		s.found.Fault = fault
	}
	if len(lines) > 0 && s.hides(n) {
		s.found.Hidden++
		lines = nil
	}
	if i := slices.IndexFunc(lines, isCut); i >= 0 {
		if s.cuts[n] = len(lines) > 1 || s.cuts[n]; len(lines) > 1 {
			s.found.Hidden++
		}
		lines = lines[i : i+1]
	}
	if len(lines) == 0 || len(lines) == 1 && lines[0].Kind == backend.Number {
		delete(s.others, n)
		return lines
	}
	slots := make([]Slot, len(lines))
	for i := range lines {
		slots[i] = SlotOf(&lines[i].Entry)
	}
	s.others[n] = slots
	return lines
}

// hides reports whether a delegation above n hides it, and notes that it does.
func (s *State) hides(n e164.Number) bool {
	for l := 0; len(s.cuts) > 0 && l < n.Len(); l++ {
		if _, cut := s.cuts[n.Prefix(l)]; cut {
			s.cuts[n.Prefix(l)] = true
			return true
		}
	}
	return false
}

func isCut(l Line) bool { return l.Kind == backend.Delegation }

// Change notes what stands at a name from now on, as Put does, and appends the changes that make it so. cut says
// that a delegation came, which hides what is below it, whether the sink holds that or not; again, that one went
// which had hidden something, so that the tree has to be read again.
func (s *State) Change(changes []backend.Change, n e164.Number, lines []Line, fault error) (_ []backend.Change, cut, again bool) {
	_, was := s.cuts[n]
	is := slices.ContainsFunc(lines, isCut)
	if was && !is {
		again = s.cuts[n]
		delete(s.cuts, n)
	}
	before := append([]Slot{{kind: backend.Number}}, s.others[n]...)
	shown := s.Put(n, lines, fault)
	for i, a := range before {
		stays := func(l Line) bool { return SlotOf(&l.Entry) == a }
		if !slices.ContainsFunc(shown, stays) && !slices.Contains(before[:i], a) {
			changes = append(changes, backend.Change{Entry: a.entry(n), Delete: true})
		}
	}
	for i := range shown {
		changes = append(changes, backend.Change{Entry: shown[i].Entry})
	}
	return changes, is && !was, again
}
