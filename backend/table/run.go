package table

import (
	"cmp"
	"math/bits"

	"github.com/enumim/enumim/backend/table/radix"
	"github.com/enumim/enumim/e164"
)

// refs are the refs of a chunk's numbers while a build goes on, for the errors that name two of
// them. Refs that ascend with the numbers take next to nothing.
type refs struct {
	base  int64 // least of ref minus position
	width uint8
	data  string
}

func packRefs(list []uint32) refs {
	r := refs{base: int64(list[0])}
	most := r.base
	for i, ref := range list {
		r.base = min(r.base, int64(ref)-int64(i))
		most = max(most, int64(ref)-int64(i))
	}
	if r.width = uint8(bits.Len64(uint64(most - r.base))); r.width == 0 {
		return r
	}
	var w bitWriter
	w.grow(len(list) * int(r.width))
	for i, ref := range list {
		w.put(uint64(int64(ref)-int64(i)-r.base), r.width)
	}
	r.data = string(w.buf)
	return r
}

func (r *refs) at(i int) uint32 {
	v := r.base + int64(i)
	if r.width > 0 {
		v += int64(bitsAt(r.data, i*int(r.width), r.width))
	}
	return uint32(v)
}

// run is an ascending part of a build, packed.
type run struct {
	index
	refs []refs

	packer  packer
	pending []uint32
}

func (r *run) add(it item, ref uint32) {
	if len(r.packer.numbers) == chunkSize {
		r.flush()
	}
	r.packer.add(it.number, it.node, it.text)
	r.pending = append(r.pending, ref)
}

func (r *run) flush() {
	if len(r.pending) == 0 {
		return
	}
	c := r.packer.pack()
	r.firsts = append(r.firsts, c.firsts[0])
	r.chunks = append(r.chunks, c)
	r.len += c.n
	r.refs = append(r.refs, packRefs(r.pending))
	r.pending = r.pending[:0]
}

// close packs what is left and drops the tools.
func (r *run) close() {
	r.flush()
	r.packer, r.pending = packer{}, nil
}

// staged is an entry that came out of order.
type staged struct {
	number   e164.Number
	node     *node
	from, to uint32 // its text in the stage
	ref      uint32
	seq      uint32 // the order in which entries came
}

const stageSize = 128 << 10

// stage gathers entries that come out of order until there are enough to sort them.
type stage struct {
	items []staged
	texts []byte
}

func (s *stage) add(n e164.Number, nd *node, text []byte, ref uint32) {
	from := uint32(len(s.texts))
	s.texts = append(s.texts, text...)
	s.items = append(s.items, staged{n, nd, from, uint32(len(s.texts)), ref, uint32(len(s.items))})
}

func (s *stage) full() bool { return len(s.items) >= stageSize || len(s.texts) >= stageSize*64 }

// drain calls yield for each entry, ascending, those of one number in the order they came, and
// empties the stage.
func (s *stage) drain(yield func(it item, ref uint32)) {
	radix.Sort(s.items, func(it *staged) uint64 { return uint64(it.number) }, func(a, b *staged) int {
		if a.number != b.number {
			return cmp.Compare(a.number, b.number)
		}
		return cmp.Compare(a.seq, b.seq)
	})
	texts := string(s.texts)
	for _, it := range s.items {
		yield(item{it.number, it.node, texts[it.from:it.to]}, it.ref)
	}
	clear(s.items)
	s.items, s.texts = s.items[:0], s.texts[:0]
}

// cursor reads a run and lets go of what it has read.
type cursor struct {
	run   *run
	order int // of the run among the runs
	chunk int
	items []item
	pos   int
}

func (c *cursor) next() bool {
	if c.pos++; c.pos < len(c.items) {
		return true
	}
	if c.chunk++; c.chunk >= len(c.run.chunks) {
		return false
	}
	c.items = c.run.chunks[c.chunk].appendItems(c.items[:0])
	c.run.chunks[c.chunk] = nil
	c.pos = 0
	return true
}

func (c *cursor) ref() uint32 { return c.run.refs[c.chunk].at(c.pos) }

// cursors are a heap: none is before its parent, at half its index.
type cursors []*cursor

func (h cursors) less(i, j int) bool {
	a, b := h[i], h[j]
	return cmp.Or(cmp.Compare(a.items[a.pos].number, b.items[b.pos].number), cmp.Compare(a.order, b.order)) < 0
}

// down moves the cursor at i to its place below.
func (h cursors) down(i int) {
	for {
		least := i
		for _, child := range []int{2*i + 1, 2*i + 2} {
			if child < len(h) && h.less(child, least) {
				least = child
			}
		}
		if least == i {
			return
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}

// mergeRuns calls yield for the items of all runs, ascending, those of one number in the order of
// the runs. It empties the runs as it goes.
func mergeRuns(runs []*run, yield func(it item, ref uint32)) {
	var h cursors
	for i, r := range runs {
		if c := (&cursor{run: r, order: i, chunk: -1}); c.next() {
			h = append(h, c)
		}
	}
	for i := len(h)/2 - 1; i >= 0; i-- {
		h.down(i)
	}
	for len(h) > 0 {
		c := h[0]
		yield(c.items[c.pos], c.ref())
		if !c.next() {
			h[0] = h[len(h)-1]
			h = h[:len(h)-1]
		}
		h.down(0)
	}
}
