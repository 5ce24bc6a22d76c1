package table

import (
	"errors"
	"math/bits"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// Broken entries of a zone stand in the index like others, since wildcards end where they stand: the longest
// length of their key, which is for blocks alone, is this.
const brokenMark = 0xff

func (p *part) broken() bool { return p.kind != blockPart && p.max == brokenMark }

// unreadable is the kind of an answer that a broken entry decides: Fill makes an error of it.
const unreadable backend.Kind = 0xff

var errNoFrame = errors.New("a zone without SOA")

// explicit reports whether names that have nothing of their own keep no wildcard away (backend.Zone).
func (s *snapshot) explicit() bool { return s.zone != nil && s.zone.Explicit }

// climb looks for a wildcard at the parent of a name at which nothing stands, and at the names above it, up to the
// first that has something of its own; one that cannot be read is an error. up are the keys of the name's labels, the last of them the name's.
func (s *snapshot) climb(a *backend.Answer, n e164.Number, up []string) {
	if !s.count.wild && s.count.unreadable == 0 {
		return
	}
	for i := len(up) - 2; i >= 0; i-- {
		nd, text := s.names.get(n, up[i])
		if s.rises(a, nd, text, e164.Name{Number: n}, up[i]) || s.isWildcard(n, up[:i+1]) {
			return
		}
	}
	last := n.Len()
	if len(up) == 0 {
		last--
	}
	for m := (s.count.mask[wildPart] | s.count.mask[exactPart] | s.count.mask[renamePart]) & upTo(last); last >= 0 && m != 0; {
		l := bits.Len16(m) - 1
		m &^= 1 << l
		nd, text := s.numbers.get(n.Prefix(l))
		if s.rises(a, nd, text, e164.Name{Number: n.Prefix(l)}, "") {
			return
		}
	}
}

// rises fills in the answer of the wildcard below a name, and reports whether climbing ends there.
func (s *snapshot) rises(a *backend.Answer, nd *node, text string, name e164.Name, key string) bool {
	if nd == nil {
		return false
	}
	switch {
	case nd.wild != nil:
	case nd.exact == nil:
		return false
	case nd.exact.broken():
		a.Kind = unreadable // it may be that nothing should be found here
		return true
	default:
		return true
	}
	nd.answer(a, nd.wild, text)
	if a.Kind == backend.Found {
		name.Labels = keyLabels(key)
		a.Owner = name.Wildcard()
	}
	return true
}
