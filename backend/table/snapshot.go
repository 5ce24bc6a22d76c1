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
	rename  *backend.RRset // the DNAME at the zone's apex
	serial  uint32
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

// answer gives the answer of a part of the node that was found at owner's name or above it.
func (nd *node) answer(p *part, text string) backend.Answer {
	a := backend.Answer{Kind: backend.Found, TTL: p.ttl, Rules: p.rules, Sets: p.sets}
	if len(p.rules) == 0 && len(p.sets) == 0 {
		a.Kind = backend.Empty
	}
	if p.gaps > 0 {
		a.Text = nd.textOf(p, text)
	}
	return a
}

// hide gives the answer for a name at or below a delegation or below a DNAME.
func (nd *node) hide(owner e164.Name) backend.Answer {
	if nd.cut != nil {
		return backend.Answer{Kind: backend.Delegated, Owner: owner, Sets: nd.cut.sets, Glue: nd.cut.glue}
	}
	return backend.Answer{Kind: backend.Renamed, Owner: owner, Sets: nd.exact.sets}
}

// number looks up a name that consists of digits. Where the answer is Absent, encloser is how many
// of its first digits form a name that exists; a wildcard there was not looked for.
func (s *snapshot) number(q e164.Number) (a backend.Answer, encloser int) {
	at, found := s.numbers.search(q)
	var here *node
	if found {
		var text string
		here, text = s.numbers.chunks[at.chunk].node(at.pos)
		// Nothing is kept below a delegation or DNAME, so none needs to be looked for.
		if here.exact != nil {
			return here.answer(here.exact, text), 0
		}
		if here.cut != nil {
			return here.hide(e164.Name{Number: q}), 0
		}
		encloser = q.Len()
	} else if before, ok := s.numbers.before(at); ok {
		encloser = q.CommonPrefix(before).Len()
	}
	// Whatever is a prefix of q is one of its predecessor in the index as well.
	for m := s.count.covers & upTo(encloser); m != 0; m &= m - 1 {
		p := q.Prefix(bits.TrailingZeros16(m))
		if p == q {
			break
		}
		if nd, _ := s.numbers.get(p); nd.covers() {
			return nd.hide(e164.Name{Number: p}), 0
		}
	}
	inside := false // of a block whose numbers are longer
	above := encloser
	for m := s.count.mask[blockPart] & upTo(above); m != 0; {
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
				return nd.answer(p, text), 0
			default:
				encloser = max(encloser, int(p.max))
			}
		}
	}
	if inside || found {
		return backend.Answer{Kind: backend.Descendants}, 0
	}
	if next, ok := s.numbers.number(at); ok {
		if next.HasPrefix(q) {
			return backend.Answer{Kind: backend.Descendants}, 0
		}
		encloser = max(encloser, q.CommonPrefix(next).Len())
	}
	if s.names.len > 0 {
		at, _ := s.names.search(q, "")
		if next := s.names.at(at); next != nil {
			if next.number.HasPrefix(q) {
				return backend.Answer{Kind: backend.Descendants}, 0
			}
			encloser = max(encloser, q.CommonPrefix(next.number).Len())
		}
		if before := s.names.before(at); before != nil {
			encloser = max(encloser, q.CommonPrefix(before.number).Len())
		}
	}
	return backend.Answer{Kind: backend.Absent}, encloser
}

// wildcard answers for a name whose closest encloser consists of digits (RFC 4592 section 3.3.1).
func (s *snapshot) wildcard(encloser e164.Number) backend.Answer {
	if s.count.mask[wildPart]&(1<<encloser.Len()) != 0 {
		if nd, text := s.numbers.get(encloser); nd != nil && nd.wild != nil {
			a := nd.answer(nd.wild, text)
			a.Owner = e164.Name{Number: encloser}.Wildcard()
			return a
		}
	}
	return backend.Answer{Kind: backend.Absent}
}

// labelled looks up a name with labels.
func (s *snapshot) labelled(q e164.Name) backend.Answer {
	if at, hides := s.coverOf(q.Number); hides {
		nd, _ := s.numbers.get(at)
		return nd.hide(e164.Name{Number: at})
	}
	key := labelKey(q.Labels)
	up := ancestors(key)
	if s.count.hidden {
		for _, k := range up {
			nd, _ := s.names.get(q.Number, k)
			if nd != nil && nd.cut != nil || k != key && nd.covers() {
				return nd.hide(e164.Name{Number: q.Number, Labels: keyLabels(k)})
			}
		}
	}
	if q.IsWildcard() {
		if nd, text := s.at(q.Number, parentKey(up)); nd != nil && nd.wild != nil {
			return nd.answer(nd.wild, text)
		}
	}
	if nd, text := s.names.get(q.Number, key); nd != nil && nd.exact != nil {
		return nd.answer(nd.exact, text)
	}
	if s.names.below(q.Number, key) {
		return backend.Answer{Kind: backend.Descendants}
	}
	if !s.count.wild {
		return backend.Answer{Kind: backend.Absent}
	}
	for i := len(up) - 2; i >= 0; i-- {
		k := up[i]
		if !s.names.below(q.Number, k) && !s.isWildcard(q.Number, up[:i+1]) {
			continue
		}
		if nd, text := s.names.get(q.Number, k); nd != nil && nd.wild != nil {
			a := nd.answer(nd.wild, text)
			a.Owner = e164.Name{Number: q.Number, Labels: keyLabels(k)}.Wildcard()
			return a
		}
		return backend.Answer{Kind: backend.Absent}
	}
	encloser := q.Number
	if a, l := s.number(q.Number); a.Kind == backend.Absent {
		encloser = q.Number.Prefix(l)
	}
	return s.wildcard(encloser)
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

// lookup answers for any name but the apex.
func (s *snapshot) lookup(q e164.Name) backend.Answer {
	if !q.IsNumber() {
		return s.labelled(q)
	}
	a, encloser := s.number(q.Number)
	if a.Kind == backend.Absent && s.count.wild {
		return s.wildcard(q.Number.Prefix(encloser))
	}
	return a
}
