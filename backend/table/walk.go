package table

import (
	"context"
	"iter"
	"unsafe"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// Walk implements backend.Walker: the entries at and below the apex as they were provisioned,
// ascending by number, then labels; a "*" comes as a Wildcard of its parent. An apex that is not
// among the Options stands for the whole table.
func (t *Table) Walk(ctx context.Context, apex string) iter.Seq2[backend.Entry, error] {
	return func(yield func(backend.Entry, error) bool) {
		s := t.current.Load()
		if s.err != nil {
			yield(backend.Entry{}, s.err)
			return
		}
		top := t.prefix(apex)
		s.walk(top, top.Last(), func(e backend.Entry) bool {
			if err := ctx.Err(); err != nil {
				yield(backend.Entry{}, err)
				return false
			}
			return yield(e, nil)
		})
	}
}

// walk calls yield for each entry of the numbers from..to and the names left of them.
func (s *snapshot) walk(from, to e164.Number, yield func(backend.Entry) bool) {
	var rest []brokenKey // those that were not emitted
	if s.broken != nil {
		rest = s.broken.list[s.broken.search(from):s.broken.search(to+1)]
	}
	// upTo emits the broken entries that come before a key, or have it.
	upTo := func(k brokenKey) bool {
		for len(rest) > 0 && rest[0].compare(k) <= 0 {
			if !yield(rest[0].entry()) {
				return false
			}
			rest = rest[1:]
		}
		return true
	}
	emit := func(name e164.Name, nd *node, text string) bool {
		for i := range nd.parts {
			p := &nd.parts[i]
			at := brokenKey{name.Number, p.entryKind(), p.min, p.max}
			if !name.IsNumber() {
				at.kind = backend.Rename // behind what stands at the digits
			}
			if len(rest) > 0 && !upTo(at) || !yield(p.entry(name, nd.textOf(p, text))) {
				return false
			}
		}
		return true
	}
	at, _ := s.names.search(from, "")
	// labelled emits the names with labels of numbers before n.
	labelled := func(n e164.Number) bool {
		for m := s.names.at(at); m != nil && m.number < n; m = s.names.at(at) {
			if !emit(m.name(), m.node, m.text) {
				return false
			}
			if at.pos == len(s.names.leaves[at.leaf]) {
				at = place{at.leaf + 1, 0}
			}
			at.pos++
		}
		return true
	}
	done := s.numbers.all(from, to, func(n e164.Number, nd *node, text string) bool {
		return labelled(n) && emit(e164.Name{Number: n}, nd, text)
	})
	if done && labelled(to+1) {
		upTo(brokenKey{number: to, kind: backend.Rename})
	}
}

// Stats tell what a table holds.
type Stats struct {
	Numbers     int // names with records of their own, those with labels among them
	Blocks      int
	Wildcards   int
	Delegations int
	Renames     int
	Broken      int // entries that cannot be read, of any kind
	Shapes      int // different combinations of everything but numbers and user parts
	Bytes       int // of the index; shapes and texts included
	TextBytes   int // of the texts that numbers have of their own
	Serial      uint32
}

// Entries returns how many entries there are.
func (s Stats) Entries() int {
	return s.Numbers + s.Blocks + s.Wildcards + s.Delegations + s.Renames + s.Broken
}

// Broken returns how many of the entries that the table serves cannot be read.
func (t *Table) Broken() int { return t.current.Load().unreadable() }

// Len returns how many entries the table serves, broken ones among them.
func (t *Table) Len() int { return t.current.Load().entries() }

// Stats counts what the table serves; the zero Stats where it has no data. It looks at every chunk,
// so it is for operators and tests and not for each query.
func (t *Table) Stats() Stats {
	s := t.current.Load()
	if s.err != nil {
		return Stats{}
	}
	c := &s.count
	st := Stats{
		Numbers: c.total(exactPart), Blocks: c.total(blockPart), Wildcards: c.total(wildPart),
		Delegations: c.total(cutPart), Renames: c.total(renamePart), Serial: s.serial, Broken: s.unreadable(),
	}
	seen := make(map[*node]bool)
	node := func(nd *node) {
		if !seen[nd] {
			seen[nd] = true
			st.Bytes += nd.size()
		}
	}
	const (
		perChunk = int(unsafe.Sizeof(chunk{}))
		perBlock = int(unsafe.Sizeof(block{}))
		perNodes = int(unsafe.Sizeof(nodes{}))
		perName  = 64 // a named and its share of a leaf
	)
	st.Bytes += 4 * len(s.numbers.guide.places)
	var last *nodes
	for i := range s.numbers.chunks {
		c := &s.numbers.chunks[i]
		st.Bytes += perChunk + perBlock*len(c.blocks) + len(c.data)
		st.TextBytes += len(c.data) - int(c.blocks[c.count()].start) - 8
		if c.nodes == last {
			continue
		}
		last = c.nodes
		st.Bytes += perNodes + 8*len(last.list)
		for _, nd := range last.list {
			node(nd)
		}
	}
	for _, leaf := range s.names.leaves {
		for i := range leaf {
			st.Bytes += perName + len(leaf[i].key) + len(leaf[i].text)
			st.TextBytes += len(leaf[i].text)
			node(leaf[i].node)
		}
	}
	st.Shapes = len(seen)
	return st
}

// size estimates the memory of a node with its entry in the interner.
func (nd *node) size() int {
	const perNode, perPart, perRule, perSet = 200, 160, 120, 64
	size := perNode + 2*len(nd.key) + perPart*len(nd.parts)
	for i := range nd.parts {
		size += perRule*len(nd.parts[i].rules) + perSet*len(nd.parts[i].sets)
	}
	return size
}
