package table

import (
	"sort"

	"github.com/enumim/enumim/e164"
)

// index is the sorted sequence of all names that consist of digits. It is immutable; updated
// returns another one that shares all chunks without a change.
type index struct {
	chunks []chunk // and one behind them, see newIndex
	guide  guide
	len    int
}

// newIndex returns the index of the chunks.
func newIndex(chunks []chunk) *index {
	// One more starts behind all numbers, so that there is always a next one to compare with.
	all := make([]chunk, len(chunks)+1)
	copy(all, chunks)
	all[len(chunks)].first = ^rank(0)
	x := &index{chunks: all[:len(chunks)]}
	for i := range chunks {
		x.len += chunks[i].len()
	}
	x.guide = newGuide(len(chunks), func(i int) rank { return chunks[i].first })
	return x
}

// position is where a number is in an index: in which chunk and block, and there. It may be just
// behind the last number of a block.
type position struct{ chunk, block, i int }

// chunk returns which chunk the number falls into: the last that does not start behind it.
func (x *index) chunk(r rank) int {
	from, to := x.guide.between(r)
	for to-from > 1 { // numbers that are not evenly spread
		if mid := int(uint(from+to) >> 1); x.chunks[mid].first <= r {
			from = mid
		} else {
			to = mid
		}
	}
	if x.chunks[:from+2][from+1].first <= r {
		return from + 1
	}
	return from
}

// search returns where the least number >= n is and whether it is n.
func (x *index) search(n e164.Number) (position, bool) {
	if len(x.chunks) == 0 {
		return position{}, false
	}
	r := rankOf(n)
	at := x.chunk(r)
	block, i, found := x.chunks[at].search(n, r)
	return position{at, block, i}, found
}

// get returns what stands at n, nil for nothing.
func (x *index) get(n e164.Number) (*node, string) {
	at, found := x.search(n)
	if !found {
		return nil, ""
	}
	return x.node(at)
}

// node returns what stands at the position of a number.
func (x *index) node(at position) (*node, string) {
	return x.chunks[at.chunk].node(at.block, at.i)
}

// number returns the number at a position, or the next where it is behind the last of a block.
func (x *index) number(at position) (e164.Number, bool) {
	if at.chunk >= len(x.chunks) {
		return 0, false
	}
	c := &x.chunks[at.chunk]
	if at.i < c.size(at.block) {
		return c.blocks[at.block].number(c.data, at.i), true
	}
	if at.block+1 < c.count() {
		return c.blocks[at.block+1].first, true
	}
	if at.chunk+1 < len(x.chunks) {
		return x.chunks[at.chunk+1].blocks[0].first, true
	}
	return 0, false
}

// before returns the number before a position.
func (x *index) before(at position) (e164.Number, bool) {
	switch {
	case at.i > 0:
		at.i--
	case at.block > 0:
		at.block--
		at.i = x.chunks[at.chunk].size(at.block) - 1
	case at.chunk > 0:
		at.chunk--
		at.block = x.chunks[at.chunk].count() - 1
		at.i = x.chunks[at.chunk].size(at.block) - 1
	default:
		return 0, false
	}
	return x.number(at)
}

// any reports whether a number from..to is in the index.
func (x *index) any(from, to e164.Number) bool {
	at, found := x.search(from)
	if found {
		return true
	}
	n, ok := x.number(at)
	return ok && n <= to
}

// all calls yield for each number from..to, ascending, until it returns false.
func (x *index) all(from, to e164.Number, yield func(n e164.Number, nd *node, text string) bool) bool {
	at, _ := x.search(from)
	for ; at.chunk < len(x.chunks); at = (position{at.chunk + 1, 0, 0}) {
		c := &x.chunks[at.chunk]
		for ; at.block < c.count(); at.block, at.i = at.block+1, 0 {
			for ; at.i < c.size(at.block); at.i++ {
				n := c.blocks[at.block].number(c.data, at.i)
				if n > to {
					return true
				}
				if nd, text := c.node(at.block, at.i); !yield(n, nd, text) {
					return false
				}
			}
		}
	}
	return true
}

// item is a number and what stands at it; node nil takes it away.
type item struct {
	number e164.Number
	node   *node
	text   string
}

// updated returns the index with the items, ascending, put in place. It copies the chunks that they
// fall into, and what leads to them.
func (x *index) updated(items []item) *index {
	var p packer
	chunks := make([]chunk, 0, len(x.chunks)+1)
	done := 0 // chunks of x that are in chunks
	var work []item
	for len(items) > 0 {
		// The chunk that the first item falls into, and all items that fall into it.
		at := 0
		if len(x.chunks) > 0 {
			at = x.chunk(rankOf(items[0].number))
		}
		for ; done < at; done++ {
			chunks = append(chunks, x.chunks[done])
		}
		mine := len(items)
		if at+1 < len(x.chunks) {
			next := x.chunks[at+1].blocks[0].first
			mine = sort.Search(len(items), func(i int) bool { return items[i].number >= next })
		}
		work = work[:0]
		if at < len(x.chunks) {
			work = x.chunks[at].appendItems(work)
			done++
		}
		work = merged(work, items[:mine])
		items = items[mine:]
		// A small remainder takes in the next chunk where no item waits for that one.
		if len(work) > 0 && len(work) < smallChunk && done < len(x.chunks) &&
			(len(items) == 0 || done+1 < len(x.chunks) && items[0].number >= x.chunks[done+1].blocks[0].first) {
			work = x.chunks[done].appendItems(work)
			done++
		}
		for len(work) > 0 {
			n := len(work)
			switch {
			case n > 2*largeChunk:
				n = chunkSize
			case n > largeChunk:
				n /= 2
			}
			for _, it := range work[:n] {
				p.add(it.number, it.node, it.text)
			}
			chunks = append(chunks, p.pack())
			work = work[n:]
		}
	}
	for ; done < len(x.chunks); done++ {
		chunks = append(chunks, x.chunks[done])
	}
	return newIndex(chunks)
}

// merged returns old with the items of changes put in place; both ascend.
func merged(old, changes []item) []item {
	out := make([]item, 0, len(old)+len(changes))
	for _, ch := range changes {
		i := sort.Search(len(old), func(i int) bool { return old[i].number >= ch.number })
		out = append(out, old[:i]...)
		old = old[i:]
		if len(old) > 0 && old[0].number == ch.number {
			old = old[1:]
		}
		if ch.node != nil {
			out = append(out, ch)
		}
	}
	return append(out, old...)
}
