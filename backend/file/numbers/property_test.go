package numbers

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

// fewest is the obvious model of splitRange: the prefix itself where all of its numbers are in the
// range, else what its ten children need.
func fewest(prefix e164.Number, lo, hi e164.Number) []e164.Number {
	first, last := prefix, prefix
	for first.Len() < lo.Len() {
		first, _ = first.Child('0')
		last, _ = last.Child('9')
	}
	switch {
	case last < lo || first > hi:
		return nil
	case first >= lo && last <= hi:
		return []e164.Number{prefix}
	}
	var all []e164.Number
	for d := byte('0'); d <= '9'; d++ {
		child, _ := prefix.Child(d)
		all = append(all, fewest(child, lo, hi)...)
	}
	return all
}

// A range is split into the fewest prefixes, which cover its numbers and no others: every range of
// up to three digits, and random long ones.
func TestSplitRange(t *testing.T) {
	check := func(lo, hi e164.Number) {
		got, want := splitRange(nil, lo, hi), fewest(0, lo, hi)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%s..%s: got %v, want %v", lo, hi, got, want)
		}
	}
	limit := 1
	for l := 1; l <= 3; l++ {
		limit *= 10
		step := 1 + (l-1)*(l-1)*3
		for a := 0; a < limit; a += step {
			for b := a; b < limit; b += step {
				check(fromValue(uint64(a), l), fromValue(uint64(b), l))
			}
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		a, b := r.Uint64N(1e15), r.Uint64N(1e15)
		check(fromValue(min(a, b), 15), fromValue(max(a, b), 15))
	}
}

// intended is the obvious model of a template: the words replaced, nothing else.
func intended(template, aus string, shared int) string {
	digits := strings.TrimPrefix(aus, "+")
	pairs := []string{"{number}", aus, "{digits}", digits, "{rest}", digits[min(shared, len(digits)):]}
	for n := 1; n <= 15; n++ {
		if n <= len(digits) {
			pairs = append(pairs, fmt.Sprintf("{last%d}", n), digits[len(digits)-n:])
		}
	}
	return strings.NewReplacer(pairs...).Replace(template)
}

// Whatever the block and whatever the template: where the parser takes it, its record gives the
// intended URI for every number of the block that is tried, as stored and in the plain form.
func TestTemplatesGiveTheIntendedURI(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	holes := []string{"{number}", "{digits}", "{rest}"}
	for n := 1; n <= 15; n++ {
		holes = append(holes, fmt.Sprintf("{last%d}", n))
	}
	taken := 0
	for range 20_000 {
		plan := r.IntN(4) == 0
		prefix := fmt.Sprint(1 + r.IntN(99999))
		keyText := "+" + prefix
		if plan {
			keyText = prefix
		}
		shared := len(prefix)
		switch r.IntN(4) {
		case 0:
			keyText += strings.Repeat("x", 1+r.IntN(6))
		case 1:
			least := r.IntN(4)
			keyText += fmt.Sprintf("x{%d,%d}", least, least+1+r.IntN(5))
		case 2:
			keyText += fmt.Sprintf("x{%d,}", 1+r.IntN(4))
		default:
			a, b := r.IntN(100), r.IntN(100)
			lo, hi := fmt.Sprintf("%s%02d", prefix, min(a, b)), fmt.Sprintf("%s%02d", prefix, max(a, b))
			for shared < len(lo) && lo[shared] == hi[shared] {
				shared++
			}
			keyText = "+" + lo + "..+" + hi
			if plan {
				keyText = lo + ".." + hi
			}
		}
		template := "sip:u"
		for range 1 + r.IntN(6) {
			template += holes[r.IntN(len(holes))] + []string{"", "-", "1", ".0"}[r.IntN(4)]
		}
		template += "@example.com"
		_, err := Parse([]byte(keyText+" "+template+"\n"), Options{DialPlan: plan}, func(e *backend.Entry, _ int) error {
			taken++
			rec := e.Records[0]
			x, err := naptr.ParseExpression(rec.Regexp)
			if err != nil {
				t.Fatalf("%s %s: %s: %v", keyText, template, rec.Regexp, err)
			}
			rule := naptr.NewRule(rec)
			for range 4 {
				n := e.Name.Number
				for want := e.Min + r.IntN(e.Max-e.Min+1); n.Len() < want; {
					n, _ = n.Child('0' + byte(r.IntN(10)))
				}
				aus := n.String()
				if plan {
					aus = n.Digits()
				}
				want := intended(template, aus, shared)
				if got, ok := x.Eval(aus); !ok || got != want {
					t.Fatalf("%s %s: %s gives %q for %s, intended is %q", keyText, template, rec.Regexp, got, aus, want)
				}
				if out, _, ok := rule.AppendPlain(nil, []byte(aus), ""); !ok || !bytes.Contains(out, []byte("!^.*$!"+want+"!")) {
					t.Fatalf("%s %s: the plain form for %s is %q", keyText, template, aus, out)
				}
			}
			return nil
		})
		if err != nil && strings.Contains(err.Error(), "report this") {
			t.Fatalf("%s %s: %v", keyText, template, err)
		}
	}
	if taken < 10_000 {
		t.Errorf("only %d entries were taken", taken)
	}
}

