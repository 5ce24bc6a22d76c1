package table

import (
	"encoding/binary"
	"math/bits"

	"github.com/enumim/enumim/e164"
)

const (
	chunkSize  = 4096                   // numbers in a full chunk: the unit of copying
	smallChunk = chunkSize / 4          // fewer are put together with the next chunk
	largeChunk = chunkSize + smallChunk // more are split
	blockSize  = 128                    // numbers that share a base and bit widths
	mostBlocks = largeChunk / blockSize
	lineSize   = 8 // first numbers in one line of memory
	metaSize   = 12
)

// chunk is an immutable run of ascending numbers in blocks of 128. The blocks stand in one string,
// so that texts are returned as parts of it: for each block
//
//	its description (meta)
//	three columns of bits: the distances of its numbers from the first, the nodes as indexes into
//	    nodes, the ends of the texts
//
// and after the blocks the texts, and 8 octets so that any bit can be read with one load. All
// numbers are reduced to the unit of the longest in their block (see target), and each column has the
// width that its block needs, so that full ranges of numbers take less than half a byte each.
//
// What a search needs before it reads a block stands apart from them: for ten million numbers it is
// about a megabyte, which stays in the processor's cache.
type chunk struct {
	firsts [mostBlocks]e164.Number // of each block; behind the last the greatest
	starts [mostBlocks]uint16      // of each block in data; 54, 13 and 32 bits a number at most fit
	n      int                     // numbers
	text   int                     // where the texts start in data
	data   string
	nodes  []*node
	only   *node // of a chunk that has one node alone, and no texts
}

// meta describes a block.
type meta struct {
	columns  int    // where they start in data
	textBase uint32 // of its first text among the texts
	node     uint16 // of all its numbers, where nodeBits is 0
	n        uint8  // numbers, 1 to 128
	length   uint8  // digits of its longest number
	mixed    bool   // its numbers have several lengths, which take 4 more bits each
	keyBits  uint8  // 0 where the values are consecutive
	nodeBits uint8
	textBits uint8
	ratio    uint8 // numbers to the 256th part of the distances, see scan
}

func (m meta) put(b []byte) {
	binary.LittleEndian.PutUint32(b, m.textBase)
	binary.LittleEndian.PutUint16(b[4:], m.node)
	b[6], b[7] = m.n, m.length
	if m.mixed {
		b[7] |= 0x80
	}
	b[8], b[9], b[10], b[11] = m.keyBits, m.nodeBits, m.textBits, m.ratio
}

