package lint

import (
	"fmt"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// wildcards finds wildcards that answer for no number, and those that names below them keep from some
// numbers: a wildcard serves the names whose closest encloser is its parent (RFC 4592 section 3.3.1), and
// each name below brings enclosers of its own.
func (t *tree) wildcards() {
	for i := range t.wilds {
		w := &t.wilds[i]
		s := subject{kind: backend.Wildcard, name: w.parent}
		if by, hidden := t.covers.of(w.parent.Wildcard()); hidden {
			t.find("D07", w.place, s, func() string { return t.hiddenBy(by, w.place) })
			continue
		}
		if !w.parent.IsNumber() {
			continue
		}
		switch n := w.parent.Number; {
		case n.Len() == e164.MaxDigits:
			t.find("D07", w.place, s, func() string { return "no number has more than 15 digits" })
		case t.children(n) == 10:
			t.find("D07", w.place, s, func() string { return "there are names below each of the ten digits that may follow" })
		default:
			if lost, digits := t.lost(w); lost > 0 {
				t.find("D11", w.place, s, func() string {
					return fmt.Sprintf("%d numbers of %d digits", lost, digits)
				})
			}
		}
	}
}

// children returns how many of the ten digits that may follow n there are names with.
func (t *tree) children(n e164.Number) (count int) {
	for d := byte('0'); d <= '9'; d++ {
		if child, ok := n.Child(d); ok && t.exists(child) {
			count++
		}
	}
	return count
}

// lost returns how many numbers would be answered from the wildcard if its parent had no names below it,
// and are not answered now. It looks at the length that most of the numbers there have.
func (t *tree) lost(w *wild) (lost uint64, digits int) {
	parent := w.parent.Number
	var count [e164.MaxDigits + 1]uint64
	for _, m := range below(t.marks, parent, func(m *mark) e164.Number { return m.number }) {
		if _, hidden := t.covers.of(name(m.number)); !hidden && m.number != parent {
			count[m.number.Len()]++
		}
	}
	for l, n := range count {
		if n > 0 && n >= count[digits] {
			digits = l
		}
	}
	l := parent.Len()
	if digits <= l {
		return 0, 0
	}
	lost = uint64(t.children(parent))*power10(digits-l-1) - count[digits]
	for _, x := range below(t.wilds, parent, func(x *wild) e164.Number { return x.parent.Number }) {
		n := x.parent.Number
		if _, hidden := t.covers.of(x.parent.Wildcard()); !hidden && x.parent.IsNumber() && n != parent && n.Len() < digits {
			lost -= uint64(10-t.children(n)) * power10(digits-n.Len()-1)
		}
	}
	for _, c := range below(t.covers.digits, parent, func(c *cut) e164.Number { return c.name.Number }) {
		if n := c.name.Number; n.Len() < digits || n.Len() == digits && !c.rename { // that has an entry
			lost -= power10(digits - n.Len())
		}
	}
	return lost, digits
}

// below returns the part of list, which is sorted by number, that begins with n.
func below[T any](list []T, n e164.Number, number func(*T) e164.Number) []T {
	from, to := search(list, n, number), len(list)
	if last := n.Last(); last != 1<<64-1 {
		to = search(list, last+1, number)
	}
	return list[from:max(from, to)]
}