// A file that is cut anywhere is refused or not complete, so that it is never taken for whole.
func TestTruncation(t *testing.T) {
	const src = "$TTL 1h\r\n# all of it\n+12025550100 im:user@example.com\n  sip:a@example.com\n+1202555xxxx sip:{number}@example.com\n+4420 NS ns.example.net.\n+4421 none\n$END\n"
	if _, r, err := parse(t, src, Options{}); err != nil || !r.End {
		t.Fatalf("the whole file: %+v, %v", r, err)
	}
	for i := range len(src) {
		_, r, err := parse(t, src[:i], Options{})
		if err == nil && r.End {
			t.Errorf("cut after %d octets and taken for whole: %q", i, src[:i])
		}
		if err == nil && i > 0 && src[i-1] != '\n' {
			t.Errorf("cut within a line, and no error: %q", src[:i])
		}
	}
}

// The short way for plain URIs never lets pass, and never leaves unsaid, what the checks find.
func FuzzPlainURI(f *testing.F) {
	for _, s := range []string{
		"im:user@example.com", "sip:a.b-c_d+e@ex-ample.co", "im:a@b", "im:.a@example.com", "im:a..b@example.com", "im:a.@example.com", "IM:a@example.com",
		"pres:a@example.c-m", "im:a@-x.com", "im:a@x-.com", "im:a@example.1", "xmpp:a@example.com.", "iax:a@example.com", "acct:+@example.com", "h323:-@a.b",
		"sips:a@xn--bcher-kva.example", "tel:a@example.com", "im:a@" + strings.Repeat("a.", 120) + "com", "im:" + strings.Repeat("a", 240) + "@b.co", "im:a@1.2.3.4", "im:a@1.x1",
		"im:a@" + strings.Repeat("a", 63) + "." + strings.Repeat("b", 63) + "." + strings.Repeat("c", 63) + ".com",
	} {
		f.Add(s)
	}
	n := e164.MustParse("+12025550100")
	f.Fuzz(func(t *testing.T, s string) {
		colon, size := plainURI([]byte(s), "")
		if size == 0 {
			return
		}
		if s = s[:size]; strings.ContainsAny(s, " \t") {
			t.Errorf("%q is more than a word", s)
		}
		_, host, _ := strings.Cut(s, "@")
		if c, n := plainURI([]byte(s), host); c != colon || n != size {
			t.Errorf("%q is another URI when its host is known", s)
		}
		if _, err := checkURI([]byte(s)); err != nil {
			t.Errorf("%q: %v", s, err)
		}
		service, err := enumservice.ForScheme(s[:colon])
		if err != nil {
			return
		}
		regexp, err := naptr.Literal(s)
		if err != nil {
			return
		}
		rec := naptr.Record{Order: 100, Preference: 10, Flags: "u", Services: "E2U+" + service.String(), Regexp: regexp}
		for _, c := range []enumservice.Checker{{}, {Private: true}, {DialPlan: true}} {
			for _, finding := range c.Append(nil, n, rec) {
				if finding.Severity >= enumservice.Warning {
					t.Errorf("%q: %s %s", s, finding.Code, finding.Text)
				}
			}
		}
	})
}
