package lint

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/backend/table/radix"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// call is a tel: URI that a number leads to. Who dials it may look it up again.
type call struct {
	from, to e164.Number
	place
}

// follow keeps where the records of a name lead.
func (t *tree) follow(e *backend.Entry, at []source.Place) {
	if e.Kind != backend.Number {
		return // looked up in the sets
	}
	if to := aliasTarget(e.Sets); to != "" {
		t.hops = append(t.hops, hop{cloneName(e.Name), to, true, t.files.place(at[0])})
	}
	for i, r := range e.Records {
		switch {
		case r.Terminal() && e.Name.IsNumber():
			if to, ok := t.dialled(r, e.Name.Number); ok {
				t.calls = append(t.calls, call{e.Name.Number, to, t.files.place(at[i])})
			}
		case r.NonTerminal():
			if len(r.Replacement) > 1 {
				t.hops = append(t.hops, hop{cloneName(e.Name), strings.Clone(r.Replacement), false, t.files.place(at[i])})
			}
		}
	}
}

// dialled returns the number that a record leads a caller of n to by a tel: URI. RFC 4694 and RFC 4759
// give the URI parameters that say that no look-up is to follow.
func (t *tree) dialled(r naptr.Record, n e164.Number) (to e164.Number, ok bool) {
	if !hasTel(r.Regexp) {
		return 0, false
	}
	uri, ok := naptr.CutLiteral(r.Regexp)
	if !ok {
		x, err := naptr.ParseExpression(r.Regexp)
		if err != nil {
			return 0, false
		}
		aus := n.String()
		if t.checker.DialPlan {
			aus = n.Digits()
		}
		if uri, ok = x.Eval(aus); !ok {
			return 0, false
		}
	}
	const scheme = "tel:"
	if len(uri) < len(scheme) || !strings.EqualFold(uri[:len(scheme)], scheme) {
		return 0, false
	}
	number, params, _ := strings.Cut(uri[len(scheme):], ";")
	for param := range strings.SplitSeq(params, ";") {
		key, _, _ := strings.Cut(strings.ToLower(param), "=")
		if key == "enumdi" || key == "npdi" || key == "rn" {
			return 0, false
		}
	}
	number, plus := strings.CutPrefix(number, "+")
	if plus == t.checker.DialPlan {
		return 0, false
	}
	for i := range len(number) {
		switch c := number[i]; c {
		case '-', '.', '(', ')':
		default:
			if to, ok = to.Child(c); !ok {
				return 0, false
			}
		}
	}
	return to, to.IsValid()
}

// hasTel reports whether "tel:" is part of a text, in any letter case.
func hasTel(s string) bool {
	for {
		i := strings.IndexByte(s, ':')
		if i < 0 {
			return false
		}
		if i >= 3 && strings.EqualFold(s[i-3:i], "tel") {
			return true
		}
		s = s[i+1:]
	}
}

// telLoops finds tel: URIs that lead back to their number: who dials one and looks it up never ends
// (RFC 6117 section 5.5, RFC 4759 section 1).
func (t *tree) telLoops() {
	radix.Sort(t.calls, func(c *call) uint64 { return uint64(c.from) }, func(a, b *call) int {
		return cmp.Or(cmp.Compare(a.from, b.from), comparePlaces(a.place, b.place))
	})
	dialling := t.dialling()
	// A number that leads to none that leads on is in no loop. Most of a large file are such.
	left := t.calls[:0:0]
	for _, c := range t.calls {
		if len(t.callsOf(c.to)) > 0 || len(dialling) > 0 && t.dials(dialling, c.to) {
			left = append(left, c)
		}
	}
	t.calls = left
	if len(left)+len(dialling) == 0 {
		return
	}
	loop := loops(t.callers(dialling), t.callees, 4*len(left)+64*len(t.blocks)+64*len(t.wilds))
	for _, c := range t.calls {
		if loop[c.from] != 0 && loop[c.from] == loop[c.to] {
			t.telLoop(c.place, subject{kind: backend.Number, name: name(c.from)}, c.to == c.from)
		}
	}
	told := make(map[place]bool)
	for n := range loop {
		switch a := t.answer(name(n)); a.kind {
		case byBlock:
			if b := &t.blocks[a.at]; !told[b.place] {
				told[b.place] = true
				t.telLoop(b.place, b.subject(), slices.Contains(t.callees(n), n))
			}
		case byWild:
			if w := &t.wilds[a.at]; !told[w.place] {
				told[w.place] = true
				t.telLoop(w.place, subject{kind: backend.Wildcard, name: w.parent}, slices.Contains(t.callees(n), n))
			}
		}
	}
}

