package harvest

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/enumim/enumim/e164"
)

// tree is the numbers of a tree, in order.
type tree []e164.Number

// treeOf returns the tree of some numbers.
func treeOf(numbers []e164.Number) tree {
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// at returns what stands at a name.
func (t tree) at(n e164.Number) Kind {
	i, found := slices.BinarySearch(t, n)
	switch {
	case found:
		return Number
	case i < len(t) && t[i].HasPrefix(n):
		return Beginning
	}
	return Nothing
}

// random returns n with digits behind it, chosen at random.
func random(r *rand.Rand, n e164.Number, digits int) e164.Number {
	for range digits {
		n = child(n, r.IntN(10))
	}
	return n
}

// child returns n with one digit more.
func child(n e164.Number, digit int) e164.Number {
	n, ok := n.Child('0' + byte(digit))
	if !ok {
		panic("too long")
	}
	return n
}

var (
	root  = e164.Number(0)
	spare = e164.MustParse("+999") // no country has it
)

// spread is 10,000 numbers at random over nine digits.
func spread(r *rand.Rand) tree {
	var numbers []e164.Number
	for range 10_000 {
		numbers = append(numbers, random(r, spare, 9))
	}
	return treeOf(numbers)
}

// ranges is twenty ranges of a thousand, half of each assigned.
func ranges(r *rand.Rand) tree {
	var numbers []e164.Number
	for range 20 {
		at := random(r, spare, 6)
		for _, i := range r.Perm(1000)[:500] {
			numbers = append(numbers, child(child(child(at, i/100), i/10%10), i%10))
		}
	}
	return treeOf(numbers)
}

// somebody asks a watch.
type somebody struct {
	watch  *Watch
	tree   tree
	client Client
	now    time.Time
	asked  int
	found  map[e164.Number]bool
}

func newSomebody(t tree) *somebody {
	s := &somebody{watch: New(nil), tree: t, now: time.Now(), found: make(map[e164.Number]bool)}
	s.client, _ = s.watch.Client(netip.MustParseAddr("192.0.2.1"), true)
	return s
}

// ask asks for n, and reports whether that was still answered.
func (s *somebody) ask(n e164.Number) (Kind, bool) {
	if s.watch.Verdict(s.client, s.now) != Answer {
		return Nothing, false
	}
	s.asked++
	kind := s.tree.at(n)
	if kind == Number {
		s.found[n] = true
	}
	s.watch.Note(s.client, n, kind, s.now)
	return kind, true
}

// wantAnswered fails where somebody who only uses the tree is refused.
func (s *somebody) wantAnswered(t *testing.T) {
	t.Helper()
	if s.watch.Verdict(s.client, s.now) != Answer {
		t.Fatalf("refused after %d queries", s.asked)
	}
}
