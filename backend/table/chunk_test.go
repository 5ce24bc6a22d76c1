package table

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/enumim/enumim/e164"
)

func randomNumber(r *rand.Rand, minLen, maxLen, alphabet int) e164.Number {
	var n e164.Number
	for range minLen + r.IntN(maxLen-minLen+1) {
		n, _ = n.Child('0' + byte(r.IntN(alphabet)))
	}
	return n
}

func TestDecimalKeepsDigits(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		n := randomNumber(r, 0, 15, 10)
		l := n.Len()
		want := uint64(0)
		for i := range l {
			want = want*10 + uint64(n.Digit(i)-'0')
		}
		if got := decimal(n, l); got != want {
			t.Fatalf("decimal(%s) = %d", n, got)
		}
		if got := number(want, l); got != n {
			t.Fatalf("number(%d, %d) = %s", want, l, got)
		}
	}
}

// checkChunk holds a chunk to the numbers, nodes and texts that were packed, and its search to a
// binary search for each number, its neighbours and what is asked besides.
func checkChunk(t *testing.T, c *chunk, packed []item, ask []e164.Number) {
	t.Helper()
	if c.len() != len(packed) {
		t.Fatalf("chunk has %d numbers, want %d", c.len(), len(packed))
	}
	numbers := make([]e164.Number, len(packed))
	for i, it := range packed {
		numbers[i] = it.number
	}
	for i, got := range c.appendItems(nil) {
		if got != packed[i] {
			t.Fatalf("%d of %d: %+v, want %+v", i, len(packed), got, packed[i])
		}
	}
	check := func(n e164.Number) {
		block, i, found := c.search(n, rankOf(n))
		pos := int(c.blocks[block].from) + i
		if want, there := slices.BinarySearch(numbers, n); pos != want || found != there {
			t.Fatalf("search(%s) = %d, %v, want %d, %v; %d numbers in %d blocks", n, pos, found, want, there, len(packed), c.count())
		}
	}
	for _, n := range numbers {
		check(n)
		check(n.Prefix(n.Len() - 1))
		check(n.Last())
		if n.Len() < e164.MaxDigits {
			child, _ := n.Child('5')
			check(child)
		}
	}
	for _, n := range ask {
		check(n)
	}
}

// TestChunkHoldsWhatWasPacked: whatever lengths, distances, nodes and texts are mixed, each number
// is found with its node and text, and a number that is missing leads to its successor.
func TestChunkHoldsWhatWasPacked(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for round := range 400 {
		minLen := r.IntN(16)
		maxLen := minLen + r.IntN(16-minLen)
		alphabet := 1 + r.IntN(10)
		count := 1 + r.IntN(300)
		set := map[e164.Number]bool{}
		for range count {
			set[randomNumber(r, minLen, maxLen, alphabet)] = true
		}
		var numbers []e164.Number
		for n := range set {
			numbers = append(numbers, n)
		}
		slices.Sort(numbers)
		nodes := make([]*node, 1+r.IntN(5))
		for i := range nodes {
			nodes[i] = &node{}
		}
		var p packer
		packed := make([]item, len(numbers))
		for i, n := range numbers {
			packed[i] = item{number: n, node: nodes[r.IntN(len(nodes))]}
			if round%2 == 0 {
				packed[i].text = fmt.Sprintf("%0*d", r.IntN(20), i)
			}
			p.add(n, packed[i].node, packed[i].text)
		}
		c := p.pack()
		ask := make([]e164.Number, 300)
		for i := range ask {
			ask[i] = randomNumber(r, 0, 15, 10)
			if r.IntN(2) == 0 {
				ask[i] = numbers[r.IntN(len(numbers))].Prefix(r.IntN(16))
			}
		}
		checkChunk(t, &c, packed, ask)
	}
}

