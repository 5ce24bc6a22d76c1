package lint

import "github.com/enumim/enumim/backend"

// duplicates finds entries that stand for the same numbers: a server refuses them, since nobody can say
// which is meant. Records of a zone that stand apart are no such entries, they are gathered before.
func (t *tree) duplicates() {
	for i := 1; i < len(t.marks); i++ {
		if m, first := &t.marks[i], &t.marks[i-1]; m.number == first.number && m.place != first.place {
			t.duplicate(m.place, first.place, subject{kind: backend.Number, name: name(m.number)})
		}
	}
	// Blocks of one prefix overlap where their lengths do.
	from := 0
	for i := range t.blocks {
		b := &t.blocks[i]
		if t.blocks[from].number != b.number {
			from = i
		}
		for j := from; j < i; j++ {
			if first := &t.blocks[j]; b.min <= first.max && first.min <= b.max {
				p, q := b.place, first.place
				if comparePlaces(p, q) < 0 {
					p, q = q, p
				}
				t.duplicate(p, q, b.subject())
				break
			}
		}
	}
	for i := 1; i < len(t.cuts); i++ {
		if c, first := &t.cuts[i], &t.cuts[i-1]; c.name == first.name {
			t.duplicate(c.place, first.place, subject{kind: backend.Delegation, name: c.name})
		}
	}
}

func (t *tree) duplicate(p, first place, s subject) {
	t.find("D09", p, s, func() string { return "the first stands in " + t.files.text(first, p) })
}
