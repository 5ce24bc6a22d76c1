package enumim

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// A tree is found by whole labels: a dot with a backslash before it is part of a label, and the longest
// apex wins, in any letter case.
func TestMatchGoesByLabels(t *testing.T) {
	var f forest
	for _, apex := range []string{"e164.arpa", "4.4.e164.arpa", "e164.example.com", "5.e164.example.com"} {
		f.add(&tree{apex: mustApex(apex), zone: mustApex(apex).String()})
	}
	// slow cuts one label after the other off.
	slow := func(name string) string {
		for off, end := 0, false; !end; off, end = dns.NextLabel(name, off) {
			if t := f.trees[strings.ToLower(name[off:])]; t != nil {
				return t.zone
			}
		}
		return ""
	}
	random := rand.New(rand.NewPCG(1, 2))
	parts := []string{".", ".", "4", "4.", "5.", "E164", "e164.", "arpa.", "ARPA.", "example.com.", `\`, `\.`, `\\`, `\046`, "x", "4.4.e164.arpa.", "e164.example.com."}
	matched := map[string]int{}
	for range 300_000 {
		var b strings.Builder
		for range 1 + random.IntN(6) {
			b.WriteString(parts[random.IntN(len(parts))])
		}
		name := b.String()
		if name == "." {
			continue
		}
		want, got := slow(name), ""
		if t := f.match(name); t != nil {
			got = t.zone
		}
		if got != want {
			t.Fatalf("%q: tree %q, want %q", name, got, want)
		}
		matched[got]++
	}
	if len(matched) != 5 {
		t.Errorf("not every tree was met: %v", matched)
	}
}
