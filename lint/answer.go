package lint

import (
	"cmp"
	"slices"

	"github.com/enumim/enumim/e164"
)

// answer is what answers for a name.
type answer struct {
	kind answerKind
	at   int // index of the mark, name, block or wildcard
}

type answerKind uint8

const (
	nobody   answerKind = iota
	byMark              // an entry of its own
	byName              // the same, for a name that does not consist of digits
	byBlock             //
	byWild              // RFC 4592
	byOthers            // a delegation or DNAME leads elsewhere
)

// answer tells what answers for a name, as the index of the server decides it: delegations first, then
// the entry of the name, then the longest block, and in zones the wildcard of the closest encloser.
func (t *tree) answer(n e164.Name) answer {
	if _, hidden := t.covers.of(n); hidden {
		return answer{kind: byOthers}
	}
	if !n.IsNumber() {
		if i, ok := slices.BinarySearchFunc(t.names, n, func(x named, n e164.Name) int { return compareNames(x.name, n) }); ok {
			return answer{byName, i}
		}
		return t.answerLabels(n)
	}
	if i, ok := t.mark(n.Number); ok {
		return answer{byMark, i}
	}
	if t.zone {
		return t.answerWild(n.Number)
	}
	for l := n.Number.Len(); l >= 0; l-- {
		prefix := n.Number.Prefix(l)
		for i, b := range t.blocksAt(prefix) {
			if b.has(n.Number.Len()) {
				from, _ := slices.BinarySearchFunc(t.blocks, prefix, func(b block, n e164.Number) int { return cmp.Compare(b.number, n) })
				return answer{byBlock, from + i}
			}
		}
	}
	return answer{}
}

// answerWild looks for the wildcard below the closest encloser of a number, which is no name itself.
func (t *tree) answerWild(n e164.Number) answer {
	if t.exists(n) {
		return answer{} // an empty non-terminal
	}
	for n != t.apex.Prefix() {
		n = n.Prefix(n.Len() - 1)
		if i, ok := t.wild(name(n)); ok {
			return answer{byWild, i}
		}
		if t.exists(n) || !n.IsValid() {
			break
		}
	}
	return answer{}
}

// answerLabels does the same for a name that does not consist of digits.
func (t *tree) answerLabels(n e164.Name) answer {
	if t.labels[n] {
		return answer{} // an empty non-terminal
	}
	for n.Labels != "" {
		n = n.Parent()
		if i, ok := t.wild(n); ok {
			return answer{byWild, i}
		}
		if t.labels[n] {
			return answer{}
		}
	}
	if t.exists(n.Number) {
		return answer{}
	}
	return t.answerWild(n.Number)
}

func (t *tree) mark(n e164.Number) (int, bool) {
	return slices.BinarySearchFunc(t.marks, n, func(m mark, n e164.Number) int { return cmp.Compare(m.number, n) })
}

func (t *tree) wild(parent e164.Name) (int, bool) {
	return slices.BinarySearchFunc(t.wilds, parent, func(w wild, n e164.Name) int { return compareNames(w.parent, n) })
}
