package redis

import (
	"slices"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// state is what a feed has to know of the tree that its sink holds to make changes of values. That a value is
// gone does not say what it held: at most names that is a number, so only other names are kept.
type state struct {
	others map[e164.Number][]slot // what stands at names with more or else than a number
	cuts   map[e164.Number]bool   // delegations, and whether they hide entries
	broken int                    // values with faults that were read
	fault  error                  // one of theirs
	hidden int                    // names that delegations hide, of those that were read
}

func newState() *state {
	return &state{others: map[e164.Number][]slot{}, cuts: map[e164.Number]bool{}}
}

// put notes what stands at a name from now on, and returns what of it no delegation hides.
func (s *state) put(n e164.Number, entries []backend.Entry) []backend.Entry {
	for l := 1; len(s.cuts) > 0 && l < n.Len(); l++ {
		if _, cut := s.cuts[n.Prefix(l)]; cut && len(entries) > 0 {
			s.cuts[n.Prefix(l)] = true
			s.hidden++
			entries = nil
		}
	}
	if i := slices.IndexFunc(entries, isCut); i >= 0 {
		if s.cuts[n] = len(entries) > 1 || s.cuts[n]; len(entries) > 1 {
			s.hidden++
		}
		entries = entries[i : i+1]
	}
	if len(entries) == 0 || len(entries) == 1 && entries[0].Kind == backend.Number {
		delete(s.others, n)
		return entries
	}
	slots := make([]slot, len(entries))
	for i := range entries {
		slots[i] = slotOf(&entries[i])
	}
	s.others[n] = slots
	return entries
}

func isCut(e backend.Entry) bool { return e.Kind == backend.Delegation }

// change notes what stands at a name from now on, and appends the changes that make it so. cut says that a
// delegation came, which hides what is below it; again, that one went which had hidden something.
func (s *state) change(changes []backend.Change, n e164.Number, entries []backend.Entry) (_ []backend.Change, cut, again bool) {
	_, was := s.cuts[n]
	is := slices.ContainsFunc(entries, isCut)
	if was && !is {
		again = s.cuts[n]
		delete(s.cuts, n)
	}
	before := append([]slot{{kind: backend.Number}}, s.others[n]...)
	shown := s.put(n, entries)
	for i, a := range before {
		stays := func(e backend.Entry) bool { return slotOf(&e) == a }
		if !slices.ContainsFunc(shown, stays) && !slices.Contains(before[:i], a) {
			changes = append(changes, backend.Change{Entry: a.entry(n), Delete: true})
		}
	}
	for _, e := range shown {
		changes = append(changes, backend.Change{Entry: e})
	}
	return changes, is && !was, again
}

// parse reads a value, and counts those with faults.
func (s *state) parse(c codec, n e164.Number, value any) []backend.Entry {
	var entries []backend.Entry
	var fault error
	switch text := value.(type) {
	case nil:
		return nil
	case string:
		entries, fault = parse(c, n, []byte(text))
	default:
		entries, fault = anything(nil, n), errNoString
	}
	if fault != nil {
		s.broken++
		s.fault = fault
	}
	return entries
}
