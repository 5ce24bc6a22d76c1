package table

import (
	"math/bits"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// snapshot is one state of the data. It is immutable.
type snapshot struct {
	err     error // why there is no data
	numbers *index
	names   *names
	count   counts
	zone    *backend.Zone
	dname   []backend.RRset // the DNAME at the zone's apex
	broken  *broken         // nil where there are none
	serial  uint32
	// contradicted is how many entries of a lenient table were made broken, or left out, for contradicting others.
	contradicted int
}

// typeDNAME is the RR type of RFC 6672.
const typeDNAME = 39

// upTo is the mask of the lengths 0 to l.
func upTo(l int) uint16 { return uint16(1<<(l+1) - 1) }

// coverOf returns the delegation or DNAME nearest to the apex among n and the prefixes of n.
func (s *snapshot) coverOf(n e164.Number) (at e164.Number, ok bool) {
	for m := s.count.covers & upTo(n.Len()); m != 0; m &= m - 1 {
		p := n.Prefix(bits.TrailingZeros16(m))
		if nd, _ := s.numbers.get(p); nd.covers() {
			return p, true
		}
	}
	return 0, false
}

// entries returns how many entries there are, broken ones among them.
func (s *snapshot) entries() int { return s.count.all() + s.broken.len() }

// unreadable returns how many of them are broken.
func (s *snapshot) unreadable() int { return s.count.unreadable + s.broken.len() }

// answer fills in the answer of a part of the node.
func (nd *node) answer(a *backend.Answer, p *part, text string) {
	if p.broken() {
		a.Kind = unreadable
		return
	}
	a.Kind = backend.Found
	if len(p.rules) == 0 && len(p.sets) == 0 {
		a.Kind = backend.Empty
	}
	a.TTL, a.Rules, a.Sets = p.ttl, p.rules, p.sets
	if p.gaps > 0 {
		a.Text = nd.textOf(p, text)
	}
}

// hide fills in the answer for a name at or below a delegation or below a DNAME.
func (nd *node) hide(a *backend.Answer, owner e164.Name) {
	a.Owner = owner
	switch {
	case nd.cut != nil && nd.cut.broken():
		a.Kind = unreadable
	case nd.cut != nil:
		a.Kind, a.Sets, a.Glue = backend.Delegated, nd.cut.sets, nd.cut.glue
	default:
		a.Kind, a.Sets = backend.Renamed, nd.dname
	}
}

// commonLen returns how many digits n and m have in common at their beginning.
func commonLen(n, m e164.Number) int {
	return min(bits.LeadingZeros64(uint64((n^m)&^0xf))/4, n.Len(), m.Len())
}

// number looks up a name that consists of digits. Where the answer is Absent, encloser is how many
// of its first digits form a name that exists; a wildcard there was not looked for.
func (s *snapshot) number(a *backend.Answer, q e164.Number) (encloser int) {
	at, found := s.numbers.search(q)
	if found {
		here, text := s.numbers.node(at)
		// Nothing is kept below a delegation or DNAME, so none needs to be looked for.
		if here.exact != nil {
			here.answer(a, here.exact, text)
			return 0
		}
		if here.cut != nil {
			here.hide(a, e164.Name{Number: q})
			return 0
		}
		encloser = q.Len()
	}
	if s.count.around {
		if !found {
			if before, ok := s.numbers.before(at); ok {
				encloser = commonLen(q, before)
			}
		}
		if encloser = s.around(a, q, encloser); a.Kind != backend.Unknown {
			return 0
		}
	}
	a.Kind = backend.Descendants
	if found {
		return 0
	}
	if next, ok := s.numbers.number(at); ok {
		if next.HasPrefix(q) {
			return 0
		}
		encloser = max(encloser, commonLen(q, next))
	}
	if s.names.len > 0 {
		at, _ := s.names.search(q, "")
		if next := s.names.at(at); next != nil {
			if next.number.HasPrefix(q) {
				return 0
			}
			encloser = max(encloser, commonLen(q, next.number))
		}
		if before := s.names.before(at); before != nil {
			encloser = max(encloser, commonLen(q, before.number))
		}
	}
	a.Kind = backend.Absent
	return encloser
}

// around fills in the answer where a delegation, a DNAME or a block around q gives it; else the kind
// stays Unknown. Whatever is a prefix of q is a prefix of its predecessor as well, so only the
// lengths up to what they have in common are looked at. That length, or more where a block whose
// numbers are shorter gives more, is returned.
func (s *snapshot) around(a *backend.Answer, q e164.Number, common int) (encloser int) {
	for m := s.count.covers & upTo(min(common, q.Len()-1)); m != 0; m &= m - 1 {
		p := q.Prefix(bits.TrailingZeros16(m))
		if nd, _ := s.numbers.get(p); nd.covers() {
			nd.hide(a, e164.Name{Number: p})
			return 0
		}
	}
	encloser = common
	inside := false // of a block whose numbers are longer
	for m := s.count.mask[blockPart] & upTo(common); m != 0; {
		l := bits.Len16(m) - 1
		m &^= 1 << l
		nd, text := s.numbers.get(q.Prefix(l))
		if nd == nil {
			continue
		}
		for i := range nd.blocks {
			p := &nd.blocks[i]
			switch {
			case q.Len() < int(p.min):
				inside = true
			case q.Len() <= int(p.max):
				nd.answer(a, p, text)
				return 0
			default:
				encloser = max(encloser, int(p.max))
			}
		}
	}
	if inside {
		a.Kind = backend.Descendants
	}
	return encloser
}

// wildcard fills in the answer for a name whose closest encloser is given (RFC 4592 section 3.3.1);
// an empty key stands for the number. A "*" that exists only because of names below it answers
// without records (RFC 4592 section 4.9).
func (s *snapshot) wildcard(a *backend.Answer, n e164.Number, key string) {
	a.Kind = backend.Absent
	if s.count.wild {
		if nd, text := s.at(n, key); nd != nil && nd.wild != nil {
			nd.answer(a, nd.wild, text)
			if a.Kind == backend.Found {
				a.Owner = e164.Name{Number: n, Labels: keyLabels(key)}.Wildcard()
			}
			return
		}
	}
	if s.names.len > 0 && s.names.below(n, key+"*\x00") {
		a.Kind = backend.Empty
	}
}

// labelled looks up a name with labels.
func (s *snapshot) labelled(a *backend.Answer, q e164.Name) {
	if at, hides := s.coverOf(q.Number); hides {
		nd, _ := s.numbers.get(at)
		nd.hide(a, e164.Name{Number: at})
		return
	}
	key := labelKey(q.Labels)
	up := ancestors(key)
	if s.count.hidden {
		for _, k := range up {
			nd, _ := s.names.get(q.Number, k)
			if nd != nil && nd.cut != nil || k != key && nd.covers() {
				nd.hide(a, e164.Name{Number: q.Number, Labels: keyLabels(k)})
				return
			}
		}
	}
	if q.IsWildcard() {
		if nd, text := s.at(q.Number, parentKey(up)); nd != nil && nd.wild != nil {
			nd.answer(a, nd.wild, text)
			return
		}
	}
	if nd, text := s.names.get(q.Number, key); nd != nil && nd.exact != nil {
		nd.answer(a, nd.exact, text)
		return
	}
	if s.explicit() {
		if a.Kind = backend.Absent; s.names.below(q.Number, key) {
			a.Kind = backend.Descendants
		}
		s.climb(a, q.Number, up)
		return
	}
	if s.names.below(q.Number, key) {
		a.Kind = backend.Descendants
		return
	}
	a.Kind = backend.Absent
	for i := len(up) - 2; i >= 0; i-- {
		k := up[i]
		if !s.names.below(q.Number, k) && !s.isWildcard(q.Number, up[:i+1]) {
			continue
		}
		s.wildcard(a, q.Number, k)
		return
	}
	encloser := q.Number
	var above backend.Answer
	if l := s.number(&above, q.Number); above.Kind == backend.Absent {
		encloser = q.Number.Prefix(l)
	}
	s.wildcard(a, encloser, "")
}

// parentKey returns the key of the parent of the last of up.
func parentKey(up []string) string {
	if len(up) < 2 {
		return ""
	}
	return up[len(up)-2]
}

// isWildcard reports whether the last of up is the name of a wildcard that exists.
func (s *snapshot) isWildcard(n e164.Number, up []string) bool {
	parent := parentKey(up)
	if strings.TrimPrefix(up[len(up)-1], parent) != "*\x00" {
		return false
	}
	nd, _ := s.at(n, parent)
	return nd != nil && nd.wild != nil
}

// at returns what stands at a name; an empty key stands for the number.
func (s *snapshot) at(n e164.Number, key string) (*node, string) {
	if key == "" {
		return s.numbers.get(n)
	}
	return s.names.get(n, key)
}

// lookup fills in the answer for any name but the apex.
func (s *snapshot) lookup(a *backend.Answer, q e164.Name) {
	if !q.IsNumber() {
		s.labelled(a, q)
		return
	}
	encloser := s.number(a, q.Number)
	if s.explicit() {
		if a.Kind == backend.Absent || a.Kind == backend.Descendants {
			s.climb(a, q.Number, nil)
		}
		return
	}
	if a.Kind == backend.Absent && (s.count.wild || s.names.len > 0) {
		s.wildcard(a, q.Number.Prefix(encloser), "")
	}
}
