package table

import (
	"encoding/binary"

	"github.com/enumim/enumim/e164"
)

const (
	chunkSize  = 4096                   // numbers in a full chunk: the unit of copying
	smallChunk = chunkSize / 4          // fewer are put together with the next chunk
	largeChunk = chunkSize + smallChunk // more are split
	blockSize  = 128                    // numbers that share a base and bit widths
	mostBlocks = largeChunk / blockSize
	lineSize   = 8 // first numbers in one line of memory
	headSize   = 8
)

// chunk is an immutable run of ascending numbers in blocks of 128. The blocks stand in one string,
// so that texts are returned as parts of it: for each block
//
//	the least end of a text, the node of all its numbers, the widths of the last two columns
//	three columns of bits: the distances of its numbers from the first, the nodes as indexes into
//	    nodes, the ends of the texts
//
// and after the blocks the texts, and 8 octets so that any bit can be read with one load. All
// numbers are reduced to the unit of the longest in their block (see target), and each column has the
// width that its block needs, so that full ranges of numbers take less than half a byte each.
//
// What a search needs before it reads a block's numbers stands apart from them, close together, so
// that it is likely in the processor's cache: for most look-ups one load from memory is left.
type chunk struct {
	firsts [mostBlocks]e164.Number // of each block; behind the last the greatest
	metas  [mostBlocks]meta
	n      int // numbers
	text   int // where the texts start in data
	data   string
	nodes  []*node
	only   *node // of a chunk that has one node alone, and no texts
}

// meta describes the numbers of a block.
type meta struct {
	start   uint16 // in data; 54, 13 and 32 bits a number at most make it fit
	n       uint8  // numbers, 1 to 128
	length  uint8  // digits of the longest number
	mixed   bool   // the numbers have several lengths, which take 4 more bits each
	keyBits uint8  // of a distance; 0 where the values are consecutive
	ratio   uint8  // numbers to the 256th part of the distances, see scan
}

// head is what a block begins with.
type head struct {
	textBase uint32 // of its first text among the texts
	node     uint16 // of all its numbers, where nodeBits is 0
	nodeBits uint8
	textBits uint8
}

func (h head) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, h.textBase)
	b = binary.LittleEndian.AppendUint16(b, h.node)
	return append(b, h.nodeBits, h.textBits)
}

func (c *chunk) head(m *meta) head {
	v := load(c.data, int(m.start))
	return head{uint32(v), uint16(v >> 32), uint8(v >> 48), uint8(v >> 56)}
}

// columns returns the bit at which the columns of a block start.
func (m *meta) columns() int { return (int(m.start) + headSize) * 8 }

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
	m := &c.metas[block]
	want := m.target(n) - m.value(first)
	fits := n.Len() == int(m.length) || m.mixed && n.Len() < int(m.length)
	if m.keyBits == 0 { // consecutive values
		i := min(want, uint64(m.n))
		return block*blockSize + int(i), fits && i < uint64(m.n)
	}
	i, equal := c.scan(m, want)
	return block*blockSize + i, fits && equal
}

// scan returns the least index in a block, from 1, whose distance is >= want, m.n where all are
// less, and whether it is want. It starts where want would stand among evenly spread numbers and
// halves what is left when it is not near.
func (c *chunk) scan(m *meta, want uint64) (i int, equal bool) {
	width := int(m.keyBits)
	base := m.columns() - width
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
	m := &c.metas[block]
	distance := uint64(i)
	if m.keyBits > 0 {
		distance = bitsAt(c.data, m.columns()+(i-1)*int(m.keyBits), m.keyBits)
	}
	return m.number(m.value(first) + distance)
}

// node returns what stands at pos.
func (c *chunk) node(pos int) (nd *node, text string) {
	block, i := pos/blockSize, pos%blockSize
	if c.only != nil {
		return c.only, ""
	}
	m := &c.metas[block]
	h := c.head(m)
	at := m.columns() + (int(m.n)-1)*int(m.keyBits)
	id := int(h.node)
	if h.nodeBits > 0 {
		id = int(bitsAt(c.data, at+i*int(h.nodeBits), h.nodeBits))
	}
	if h.textBits > 0 {
		at += int(m.n) * int(h.nodeBits)
		start := uint64(0)
		if i > 0 {
			start = bitsAt(c.data, at+(i-1)*int(h.textBits), h.textBits)
		}
		end := bitsAt(c.data, at+i*int(h.textBits), h.textBits)
		base := uint64(c.text) + uint64(h.textBase)
		text = c.data[base+start : base+end]
	}
	return c.nodes[id], text
}
