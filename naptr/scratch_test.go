package naptr_test

import (
	"errors"
	"testing"

	"github.com/enumim/enumim/naptr"
)

// What is used once says the same as what is kept, also while another is in use; and what is kept stays what it
// is when others are parsed.
func TestUseExpression(t *testing.T) {
	kept := map[string]*naptr.Expression{
		"im:12025550142@example.com": parse(t, `!^\+(.*)$!im:\1@example.com!`),
		"im:142@[0-9].example.com":   parse(t, `!^\+([1-9]|44)[0-9]*0(.*)$!im:\2@[0-9].example.com!`),
	}
	for _, x := range append(expressions, hostile...) {
		e, err := naptr.ParseExpression(x.regexp)
		used := 0
		again := naptr.UseExpression(x.regexp, func(outer *naptr.Expression) {
			naptr.UseExpression(`!^(a|b)*$!y\1!`, func(*naptr.Expression) {})
			for _, aus := range []string{"+12025550142", "+1", "12", ""} {
				want, wantOK := e.Eval(aus)
				if got, ok := outer.Eval(aus); got != want || ok != wantOK {
					t.Errorf("%s on %q: %q, %v; want %q, %v", x.name, aus, got, ok, want, wantOK)
				}
			}
			if outer.Groups() != e.Groups() || outer.Delimiter() != e.Delimiter() || outer.Flags() != e.Flags() {
				t.Errorf("%s differs", x.name)
			}
			used++
		})
		if (err == nil) != (again == nil) || (err == nil) != (used == 1) || err != nil && !errors.Is(again, errors.Unwrap(err)) {
			t.Errorf("%s: %v, then %v", x.name, err, again)
		}
	}
	for want, e := range kept {
		if got, ok := e.Eval("+12025550142"); got != want || !ok {
			t.Errorf("yields %q, %v now, want %q", got, ok, want)
		}
	}
}

func parse(t *testing.T, regexp string) *naptr.Expression {
	t.Helper()
	e, err := naptr.ParseExpression(regexp)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
