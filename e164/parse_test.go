package e164

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

var arpa = mustApex("e164.arpa.")

func mustApex(s string) Apex {
	a, err := ParseApex(s)
	if err != nil {
		panic(err)
	}
	return a
}

// From numbers to names: standards.md section 5.1, A01 to A18.
func TestParseVectors(t *testing.T) {
	for _, c := range []struct {
		id, in, number, name string
		err                  error
	}{
		{"A01", "+44-116-496-0348", "+441164960348", "8.4.3.0.6.9.4.6.1.1.4.4.e164.arpa.", nil},
		{"A02", "+44-20-7946-0148", "+442079460148", "8.4.1.0.6.4.9.7.0.2.4.4.e164.arpa.", nil},
		{"A03", "+441632960083", "+441632960083", "3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa.", nil},
		{"A04", "+46-8-9761234", "+4689761234", "4.3.2.1.6.7.9.8.6.4.e164.arpa.", nil},
		{"A05", "+1-770-555-1212", "+17705551212", "2.1.2.1.5.5.5.0.7.7.1.e164.arpa.", nil},
		{"A06", "+12025550100", "+12025550100", "0.0.1.0.5.5.5.2.0.2.1.e164.arpa.", nil},
		{"A07", "+39 06 1234 5678", "+390612345678", "8.7.6.5.4.3.2.1.6.0.9.3.e164.arpa.", nil},
		{"A08", "+123456789012345", "+123456789012345", "5.4.3.2.1.0.9.8.7.6.5.4.3.2.1.e164.arpa.", nil},
		{"A09", "+1234567890123456", "", "", ErrTooLong},
		{"A10 empty", "", "", "", ErrNoDigits},
		{"A10 plus", "+", "", "", ErrNoDigits},
		{"A10 punctuation", "+-(). ", "", "", ErrNoDigits},
		{"A10 scheme", "tel:", "", "", ErrNoDigits},
		{"A11", "+44 1632 ABCDEF", "", "", ErrNotDigit},
		{"A12 00", "00441632960083", "", "", ErrNoPlus},
		{"A12 011", "011441632960083", "", "", ErrNoPlus},
		{"A12 national", "03069990038", "", "", ErrNoPlus},
		{"A12 blank first", " +441632960083", "", "", ErrNoPlus},
		{"A13", "+44 (0)1632 960083", "", "", ErrTrunkDigit},
		{"A14", "tel:+44-1632-960083;ext=5", "+441632960083", "3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa.", nil},
		{"A14 capitals", "TEL:+44-1632-960083", "+441632960083", "3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa.", nil},
		{"A14 parameter without scheme", "+441632960083;ext=5", "", "", ErrNotDigit},
		{"A14 local number", "tel:960083;phone-context=+441632", "", "", ErrNoPlus},
		{"A15", "+44.1632.(960)-083", "+441632960083", "3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa.", nil},
		{"A16", "＋４４１６３２９６００８３", "", "", ErrNoPlus},
		{"A16 digits only", "+４４１６３２９６００８３", "", "", ErrNotDigit},
		{"A16 Arabic digits", "+٤٤", "", "", ErrNotDigit},
		{"A16 no-break blank", "+44\u00a01632960083", "", "", ErrNotDigit},
		{"A17", "+0123456789", "", "", ErrLeadingZero},
		{"A17 in brackets", "+(0)123456789", "", "", ErrLeadingZero},
		{"A18", "+999123456", "+999123456", "6.5.4.3.2.1.9.9.9.e164.arpa.", nil},
		{"second plus", "+44+1632", "", "", ErrNotDigit},
		{"tab", "+44\t1632", "", "", ErrNotDigit},
		{"NUL", "+44\x001632", "", "", ErrNotDigit},
	} {
		t.Run(c.id, func(t *testing.T) {
			n, err := Parse(c.in)
			if !errors.Is(err, c.err) || c.err == nil && err != nil {
				t.Fatalf("Parse(%q): error %v, want %v", c.in, err, c.err)
			}
			if c.err != nil {
				if n != 0 {
					t.Errorf("Parse(%q) gave %v beside an error", c.in, n)
				}
				// A number is personal data: no error repeats it.
				if strings.Contains(err.Error(), "1632") || strings.Contains(err.Error(), "123456") {
					t.Errorf("error tells the number: %v", err)
				}
				return
			}
			if n.String() != c.number || arpa.Domain(n) != c.name {
				t.Errorf("Parse(%q) = %v, %s", c.in, n, arpa.Domain(n))
			}
		})
	}
	if _, err := Parse("tel:+44x"); err == nil || !strings.HasPrefix(err.Error(), "character 8: ") {
		t.Errorf("position in %v, want character 8", err)
	}
}

