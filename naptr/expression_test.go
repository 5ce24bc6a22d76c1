package naptr_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/enumim/enumim/naptr"
)

// TestDelimiters: D6 and Q03 to Q05. Every octet is either a delimiter that works or is refused.
func TestDelimiters(t *testing.T) {
	const good = "!\"#%&',-/:;<=>@_`~"
	for c := range 256 {
		d := string([]byte{byte(c)})
		regexp := d + `^\+44(.*)$` + d + `1632` + d
		if !strings.Contains(good, d) || c == 0 {
			refused(t, regexp, naptr.ErrDelimiter, 0)
			continue
		}
		e, err := naptr.ParseExpression(regexp)
		if err != nil {
			t.Errorf("delimiter %q: %v", d, err)
		} else if got, ok := e.Eval(drama); got != "1632" || !ok || e.Delimiter() != d[0] {
			t.Errorf("delimiter %q: got %q, %v", d, got, ok)
		}
	}
}

// TestEscapedDelimiter: Q07, RFC 3402 section 3.2. In the pattern it is the literal character, within
// brackets too, and never an operator.
func TestEscapedDelimiter(t *testing.T) {
	for _, v := range []struct{ regexp, aus, want string }{
		{`!^a\!b$!x!`, "a!b", "x"},
		{`!^a\!b$!x!`, "a\\!b", ""},
		{`!^[\!]$!x!`, "!", "x"},
		{`!^[\!]$!x!`, `\`, ""},
		{`!^[\\\!]$!x!`, `\`, "x"},
		{`-^[0\-9]$-x-`, "5", ""},
		{`-^[0\-9]$-x-`, "-", "x"},
		{`,^a{1\,2}$,x,`, "a", "refused"},
		{`<^\<$<x<`, "<", "x"},
		{`!^.*$!a\!\!b!`, "", "a!!b"},
		{`!^(.*)$!\!\1\!!`, "+1", "!+1!"},
	} {
		e, err := naptr.ParseExpression(v.regexp)
		if err != nil {
			if v.want != "refused" {
				t.Errorf("%s: %v", v.regexp, err)
			}
			continue
		}
		if got, ok := e.Eval(v.aus); got != v.want || ok != (v.want != "") {
			t.Errorf("%s on %q: got %q, %v, want %q", v.regexp, v.aus, got, ok, v.want)
		}
	}
}

// TestRefused: D7 to D13 and everything POSIX leaves undefined, each with its reason and place.
func TestRefused(t *testing.T) {
	for _, v := range []struct {
		regexp string
		reason error
		offset int
	}{
		{`!`, naptr.ErrUnterminated, 1},
		{`!a!b\!`, naptr.ErrUnterminated, 6}, // D10
		{`!a\\\!b!`, naptr.ErrUnterminated, 8},
		{`!a!b!!`, naptr.ErrExtraDelimiter, 5},
		{`!a!b!i!`, naptr.ErrExtraDelimiter, 6},
		{`!a!b!I g`, naptr.ErrFlag, 6},
		{"!\xff!b!", naptr.ErrText, 1},
		{"!a\x00!b!", naptr.ErrText, 2}, // D15
		{`!()!b!`, naptr.ErrEmptyAlternative, 2},
		{`!a|!b!`, naptr.ErrEmptyAlternative, 3},
		{`!|a!b!`, naptr.ErrEmptyAlternative, 1},
		{`!a||b!b!`, naptr.ErrEmptyAlternative, 3},
		{`!(a|)!b!`, naptr.ErrEmptyAlternative, 4},
		{`!(!b!`, naptr.ErrUnbalanced, 1},
		{`!a(b!b!`, naptr.ErrUnbalanced, 2},
		{`!)a!b!`, naptr.ErrUnbalanced, 1},
		{`!a)!b!`, naptr.ErrUnbalanced, 2},
		{`!*a!b!`, naptr.ErrRepeat, 1},
		{`!?a!b!`, naptr.ErrRepeat, 1},
		{`!{2}a!b!`, naptr.ErrRepeat, 1},
		{`!(*a)!b!`, naptr.ErrRepeat, 2},
		{`!^*a!b!`, naptr.ErrRepeat, 2},
		{`!a$*!b!`, naptr.ErrRepeat, 3},
		{`!a|+b!b!`, naptr.ErrRepeat, 3},
		{`!a**!b!`, naptr.ErrRepeatTwice, 3},
		{`!a+{2}!b!`, naptr.ErrRepeatTwice, 3},
		{`!a*?!b!`, naptr.ErrPerl, 3},
		{`!a++!b!`, naptr.ErrPerl, 3},
		{`!a{2}?!b!`, naptr.ErrPerl, 5},
		{`!a{!b!`, naptr.ErrInterval, 2},
		{`!a{}!b!`, naptr.ErrInterval, 2},
		{`!a{,2}!b!`, naptr.ErrInterval, 2},
		{`!a{2!b!`, naptr.ErrInterval, 2},
		{`!a{2,!b!`, naptr.ErrInterval, 2},
		{`!a{2,1}!b!`, naptr.ErrInterval, 2},
		{`!a{256}!b!`, naptr.ErrInterval, 2},
		{`!a{1,256}!b!`, naptr.ErrInterval, 2},
		{`!a{99999999999999999999}!b!`, naptr.ErrInterval, 2},
		{`!a{1x}!b!`, naptr.ErrInterval, 2},
		{`!a[bc!b!`, naptr.ErrBracket, 2},
		{`![]!b!`, naptr.ErrBracket, 1},
		{`![^]!b!`, naptr.ErrBracket, 1},
		{`![!b!`, naptr.ErrBracket, 1},
		{`![b-a]!b!`, naptr.ErrBracket, 3},
		{`![a-c-e]!b!`, naptr.ErrBracket, 5},
		{`![[:digit:]-z]!b!`, naptr.ErrBracket, 11},
		{`![a-[:digit:]]!b!`, naptr.ErrBracket, 3},
		{`![[:nope:]]!b!`, naptr.ErrBracket, 2},
		{`![[:digit]]!b!`, naptr.ErrBracket, 2},
		{`![[.a.]]!b!`, naptr.ErrBracket, 2}, // D13
		{`![[=a=]]!b!`, naptr.ErrBracket, 2},
		{`![a-!b!`, naptr.ErrBracket, 1},
		{`!\pL!b!`, naptr.ErrPerl, 1}, // D12
		{`!a\b!b!`, naptr.ErrPerl, 2},
		{`!\0!b!`, naptr.ErrPerl, 1},
		{`!(?=a)!b!`, naptr.ErrPerl, 1},
		{`!(a)\1!b!`, naptr.ErrPatternBackref, 4},
		{`!\<a!b!`, naptr.ErrEscape, 1},
		{`!\ a!b!`, naptr.ErrEscape, 1},
		{"!\\\xc3\xa9!b!", naptr.ErrEscape, 1},
		{`!(a)!\2!`, naptr.ErrBackref, 5}, // D9
		{`!a!b\0!`, naptr.ErrBackrefZero, 4},
		{`!a!b\\!`, naptr.ErrBackslash, 4}, // Q06
		{`!a!b\x!`, naptr.ErrBackslash, 4},
		{`!.{255}.{255}.{255}.{255}.{255}|a!b!`, naptr.ErrTooComplex, 1},
	} {
		t.Run(v.regexp, func(t *testing.T) { refused(t, v.regexp, v.reason, v.offset) })
	}
}

// TestErrorText: what a user reads names the place and the remedy, and nothing of the expression.
func TestErrorText(t *testing.T) {
	for regexp, want := range map[string]string{
		`!^+441632960083$!x!`: `character 3: repetition operator with nothing before it to repeat: a literal plus is written "\+"`,
		`1^.*$1x1`:            `character 1: bad delimiter: use "!" (a digit)`,
		`!^\d$!x!`:            `character 3: not an extended regular expression: write [0-9] for "\d" and plain groups ("\d")`,
	} {
		if _, err := naptr.ParseExpression(regexp); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// TestBrackets holds what POSIX says of bracket expressions where Perl says otherwise.
func TestBrackets(t *testing.T) {
	for _, v := range []struct{ ere, in, out string }{
		{`[]a]`, "]a", "[b"},
		{`[^]a]`, "b[", "]a"},
		{`[a-]`, "a-", "b"},
		{`[-a]`, "a-", "b"},
		{`[+--]`, "+,-", "./"},
		{`[\.]`, `\.`, "a"},
		{`[\d]`, `\d`, "5"},
		{`[a^]`, "a^", "b"},
		{`[[]`, "[", "a]"},
		{`[[a]`, "[a", "]"},
		{`[.*+?(){}|$]`, ".*+?(){}|$", "a^"},
		{`[[:digit:][:upper:]_]`, "09AZ_", "a "},
		{`[^[:alnum:]]`, "+_é", "a0Z"},
		{`[[:punct:]]`, "+~!@[`", "a0 "},
		{`[[:space:][:blank:]]`, " \t\r", "a"},
		{`[[:xdigit:]]`, "09afAF", "gG"},
		{`[[:cntrl:]]`, "\x01\x7f", "a"},
		{`[[:graph:]]`, "a~!", " é"},
		{`[[:print:]]`, "a ~", "\té"},
		{`[[:lower:]]`, "az", "AZ0é"},
		{`[é-ü]`, "éêü", "aÿ"},
		{`[:a]`, ":a", "[b"},
	} {
		e, err := naptr.ParseExpression("/^" + v.ere + "$/x/")
		if err != nil {
			t.Errorf("%s: %v", v.ere, err)
			continue
		}
		for _, c := range v.in {
			if _, ok := e.Eval(string(c)); !ok {
				t.Errorf("%s does not match %q", v.ere, c)
			}
		}
		for _, c := range v.out {
			if _, ok := e.Eval(string(c)); ok {
				t.Errorf("%s matches %q", v.ere, c)
			}
		}
	}
}

// TestEvaluation: rules beside the vectors.
func TestEvaluation(t *testing.T) {
	for _, v := range []struct{ name, regexp, aus, want string }{
		{"empty output is no match (R3402-08)", `!^\+44(1632)?.*$!\1!`, "+442079460148", ""},
		{"code points, not octets (R3403-01)", `!^(.)(.)$!\2!`, "éü", "ü"},
		{"code points in a program", `!^(é|ü)(.)$!\2!`, "éx", "x"},
		{"caseless code points", `!^É$!x!i`, "é", "x"},
		{"cased code points", `!^É$!x!`, "é", ""},
		{"caseless bracket", `!^[^a]$!x!i`, "A", ""},
		{"caseless class", `!^[[:upper:]]+$!x!i`, "az", "x"},
		{"capital I is the flag (Q04)", `!^ABC$!x!I`, "abc", "x"},
		{"octets of the replacement are kept (R6116-51)", "!^.*$!im:\xff\x01!", drama, "im:\xff\x01"},
		{"more counts than a program takes", `!^.{255}.{255}.{255}.{255}.{255}.*$!x!`, "é", ""},
		{"invalid octet is one character", `!^.$!x!`, "\xff", "x"},
		{"end within", `!(4$|1$)!x!`, "+44", "x"},
		{"leftmost", `!(4|41)(6|3|0)!\1\2!`, drama, "416"},
		{"longest", `!^\+(4|44|441)!\1!`, drama, "441"},
		{"last repetition", `!^\+([0-9])*$!\1!`, drama, "3"},
		{"counted group", `!^\+([0-9]{2}){2}!\1!`, drama, "16"},
		{"empty number", `!^.*$!x!`, "", "x"},
		{"tenth group is not \\1 and 0 swapped", `!^(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)!\9!`, drama, "6"},
		{"literal brace", `!^a}$!x!`, "a}", "x"},
	} {
		t.Run(v.name, func(t *testing.T) {
			e, err := naptr.ParseExpression(v.regexp)
			if err != nil {
				t.Fatal(err)
			}
			if got, ok := e.Eval(v.aus); got != v.want || ok != (v.want != "") {
				t.Errorf("got %q, %v, want %q", got, ok, v.want)
			}
			out, ok := e.Append([]byte("before"), []byte(v.aus))
			if string(out) != "before"+v.want || ok != (v.want != "") {
				t.Errorf("Append gives %q, %v", out, ok)
			}
		})
	}
}

func TestExpressionParts(t *testing.T) {
	for _, v := range []struct {
		regexp, flags string
		groups        int
		uri           string
	}{
		{`!.*!im:a@example.com!iI`, "iI", 0, "im:a@example.com"},
		{`!^.*$!a\!b\!!`, "", 0, "a!b!"},
		{`!^(.*)$!im:a@example.com!`, "", 1, ""},
		{`!^(.*)$!\1!`, "", 1, ""},
		{`!^((((((((((.))))))))))$!x!`, "", 10, ""},
	} {
		e, err := naptr.ParseExpression(v.regexp)
		if err != nil {
			t.Fatal(err)
		}
		uri, ok := e.Literal()
		if e.Flags() != v.flags || e.Groups() != v.groups || uri != v.uri || ok != (v.uri != "") {
			t.Errorf("%s: flags %q, %d groups, literal %q, %v", v.regexp, e.Flags(), e.Groups(), uri, ok)
		}
	}
	var zero naptr.Expression
	if _, ok := zero.Eval(drama); ok || zero.Delimiter() != 0 {
		t.Error("the zero Expression matches")
	}
	if _, err := naptr.ParseExpression("!.*!" + strings.Repeat("a", 251) + "!"); !errors.Is(err, naptr.ErrTooLong) {
		t.Errorf("256 octets: %v", err)
	}
	if _, err := naptr.ParseExpression("!.*!" + strings.Repeat("a", 250) + "!"); err != nil {
		t.Errorf("255 octets: %v", err)
	}
}

func TestLiteral(t *testing.T) {
	for _, v := range []struct {
		uri, want string
		err       error
	}{
		{"im:alice@example.com", "!^.*$!im:alice@example.com!", nil},
		{"im:a!b!@example.com", "!^.*$!im:a%21b%21@example.com!", nil},
		{`im:a\b@example.com`, "", naptr.ErrBackslash},
		{"", "", naptr.ErrEmptyReplacement},
		{strings.Repeat("a", 248), "!^.*$!" + strings.Repeat("a", 248) + "!", nil},
		{strings.Repeat("a", 249), "", naptr.ErrTooLong},
		{"!" + strings.Repeat("a", 246), "", naptr.ErrTooLong},
	} {
		got, err := naptr.Literal(v.uri)
		if got != v.want || !errors.Is(err, v.err) {
			t.Errorf("%.30s: got %q, %v", v.uri, got, err)
		}
		if err != nil {
			continue
		}
		e, err := naptr.ParseExpression(got)
		if err != nil {
			t.Fatal(err)
		}
		if uri, ok := e.Literal(); uri != strings.ReplaceAll(v.uri, "!", "%21") || !ok {
			t.Errorf("%s: literal %q, %v", got, uri, ok)
		}
	}
}

func ExampleExpression_Eval() {
	e, err := naptr.ParseExpression(`!^\+1202555(....)$!im:desk\1@example.com!`)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.Eval("+12025550100"))
	// Output: im:desk0100@example.com true
}
