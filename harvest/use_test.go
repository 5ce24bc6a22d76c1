package harvest

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/enumim/enumim/e164"
)

// calls is how many calls each of those who use a tree has.
const calls = 20_000

// Those who dial are answered, however many of the numbers are not there: an SBC that asks for each number that
// anybody dials, a PBX whose people have ten numbers, a hundred or a thousand.
func TestDialling(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	wide, dense := spread(r), ranges(r)
	in := func(tree tree) e164.Number { return tree[r.IntN(len(tree))] }
	near := func(tree tree) e164.Number { n := in(tree); return random(r, n.Prefix(n.Len()-3), 3) }
	tried := 0
	inOrder := func() e164.Number {
		tried++
		n := dense[tried/1000*500%len(dense)].Prefix(9)
		return child(child(child(n, tried/100%10), tried/10%10), tried%10)
	}
	for name, c := range map[string]struct {
		tree tree
		dial func() e164.Number
	}{
		"all the world, few of it here":    {wide, func() e164.Number { return random(r, child(root, 1+r.IntN(9)), 9+r.IntN(3)) }},
		"numbers that are here":            {wide, func() e164.Number { return in(wide) }},
		"every second is here":             {wide, func() e164.Number { return [2]e164.Number{in(wide), random(r, spare, 9)}[r.IntN(2)] }},
		"ranges, half of them assigned":    {dense, func() e164.Number { return near(dense) }},
		"one range of a thousand":          {dense, func() e164.Number { return random(r, dense[0].Prefix(9), 3) }},
		"a hundred numbers, half assigned": {dense, func() e164.Number { return random(r, dense[0].Prefix(10), 2) }},
		"ten numbers, half assigned":       {dense, func() e164.Number { return random(r, dense[0].Prefix(11), 1) }},
		"one caller of ten tries all": {dense, func() e164.Number {
			if r.IntN(10) == 0 {
				return inOrder()
			}
			return in(dense)
		}},
		"the beginnings of one number": {dense, func() e164.Number { return dense[0].Prefix(1 + r.IntN(12)) }},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSomebody(c.tree)
			for i := range calls {
				s.ask(c.dial())
				s.wantAnswered(t)
				if i%100 == 0 {
					s.now = s.now.Add(time.Second)
				}
			}
		})
	}
}

// Digit by digit, as where numbers have no fixed length: each is asked for from its fifth digit on.
func TestDiallingDigitByDigit(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for name, tree := range map[string]tree{"spread": spread(r), "ranges": ranges(r)} {
		t.Run(name, func(t *testing.T) {
			s := newSomebody(tree)
			for range calls {
				n := tree[r.IntN(len(tree))]
				for digits := 5; digits <= n.Len(); digits++ {
					s.ask(n.Prefix(digits))
					s.wantAnswered(t)
				}
				s.now = s.now.Add(time.Second)
			}
		})
	}
}

// resolver asks as one does that minimises (RFC 9156), keeps what it hears, and asks for nothing below a name that does
// not exist (RFC 8020).
type resolver struct {
	*somebody
	steps func(length int) []int // how many digits it asks for, one query after the other
	known map[e164.Number]kept
	busy  []lookup
}

type kept struct {
	kind  Kind
	until time.Time
}

type lookup struct {
	number e164.Number
	steps  []int
}

// step has a look-up go on by one query, and reports whether it is at its end.
func (s *resolver) step(l *lookup) (done bool) {
	if k, ok := s.known[l.number]; ok && s.now.Before(k.until) {
		return true // there is nothing to ask for
	}
	for len(l.steps) > 0 {
		n := l.number.Prefix(l.steps[0])
		l.steps = l.steps[1:]
		if k, ok := s.known[n]; ok && s.now.Before(k.until) {
			if k.kind == Nothing {
				return true
			}
			continue
		}
		kind, _ := s.ask(n)
		ttl := 5 * time.Minute
		if kind == Number {
			ttl = time.Hour
		}
		s.known[n] = kept{kind, s.now.Add(ttl)}
		return kind != Beginning || len(l.steps) == 0
	}
	return true
}

// A resolver with many users, who dial numbers that are here and others, is answered.
func TestMinimisingResolver(t *testing.T) {
	oneByOne := func(length int) (steps []int) {
		for i := range length {
			steps = append(steps, i+1)
		}
		return steps
	}
	rfc9156 := func(length int) (steps []int) { // section 2.3: four labels one by one, the others in six steps
		for i := 1; i <= min(4, length); i++ {
			steps = append(steps, i)
		}
		for i := 1; i <= 6 && length > 4; i++ {
			if n := 4 + (length-4)*i/6; n > steps[len(steps)-1] {
				steps = append(steps, n)
			}
		}
		return steps
	}
	r := rand.New(rand.NewPCG(9, 10))
	trees := map[string]tree{
		"spread": spread(r), "ranges": ranges(r), "one number": treeOf([]e164.Number{e164.MustParse("+441632960083")}),
		"one range": ranges(r)[:500],
	}
	for name, tree := range trees {
		for how, steps := range map[string]func(int) []int{"one by one": oneByOne, "as RFC 9156 says": rfc9156} {
			for _, inFlight := range []int{1, 16} {
				for _, here := range []int{0, 10, 50, 100} { // percent of what is dialled
					t.Run(fmt.Sprintf("%s, %s, %d at once, %d %% here", name, how, inFlight, here), func(t *testing.T) {
						s := &resolver{somebody: newSomebody(tree), steps: steps, known: make(map[e164.Number]kept)}
						dial := func() lookup {
							n := random(r, child(root, 1+r.IntN(9)), 10)
							switch p := r.IntN(100); {
							case p < here:
								n = tree[r.IntN(len(tree))]
							case p%2 == 0:
								n = random(r, spare, 9)
							}
							return lookup{n, steps(n.Len())}
						}
						for range inFlight {
							s.busy = append(s.busy, dial())
						}
						for made := 0; made < calls/2; {
							i := r.IntN(inFlight)
							if s.step(&s.busy[i]) {
								s.busy[i] = dial()
								made++
								s.now = s.now.Add(50 * time.Millisecond) // twenty calls a second
							}
							s.wantAnswered(t)
						}
					})
				}
			}
		}
	}
}