func TestParseDigits(t *testing.T) {
	for _, c := range []struct {
		in   string
		want string
		err  error
	}{
		{"4711", "4711", nil},
		{"0", "0", nil},
		{"00441632", "00441632", nil},
		{"123456789012345", "123456789012345", nil},
		{"1234567890123456", "", ErrTooLong},
		{"", "", ErrNoDigits},
		{"+44", "", ErrNotDigit},
		{"47 11", "", ErrNotDigit},
		{"４", "", ErrNotDigit},
	} {
		n, err := ParseDigits(c.in)
		if !errors.Is(err, c.err) || n.Digits() != c.want {
			t.Errorf("ParseDigits(%q) = %q, %v; want %q, %v", c.in, n.Digits(), err, c.want, c.err)
		}
	}
}

func TestMustParse(t *testing.T) {
	if n := MustParse("+44 20"); n.Digits() != "4420" {
		t.Errorf("MustParse gave %v", n)
	}
	defer func() {
		if r, _ := recover().(string); !strings.HasPrefix(r, "e164: ") {
			t.Errorf("MustParse of no number: panic %q", r)
		}
	}()
	MustParse("44")
}

// JSON and configuration files hold numbers as text and must give the same number back.
func TestText(t *testing.T) {
	private, _ := ParseDigits("0123")
	for _, n := range []Number{0, MustParse("+441632960083"), MustParse("+1"), private} {
		text, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		back := MustParse("+999")
		if err := json.Unmarshal(text, &back); err != nil || back != n {
			t.Errorf("%s became %v, %v", text, back, err)
		}
	}
	n := MustParse("+44")
	if err := n.UnmarshalText([]byte("+44 (0)20")); !errors.Is(err, ErrTrunkDigit) || n.Digits() != "44" {
		t.Errorf("UnmarshalText: %v, number %v; a number that was there must stay", err, n)
	}
	if err := n.UnmarshalText([]byte("tel:+44-20")); err != nil || n.Digits() != "4420" {
		t.Errorf("UnmarshalText: %v, %v", n, err)
	}
	if err := n.UnmarshalText([]byte("tel:+0")); err == nil {
		t.Error("a tel URI with a leading zero was taken")
	}
}

func TestParseDoesNotAllocate(t *testing.T) {
	if got := testing.AllocsPerRun(100, func() {
		if _, err := Parse("+44 1632-960083"); err != nil {
			t.Fatal(err)
		}
	}); got != 0 {
		t.Errorf("Parse allocates %v times", got)
	}
}

// slowParse reads a number the long way: by turning the text into tokens first.
func slowParse(s string) (string, bool) {
	if len(s) >= 4 && strings.ToLower(s[:4]) == "tel:" {
		s = strings.SplitN(s[4:], ";", 2)[0]
	}
	if !strings.HasPrefix(s, "+") {
		return "", false
	}
	var digits []byte
	for i := 1; i < len(s); i++ {
		if strings.Contains("0123456789", s[i:i+1]) {
			digits = append(digits, s[i])
		} else if !strings.Contains("-.() ", s[i:i+1]) {
			return "", false
		} else if len(digits) > 0 && strings.HasPrefix(s[i:], "(0)") {
			return "", false
		}
	}
	return string(digits), len(digits) >= 1 && len(digits) <= 15 && digits[0] != '0'
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"+441632960083", "tel:+44-20-7946-0148;ext=5", "+44 (0)1632", "+123456789012345", "+１", "00441"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := Parse(s)
		want, ok := slowParse(s)
		if (err == nil) != ok || ok && n.Digits() != want {
			t.Fatalf("Parse(%q) = %v, %v; want %q, %v", s, n, err, want, ok)
		}
		if !ok {
			return
		}
		if back, err := Parse(n.String()); err != nil || back != n {
			t.Fatalf("%v became %v, %v", n, back, err)
		}
		if name, err := arpa.Parse(arpa.Domain(n)); err != nil || name != (Name{Number: n}) {
			t.Fatalf("%v became %v, %v by its domain", n, name, err)
		}
	})
}
