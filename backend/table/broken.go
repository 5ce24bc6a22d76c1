package table

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"sort"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// errBroken is the answer of a broken entry.
var errBroken = fmt.Errorf("%w: the entry that decides cannot be read", backend.ErrInvalidData)

// brokenKey is a broken entry: there is no more to it than what tells it from others.
type brokenKey struct {
	number   e164.Number
	kind     backend.EntryKind
	min, max byte
}

func (k brokenKey) compare(o brokenKey) int {
	return cmp.Or(cmp.Compare(k.number, o.number), cmp.Compare(k.kind, o.kind), cmp.Compare(k.min, o.min), cmp.Compare(k.max, o.max))
}

func (k brokenKey) entry() backend.Entry {
	return backend.Entry{Kind: k.kind, Name: e164.Name{Number: k.number}, Min: int(k.min), Max: int(k.max), Broken: true}
}

// brokenKeyOf returns the key of an entry; ok is false for one that no broken entry can stand for.
func brokenKeyOf(e *backend.Entry) (k brokenKey, ok bool) {
	k = brokenKey{number: e.Name.Number, kind: e.Kind}
	switch {
	case !e.Name.IsNumber():
		return k, false
	case e.Kind == backend.Block:
		k.min, k.max = byte(e.Min), byte(e.Max)
		return k, e.Min >= max(1, k.number.Len()) && e.Max >= e.Min && e.Max <= e164.MaxDigits
	}
	return k, (e.Kind == backend.Number || e.Kind == backend.Delegation) && k.number.IsValid()
}

// errBrokenPlace is the error of a broken entry that no look-up could be decided by.
var errBrokenPlace = fmt.Errorf("%w: a broken entry is a number, a block or a delegation, at digits", backend.ErrInvalidData)

// broken are the broken entries of a snapshot, which are few: they stand beside the index, so that a table
// without any pays for nothing. It is immutable.
type broken struct {
	list []brokenKey // sorted
	// The lengths of numbers at which delegations and blocks stand, as bits.
	cuts, blocks uint16
}

// newBroken returns the set of the keys, which it keeps; nil for none.
func newBroken(list []brokenKey) *broken {
	slices.SortFunc(list, brokenKey.compare)
	list = slices.Compact(list)
	if len(list) == 0 {
		return nil
	}
	b := &broken{list: list}
	for _, k := range list {
		switch k.kind {
		case backend.Delegation:
			b.cuts |= 1 << k.number.Len()
		case backend.Block:
			b.blocks |= 1 << k.number.Len()
		}
	}
	return b
}

func (b *broken) len() int {
	if b == nil {
		return 0
	}
	return len(b.list)
}

// updated returns the set with the changes: true adds a key, false takes it away.
func (b *broken) updated(changes map[brokenKey]bool) *broken {
	if len(changes) == 0 {
		return b
	}
	list := make([]brokenKey, 0, b.len()+len(changes))
	if b != nil {
		for _, k := range b.list {
			if _, changes := changes[k]; !changes {
				list = append(list, k)
			}
		}
	}
	for k, add := range changes {
		if add {
			list = append(list, k)
		}
	}
	return newBroken(list)
}

// at returns the keys of a number.
func (b *broken) at(n e164.Number) []brokenKey {
	from := b.search(n)
	to := from
	for to < len(b.list) && b.list[to].number == n {
		to++
	}
	return b.list[from:to]
}

// search returns where the keys of numbers from n on begin.
func (b *broken) search(n e164.Number) int {
	return sort.Search(len(b.list), func(i int) bool { return b.list[i].number >= n })
}

// below reports whether a key has more digits than n, and begins with them.
func (b *broken) below(n e164.Number) bool {
	i := b.search(n + 1)
	return i < len(b.list) && b.list[i].number.HasPrefix(n)
}

// has reports whether a key of the kind stands at n; of blocks, one whose numbers have length digits.
func (b *broken) has(n e164.Number, kind backend.EntryKind, length int) bool {
	for _, k := range b.at(n) {
		if k.kind == kind && (kind != backend.Block || int(k.min) <= length && length <= int(k.max)) {
			return true
		}
	}
	return false
}

// lookup is snapshot.lookup where there are broken entries: they decide in the order in which others do.
func (b *broken) lookup(s *snapshot, a *backend.Answer, q e164.Name) error {
	if b.decides(s, q) {
		return errBroken
	}
	s.lookup(a, q)
	if a.Kind == backend.Absent && q.IsNumber() && (b.below(q.Number) || b.longer(q.Number)) {
		a.Kind = backend.Descendants
	}
	return nil
}

func (b *broken) decides(s *snapshot, q e164.Name) bool {
	n := q.Number
	cover, covered := s.coverOf(n)
	for m := b.cuts & upTo(n.Len()); m != 0; m &= m - 1 {
		l := bits.TrailingZeros16(m)
		if b.has(n.Prefix(l), backend.Delegation, 0) {
			return !covered || l <= cover.Len()
		}
	}
	if covered || !q.IsNumber() {
		return false
	}
	if b.has(n, backend.Number, 0) {
		return true
	}
	if nd, _ := s.numbers.get(n); nd != nil && nd.exact != nil {
		return false
	}
	for m := b.blocks & upTo(n.Len()); m != 0; {
		l := bits.Len16(m) - 1
		m &^= 1 << l
		if b.has(n.Prefix(l), backend.Block, n.Len()) {
			return l >= s.blockOf(n)
		}
	}
	return false
}

// longer reports whether n is the beginning of numbers of a block around it, which have more digits.
func (b *broken) longer(n e164.Number) bool {
	for m := b.blocks & upTo(n.Len()); m != 0; m &= m - 1 {
		for _, k := range b.at(n.Prefix(bits.TrailingZeros16(m))) {
			if k.kind == backend.Block && n.Len() < int(k.max) {
				return true
			}
		}
	}
	return false
}

// blockOf returns how many digits the block has that answers for n; -1 where there is none.
func (s *snapshot) blockOf(n e164.Number) int {
	for m := s.count.mask[blockPart] & upTo(n.Len()); m != 0; {
		l := bits.Len16(m) - 1
		m &^= 1 << l
		nd, _ := s.numbers.get(n.Prefix(l))
		if nd == nil {
			continue
		}
		for i := range nd.blocks {
			if p := &nd.blocks[i]; int(p.min) <= n.Len() && n.Len() <= int(p.max) {
				return l
			}
		}
	}
	return -1
}
