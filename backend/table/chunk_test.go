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
		type value struct {
			nd   *node
			text string
		}
		want := map[e164.Number]value{}
		for i, n := range numbers {
			v := value{nd: nodes[r.IntN(len(nodes))]}
			if round%2 == 0 {
				v.text = fmt.Sprintf("%0*d", r.IntN(20), i)
			}
			want[n] = v
			p.add(n, v.nd, v.text)
		}
		c := p.pack()
		if c.len() != len(numbers) {
			t.Fatalf("chunk has %d numbers, want %d", c.len(), len(numbers))
		}
		search := func(n e164.Number) (pos int, found bool) {
			block, i, found := c.search(n, rankOf(n))
			return int(c.blocks[block].from) + i, found
		}
		for i, n := range numbers {
			block, at, found := c.search(n, rankOf(n))
			if pos, _ := search(n); !found || pos != i || c.blocks[block].number(c.data, at) != n {
				t.Fatalf("round %d: %s at %d, found %v at %d, number there %s", round, n, i, found, pos, c.blocks[block].number(c.data, at))
			}
			if nd, text := c.node(block, at); nd != want[n].nd || text != want[n].text {
				t.Fatalf("round %d: %s has another node or text %q, want %q", round, n, text, want[n].text)
			}
		}
		for range 300 {
			q := randomNumber(r, 0, 15, 10)
			if r.IntN(2) == 0 {
				q = numbers[r.IntN(len(numbers))].Prefix(r.IntN(16))
			}
			wantPos, wantFound := slices.BinarySearch(numbers, q)
			if pos, found := search(q); pos != wantPos || found != wantFound {
				t.Fatalf("round %d: search(%s) = %d, %v, want %d, %v", round, q, pos, found, wantPos, wantFound)
			}
		}
	}
}
