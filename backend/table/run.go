package table

import (
	"cmp"
	"math/bits"
	"runtime"
	"slices"
	"unsafe"

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
	chunks []chunk
	refs   []refs
	last   bool // nothing will be merged with it: it keeps no refs
	*packing

	served *index // what is served now, whose chunks are shared where they stay the same; may be nil
	next   int    // the first chunk of served that the last number is not behind
}

// packing is what a chunk is made with. Runs that are made one after the other use the same.
type packing struct {
	packer packer
	refs   []uint32
	waste  waste
}

// waste counts octets that a build lets go of, and has them collected before they add up to more than
// a share of a large index: left alone, the heap would first grow to twice its size.
type waste int

const mostWaste = 8 << 20

func (w *waste) add(c *chunk) {
	if *w += waste(len(c.data) + len(c.blocks)*int(unsafe.Sizeof(block{}))); *w >= mostWaste {
		*w = 0
		runtime.GC()
	}
}

func (r *run) add(it item, ref uint32) {
	if r.packing == nil {
		r.packing = &packing{}
	}
	switch n := len(r.packer.numbers); {
	case n == largeChunk, n >= chunkSize && r.served == nil, n >= smallChunk && r.meets(it.number):
		r.flush()
	}
	r.packer.add(it.number, it.node, it.text)
	if !r.last {
		r.packing.refs = append(r.packing.refs, ref)
	}
}

func (r *run) flush() {
	if r.packing == nil || len(r.packer.numbers) == 0 {
		return
	}
	r.chunks = append(r.chunks, r.shared(r.packer.pack()))
	if !r.last {
		r.refs = append(r.refs, packRefs(r.packing.refs))
		r.packing.refs = r.packing.refs[:0]
	}
}

// meets reports whether a chunk of what is served begins with n, so that one of the run should, too.
func (r *run) meets(n e164.Number) bool {
	if r.served == nil {
		return false
	}
	chunks := r.served.chunks
	for r.next < len(chunks) && chunks[r.next].blocks[0].first < n {
		r.next++
	}
	return r.next < len(chunks) && chunks[r.next].blocks[0].first == n
}

// shared returns the chunk of what is served that is the same as c, else c.
func (r *run) shared(c chunk) chunk {
	if r.served == nil || len(r.served.chunks) == 0 {
		return c
	}
	old := &r.served.chunks[r.served.chunk(c.first)]
	if !old.same(&c) {
		return c
	}
	r.waste.add(&c)
	return *old
}

// same reports whether the chunks hold the same, if perhaps with other nodes of the same meaning.
func (c *chunk) same(d *chunk) bool {
	return c.first == d.first && c.scale == d.scale && c.data == d.data && slices.Equal(c.blocks, d.blocks) &&
		slices.EqualFunc(c.nodes.list, d.nodes.list, func(a, b *node) bool { return a.key == b.key })
}

// close packs what is left and lets go of the tools.
func (r *run) close() {
	r.flush()
	r.packing = nil
}

// staged is an entry that came out of order.
type staged struct {
	number   e164.Number
	node     *node
	from, to uint32 // its text in the stage
	ref      uint32
	seq      uint32 // the order in which entries came
}

// stageSize is how many entries are sorted at once: enough that there are few runs, few enough to stay
// in the processor's cache.
const stageSize = 64 << 10

// smallStage is up to how many entries a stage grows little by little.
const smallStage = stageSize / 16

// stage gathers entries that come out of order until there are enough to sort them.
type stage struct {
	items []staged
	texts []byte
}

func (s *stage) add(n e164.Number, nd *node, text []byte, ref uint32) {
	if len(s.items) == cap(s.items) && len(s.items) >= smallStage {
		s.items = slices.Grow(s.items, stageSize-len(s.items))
	}
	from := uint32(len(s.texts))
	s.texts = append(s.texts, text...)
	s.items = append(s.items, staged{n, nd, from, uint32(len(s.texts)), ref, uint32(len(s.items))})
}

func (s *stage) full() bool { return len(s.items) >= stageSize || len(s.texts) >= stageSize*64 }

// drain calls yield for each entry, ascending, those of one number in the order they came, and
// empties the stage. The texts of the items are good until it returns.
func (s *stage) drain(yield func(it item, ref uint32)) {
	radix.Sort(s.items, func(it *staged) uint64 { return uint64(it.number) }, func(a, b *staged) int {
		if a.number != b.number {
			return cmp.Compare(a.number, b.number)
		}
		return cmp.Compare(a.seq, b.seq)
	})
	texts := stringOf(s.texts)
	for _, it := range s.items {
		yield(item{it.number, it.node, texts[it.from:it.to]}, it.ref)
	}
	clear(s.items)
	s.items, s.texts = s.items[:0], s.texts[:0]
}

// stringOf returns b as a string without a copy. b is not to change as long as the string is used.
func stringOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// cursor reads a run and lets go of what it has read.
type cursor struct {
	run    *run
	order  int // of the run among the runs
	waste  *waste
	at     position
	number e164.Number
}

func (c *cursor) next() bool {
	at := &c.at
	if at.i++; at.chunk < 0 || at.i == c.run.chunks[at.chunk].size(at.block) {
		at.block, at.i = at.block+1, 0
		if at.chunk < 0 || at.block == c.run.chunks[at.chunk].count() {
			if at.chunk >= 0 {
				c.waste.add(&c.run.chunks[at.chunk])
				c.run.chunks[at.chunk] = chunk{}
			}
			if *at = (position{at.chunk + 1, 0, 0}); at.chunk == len(c.run.chunks) {
				return false
			}
		}
	}
	from := &c.run.chunks[at.chunk]
	c.number = from.blocks[at.block].number(from.data, at.i)
	return true
}

func (c *cursor) item() item {
	nd, text := c.run.chunks[c.at.chunk].node(c.at.block, c.at.i)
	return item{c.number, nd, text}
}

func (c *cursor) ref() uint32 {
	return c.run.refs[c.at.chunk].at(int(c.run.chunks[c.at.chunk].blocks[c.at.block].from) + c.at.i)
}

// cursors are a heap: none is before its parent, at half its index.
type cursors []*cursor

func (h cursors) less(i, j int) bool {
	a, b := h[i], h[j]
	return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.order, b.order)) < 0
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
func mergeRuns(runs []*run, w *waste, yield func(it item, ref uint32)) {
	var h cursors
	for i, r := range runs {
		if c := (&cursor{run: r, order: i, waste: w, at: position{chunk: -1}}); c.next() {
			h = append(h, c)
		}
	}
	for i := len(h)/2 - 1; i >= 0; i-- {
		h.down(i)
	}
	for len(h) > 0 {
		c := h[0]
		yield(c.item(), c.ref())
		if !c.next() {
			h[0] = h[len(h)-1]
			h = h[:len(h)-1]
		}
		h.down(0)
	}
}
