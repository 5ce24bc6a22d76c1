package table

import (
	"encoding/binary"
	"math/bits"

	"github.com/enumim/enumim/e164"
)

const (
	blockSize = 128 // numbers in a block, more where they are consecutive or evenly spread
	headSize  = 8
)

// block is a run of ascending numbers in a chunk. Each has a record of stride bits in the chunk's
// data: its distance from the first, which node it has and where its text ends, each as wide as the
// block needs and left out where it says nothing, so that full ranges of numbers take nothing.
//
// Distances are those of values: the digits as an integer, filled up to the longest number's, then
// as many bits as the lengths need.
type block struct {
	first   e164.Number
	start   uint16 // of the records in data: 54, 13 and 32 bits a number at most make it fit
	from    uint16 // numbers in the blocks before
	lengths uint8  // digits of the longest number, and in the lower half of the shortest
	keyBits uint8  // of a distance; 0 where the values are consecutive
	ratio   uint8  // numbers to the 65536th part of the distances, see guess
	stride  uint8
}

// head says what a block's numbers have in common beside their digits. It stands before the records.
type head struct {
	text     uint32 // where its first text starts in data
	node     uint16 // of all its numbers, where nodeBits is 0
	nodeBits uint8
	textBits uint8
}

func (h head) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, h.text)
	b = binary.LittleEndian.AppendUint16(b, h.node)
	return append(b, h.nodeBits, h.textBits)
}

func (b *block) head(data string) head {
	v := load(data, int(b.start)-headSize)
	return head{uint32(v), uint16(v >> 32), uint8(v >> 48), uint8(v >> 56)}
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

// record returns the bit at which the record of a number starts.
func (b *block) record(i int) int { return int(b.start)*8 + i*int(b.stride) }

func (b *block) longest() int  { return int(b.lengths >> 4) }
func (b *block) shortest() int { return int(b.lengths & 0xf) }

// lenBits is how many bits of a value tell the length.
func (b *block) lenBits() int { return bits.Len8(b.lengths>>4 - b.lengths&0xf) }

// value returns the value of a number of the block.
func (b *block) value(n e164.Number) uint64 {
	return decimal(n, b.longest())<<b.lenBits() | uint64(n.Len()-b.shortest())
}

// target returns the least value that a number >= n can have in the block, and whether n itself can
// be there.
func (b *block) target(n e164.Number) (value uint64, fits bool) {
	d := decimal(n, b.longest())
	if n.Len() > b.longest() {
		return (d + 1) << b.lenBits(), false
	}
	l := n.Len() - b.shortest()
	return d<<b.lenBits() | uint64(max(0, l)), l >= 0
}

// number returns the number at i.
func (b *block) number(data string, i int) e164.Number {
	if i == 0 {
		return b.first
	}
	distance := uint64(i)
	if b.keyBits > 0 {
		distance = bitsAt(data, b.record(i), b.keyBits)
	}
	v := b.value(b.first) + distance
	lenBits := b.lenBits()
	return withLen(number(v>>lenBits, b.longest()), int(v&(1<<lenBits-1))+b.shortest())
}

// search returns the position of the least of the size numbers that is >= n, size when all are
// less, and whether it is n, which is not less than the first. near is where it is likely; negative for not known.
func (b *block) search(data string, n e164.Number, size, near int) (i int, found bool) {
	v, fits := b.target(n)
	want := v - b.value(b.first)
	if b.keyBits == 0 {
		i := min(want, uint64(size))
		return int(i), fits && i < uint64(size)
	}
	if near < 0 {
		near = b.guess(want)
	}
	i, equal := b.scan(data, want, size, near)
	return i, fits && equal
}

// guess returns where the distance would stand if the numbers were evenly spread.
func (b *block) guess(want uint64) int {
	return int(want >> max(0, int(b.keyBits)-16) * uint64(b.ratio) >> 16)
}

// scan returns the least position whose distance is >= want, size where all are less, and whether
// it is want, looking near a position first.
func (b *block) scan(data string, want uint64, size, near int) (i int, equal bool) {
	// The distances in a window are counted, all of them: which of them is the first that is not
	// less could not be predicted. Seldom it is in one of the windows beside, else the rest is halved.
	const window, beside = 16, 2
	stride, mask := int(b.stride), uint64(1)<<b.keyBits-1
	less, more := 0, size // before less all are less, from more on none is
	lo := max(0, min(near-window/2, more-window))
	for turn := 0; ; turn++ {
		hi := min(lo+window, more)
		count := countLess(data, b.record(lo), b.record(hi), stride, mask, want)
		switch {
		case count == 0 && lo > less:
			more = lo
			lo -= window
		case count == hi-lo && hi < more:
			less = hi
			lo = hi
		default:
			i = lo + count
			return i, i < size && bitsAt(data, b.record(i), b.keyBits) == want
		}
		if turn >= beside {
			lo = (less + more - window) / 2
		}
		lo = max(less, lo)
	}
}

// countLess counts the records from one bit to another whose distances are less.
func countLess(data string, bit, end, stride int, mask, want uint64) (count int) {
	for ; bit < end; bit += stride {
		if load(data, bit>>3)>>(bit&7)&mask < want {
			count++
		}
	}
	return count
}
