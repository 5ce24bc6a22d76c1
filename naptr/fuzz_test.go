package naptr

import (
	"bytes"
	"strings"
	"testing"

	"github.com/enumim/enumim/e164"
)

// FuzzExpression: no expression makes the parser or the matcher panic or run long, and the shape, the
// program and Go's engine agree on every one that is accepted.
func FuzzExpression(f *testing.F) {
	for _, s := range []string{
		`!^.*$!im:alice@example.com!`, `!^\+44(1632)?(.*)$!im:a\1b\2@example.com!`, `!^[+](44)(.*)$!im:\2@\1.example.com!`,
		`!^\+([0-9]{3,15})$!im:\1@example.com!i`, `!((a*)*|(b*)*)*x!y!`, `/^[]a-c[:digit:]-]+$/x\/y/`, `!a\!b[\!]!x!`, `!^+44!x!`,
		`!(^|4)(4|$)!\1\2!`, `!.{0,255}{1}!x!`, `!é|ü!x!i`,
	} {
		f.Add(s, "+441632960083")
	}
	f.Fuzz(func(t *testing.T, source, aus string) {
		if len(aus) > 64 {
			aus = aus[:64]
		}
		e, err := ParseExpression(source)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without a text")
			}
			return
		}
		slow, err := parseExpression(source, false)
		if err != nil {
			if e.shape == nil {
				t.Fatalf("program refused: %v", err)
			}
			return // counts too high for a program are no trouble for a shape
		}
		got, ok := e.Eval(aus)
		if want, wantOK := slow.Eval(aus); got != want || ok != wantOK {
			t.Errorf("shape: %q, %v; program: %q, %v", got, ok, want, wantOK)
		}
		var groups spans
		if steps, _ := slow.program.match([]byte(aus), &groups); steps > len(slow.program.code)*(len(aus)+1) {
			t.Errorf("%d steps", steps)
		}
		second, _, _ := splitExpression(source)
		if source[0] == '!' {
			flags := ""
			if e.Flags() != "" {
				flags = "i"
			}
			compareWithGo(t, source[1:second], flags, aus)
		}
		rule := NewRule(Record{Flags: "u", Regexp: source})
		plain, _, ok := rule.AppendPlain(nil, []byte(aus), "")
		if !ok || bytes.Equal(plain, []byte(source)) {
			return
		}
		p, err := ParseExpression(string(plain))
		if err != nil {
			t.Fatalf("plain form %q: %v", plain, err)
		}
		if uri, ok := p.Literal(); !ok || uri != strings.ReplaceAll(got, "!", "%21") {
			t.Errorf("plain form %q instead of %q", plain, got)
		}
	})
}

// FuzzFactor: a record comes back octet for octet, whatever it holds, its plain form is that of the
// record that was not split, for the number itself and behind an alias, and no key makes RuleFromKey
// panic.
func FuzzFactor(f *testing.F) {
	f.Add("u", "E2U+im", "!^.*$!im:12025550100@example.com!", "", "12025550100")
	f.Add("u", "E2U+sip", "!^.*$!sip:alice@example.com!", "", "12025550100")
	f.Add("", "", "", "\x04next\x07example\x03com\x00", "1")
	f.Add("u", "E2U+im", `!^\+(.*)$!im:\1@example.com!`, "\x00", "44")
	f.Add("u", "E2U+sip", `!^\+12025550100$!sip:alice@example.com!`, "", "12025550100")
	f.Add("u", "E2U+sip", `!^\+1$!sip:1@gw1.example!`, "", "1")
	f.Add("U", "E2U+sip", `!^\+12025550100$!!`, "", "12025550100")
	f.Fuzz(func(t *testing.T, flags, services, regexp, replacement, digits string) {
		n, _ := e164.ParseDigits(digits)
		r := Record{Order: 100, Flags: flags, Services: services, Regexp: regexp, Replacement: replacement}
		for _, whole := range []bool{false, true} {
			var key, text []byte
			if whole {
				key, text = AppendFactoredURI(nil, nil, r, n)
			} else {
				key, text = AppendFactored(nil, nil, r, n)
			}
			rule, rest, err := RuleFromKey(append(key, "rest"...))
			if err != nil || string(rest) != "rest" {
				t.Fatalf("rest %q, %v", rest, err)
			}
			got, left := rule.AppendStored(nil, []byte(n.String()), string(text)+"left")
			if string(got) != regexp || left != "left" || rule.Flags != flags || rule.Services != services ||
				rule.Replacement != canonicalName(replacement) {
				t.Errorf("got %q, left %q, %+v", got, left, rule)
			}
			unsplit := NewRule(r)
			for _, asked := range []string{n.String(), n.Digits(), "+12025550199"} {
				own := []byte(n.String())
				want, _, wantOK := unsplit.AppendAliased(nil, []byte(asked), own, "")
				got, left, ok := rule.AppendAliased(nil, []byte(asked), own, string(text)+"left")
				if string(got) != string(want) || ok != wantOK || left != "left" {
					t.Errorf("asked %q: %q, %q, %v, want %q, %v", asked, got, left, ok, want, wantOK)
				}
			}
		}
		if rule, _, err := RuleFromKey([]byte(flags + services + regexp)); err == nil {
			rule.AppendPlain(nil, []byte("+1"), replacement)
			rule.AppendStored(nil, nil, replacement)
		}
	})
}

// FuzzRecordWire: what ParseRecord accepts is written back octet for octet.
func FuzzRecordWire(f *testing.F) {
	f.Add([]byte("\x00\x64\x00\x0a\x01u\x06E2U+im\x1b!^.*$!im:alice@example.com!\x00"))
	f.Add([]byte("\x00\x01\x00\x02\x00\x00\x00\x04next\x07example\x03com\x00"))
	f.Add([]byte("\x00\x01\x00\x02\x00\x00\x00\xc0\x0c"))
	f.Fuzz(func(t *testing.T, wire []byte) {
		r, err := ParseRecord(wire)
		if err != nil {
			return
		}
		if err := r.Check(); err != nil {
			t.Fatalf("accepted, but Check says %v", err)
		}
		back, err := r.AppendWire(nil)
		if err != nil || !bytes.Equal(back, wire) {
			t.Errorf("got %x, %v", back, err)
		}
	})
}
