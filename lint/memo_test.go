package lint

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

// TestMemo: what is remembered of a set is what would be found.
func TestMemo(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	pick := func(list ...string) string { return list[rng.IntN(len(list))] }
	var m memo
	hits := 0
	for range 100000 {
		n := e164.MustParse(pick("+12025550100", "+12025550101", "+120255", "+441632960083", "+2101234567", "+999", "+35812345678"))
		set := make([]naptr.Record, 1+rng.IntN(2))
		for i := range set {
			user := pick("a", "b", "c", "dave7", "12025550100", "x.y", "", "A")
			for rng.IntN(40) == 0 {
				user += "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"
			}
			set[i] = naptr.Record{
				Order: [...]uint16{100, 100, 101, 40000}[rng.IntN(4)], Preference: [...]uint16{10, 20}[rng.IntN(2)],
				Flags: pick("u", "u", "U", ""), Services: pick("E2U+sip", "E2U+im", "e2u+sip", "E2U+sip+im", "E2U+voice:tel"),
				Regexp: "!^.*$!" + pick("sip:", "im:", "SIP:", "mailto:") + user + pick("@example.com", "@example", "@192.0.2.1", "@example.com;user=phone", "") + "!",
			}
		}
		c := enumservice.Checker{}
		if m.ordinary(n, set) {
			if _, known := m.found[string(m.key)]; known {
				hits++
			}
		}
		got, want := m.appendSet(nil, c, n, set), c.AppendSet(nil, n, set)
		if !slices.Equal(got, want) {
			t.Fatalf("%s %+v:\nfound %v\nwant  %v", n, set, fmt.Sprint(got), fmt.Sprint(want))
		}
	}
	if hits < 2000 {
		t.Errorf("only %d sets were remembered", hits)
	}
}
