package naptr

import (
	"errors"
	"strings"
	"testing"
)

// TestMatcherSteps: D12, CVE-2013-2266. A record is not ours to trust, so no pattern may cost more
// than its program's length times the number's length. Steps are counted, not time.
func TestMatcherSteps(t *testing.T) {
	const limit = maxProgram * 17 // 15 digits, "+" and the end: some 50 microseconds
	aus := []byte("+441632960083960")
	for _, ere := range []string{
		`(.*)*(.*)*(.*)*(.*)*x`,
		`((((((.*)*)*)*)*)*)*x`,
		`(((((((.+)+)+)+)+)+)+)+x`,
		strings.Repeat("(", 120) + ".*" + strings.Repeat(")", 120) + "x",
		strings.Repeat("(", 60) + "." + strings.Repeat(")*", 60) + "x",
		strings.Repeat("(.*)", 60) + "x",
		strings.Repeat(".*", 120) + "x",
		strings.Repeat(".?", 60) + strings.Repeat(".", 60) + "x",
		`(.|..|...|....|[0-9]|[0-9]+|.*)*x`,
		`(.{0,15}){0,15}x`,
		`((.?){15}){15}x`,
		`((a*)*|(b*)*|(4*)*|\+*)*x`,
		`((^)*($)*(^$)*)*x`,
		`[^a]{0,100}[^b]{0,100}[^c]{0,100}x`,
		strings.Repeat("(", 30) + "a{0}" + strings.Repeat("){255}", 30) + "x", // nothing, many times
	} {
		e, err := parseExpression("!"+ere+"!y!", false)
		if err != nil {
			t.Errorf("%.40s...: %v", ere, err)
			continue
		}
		var groups spans
		steps, ok := e.program.match(aus, &groups)
		if ok || steps > limit || steps > len(e.program.code)*(len(aus)+1) {
			t.Errorf("%.40s...: matched %v after %d steps", ere, ok, steps)
		}
		if n := testing.AllocsPerRun(10, func() { e.Append(nil, aus) }); n != 0 {
			t.Errorf("%.40s...: %v allocations", ere, n)
		}
	}
	for _, ere := range []string{
		strings.Repeat(".{255}", 40),
		`((((.{255}){255}){255}){255}){255}`,
		`(((((((((.{0,255}){0,255}){0,255}){0,255}){0,255}){0,255})*){255,})*){9}`,
		`(a{255,}|b{255}){100}`,
		`^` + strings.Repeat("(", 40) + "x" + strings.Repeat(")", 38) + "{250}){4})*$", // 1,000 characters in 40 groups each
	} {
		if _, err := parseExpression("!"+ere+"!y!", false); !errors.Is(err, ErrTooComplex) {
			t.Errorf("%.40s...: got %v", ere, err)
		}
	}
}

// TestMatcherLongSubject: a subject beyond any number costs memory, not correctness.
func TestMatcherLongSubject(t *testing.T) {
	e, err := ParseExpression(`!^(a|b)*(c+)$!\2!`)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := e.Eval(strings.Repeat("ab", 5000) + "cc"); got != "cc" || !ok {
		t.Errorf("got %q, %v", got, ok)
	}
}

// TestShapes: the forms that people use are evaluated without the matcher; the others are not taken
// for one of them.
func TestShapes(t *testing.T) {
	for _, ere := range []string{
		`^.*$`, `.*`, `^(.*)$`, `(^.*)$`, `^\+(.*)$`, `^\+44(.*)$`, `^(\+44.*)$`, `^(\+441632960.*)`, `^\+44(....)$`,
		`^\+(1202555(....))$`, `^\+44(1632)(960)([0-9]{3})$`, `^[+](44)(.*)$`, `^\+44163296008[0-4]`,
		`^\+(.)(.)(.)(.)(.)(.)(.)(.)(.)(.).*$`, `^\+([0-9]+)$`, `^\+44([0-9]{3,5})(..)$`, `.*(....)$`, `^\+?(44)$`,
		`^$`, `^`, `^((((((((((.))))))))))`,
	} {
		if e, err := ParseExpression("!" + ere + "!x!"); err != nil || e.shape == nil {
			t.Errorf("%s: no shape, %v", ere, err)
		}
	}
	for _, ere := range []string{
		`44`, `(.*)(.*)`, `^\+([0-9]*)`, `^a|b$`, `^(a|b)`, `^(ab)*$`, `[0-9]+$`, `^a.?`, `a^b`, `a$b`, `^a$.`, `$`,
	} {
		if e, err := ParseExpression("!" + ere + "!x!"); err != nil || e.shape != nil {
			t.Errorf("%s: taken for a shape, %v", ere, err)
		}
	}
}
