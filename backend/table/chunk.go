package table

import (
	"math/bits"

	"github.com/enumim/enumim/e164"
)

const (
	chunkSize  = 31 * blockSize         // numbers in a full chunk: the unit of copying
	smallChunk = chunkSize / 4          // fewer are put together with the next chunk
	largeChunk = chunkSize + smallChunk // more are split
)

// chunk is an immutable run of ascending numbers in blocks. A server's other work takes the caches
// between two look-ups, so what counts is how many lines of memory a look-up touches, and how many
// of those wait for another: they are the chunk itself, which is two lines that are known together,
// one or two of blocks at a place that is computed, and one or two of records, likewise.
//
// The data is one string, so that texts are returned as parts of it: for each block its head, unless
// the chunk is plain, and its records; then all texts, and 8 octets so that any bit can be read with
// one load. A chunk is plain when it has one node and no texts.
type chunk struct {
	first  rank    // of the first number
	scale  uint64  // parts to the 2^64th part of linear values
	blocks []block // and one behind them, which starts behind all numbers
	data   string
	nodes  *nodes
	alone  block         // where there is only one
	ends   [parts]uint16 // how many numbers there are up to each of the equal parts of the linear values
}

const parts = 24

// nodes are the nodes of a chunk, or of several.
type nodes struct {
	one  *node // of all numbers; nil where there are several
	list []*node
}

// len returns how many numbers there are.
func (c *chunk) len() int { return int(c.blocks[c.count()].from) }

// count returns how many blocks there are.
func (c *chunk) count() int { return len(c.blocks) - 1 }

// size returns how many numbers a block has.
func (c *chunk) size(block int) int { return int(c.blocks[block+1].from - c.blocks[block].from) }

// near is how many blocks are looked at together.
const near = 4

// search returns where the least number >= n is, or behind the last number of a block, and whether it
// is n, whose rank is r.
func (c *chunk) search(n e164.Number, r rank) (block, i int, found bool) {
	part, rest := bits.Mul64(max(r, c.first).linear()-c.first.linear(), c.scale)
	part = min(part, parts-1)
	last := c.count()
	if last == 1 {
		if c.alone.first > n {
			return 0, 0, false
		}
		from, to := 0, int(c.ends[part])
		if part > 0 {
			from = int(c.ends[part-1])
		}
		i, found = c.alone.search(c.data, n, int(c.ends[parts-1]), from+(to-from)*int(rest>>32)>>32)
		return 0, i, found
	}
	guess := int((part<<16 | rest>>48) * uint64(last) / parts >> 16)
	lo := max(0, guess-1)
	hi := min(lo+near, last)
	// No branch in the loop depends on data, which would be mispredicted every other time, and no
	// load waits for another.
	block = lo
	for j, b := range c.blocks[lo:hi] {
		if b.first <= n {
			block = lo + j
		}
	}
	if c.blocks[lo].first > n {
		block = c.bisect(n, 0, lo)
	} else if block == hi-1 && c.blocks[hi].first <= n {
		block = c.bisect(n, hi, last)
	}
	b := &c.blocks[block]
	if b.first > n {
		return 0, 0, false
	}
	i, found = b.search(c.data, n, c.size(block), -1)
	return block, i, found
}

// bisect returns the last of the blocks from..to-1 that does not start behind n, from where all do.
func (c *chunk) bisect(n e164.Number, from, to int) int {
	for to-from > 1 {
		if mid := int(uint(from+to) >> 1); c.blocks[mid].first <= n {
			from = mid
		} else {
			to = mid
		}
	}
	return from
}

// node returns what stands at i of a block.
func (c *chunk) node(block, i int) (nd *node, text string) {
	b := &c.alone
	if c.count() > 1 {
		b = &c.blocks[block]
	}
	nd = c.nodes.one
	if nd != nil && b.stride == b.keyBits {
		return nd, ""
	}
	h := b.head(c.data)
	at := b.record(i) + int(b.keyBits)
	if nd == nil {
		id := int(h.node)
		if h.nodeBits > 0 {
			id = int(bitsAt(c.data, at, h.nodeBits))
			at += int(h.nodeBits)
		}
		nd = c.nodes.list[id]
	}
	if h.textBits > 0 {
		start := uint64(h.text)
		if i > 0 {
			start += bitsAt(c.data, at-int(b.stride), h.textBits)
		}
		text = c.data[start : uint64(h.text)+bitsAt(c.data, at, h.textBits)]
	}
	return nd, text
}

// appendItems unpacks the chunk.
func (c *chunk) appendItems(items []item) []item {
	for block := range c.count() {
		for i := range c.size(block) {
			nd, text := c.node(block, i)
			items = append(items, item{c.blocks[block].number(c.data, i), nd, text})
		}
	}
	return items
}
