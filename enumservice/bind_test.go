package enumservice_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/client"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

// randomExpression draws an expression whose delimiter, pattern, replacement and flags are often wrong.
func randomExpression(r *rand.Rand) string {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	d := "!"
	if r.IntN(2) == 0 {
		d = string(rune(r.IntN(128)))
	}
	var b strings.Builder
	b.WriteString(d)
	b.WriteString(pick("^", "", "44"))
	for range r.IntN(5) {
		if r.IntN(3) > 0 {
			b.WriteString(pick("(.*)", "[0-9]", "4", "[[:digit:]]", `\+`, "(4|1)"))
			continue
		}
		b.WriteString(pick("^", "$", ".", "*", "+", "?", "(", ")", "|", "[", "]", "[0-9]", "[9-0]", "[[:digit:]]", "[[:x:]]", "{", "}",
			"{2}", "{2,1}", "{300}", `\`, `\+`, `\1`, "44", "(.*)", "^.*$", d, `\`+d, "\xc3\xa9", "\x00", "i"))
	}
	b.WriteString(d)
	b.WriteString("sip:")
	for range r.IntN(4) {
		if r.IntN(3) > 0 {
			b.WriteString("4")
			continue
		}
		b.WriteString(pick("a@example.com", `\0`, `\1`, `\2`, `\9`, `\\`, `\`, "!", "'", d, `\`+d, "\x00"))
	}
	if r.IntN(8) > 0 {
		b.WriteString(d)
	}
	b.WriteString(pick("", "", "", "", "", "", "i", "i", "I", "ii", "iI", "g", " ", `\`, d))
	return b.String()
}

// BIND refuses an answer where A01 is told, and only there; and no finding on an expression that BIND takes
// names it. It knows nothing of what a record is for.
func TestBINDAgrees(t *testing.T) {
	number := e164.MustParse("+441632960083")
	rounds := uint64(100000)
	if testing.Short() {
		rounds = 10000
	}
	bind := client.Lookup(enumservice.BIND)
	refusals := 0
	for seed := range rounds {
		r := rand.New(rand.NewPCG(seed, 1034))
		set := []naptr.Record{{
			Order: 100, Preference: 10, Flags: []string{"u", "u", "u", "", "s"}[r.IntN(5)], Services: "E2U+sip", Regexp: randomExpression(r),
		}}
		refused := bind.Dial(client.Query{Number: number, Service: "sip", Records: set}).Failed != ""
		if refused {
			refusals++
		}
		found := enumservice.Checker{}.AppendSet(nil, number, set)
		if told := slices.ContainsFunc(found, func(f enumservice.SetFinding) bool { return f.Code == "A01" }); told != refused {
			t.Fatalf("seed %d: A01 of %q is %v, refused %v", seed, set[0].Regexp, told, refused)
		}
		for _, f := range found {
			if f.Code[0] == 'R' && f.Clients.Has(enumservice.BIND) && !refused {
				t.Fatalf("seed %d: %s blames BIND, which takes %q", seed, f.Code, set[0].Regexp)
			}
		}
	}
	if low := int(rounds) / 10; refusals < low || refusals > int(rounds)-low {
		t.Errorf("%d of %d are refused", refusals, rounds)
	}
}
