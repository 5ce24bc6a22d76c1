package kubernetes

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// state is what the feed has to know of all objects to make changes of events. Where several say something of the same
// numbers the oldest is served, and of the same second the one with the lower UID: so all servers agree, also after a
// start, and nobody takes over a number by making another object for it.
type state struct {
	objects map[identity]held
	at      map[e164.Number][]identity // those with the same digits, the oldest first
}

func newState() *state {
	return &state{objects: map[identity]held{}, at: map[e164.Number][]identity{}}
}

// add notes an object. Nothing is shown before decide says so.
func (s *state) add(id identity, h held) {
	h.shown = false
	s.objects[id] = h
	ids := s.at[h.number]
	i, _ := slices.BinarySearchFunc(ids, id, s.older)
	s.at[h.number] = slices.Insert(ids, i, id)
}

// older orders objects.
func (s *state) older(a, b identity) int {
	return cmp.Or(cmp.Compare(s.objects[a].created, s.objects[b].created), bytes.Compare(a[:], b[:]))
}

// remove forgets an object.
func (s *state) remove(id identity) {
	h := s.objects[id]
	ids := slices.DeleteFunc(s.at[h.number], func(other identity) bool { return other == id })
	if delete(s.objects, id); len(ids) == 0 {
		delete(s.at, h.number)
	} else {
		s.at[h.number] = ids
	}
}

// decide says which of the objects with the same digits are shown, and reports those of which that changed.
func (s *state) decide(n e164.Number) (changed []identity) {
	ids := s.at[n]
	var shown []held
	for _, id := range ids {
		h := s.objects[id]
		was := h.shown
		if h.shown = !slices.ContainsFunc(shown, h.clashes); h.shown {
			shown = append(shown, h)
		}
		if h.shown != was {
			s.objects[id] = h
			changed = append(changed, id)
		}
	}
	return changed
}

// clashes reports whether two objects with the same digits say something of the same numbers.
func (h held) clashes(o held) bool {
	return h.kind == o.kind && (h.kind != backend.Block || h.min <= o.max && o.min <= h.max)
}

// slot is the entry that an object stands for, without what it holds.
func (h held) slot() backend.Entry {
	return backend.Entry{Kind: h.kind, Name: e164.Name{Number: h.number}, Min: int(h.min), Max: int(h.max)}
}

// sameSlot reports whether two states of an object are about the same numbers.
func (h held) sameSlot(o held) bool {
	return h.number == o.number && h.kind == o.kind && h.min == o.min && h.max == o.max
}
