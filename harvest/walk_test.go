package harvest

import (
	"math/rand/v2"
	"testing"

	"github.com/enumim/enumim/e164"
)

// walks are ways to go through a tree; each ends when somebody is refused.
var walks = map[string]func(s *somebody, r *rand.Rand){
	"down at once": func(s *somebody, _ *rand.Rand) {
		down(s, root, func() []int { return []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9} })
	},
	"down at once, digits at random": func(s *somebody, r *rand.Rand) { down(s, root, func() []int { return r.Perm(10) }) },
	"level by level":                 func(s *somebody, _ *rand.Rand) { levels(s, func(int, func(i, j int)) {}) },
	"level by level, at random":      func(s *somebody, r *rand.Rand) { levels(s, r.Shuffle) },
}

// down goes below each beginning as soon as it is known.
func down(s *somebody, n e164.Number, order func() []int) bool {
	for _, digit := range order() {
		next := child(n, digit)
		kind, ok := s.ask(next)
		if !ok || kind == Beginning && !down(s, next, order) {
			return false
		}
	}
	return true
}

// levels asks for all names of one length before any that is longer.
func levels(s *somebody, shuffle func(int, func(i, j int))) {
	for level := []e164.Number{root}; len(level) > 0; {
		var names []e164.Number
		for _, n := range level {
			for digit := range 10 {
				names = append(names, child(n, digit))
			}
		}
		shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		level = nil
		for _, n := range names {
			kind, ok := s.ask(n)
			if !ok {
				return
			}
			if kind == Beginning {
				level = append(level, n)
			}
		}
	}
}

// Whoever walks a tree, in whatever order, is refused before he knows much of it.
func TestWalks(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for kind, tree := range map[string]tree{"spread": spread(r), "ranges": ranges(r)} {
		for name, walk := range walks {
			s := newSomebody(tree)
			walk(s, r)
			t.Logf("%s, %s: %d queries, %d of %d numbers", kind, name, s.asked, len(s.found), len(tree))
			if s.watch.Verdict(s.client, s.now) != Refuse {
				t.Errorf("%s, %s: not refused after %d queries", kind, name, s.asked)
			}
			if len(s.found) > len(tree)/50 {
				t.Errorf("%s, %s: %d of %d numbers were found first", kind, name, len(s.found), len(tree))
			}
		}
	}
}

// Who tries one number after the other is refused as well, where a part of them is not there.
func TestOneAfterTheOther(t *testing.T) {
	tree := ranges(rand.New(rand.NewPCG(1, 2)))
	s := newSomebody(tree)
	first := tree[0].Prefix(tree[0].Len() - 3)
	for i := range 1000 {
		if _, ok := s.ask(child(child(child(first, i/100), i/10%10), i%10)); !ok {
			t.Logf("refused after %d queries and %d numbers", s.asked, len(s.found))
			return
		}
	}
	t.Errorf("not refused after %d queries", s.asked)
}

// Names that have no share in a walk do not hide one: those that are there, and those that were asked for before.
func TestWalkBetweenOtherNames(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	tree := spread(r)
	s := newSomebody(tree)
	down := func(n e164.Number, below func(e164.Number) bool) bool { // preorder, with two other names for each
		for digit := range 10 {
			s.ask(tree[r.IntN(len(tree))])
			s.ask(e164.MustParse("+15550100"))
			next := child(n, digit)
			kind, ok := s.ask(next)
			if !ok || kind == Beginning && !below(next) {
				return false
			}
		}
		return true
	}
	var below func(e164.Number) bool
	below = func(n e164.Number) bool { return down(n, below) }
	if below(root) {
		t.Errorf("not refused after %d queries", s.asked)
	}
	t.Logf("refused after %d queries", s.asked)
}
