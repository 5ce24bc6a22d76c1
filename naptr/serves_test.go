package naptr

import (
	"math/rand/v2"
	"testing"

	"github.com/enumim/enumim/e164"
)

// TestServes compares with trying every number of small blocks.
func TestServes(t *testing.T) {
	patterns := []string{
		"^.*$", "^\\+12(.*)$", "^\\+12..$", "^\\+12...$", "^(\\+1|\\+12)3*$", "3$", "^3", "[4-6]$", "^\\+1(2|3)(4|5)?$",
		"9", "^\\+13", "^12", "(^\\+1|^12)", "12$", "^\\+(12)+$", "^[^0-9]*$", "^\\+[0-9]{4}$", "^\\+[0-9]{5,}$", "^\\+129{2}$",
		"$", "^", "(3|$)", "x", "^\\+12(0$|9.$)", "[[:alpha:]]", "7777", "^\\+1.*7777$", "2.$",
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var served, not int
	for _, pattern := range patterns {
		x, err := ParseExpression("!" + pattern + "!tel:+1!")
		if err != nil {
			t.Fatalf("%s: %v", pattern, err)
		}
		for range 60 {
			var prefix e164.Number
			for range 1 + rng.IntN(3) {
				prefix, _ = prefix.Child("1239"[rng.IntN(4)])
			}
			least := prefix.Len() + rng.IntN(2)
			most := least + rng.IntN(3)
			dialPlan := rng.IntN(4) == 0
			want := tryAll(x, prefix, least, most, dialPlan)
			if got := x.Serves(prefix, least, most, dialPlan); got != want {
				t.Errorf("%s serves %s, %d to %d digits, dial plan %v: %v, want %v", pattern, prefix, least, most, dialPlan, got, want)
			}
			if want {
				served++
			} else {
				not++
			}
		}
	}
	if served < 100 || not < 100 {
		t.Errorf("only %d that serve and %d that do not", served, not)
	}
}

func tryAll(x *Expression, n e164.Number, least, most int, dialPlan bool) bool {
	if n.Len() >= least {
		aus := n.String()
		if dialPlan {
			aus = n.Digits()
		}
		if _, ok := x.Eval(aus); ok {
			return true
		}
	}
	if n.Len() == most {
		return false
	}
	for d := byte('0'); d <= '9'; d++ {
		if child, ok := n.Child(d); ok && tryAll(x, child, least, most, dialPlan) {
			return true
		}
	}
	return false
}
