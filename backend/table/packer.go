package table

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unsafe"

	"github.com/enumim/enumim/e164"
)

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
	other   []byte // of buf, for packWide
	blocks  []block
	shared  *nodes // of the last chunk
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
func (p *packer) pack() chunk {
	c := chunk{first: rankOf(p.numbers[0]), nodes: p.sharedNodes()}
	plain := len(p.nodes) == 1 && len(p.texts) == 0
	p.buf, p.blocks = p.buf[:0], p.blocks[:0]
	for from := 0; from < len(p.numbers); {
		to := p.blockEnd(from)
		p.packBlock(from, to, plain)
		from = to
	}
	p.packWide(plain)
	if !plain {
		for _, b := range p.blocks {
			text := p.buf[b.start-headSize:]
			binary.LittleEndian.PutUint32(text, binary.LittleEndian.Uint32(text)+uint32(len(p.buf)))
		}
	}
	c.scale = scale(parts, rankOf(p.numbers[len(p.numbers)-1]).linear()-c.first.linear())
	at := 0
	for i, n := range p.numbers {
		part, _ := bits.Mul64(rankOf(n).linear()-c.first.linear(), c.scale)
		for ; at < int(part); at++ {
			c.ends[at] = uint16(i)
		}
	}
	for ; at < parts; at++ {
		c.ends[at] = uint16(len(p.numbers))
	}
	c.alone = p.blocks[0]
	c.blocks = slices.Clone(append(p.blocks, block{first: ^e164.Number(0), from: uint16(len(p.numbers)), start: uint16(len(p.buf))}))
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

// packWide makes one block of all where that takes little more memory, as it does for numbers that
// are evenly spread. It saves look-ups in large tables a load from memory, since all blocks would not
// fit in the processor's cache.
func (p *packer) packWide(plain bool) {
	const spare = 4 // a quarter more
	narrow := len(p.buf) + len(p.blocks)*int(unsafe.Sizeof(block{}))
	if len(p.blocks) == 1 || narrow < len(p.numbers) {
		return
	}
	p.other, p.buf = p.buf, p.other[:0]
	blocks := len(p.blocks)
	p.packBlock(0, len(p.numbers), plain)
	fits := len(p.texts) > 0 || len(p.buf)*8 <= 46*len(p.numbers) // less than 6 octets
	if fits && len(p.buf) <= narrow+narrow/spare {
		p.blocks = append(p.blocks[:0], p.blocks[blocks])
		return
	}
	p.other, p.buf = p.buf, p.other
	p.blocks = p.blocks[:blocks]
}

// sharedNodes returns the nodes, the same as last time where they are equal.
func (p *packer) sharedNodes() *nodes {
	if p.shared == nil || !slices.Equal(p.shared.list, p.nodes) {
		p.shared = &nodes{list: slices.Clone(p.nodes)}
		if len(p.nodes) == 1 {
			p.shared.one = p.nodes[0]
		}
	}
	return p.shared
}

// blockEnd returns the end of the block that starts at from. A full block of consecutive numbers
// takes in all those that follow; with texts it does not, which would need wider ends.
func (p *packer) blockEnd(from int) int {
	to := min(from+blockSize, len(p.numbers))
	if to-from < blockSize || len(p.texts) > 0 {
		return to
	}
	l := p.numbers[from].Len()
	first := decimal(p.numbers[from], l)
	for i := from + 1; i < len(p.numbers); i++ {
		if n := p.numbers[i]; n.Len() != l || decimal(n, l)-first != uint64(i-from) {
			return max(to, i)
		}
	}
	return len(p.numbers)
}

// packBlock appends one block.
func (p *packer) packBlock(from, to int, plain bool) {
	numbers, ids, ends := p.numbers[from:to], p.ids[from:to], p.ends[from:to]
	h := head{node: ids[0]}
	if from > 0 {
		h.text = p.ends[from-1]
	}
	shortest, longest, maxID := e164.MaxDigits, 0, uint16(0)
	for i, n := range numbers {
		shortest, longest = min(shortest, n.Len()), max(longest, n.Len())
		maxID = max(maxID, ids[i])
		if ids[i] != h.node {
			h.nodeBits = 1
		}
	}
	if h.nodeBits > 0 {
		h.nodeBits = uint8(bits.Len16(maxID))
	}
	h.textBits = uint8(bits.Len32(ends[len(ends)-1] - h.text))

	if !plain {
		p.buf = h.append(p.buf)
	}
	b := block{first: numbers[0], from: uint16(from), start: uint16(len(p.buf)), lengths: uint8(longest<<4 | shortest)}
	base := b.value(b.first)
	if span := b.value(numbers[len(numbers)-1]) - base; span >= uint64(len(numbers)) {
		b.keyBits = uint8(bits.Len64(span))
		b.ratio = uint8(min(255, uint64(len(numbers))<<16/(span>>max(0, int(b.keyBits)-16))))
	}
	b.stride = b.keyBits + h.nodeBits + h.textBits

	w := bitWriter{buf: p.buf, pos: b.record(0)}
	w.grow(len(numbers) * int(b.stride))
	for i, n := range numbers {
		if b.keyBits > 0 {
			w.put(b.value(n)-base, b.keyBits)
		}
		if h.nodeBits > 0 {
			w.put(uint64(ids[i]), h.nodeBits)
		}
		if h.textBits > 0 {
			w.put(uint64(ends[i]-h.text), h.textBits)
		}
	}
	p.buf = w.buf[:(w.pos+7)/8]
	p.blocks = append(p.blocks, b)
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