// load reads 8 octets; the compiler makes it one instruction.
func load(s string, i int) uint64 {
	b := s[i : i+8]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// bitsAt reads width bits, at most 57, from bit position pos on.
func bitsAt(s string, pos int, width uint8) uint64 {
	return load(s, pos>>3) >> (pos & 7) & (1<<width - 1)
}

func (c *chunk) meta(block int) meta {
	at := int(c.starts[block])
	a, b := load(c.data, at), load(c.data, at+8)
	return meta{
		columns: at + metaSize, textBase: uint32(a), node: uint16(a >> 32),
		n: uint8(a >> 48), length: uint8(a>>56) & 0x7f, mixed: a>>63 != 0,
		keyBits: uint8(b), nodeBits: uint8(b >> 8), textBits: uint8(b >> 16), ratio: uint8(b >> 24),
	}
}

// value reduces a number that is not longer than the block's longest to the block's unit.
func (m *meta) value(n e164.Number) uint64 {
	d := decimal(n, int(m.length))
	if m.mixed {
		return d<<4 | uint64(n.Len())
	}
	return d
}

// target returns the least value that a number >= n can have in the block.
func (m *meta) target(n e164.Number) uint64 {
	if m.mixed {
		if n.Len() > int(m.length) {
			return decimal(n, int(m.length))<<4 | 15
		}
		return m.value(n)
	}
	d := decimal(n, int(m.length))
	if n.Len() > int(m.length) {
		d++
	}
	return d
}

func (m *meta) number(v uint64) e164.Number {
	if !m.mixed {
		return number(v, int(m.length))
	}
	return withLen(number(v>>4, int(m.length)), int(v&0xf))
}

// search returns the position of the least number >= n, which is the count when all are less, and whether
// it is n. c must not be empty.
func (c *chunk) search(n e164.Number) (pos int, found bool) {
	// No branch in these loops depends on data, which would be mispredicted every other time, and
	// no load waits for another.
	line := 0
	for i := lineSize; i < mostBlocks; i += lineSize {
		if c.firsts[i] <= n {
			line = i
		}
	}
	block := line
	for i, first := range c.firsts[line : line+lineSize] {
		if first <= n {
			block = line + i
		}
	}
	first := c.firsts[block]
	if first >= n {
		return block * blockSize, first == n
	}
	m := c.meta(block)
	want := m.target(n) - m.value(first)
	fits := n.Len() == int(m.length) || m.mixed && n.Len() < int(m.length)
	if m.keyBits == 0 { // consecutive values
		i := min(want, uint64(m.n))
		return block*blockSize + int(i), fits && i < uint64(m.n)
	}
	i, equal := c.scan(&m, want)
	return block*blockSize + i, fits && equal
}

// scan returns the least index in a block, from 1, whose distance is >= want, m.n where all are
// less, and whether it is want. It starts where want would stand among evenly spread numbers and
// halves what is left when it is not near.
func (c *chunk) scan(m *meta, want uint64) (i int, equal bool) {
	width := int(m.keyBits)
	base := m.columns*8 - width
	mask := uint64(1)<<width - 1
	at := func(i int) uint64 {
		bit := base + i*width
		return load(c.data, bit>>3) >> (bit & 7) & mask
	}
	less, more := 0, int(m.n)
	i = max(1, min(more-1, int(want>>max(0, width-8)*uint64(m.ratio)>>8)))
	const near = 8
	if d := at(i); d < want {
		less = i
		for range near {
			if less+1 == more {
				break
			}
			if d = at(less + 1); d >= want {
				return less + 1, d == want
			}
			less++
		}
	} else {
		more = i
		for range near {
			if d == want || more == less+1 {
				return more, d == want
			}
			v := at(more - 1)
			if v < want {
				return more, false
			}
			d = v
			more--
		}
	}
	for more-less > 1 {
		if mid := int(uint(less+more) >> 1); at(mid) < want {
			less = mid
		} else {
			more = mid
		}
	}
	return more, more < int(m.n) && at(more) == want
}

// number returns the number at pos.
func (c *chunk) number(pos int) e164.Number {
	block, i := pos/blockSize, pos%blockSize
	first := c.firsts[block]
	if i == 0 {
		return first
	}
	m := c.meta(block)
	distance := uint64(i)
	if m.keyBits > 0 {
		distance = bitsAt(c.data, m.columns*8+(i-1)*int(m.keyBits), m.keyBits)
	}
	return m.number(m.value(first) + distance)
}

// node returns what stands at pos.
func (c *chunk) node(pos int) (nd *node, text string) {
	block, i := pos/blockSize, pos%blockSize
	if c.only != nil {
		return c.only, ""
	}
	m := c.meta(block)
	at := m.columns*8 + (int(m.n)-1)*int(m.keyBits)
	id := int(m.node)
	if m.nodeBits > 0 {
		id = int(bitsAt(c.data, at+i*int(m.nodeBits), m.nodeBits))
	}
	if m.textBits > 0 {
		at += int(m.n) * int(m.nodeBits)
		start := uint64(0)
		if i > 0 {
			start = bitsAt(c.data, at+(i-1)*int(m.textBits), m.textBits)
		}
		end := bitsAt(c.data, at+i*int(m.textBits), m.textBits)
		base := uint64(c.text) + uint64(m.textBase)
		text = c.data[base+start : base+end]
	}
	return c.nodes[id], text
}

// packer makes chunks. The zero packer is ready; pack empties it.
type packer struct {
	numbers []e164.Number
	ids     []uint16
	ends    []uint32 // of each text in texts
	texts   []byte
	nodes   []*node
	byNode  map[*node]uint16
	last    uint16
	buf     []byte
}

// add appends a number greater than those before it.
func (p *packer) add(n e164.Number, nd *node, text string) {
	if len(p.nodes) == 0 || p.nodes[p.last] != nd {
		id, ok := p.byNode[nd]
		if !ok {
			id = uint16(len(p.nodes))
			p.nodes = append(p.nodes, nd)
			if p.byNode == nil {
				p.byNode = make(map[*node]uint16)
			}
			p.byNode[nd] = id
		}
		p.last = id
	}
	p.numbers = append(p.numbers, n)
	p.ids = append(p.ids, p.last)
	p.texts = append(p.texts, text...)
	p.ends = append(p.ends, uint32(len(p.texts)))
}

// pack returns the numbers added as a chunk; at least one, and at most largeChunk.
func (p *packer) pack() *chunk {
	c := &chunk{n: len(p.numbers), nodes: append([]*node(nil), p.nodes...)}
	p.buf = p.buf[:0]
	for block := range c.firsts {
		from := block * blockSize
		if from >= len(p.numbers) {
			c.firsts[block] = ^e164.Number(0)
			continue
		}
		c.firsts[block] = p.numbers[from]
		c.starts[block] = uint16(len(p.buf))
		p.packBlock(from, min(from+blockSize, len(p.numbers)))
	}
	c.text = len(p.buf)
	if len(c.nodes) == 1 && len(p.texts) == 0 {
		c.only = c.nodes[0]
	}
	p.buf = append(p.buf, p.texts...)
	p.buf = append(p.buf, make([]byte, 8)...)
	c.data = string(p.buf)

	p.numbers, p.ids, p.ends, p.texts = p.numbers[:0], p.ids[:0], p.ends[:0], p.texts[:0]
	clear(p.nodes)
	p.nodes = p.nodes[:0]
	clear(p.byNode)
	p.last = 0
	return c
}

// packBlock appends one block.
func (p *packer) packBlock(from, to int) {
	m := meta{n: uint8(to - from), node: p.ids[from]}
	if from > 0 {
		m.textBase = p.ends[from-1]
	}
	numbers, ids, ends := p.numbers[from:to], p.ids[from:to], p.ends[from:to]
	maxID := uint16(0)
	for i, n := range numbers {
		m.length = max(m.length, uint8(n.Len()))
		m.mixed = m.mixed || n.Len() != numbers[0].Len()
		maxID = max(maxID, ids[i])
		if ids[i] != m.node {
			m.nodeBits = 1
		}
	}
	base := m.value(numbers[0])
	if span := m.value(numbers[len(numbers)-1]) - base; span >= uint64(len(numbers)) {
		m.keyBits = uint8(bits.Len64(span))
		m.ratio = uint8(min(255, uint64(m.n)<<8/(span>>max(0, int(m.keyBits)-8))))
	}
	if m.nodeBits > 0 {
		m.nodeBits = uint8(bits.Len16(maxID))
	}
	m.textBits = uint8(bits.Len32(ends[len(ends)-1] - m.textBase))

	head := len(p.buf)
	w := bitWriter{buf: append(p.buf, make([]byte, metaSize)...), pos: (head + metaSize) * 8}
	m.put(w.buf[head:])
	w.grow((len(numbers)-1)*int(m.keyBits) + len(numbers)*int(m.nodeBits+m.textBits))
	if m.keyBits > 0 {
		for _, n := range numbers[1:] {
			w.put(m.value(n)-base, m.keyBits)
		}
	}
	if m.nodeBits > 0 {
		for _, id := range ids {
			w.put(uint64(id), m.nodeBits)
		}
	}
	if m.textBits > 0 {
		for _, end := range ends {
			w.put(uint64(end-m.textBase), m.textBits)
		}
	}
	p.buf = w.buf[:(w.pos+7)/8]
}

// bitWriter writes columns, least significant bit first.
type bitWriter struct {
	buf []byte
	pos int
}

func (w *bitWriter) grow(bits int) {
	for range bits/8 + 9 {
		w.buf = append(w.buf, 0)
	}
}

func (w *bitWriter) put(v uint64, width uint8) {
	b := w.buf[w.pos>>3:]
	binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)|v<<(w.pos&7))
	w.pos += int(width)
}