// distributions are numbers that are hard for who guesses where they stand.
func distributions(r *rand.Rand, count int) map[string][]e164.Number {
	spread := func(one func(i int) e164.Number) []e164.Number {
		var out []e164.Number
		for i := range count {
			out = append(out, one(i))
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	gap := 1.0
	return map[string][]e164.Number{
		"even":   spread(func(int) e164.Number { return number(120_000_000_000_000+r.Uint64N(1_000_000_000_000), 15) }),
		"thin":   spread(func(int) e164.Number { return number(1e14+r.Uint64N(9e14), 15) }),
		"full":   spread(func(i int) e164.Number { return number(12_025_550_000+uint64(i), 11) }),
		"ranges": spread(func(i int) e164.Number { return number(12_025_550_000+uint64(i%700+i/700*5000), 11) }),
		"exponential gaps": spread(func(int) e164.Number {
			if gap *= 1.01; gap > 9e14 {
				gap = 1
			}
			return number(uint64(gap), 15)
		}),
		"two clusters": spread(func(i int) e164.Number { return number([]uint64{1e11, 9e11}[i%2]+r.Uint64N(1e6), 12) }),
		"an outlier at each end": append(append([]e164.Number{1<<60 + 1},
			spread(func(int) e164.Number { return number(5e14+r.Uint64N(1e5), 15) })...), number(999_999_999_999_999, 15)),
		"prefixes and their children": spread(func(i int) e164.Number {
			n := number(44_163_296+uint64(i/11), 8)
			if i%11 > 0 {
				n, _ = n.Child('0' + byte(i%11-1))
			}
			return n
		}),
		"all lengths":     spread(func(int) e164.Number { return randomNumber(r, 1, 15, 10) }),
		"ones and zeros":  spread(func(int) e164.Number { return randomNumber(r, 0, 15, 2) }),
		"lengths by turn": spread(func(i int) e164.Number { return number(49_30_000_000+uint64(i/3), 10).Prefix(10 - i%3) }),
	}
}

// TestChunkDistributions: also a full chunk finds its numbers, however they are spread.
func TestChunkDistributions(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	most := map[string]int{ // octets a number
		"even": 6, "thin": 6, "full": 1, "ranges": 1, "exponential gaps": 6, "two clusters": 3, "an outlier at each end": 3,
		"prefixes and their children": 3, "all lengths": 7, "ones and zeros": 6, "lengths by turn": 3,
	}
	for _, texts := range []bool{false, true} {
		for _, count := range []int{blockSize + 1, 1000, largeChunk} {
			for name, numbers := range distributions(r, count) {
				t.Run(fmt.Sprint(name, count, texts), func(t *testing.T) {
					numbers = numbers[:min(len(numbers), largeChunk)]
					one := &node{}
					var p packer
					var packed []item
					for i, n := range numbers {
						it := item{number: n, node: one}
						if texts {
							it.text = fmt.Sprint(i)
						}
						packed = append(packed, it)
						p.add(n, it.node, it.text)
					}
					c := p.pack()
					if name == "even" && count == largeChunk && c.count() != 1 {
						t.Errorf("%d blocks of numbers that are evenly spread, want one", c.count())
					}
					if name == "full" && !texts && (c.count() != 1 || len(c.data) != 8) {
						t.Errorf("%d blocks and %d octets of a full range, want one block without records", c.count(), len(c.data))
					}
					if size := len(c.data) + 16*len(c.blocks); !texts && count == largeChunk && size > most[name]*len(numbers) {
						t.Errorf("%d octets for %d numbers, want at most %d each", size, len(numbers), most[name])
					}
					checkChunk(t, &c, packed, nil)
				})
			}
		}
	}
}

// TestIndexDistributions: an index of many chunks finds each number, its successor and its
// predecessor, however the numbers are spread.
func TestIndexDistributions(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for name, numbers := range distributions(r, 3000) {
		t.Run(name, func(t *testing.T) {
			var p packer
			var chunks []chunk
			for rest := numbers; len(rest) > 0; {
				some := min(len(rest), 1+r.IntN(5))
				for _, n := range rest[:some] {
					p.add(n, &node{}, "")
				}
				chunks = append(chunks, p.pack())
				rest = rest[some:]
			}
			x := newIndex(chunks)
			check := func(n e164.Number) {
				at, found := x.search(n)
				i, there := slices.BinarySearch(numbers, n)
				if found != there {
					t.Fatalf("search(%s): found %v, want %v", n, found, there)
				}
				next, more := x.number(at)
				if more != (i < len(numbers)) || more && next != numbers[i] {
					t.Fatalf("search(%s) leads to %s, %v, want place %d", n, next, more, i)
				}
				before, less := x.before(at)
				if less != (i > 0) || less && before != numbers[i-1] {
					t.Fatalf("search(%s): %s, %v is before, want place %d", n, before, less, i-1)
				}
			}
			for _, n := range numbers {
				check(n)
				check(n.Prefix(n.Len() - 1))
				check(n.Last())
				check(randomNumber(r, 0, 15, 10))
			}
		})
	}
}
