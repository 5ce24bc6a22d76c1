package table

import (
	"encoding/binary"
	"math/bits"

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
		c.metas[block] = p.packBlock(from, min(from+blockSize, len(p.numbers)))
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
func (p *packer) packBlock(from, to int) meta {
	numbers, ids, ends := p.numbers[from:to], p.ids[from:to], p.ends[from:to]
	m := meta{start: uint16(len(p.buf)), n: uint8(to - from)}
	h := head{node: ids[0]}
	if from > 0 {
		h.textBase = p.ends[from-1]
	}
	maxID := uint16(0)
	for i, n := range numbers {
		m.length = max(m.length, uint8(n.Len()))
		m.mixed = m.mixed || n.Len() != numbers[0].Len()
		maxID = max(maxID, ids[i])
		if ids[i] != h.node {
			h.nodeBits = 1
		}
	}
	base := m.value(numbers[0])
	if span := m.value(numbers[len(numbers)-1]) - base; span >= uint64(len(numbers)) {
		m.keyBits = uint8(bits.Len64(span))
		m.ratio = uint8(min(255, uint64(m.n)<<8/(span>>max(0, int(m.keyBits)-8))))
	}
	if h.nodeBits > 0 {
		h.nodeBits = uint8(bits.Len16(maxID))
	}
	h.textBits = uint8(bits.Len32(ends[len(ends)-1] - h.textBase))

	w := bitWriter{buf: h.append(p.buf), pos: m.columns()}
	w.grow((len(numbers)-1)*int(m.keyBits) + len(numbers)*int(h.nodeBits+h.textBits))
	if m.keyBits > 0 {
		for _, n := range numbers[1:] {
			w.put(m.value(n)-base, m.keyBits)
		}
	}
	if h.nodeBits > 0 {
		for _, id := range ids {
			w.put(uint64(id), h.nodeBits)
		}
	}
	if h.textBits > 0 {
		for _, end := range ends {
			w.put(uint64(end-h.textBase), h.textBits)
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
