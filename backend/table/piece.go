package table

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// piece is a part taken out of its node, with its share of the text.
type piece struct {
	kind, min, max uint8
	key, text      string
}

// slot orders pieces within a node; a name has at most one piece of each slot.
func (a piece) slot(b piece) int {
	kind := func(p piece) uint8 {
		if p.kind == renamePart {
			return exactPart
		}
		return p.kind
	}
	longest := func(p piece) uint8 {
		if p.broken() {
			return 0
		}
		return p.max
	}
	return cmp.Or(cmp.Compare(kind(a), kind(b)), cmp.Compare(a.min, b.min), cmp.Compare(longest(a), longest(b)))
}

// broken reports whether the piece is a broken entry of a zone.
func (a piece) broken() bool { return a.kind != blockPart && a.max == brokenMark }

// pieces takes a node apart; nil gives none.
func (nd *node) pieces(text string) []piece {
	if nd == nil {
		return nil
	}
	out := make([]piece, len(nd.parts))
	for i := range nd.parts {
		p := &nd.parts[i]
		out[i] = piece{p.kind, p.min, p.max, p.key, nd.textOf(p, text)}
	}
	return out
}

// keyOf writes the key of the node of pieces, and its text.
func keyOf(pieces []piece) (key, text []byte) {
	for _, p := range pieces {
		key = appendBytes(key, p.key)
		text = append(text, p.text...)
	}
	return key, text
}

// overlap reports whether two blocks of one prefix have a length in common.
func overlap(pieces []piece) bool {
	last := -1
	for _, p := range pieces {
		if p.kind != blockPart {
			continue
		}
		if int(p.min) <= last {
			return true
		}
		last = int(p.max)
	}
	return false
}

// visible returns the pieces that can be answered: a delegation hides all else at its name, and a
// DNAME the wildcard and the blocks, whose names lie below (RFC 6672 section 2.4).
func visible(pieces []piece) []piece {
	if last := len(pieces) - 1; last > 0 {
		switch {
		case pieces[last].kind == cutPart:
			return pieces[last:]
		case pieces[0].kind == renamePart:
			return pieces[:1]
		}
	}
	return pieces
}

// shapes turns entries into nodes.
type shapes struct {
	interner
	key, text []byte
	node      []byte
}

// Nodes are made for new combinations of templates, services and domains while there are few of
// them against the entries; after that a combination not seen before makes the whole URI the
// number's own text, so that domains that hardly repeat cost their length and not a node each.
const (
	freeShapes     = 256
	entriesPerNode = 64
)

// encode returns a node that holds the entry alone, and the text, valid until the next call; entries
// is how many there are.
func (s *shapes) encode(e *backend.Entry, kind uint8, entries int) (*node, []byte, error) {
	if err := check(e, kind); err != nil {
		return nil, nil, err
	}
	s.key, s.text = appendPart(s.key[:0], s.text[:0], e, kind, false)
	s.node = appendBytes(s.node[:0], s.key)
	nd, err := s.get(s.node, s.few(entries))
	if nd == nil && err == nil {
		s.key, s.text = appendPart(s.key[:0], s.text[:0], e, kind, true)
		s.node = appendBytes(s.node[:0], s.key)
		nd, err = s.get(s.node, true)
	}
	return nd, s.text, err
}

// few reports whether another node is cheap beside so many entries.
func (s *shapes) few(entries int) bool { return len(s.nodes) <= freeShapes+entries/entriesPerNode }

// check refuses what cannot be represented.
func check(e *backend.Entry, kind uint8) error {
	bad := func(what string) error { return fmt.Errorf("%w: %s", backend.ErrInvalidData, what) }
	if kind == blockPart {
		switch {
		case !e.Name.IsNumber():
			return bad("the prefix of a block has labels that are no digits")
		case e.Min < max(1, e.Name.Number.Len()) || e.Max < e.Min || e.Max > e164.MaxDigits:
			return bad("the lengths of a block: want prefix <= minimum <= maximum <= 15")
		}
	} else if e.Min != 0 || e.Max != 0 {
		return bad("lengths are for blocks alone")
	}
	if len(e.Records) > 0xffff {
		return bad("more than 65535 records at one name")
	}
	for i := range e.Records {
		r := &e.Records[i]
		if len(r.Flags) > 255 || len(r.Services) > 255 || len(r.Regexp) > 255 || len(r.Replacement) > 255 {
			return bad("a field of a NAPTR record has more than 255 octets")
		}
	}
	return nil
}

