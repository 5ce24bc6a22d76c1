package naptr

import "testing"

// Flag "i" goes by Unicode's simple case folding: U+212A is a letter k, U+017F a letter s.
func TestFold(t *testing.T) {
	for _, c := range []struct {
		ere, aus string
		match    bool
	}{
		{"^k$", "K", true}, {"^k$", "\u212a", true}, {"^[K]$", "\u212a", true}, {"^[^k]$", "\u212a", false}, {"^[^l]$", "\u212a", true},
		{"^S$", "\u017f", true}, {"^[^a-z]$", "\u017f", false}, {"^[\u212a]$", "k", true}, {"^[^\u017f]$", "S", false}, {"^\u00e9$", "\u00c9", true},
		{"^[x\u00e0-\u00ff]$", "\u00c9", true}, {"^[^x]$", "\u00c9", true}, {"^[x]$", "\u00c9", false}, {"^4$", "4", true}, {"^4$", "\x14", false},
	} {
		e, err := ParseExpression("!" + c.ere + "!x!i")
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := e.Eval(c.aus); ok != c.match {
			t.Errorf("%s on %q: %v", c.ere, c.aus, ok)
		}
	}
}