func (t *tree) telLoop(p place, s subject, direct bool) {
	t.find("D05", p, s, func() string {
		if direct {
			return "to the number itself"
		}
		return "through other numbers"
	})
}

// dialling are the sets of blocks and wildcards with a tel: URI.
func (t *tree) dialling() map[setRef]bool {
	dialling := make(map[setRef]bool)
	for i, text := range t.sets.data {
		if hasTel(text) {
			dialling[setRef(i)] = true
		}
	}
	return dialling
}

// dials reports whether a number is answered from one of the sets.
func (t *tree) dials(sets map[setRef]bool, n e164.Number) bool {
	switch a := t.answer(name(n)); a.kind {
	case byBlock:
		return sets[t.blocks[a.at].set]
	case byWild:
		return sets[t.wilds[a.at].set]
	}
	return false
}

// callsOf returns the calls from a number, which lie side by side.
func (t *tree) callsOf(n e164.Number) []call {
	i, found := slices.BinarySearchFunc(t.calls, n, func(c call, n e164.Number) int { return cmp.Compare(c.from, n) })
	if !found {
		return nil
	}
	j := i
	for j < len(t.calls) && t.calls[j].from == n {
		j++
	}
	return t.calls[i:j]
}

// callers are numbers from which every loop can be reached: those with calls of their own, and of each
// block and wildcard some, with the numbers that its URIs lead these to.
func (t *tree) callers(dialling map[setRef]bool) iter.Seq[e164.Number] {
	return func(yield func(e164.Number) bool) {
		for _, c := range t.calls {
			if !yield(c.from) {
				return
			}
		}
		for i := range t.blocks {
			if b := &t.blocks[i]; dialling[b.set] && !t.yieldCallers(b.set, b.samples(), yield) {
				return
			}
		}
		for i := range t.wilds {
			if w := &t.wilds[i]; dialling[w.set] && !t.yieldCallers(w.set, w.samples(), yield) {
				return
			}
		}
	}
}

func (t *tree) yieldCallers(set setRef, samples []e164.Number, yield func(e164.Number) bool) bool {
	for _, n := range samples {
		if !yield(n) {
			return false
		}
		for _, to := range t.calleesOf(set, n) {
			if !yield(to) {
				return false
			}
		}
	}
	return true
}

// samples are numbers that begin with the wildcard's.
func (w *wild) samples() []e164.Number {
	var list []e164.Number
	for d := byte('0'); d <= '9' && w.parent.IsNumber(); d++ {
		if n, ok := w.parent.Number.Child(d); ok {
			list = append(list, n)
		}
	}
	return list
}

// callees returns the numbers that the tel: URIs of a number lead to.
func (t *tree) callees(n e164.Number) []e164.Number {
	switch a := t.answer(name(n)); a.kind {
	case byMark:
		var list []e164.Number
		for _, c := range t.callsOf(n) {
			list = append(list, c.to)
		}
		return list
	case byBlock:
		return t.calleesOf(t.blocks[a.at].set, n)
	case byWild:
		return t.calleesOf(t.wilds[a.at].set, n)
	}
	return nil
}

func (t *tree) calleesOf(set setRef, n e164.Number) []e164.Number {
	var list []e164.Number
	records, _ := t.sets.get(set)
	for _, r := range records {
		if !r.Terminal() {
			continue
		}
		if to, ok := t.dialled(r.Record, n); ok {
			list = append(list, to)
		}
	}
	return list
}
