package naptr_test

import (
	"errors"
	"testing"

	"github.com/enumim/enumim/naptr"
)

// What is used once says the same as what is kept, also while another is in use; and what is kept stays what it
// is when others are parsed.
func TestUseExpression(t *testing.T) {
	number, err := naptr.ParseExpression(`!^\+(.*)$!im:\1@example.com!`)
	if err != nil {
		t.Fatal(err)
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
	if got, ok := number.Eval("+12025550142"); got != "im:12025550142@example.com" || !ok {
		t.Errorf("the first yields %q, %v now", got, ok)
	}
}
