package keyed

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
)

// place is where an entry stands.
type place struct {
	number e164.Number
	slot   Slot
}

// store is a store with its feed: values, what a sink holds of them, and what the feed remembers.
type store struct {
	values map[e164.Number]string
	sink   map[place]string
	state  *State
}

func parsed(n e164.Number, value string) (lines []Line, fault error) {
	if value == "" {
		return nil, nil
	}
	return Parse(&notation.Codec{}, n, []byte(value))
}

func textOf(e *backend.Entry) string { return string((&notation.Codec{}).AppendJSON(nil, e)) }

// load reads the whole store.
func (s *store) load() {
	s.state, s.sink = NewState(), map[place]string{}
	for _, n := range slices.Sorted(maps.Keys(s.values)) {
		lines, fault := parsed(n, s.values[n])
		for _, l := range s.state.Put(n, lines, fault) {
			s.sink[place{n, SlotOf(&l.Entry)}] = textOf(&l.Entry)
		}
	}
}

// change writes a value, or deletes it, and has the sink follow.
func (s *store) change(n e164.Number, value string) (cut, again bool) {
	s.values[n] = value
	if value == "" {
		delete(s.values, n)
	}
	lines, fault := parsed(n, value)
	changes, cut, again := s.state.Change(nil, n, lines, fault)
	for i := range changes {
		at := place{changes[i].Name.Number, SlotOf(&changes[i].Entry)}
		if changes[i].Delete {
			delete(s.sink, at)
		} else {
			s.sink[at] = textOf(&changes[i].Entry)
		}
	}
	return cut, again
}

func (s *store) below(n e164.Number) bool {
	for m := range s.values {
		if m != n && m.HasPrefix(n) {
			return true
		}
	}
	return false
}

// Whoever follows changes, and reads all again when told to, has at each moment what reading all would give.
func TestChangesAreAsReadAnew(t *testing.T) {
	keys := []string{"4", "44", "442", "4420", "4421", "443", "5"}
	random := rand.New(rand.NewPCG(1, 2))
	s := &store{values: map[e164.Number]string{}}
	s.load()
	followed := 0
	for i := range 3000 {
		key := keys[random.IntN(len(keys))]
		n, _ := NumberOf(key)
		all := []string{number(key, "a"), block(key, 6, 8), block(key, 9, 9), delegation(key), "no JSON"}
		var texts []string
		for _, text := range all {
			if random.IntN(3) == 0 {
				texts = append(texts, text)
			}
		}
		cut, again := s.change(n, value(texts...))
		if again || cut && s.below(n) {
			s.load()
			continue
		}
		followed++
		fresh := &store{values: s.values}
		fresh.load()
		if !maps.Equal(s.sink, fresh.sink) {
			t.Fatalf("step %d: by changes %v, read anew %v", i, s.sink, fresh.sink)
		}
	}
	if followed < 1000 {
		t.Errorf("only %d changes were followed", followed)
	}
}

// What was read and cannot be served is counted, and told once.
func TestFindings(t *testing.T) {
	cut, _ := NumberOf("44")
	below, _ := NumberOf("4420")
	s := &store{values: map[e164.Number]string{cut: value(number("44", "a"), delegation("44")), below: "no JSON"}}
	s.load()
	if got := s.state.Findings(); got.Broken != 1 || got.Fault == nil || got.Hidden != 2 {
		t.Errorf("found %+v", got)
	}
	if got := s.state.Findings(); got != (Findings{}) {
		t.Errorf("found again %+v", got)
	}
	if _, again := s.change(cut, ""); !again {
		t.Error("a delegation that hid something went, and nothing is read again")
	}
	if len(s.state.others) != 0 {
		t.Errorf("remembered of names without anything: %v", s.state.others)
	}
}
