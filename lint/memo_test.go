package lint

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
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
	shapes := make([]naptr.Record, 400)
	for i := range shapes {
		r := &shapes[i]
		user := pick("a", "b", "c", "dave7", "12025550100", "x.y", "", "A")
		for rng.IntN(40) == 0 {
			user += "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"
		}
		*r = naptr.Record{
			Order: [...]uint16{100, 100, 101, 40000}[rng.IntN(4)], Preference: [...]uint16{10, 20}[rng.IntN(2)],
			Flags: pick("u", "u", "U", ""), Services: pick("E2U+sip", "E2U+im", "e2u+sip", "E2U+sip+im", "E2U+voice:tel"),
			Regexp: "!^.*$!" + pick("sip:", "im:", "SIP:", "mailto:") + user + pick("@example.com", "@example", "@192.0.2.1", "@example.com;user=phone", "") + "!",
		}
		if rng.IntN(2) == 0 {
			r.Regexp = pick("!", "!", "!", "#") + pick(`^(.*)$`, `^\+(.*)$`, `^\+1(.*)$`, `^\+(1)(2..)(.*)$`, `^(\+1202)?(.*)$`, `^(\+12|\+4)(.*)$`, `^((.*))$`, `^(\+?)(.*)$`, `^(.)(.)(.)(.)(.)(.)(.*)$`, `^\+120(.)*(.*)`) +
				"!" + pick(`sip:\1@example.com`, `sip:\1\1\1\1@example.com`, `sip:\2@example.com;user=phone`, `SIP:a\1@example.com`, `tel:\1`, `sip:a@\1.example.com`, `im:\1@example.com`, `sip:%4\1@example.com`, `sip:\6@example.com`, `sip:a@example.com:\1`) + "!"
		}
	}
	hits := 0
	for range 100000 {
		n := e164.MustParse(pick("+12025550100", "+12025550101", "+12125550101", "+441632960083", "+442079460083", "+441632960084", "+120255"))
		set := make([]naptr.Record, 1+rng.IntN(20)/18)
		for i := range set {
			set[i] = shapes[rng.IntN(len(shapes))]
			set[i].Regexp = strings.Replace(set[i].Regexp, "dave7", fmt.Sprintf("dave%d", rng.IntN(10)), 1)
		}
		c := enumservice.Checker{}
		if m.ordinary(c, n, set) {
			if _, known := m.found[string(m.key)]; known {
				hits++
			}
		}
		got, want := m.appendSet(nil, c, n, set), c.AppendSet(nil, n, set)
		if !slices.Equal(got, want) {
			t.Fatalf("%s %+v:\nfound %v\nwant  %v", n, set, fmt.Sprint(got), fmt.Sprint(want))
		}
	}
	if hits < 20000 {
		t.Errorf("only %d sets were remembered", hits)
	}
}
