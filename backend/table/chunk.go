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
	blockSize  = 64                     // numbers that share a base and bit widths
	headSize   = 24                     // octets that describe a block
	guideStep  = 8                      // blocks
	guideSize  = largeChunk / blockSize / guideStep
)

// chunk is an immutable run of ascending numbers, packed into one string so that texts are returned
// as parts of it. In data stand
//
//	the head of each block of 64: its first number and its description (meta)
//	for each block three columns of bits: the distances of its numbers from the first, the nodes
//	    as indexes into nodes, the ends of the texts
//	the texts
//	8 octets, so that any bit can be read with one load
//
// All numbers are reduced to the unit of the longest in their block (see target), and each column
// has the width that its block needs, so full ranges of numbers take less than half a byte each.
type chunk struct {
	// guide holds every eighth of the first numbers of blocks, so that a search touches few lines
	// of memory.
	guide [guideSize]e164.Number
	data  string
	nodes []*node
	only  *node // of a chunk that has one node alone
	n     int   // numbers
	text  int   // where the texts start in data
}

// meta describes a block.
type meta struct {
	off      uint32 // of its columns in data
	textBase uint32 // of its first text among the texts
	n        uint8  // numbers, 1 to 64
	length   uint8  // digits of its longest number
	mixed    bool   // its numbers have several lengths, which take 4 more bits each
	keyBits  uint8  // 0 where the values are consecutive
	nodeBits uint8
	textBits uint8
	ratio    uint8  // numbers to the 256th part of the distances, see scan
	node     uint16 // of all its numbers, where nodeBits is 0
}

func (m meta) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, m.off)
	b = binary.LittleEndian.AppendUint32(b, m.textBase)
	length := m.length
	if m.mixed {
		length |= 0x80
	}
	b = append(b, m.n, length, m.keyBits, m.nodeBits, m.textBits, m.ratio)
	return binary.LittleEndian.AppendUint16(b, m.node)
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

func (c *chunk) blocks() int { return (c.n + blockSize - 1) / blockSize }

func (c *chunk) first(block int) e164.Number { return e164.Number(load(c.data, headSize*block)) }

func (c *chunk) meta(block int) meta {
	at := headSize*block + 8
	a, b := load(c.data, at), load(c.data, at+8)
	return meta{
		off: uint32(a), textBase: uint32(a >> 32),
		n: uint8(b), length: uint8(b>>8) & 0x7f, mixed: b>>15&1 != 0,
		keyBits: uint8(b >> 16), nodeBits: uint8(b >> 24), textBits: uint8(b >> 32), ratio: uint8(b >> 40),
		node: uint16(b >> 48),
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

// search returns the position of the least number >= n, which is c.n when all are less, and whether
// it is n. c must not be empty.
func (c *chunk) search(n e164.Number) (pos int, found bool) {
	// No branch in these loops depends on data: it would be mispredicted every other time.
	block := 0
	for i, first := range c.guide {
		if first <= n {
			block = i * guideStep
		}
	}
	// These loads do not wait for each other, and bring the description along.
	for i, end := block+1, min(block+guideStep, c.blocks()); i < end; i++ {
		if c.first(i) <= n {
			block = i
		}
	}
	first := c.first(block)
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
	base := int(m.off)*8 - width
	mask := uint64(1)<<width - 1
	at := func(i int) uint64 {
		bit := base + i*width
		return load(c.data, bit>>3) >> (bit & 7) & mask
	}
	less, more := 0, int(m.n)
	i = max(1, min(more-1, int(want>>max(0, width-8)*uint64(m.ratio)>>8)))
	const near = 4
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
	first := c.first(block)
	if i == 0 {
		return first
	}
	m := c.meta(block)
	distance := uint64(i)
	if m.keyBits > 0 {
		distance = bitsAt(c.data, int(m.off)*8+(i-1)*int(m.keyBits), m.keyBits)
	}
	return m.number(m.value(first) + distance)
}

// node returns what stands at pos.
func (c *chunk) node(pos int) (nd *node, text string) {
	block, i := pos/blockSize, pos%blockSize
	if c.only != nil && c.text+8 == len(c.data) {
		return c.only, ""
	}
	m := c.meta(block)
	at := int(m.off)*8 + (int(m.n)-1)*int(m.keyBits)
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
	n := len(p.numbers)
	blocks := (n + blockSize - 1) / blockSize
	p.buf = append(p.buf[:0], make([]byte, headSize*blocks)...)
	for i := range blocks {
		from := i * blockSize
		m := p.packBlock(from, min(from+blockSize, n))
		head := binary.LittleEndian.AppendUint64(p.buf[:headSize*i], uint64(p.numbers[from]))
		m.append(head)
	}
	c := &chunk{n: n, text: len(p.buf), nodes: append([]*node(nil), p.nodes...)}
	p.buf = append(p.buf, p.texts...)
	p.buf = append(p.buf, make([]byte, 8)...)
	c.data = string(p.buf)
	if len(c.nodes) == 1 {
		c.only = c.nodes[0]
	}
	for i := range c.guide {
		c.guide[i] = ^e164.Number(0)
		if at := i * guideStep; at < blocks {
			c.guide[i] = c.first(at)
		}
	}

	p.numbers, p.ids, p.ends, p.texts = p.numbers[:0], p.ids[:0], p.ends[:0], p.texts[:0]
	clear(p.nodes)
	p.nodes = p.nodes[:0]
	clear(p.byNode)
	p.last = 0
	return c
}

// packBlock appends the columns of one block and describes them.
func (p *packer) packBlock(from, to int) meta {
	m := meta{off: uint32(len(p.buf)), n: uint8(to - from), node: p.ids[from]}
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

	w := bitWriter{buf: p.buf, pos: len(p.buf) * 8}
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
	return m
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
