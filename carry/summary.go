package carry

import "github.com/enumim/enumim/backend"

// Tally counts entries by what is to be done with them.
type Tally struct {
	Added, Changed, Deleted, Same int
}

// Changes returns how many entries are not the same.
func (t Tally) Changes() int { return t.Added + t.Changed + t.Deleted }

// Have returns how many entries the store has.
func (t Tally) Have() int { return t.Changed + t.Deleted + t.Same }

// Shrinks reports whether the store would lose so much that it looks like an accident: more than a fifth and more
// than 100 entries, or all of it.
func (t Tally) Shrinks() bool {
	return t.Deleted > shrinkLeast && t.Deleted*100 > t.Have()*shrinkShare || t.Deleted > 0 && t.Deleted == t.Have() && t.Added == 0
}

// Summary counts what differs between two trees. The zero Summary is that of two empty trees.
type Summary struct {
	Kinds [backend.Rename + 1]Tally // by backend.EntryKind
	// Broken are those of Changed and Deleted that could not be read. A value of which not even the kind is known
	// counts as a number (Key.SameValue).
	Broken int
}

// Total is the Tally of all kinds.
func (s *Summary) Total() (t Tally) {
	for _, k := range s.Kinds {
		t.Added += k.Added
		t.Changed += k.Changed
		t.Deleted += k.Deleted
		t.Same += k.Same
	}
	return t
}

func (s *Summary) count(d *Difference) {
	t := &s.Kinds[d.Key.Kind]
	switch d.Verdict {
	case Added:
		t.Added++
	case Changed:
		t.Changed++
	case Deleted:
		t.Deleted++
	default:
		t.Same++
	}
	if d.Broken {
		s.Broken++
	}
}
