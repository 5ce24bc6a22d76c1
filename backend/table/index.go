package table

import (
	"slices"
	"sort"

	"github.com/enumim/enumim/e164"
)

// index is the sorted sequence of all names that consist of digits. It is immutable; updated
// returns another one that shares all chunks without a change.
type index struct {
	firsts []e164.Number // of each chunk
	chunks []*chunk
	len    int
}

// place is a position in an index: a chunk and a position in it, which may be just behind its last.
type place struct{ chunk, pos int }

// search returns the place of the least number >= n and whether it is n.
func (x *index) search(n e164.Number) (place, bool) {
	firsts := x.firsts
	if len(firsts) == 0 {
		return place{}, false
	}
	at := 0
	for size := len(firsts); size > 1; {
		half := size >> 1
		mid := at + half
		if firsts[mid] <= n {
			at = mid
		}
		size -= half
	}
	pos, found := x.chunks[at].search(n)
	return place{at, pos}, found
}

// get returns what stands at n, nil for nothing.
func (x *index) get(n e164.Number) (*node, string) {
	at, found := x.search(n)
	if !found {
		return nil, ""
	}
	return x.chunks[at.chunk].node(at.pos)
}

// number returns the number at a place, or that of the next chunk where the place is behind the
// last of its own.
func (x *index) number(at place) (e164.Number, bool) {
	if at.chunk < len(x.chunks) && at.pos == x.chunks[at.chunk].n {
		at = place{at.chunk + 1, 0}
	}
	if at.chunk >= len(x.chunks) {
		return 0, false
	}
	return x.chunks[at.chunk].number(at.pos), true
}

// before returns the number before a place.
func (x *index) before(at place) (e164.Number, bool) {
	if at.pos > 0 {
		return x.chunks[at.chunk].number(at.pos - 1), true
	}
	if at.chunk == 0 {
		return 0, false
	}
	c := x.chunks[at.chunk-1]
	return c.number(c.n - 1), true
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
	for ; at.chunk < len(x.chunks); at = (place{at.chunk + 1, 0}) {
		c := x.chunks[at.chunk]
		for pos := at.pos; pos < c.n; pos++ {
			n := c.number(pos)
			if n > to {
				return true
			}
			if nd, text := c.node(pos); !yield(n, nd, text) {
				return false
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
// fall into, and the slices of chunks.
func (x *index) updated(items []item) *index {
	out := &index{len: x.len}
	var p packer
	flush := func(c *chunk) {
		out.firsts = append(out.firsts, c.firsts[0])
		out.chunks = append(out.chunks, c)
	}
	done := 0 // chunks of x that out has
	var work []item
	for len(items) > 0 {
		// The chunk that the first item falls into, and all items that fall into it.
		at := max(0, sort.Search(len(x.firsts), func(i int) bool { return x.firsts[i] > items[0].number })-1)
		for ; done < at; done++ {
			flush(x.chunks[done])
		}
		mine := len(items)
		if at+1 < len(x.firsts) {
			mine = sort.Search(len(items), func(i int) bool { return items[i].number >= x.firsts[at+1] })
		}
		work = work[:0]
		if at < len(x.chunks) {
			work = x.chunks[at].appendItems(work)
			done++
		}
		before := len(work)
		work = merged(work, items[:mine])
		out.len += len(work) - before
		items = items[mine:]
		// A small remainder takes in the next chunk where no item waits for that one.
		if len(work) > 0 && len(work) < smallChunk && done < len(x.chunks) &&
			(len(items) == 0 || done+1 < len(x.firsts) && items[0].number >= x.firsts[done+1]) {
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
			flush(p.pack())
			work = work[n:]
		}
	}
	for ; done < len(x.chunks); done++ {
		flush(x.chunks[done])
	}
	return out
}

// appendItems unpacks the chunk.
func (c *chunk) appendItems(items []item) []item {
	items = slices.Grow(items, c.n)
	for pos := range c.n {
		nd, text := c.node(pos)
		items = append(items, item{c.number(pos), nd, text})
	}
	return items
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