// partOf returns the kind of part that the entry is, and the name that it stands at: "*" stands at
// its parent.
func partOf(e *backend.Entry) (kind uint8, name e164.Name, err error) {
	switch e.Kind {
	case backend.Number, backend.Rename:
		switch {
		case e.Name.IsWildcard():
			return wildPart, e.Name.Parent(), nil
		case e.Kind == backend.Rename:
			return renamePart, e.Name, nil
		}
		return exactPart, e.Name, nil
	case backend.Block:
		return blockPart, e.Name, nil
	case backend.Wildcard:
		return wildPart, e.Name, nil
	case backend.Delegation:
		return cutPart, e.Name, nil
	}
	return 0, e.Name, fmt.Errorf("%w: unknown kind of entry", backend.ErrInvalidData)
}

// join puts what two entries say about one name together. Where both say the same thing, merge
// decides whether they are joined as RRs of a zone are, or conflict; nd is nil for a conflict.
func (s *shapes) join(name e164.Name, a, b item, merge bool, entries int) (item, error) {
	create := s.few(entries)
	for _, wholeURI := range []bool{false, true} {
		all := append(a.node.pieces(a.text), b.node.pieces(b.text)...)
		slices.SortStableFunc(all, piece.slot)
		out, joined := all[:0], false
		for _, p := range all {
			if len(out) == 0 || out[len(out)-1].slot(p) != 0 {
				out = append(out, p)
				continue
			}
			if !merge {
				return item{}, nil
			}
			var err error
			if out[len(out)-1], err = joinPieces(name, out[len(out)-1], p, wholeURI); err != nil {
				return item{}, err
			}
			joined = true
		}
		if overlap(out) {
			return item{}, nil
		}
		key, text := keyOf(out)
		nd, err := s.get(key, create || !joined || wholeURI)
		if nd != nil || err != nil {
			return item{a.number, nd, string(text)}, err
		}
	}
	return item{}, nil
}

// joinPieces joins the RRs of two pieces of one name: RRsets have one TTL, the lowest (RFC 2181
// section 5.2), and no RR twice (section 5).
func joinPieces(name e164.Name, a, b piece, wholeURI bool) (piece, error) {
	switch { // what cannot be read spoils what can
	case a.broken():
		return a, nil
	case b.broken():
		return b, nil
	}
	pa, err := parsePart(a.key)
	if err != nil {
		return a, err
	}
	pb, err := parsePart(b.key)
	if err != nil {
		return a, err
	}
	e, more := pa.entry(name, a.text), pb.entry(name, b.text)
	kind := max(pa.kind, pb.kind)
	switch {
	case len(e.Records) == 0:
		e.TTL = more.TTL
	case len(more.Records) > 0:
		e.TTL = min(e.TTL, more.TTL)
	}
	for _, r := range more.Records {
		if !slices.Contains(e.Records, r) {
			e.Records = append(e.Records, r)
		}
	}
	e.Sets = joinSets(e.Sets, more.Sets)
	for _, host := range more.Glue {
		i := slices.IndexFunc(e.Glue, func(h backend.Host) bool { return h.Name == host.Name })
		if i < 0 {
			e.Glue = append(e.Glue, host)
		} else {
			e.Glue[i].Sets = joinSets(e.Glue[i].Sets, host.Sets)
		}
	}
	if len(e.Records) > 0xffff {
		return a, fmt.Errorf("%w: more than 65535 records at one name", backend.ErrInvalidData)
	}
	key, text := appendPart(nil, nil, &e, kind, wholeURI)
	return piece{kind, a.min, a.max, string(key), string(text)}, nil
}

func joinSets(sets, more []backend.RRset) []backend.RRset {
	for _, set := range more {
		i := slices.IndexFunc(sets, func(s backend.RRset) bool { return s.Type == set.Type })
		if i < 0 {
			sets = append(sets, set)
			continue
		}
		sets[i].TTL = min(sets[i].TTL, set.TTL)
		for _, data := range set.Data {
			if !slices.Contains(sets[i].Data, data) {
				sets[i].Data = append(sets[i].Data, data)
			}
		}
	}
	return sets
}
