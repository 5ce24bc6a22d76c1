package enumservice

import (
	"strings"
	"testing"

	"github.com/enumim/enumim/naptr"
)

// Where clients differ over a pattern, and where they do not.
func TestExamine(t *testing.T) {
	all := uint16(0x3fe) // \1 to \9
	for _, c := range []struct {
		ere  string
		used uint16
		want traits
	}{
		{`^(.*)$`, all, traits{}},
		{`^\+(44)(.*)$`, all, traits{}},
		{`^(\+44.*|\+1.*)$`, all, traits{}},
		{`^(\+44|\+1)([0-9]{10})$`, all, traits{}},
		{`^\+(1|2|44)1632.*$`, all, traits{}},
		{`^\+(1202555(....))$`, all, traits{}},
		{`^([[:digit:]+])(.*)$`, all, traits{}},
		{`^[+]?([0-9]*)$`, all, traits{}},
		{`^[[:punct:]]*([0-9]*)$`, all, traits{}},
		{`^([^0-9]*)([0-9]*)$`, all, traits{}},
		{`^\+?(.*)$`, 0, traits{}},
		{`^\+?.*$`, all, traits{}},
		{`^(\+?.*)$`, all, traits{}},
		{`^\+?44(.*)$`, all, traits{}},
		{`^(\+4{2}|\+42.)(.*)$`, all, traits{}},
		{`^(4[|]?)(.*)$`, all, traits{}},
		{`^\+(4|[0-9])(.*)$`, all, traits{}},
		{`^x?(.*)$`, all, traits{}},
		{`^x*(.*)$`, all, traits{}},
		{`^\+(1*)41$`, all, traits{}},
		{`^\+1*4(1)$`, all, traits{}},
		{`^(4|4|44)$`, 0, traits{}},
		{`^(3|4(1|2)|21)(.*)$`, 1<<1 | 1<<3, traits{}},
		{`^(4(1|11)|1)(.*)$`, 1 << 2, traits{optional: true}},

		{`^\+?(.*)$`, all, traits{ambiguous: true}},
		{`^\+?(44)?.*$`, 1 << 1, traits{ambiguous: true, optional: true}},
		{`^(.*)(.*)$`, all, traits{ambiguous: true}},
		{`^(.*)4(.*)$`, all, traits{ambiguous: true}},
		{`^(\+44|\+441)(.*)$`, all, traits{ambiguous: true}},
		{`^(4|44)(.*)$`, all, traits{ambiguous: true}},
		{`^(\+|\+4.|\+1)(.*)$`, all, traits{ambiguous: true}},
		{`^[[:alnum:]+]*([[:graph:]])$`, all, traits{ambiguous: true}},
		{`^(.{2,3})(.*)$`, all, traits{ambiguous: true}},
		{`^([0-9+]{2}){1,3}(.*)$`, all, traits{ambiguous: true}},

		{`^\+(44)?.*$`, 1 << 1, traits{ambiguous: true, optional: true}},
		{`^(\+44)?$`, 1 << 1, traits{optional: true}},
		{`^(\+44)?(.*)$`, 1 << 2, traits{ambiguous: true}},
		{`^(a(b)|c)$`, 1 << 1, traits{}},
		{`^(a(b)|c)$`, 1 << 2, traits{optional: true}},
		{`^((a)b)*$`, 1 << 2, traits{optional: true}},
		{`^(a)|(b)$`, 1 << 2, traits{optional: true}},
		{`^(a){0}(b)$`, 1 << 2, traits{}},
		{`^(a){0,3}b$`, 1 << 1, traits{optional: true}},

		{`^(.*)*$`, 0, traits{nested: true}},
		{`^((4+)x)+$`, 0, traits{nested: true}},
		{`^(4*){1,}$`, 0, traits{nested: true}},
		{`^(4{2}){3}$`, 0, traits{}},
		{`^(4*){3}$`, 0, traits{}},
		{`^[*(|)?]*[]|]+$`, 0, traits{}},
		{`^\(4*\)*$`, 0, traits{}},
	} {
		if _, err := naptr.ParseExpression("!" + c.ere + "!x:y!"); err != nil {
			t.Errorf("%s: %v", c.ere, err)
		}
		if got := examine(c.ere, '!', c.used); got != c.want {
			t.Errorf("%s used %b: %+v, want %+v", c.ere, c.used, got, c.want)
		}
	}
}

// What is written for a set matches that set, and nothing else.
func TestCharsText(t *testing.T) {
	for set := noChar; set <= anyChar; set++ {
		x, err := naptr.ParseExpression("!^" + set.text() + "$!x:y!")
		if err != nil {
			t.Fatalf("%s: %v", set.text(), err)
		}
		for i := range len(alphabet) {
			if _, ok := x.Eval(alphabet[i : i+1]); ok != (set>>i&1 != 0) {
				t.Fatalf("%s matches %q: %v", set.text(), alphabet[i], ok)
			}
		}
		p := patternReader{src: set.text(), delimiter: '!'}
		if got := p.set(); got != set || p.pos != len(p.src) {
			t.Fatalf("%s is read as %b, not %b", set.text(), got, set)
		}
	}
}

// Another spelling matches the same numbers and yields the same.
func TestRespell(t *testing.T) {
	for _, c := range []struct{ regexp, want string }{
		{`!^.*$!sip:alice@example.com!`, `!^.*$!sip:alice@example.com!`},
		{`!.*!sip:alice@example.com!i`, `!^.*$!sip:alice@example.com!`},
		{`/^\+44(.*)$/https:\/\/example.com\/\1/`, `!^\+44(.*)$!https://example.com/\1!`},
		{`#^!?(.*)$#SIP:a!\1'@example.com#i`, `!^x?(.*)$!sip:a%21\1%27@example.com!`},
		{`!^\!?\/?(.*)$!sip:\1@example.com!`, `!^x?x?(.*)$!sip:\1@example.com!`},
		{`!^[\!-9]*$!x:y!`, `!^.*$!x:y!`},
		{`!^[^/+]*[+]$!x:y!`, `!^[0-9]*[+]$!x:y!`},
		{`#^[!-\#]?(.*)$#x:\1y#`, `!^x?(.*)$!x:\1y!`},
		{`!^["']*[[:digit:]"]$!x:y!`, `!^x*[0-9]$!x:y!`},
		{`#^[\#-5]*(\#)?$#x:y#`, `!^[0-5+]*(x)?$!x:y!`},
		{"!^\xc3\xa9*[\xc3\xa9-\xc3\xbc]?[^\xc3\xa9]*$!x:y!", `!^x*x?.*$!x:y!`},
		{`!.*!sip:` + strings.Repeat("a", 246) + `!`, `!.*!sip:` + strings.Repeat("a", 246) + `!`},
	} {
		x, err := naptr.ParseExpression(c.regexp)
		if err != nil {
			t.Fatalf("%s: %v", c.regexp, err)
		}
		if got := respell(c.regexp, x.Delimiter()); got != c.want {
			t.Errorf("%s becomes %s, want %s", c.regexp, got, c.want)
		}
	}
}
