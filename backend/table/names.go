package table

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"github.com/enumim/enumim/e164"
)

// named is a name with labels left of its digits, and what stands at it.
type named struct {
	number e164.Number
	key    string // labelKey of the labels; never empty
	node   *node  // nil in a change takes the name away
	text   string
}

// labelKey turns wire labels into a string whose order is the canonical order of names (RFC 4034
// section 6.1) and in which all names below a name, and no others, begin with its key: the labels
// from right to left, each ended by a zero octet, octets 0 and 1 escaped.
func labelKey(wire string) string {
	if wire == "" {
		return ""
	}
	var starts [128]int
	n := 0
	for i := 0; i < len(wire) && n < len(starts); i += 1 + int(wire[i]) {
		starts[n] = i
		n++
	}
	b := make([]byte, 0, len(wire))
	for n--; n >= 0; n-- {
		i := starts[n]
		for _, c := range []byte(wire[i+1 : i+1+int(wire[i])]) {
			if c <= 1 {
				b = append(b, 1, c+1)
			} else {
				b = append(b, c)
			}
		}
		b = append(b, 0)
	}
	return string(b)
}

// keyLabels is the inverse of labelKey.
func keyLabels(key string) string {
	var wire []byte
	for key != "" {
		var label []byte
		i := 0
		for ; key[i] != 0; i++ {
			c := key[i]
			if c == 1 {
				i++
				c = key[i] - 1
			}
			label = append(label, c)
		}
		key = key[i+1:]
		wire = slices.Concat([]byte{byte(len(label))}, label, wire)
	}
	return string(wire)
}

// ancestors returns the keys of a name's labels from the shortest to the whole.
func ancestors(key string) []string {
	var out []string
	for i := range len(key) {
		if key[i] == 0 {
			out = append(out, key[:i+1])
		}
	}
	return out
}

func (m named) compare(number e164.Number, key string) int {
	return cmp.Or(cmp.Compare(m.number, number), strings.Compare(m.key, key))
}

func (m named) name() e164.Name { return e164.Name{Number: m.number, Labels: keyLabels(m.key)} }

const leafSize = 256

// place is where a name is in names: in which leaf, and there, which may be just behind its last.
type place struct{ leaf, pos int }

// names is the sorted sequence of all names with labels: few in most trees, so it is kept plain. It
// is immutable; updated returns another one that shares all leaves without a change.
type names struct {
	leaves [][]named // none is empty
	len    int
}

// search returns the place of the least name that is not less, and whether it is equal.
func (x *names) search(number e164.Number, key string) (place, bool) {
	leaf := max(0, sort.Search(len(x.leaves), func(i int) bool { return x.leaves[i][0].compare(number, key) > 0 })-1)
	if leaf >= len(x.leaves) {
		return place{}, false
	}
	pos, found := slices.BinarySearchFunc(x.leaves[leaf], key, func(m named, key string) int { return m.compare(number, key) })
	return place{leaf, pos}, found
}

func (x *names) get(number e164.Number, key string) (*node, string) {
	at, found := x.search(number, key)
	if !found {
		return nil, ""
	}
	m := &x.leaves[at.leaf][at.pos]
	return m.node, m.text
}

// at returns the name at a place, or the first of the next leaf; nil at the end.
func (x *names) at(at place) *named {
	if at.leaf < len(x.leaves) && at.pos == len(x.leaves[at.leaf]) {
		at = place{at.leaf + 1, 0}
	}
	if at.leaf >= len(x.leaves) {
		return nil
	}
	return &x.leaves[at.leaf][at.pos]
}

// before returns the name before a place; nil at the start.
func (x *names) before(at place) *named {
	if at.pos > 0 {
		return &x.leaves[at.leaf][at.pos-1]
	}
	if at.leaf == 0 {
		return nil
	}
	leaf := x.leaves[at.leaf-1]
	return &leaf[len(leaf)-1]
}

// below reports whether a name is or lies below the given one. An empty key stands for the number.
func (x *names) below(number e164.Number, key string) bool {
	at, _ := x.search(number, key)
	m := x.at(at)
	if m == nil {
		return false
	}
	if key == "" {
		return m.number.HasPrefix(number)
	}
	return m.number == number && strings.HasPrefix(m.key, key)
}

// updated returns the names with the changes, ascending, put in place.
func (x *names) updated(changes []named) *names {
	out := &names{}
	done := 0
	for len(changes) > 0 {
		first := changes[0]
		at := max(0, sort.Search(len(x.leaves), func(i int) bool { return x.leaves[i][0].compare(first.number, first.key) > 0 })-1)
		out.leaves = append(out.leaves, x.leaves[done:min(at, len(x.leaves))]...)
		done = at
		mine := len(changes)
		if at+1 < len(x.leaves) {
			next := x.leaves[at+1][0]
			mine = sort.Search(len(changes), func(i int) bool { return changes[i].compare(next.number, next.key) >= 0 })
		}
		var old []named
		if at < len(x.leaves) {
			old = x.leaves[at]
			done++
		}
		var leaf []named
		for _, ch := range changes[:mine] {
			i, found := slices.BinarySearchFunc(old, ch.key, func(m named, key string) int { return m.compare(ch.number, key) })
			leaf = append(leaf, old[:i]...)
			if found {
				i++
			}
			old = old[i:]
			if ch.node != nil {
				leaf = append(leaf, ch)
			}
		}
		leaf = append(leaf, old...)
		changes = changes[mine:]
		for len(leaf) > 0 {
			n := len(leaf)
			if n > leafSize {
				n = leafSize / 2
			}
			out.leaves = append(out.leaves, slices.Clone(leaf[:n]))
			leaf = leaf[n:]
		}
	}
	out.leaves = append(out.leaves, x.leaves[min(done, len(x.leaves)):]...)
	for _, leaf := range out.leaves {
		out.len += len(leaf)
	}
	return out
}
