package ldap

import (
	"strings"
	"testing"

	"github.com/enumim/enumim/e164"
)

// The ways in which countries dial.
var (
	nowhere  = dialling{trunk: "0", international: []string{"00"}}
	germany  = dialling{country: e164.MustParse("+49"), trunk: "0", international: []string{"00"}}
	britain  = dialling{country: e164.MustParse("+44"), trunk: "0", international: []string{"00"}, least: 9, most: 10}
	america  = dialling{country: e164.MustParse("+1"), trunk: "1", international: []string{"011"}, least: 10, most: 10}
	norway   = dialling{country: e164.MustParse("+47"), international: []string{"00"}, least: 8, most: 8}
	italy    = dialling{country: e164.MustParse("+39"), international: []string{"00"}, least: 6, most: 11}
	dialPlan = dialling{plain: true}
)

// TestNumbers: what people write into directories is read as the number that they mean, or not at all.
func TestNumbers(t *testing.T) {
	for _, tt := range []struct {
		dial  *dialling
		value string
		want  string // digits, or the rule that counts the value
	}{
		{&nowhere, "+441632960083", "441632960083"},
		{&nowhere, "+44 1632 960083", "441632960083"},
		{&nowhere, " +44 1632 960083 ", "441632960083"},
		{&nowhere, "+44 (1632) 960083", "441632960083"},
		{&nowhere, "(+44) 1632 960083", "441632960083"},
		{&nowhere, "+1-202-555-0123", "12025550123"},
		{&nowhere, "+1.202.555.0123", "12025550123"},
		{&nowhere, "+49\u00a030\u00a0901820", "4930901820"},
		{&nowhere, "+49 30 901820\u20110", "49309018200"},
		{&nowhere, "+49 30/901820", "4930901820"},
		{&nowhere, "tel:+44-1632-960083", "441632960083"},
		{&nowhere, "TEL:+441632960083", "441632960083"},
		{&nowhere, "00441632960083", "441632960083"},
		{&nowhere, "0044 1632 960083", "441632960083"},
		{&nowhere, "+44 (0)1632 960083", "441632960083"},
		{&nowhere, "+44(0)1632960083", "441632960083"},
		{&nowhere, "+49 (0) 30 901820", "4930901820"},
		{&nowhere, "+44 ( 0 ) 1632 960083", "441632960083"},
		{&nowhere, "+44 (0\u00a0)1632 960083", "441632960083"},
		{&nowhere, "+39 (0)6 69821", ruleTrunk},
		{&nowhere, "+39 ( 0)6 69821", ruleTrunk},
		{&nowhere, "+229 (0)1 97 00 00 00", ruleTrunk},
		{&nowhere, "+229 01 97 00 00 00", "2290197000000"},
		{&nowhere, "+4416 (0)32960083", ruleNumber},
		{&nowhere, "01632 960083", ruleLocal},
		{&nowhere, "4711", ruleLocal},
		{&nowhere, "+4711", ruleNumber},
		{&nowhere, "", ruleLocal},
		{&nowhere, "+", ruleNumber},
		{&nowhere, "++441632960083", ruleNumber},
		{&nowhere, "44+1632960083", ruleNumber},
		{&nowhere, "+0441632960083", ruleNumber},
		{&nowhere, "+44163296008344163", ruleNumber},
		{&nowhere, "alice@example.com", ruleNumber},
		{&nowhere, "none", ruleNumber},
		{&nowhere, "+44 1632 960083 ext. 12", ruleExtension},
		{&nowhere, "+44 1632 960083 x12", ruleExtension},
		{&nowhere, "+44 1632 960083#12", ruleExtension},
		{&nowhere, "tel:+441632960083;ext=12", ruleExtension},
		{&nowhere, "tel:+441632960083;isub=12", ruleExtension},
		{&nowhere, "tel:4711;phone-context=+44", ruleLocal},
		{&nowhere, "tel:+441632960083;rn=1", ruleNumber},
		{&nowhere, "+49 30 901820/901821", ruleNumber},
		{&nowhere, "+49 30 901820/21", ruleNumber},
		{&nowhere, "+44 1632 960083, +44 1632 960084", ruleNumber},
		{&nowhere, "+44 1632 960083;+44 1632 960084", ruleNumber},
		{&nowhere, "+44 1632 960083 (+44 1632 960084)", ruleNumber},
		{&nowhere, "+44 1632 960083 (home)", ruleNumber},
		{&nowhere, "+44 (1632 960083", ruleNumber},
		{&nowhere, "+44 (16) (32) 960083", ruleNumber},
		{&nowhere, "+\uff14\uff14 1632 960083", ruleNumber}, // full width
		{&nowhere, "+44 1632 9600\xff", ruleNumber},
		{&nowhere, "+44\x001632960083", ruleNumber},
		{&nowhere, "+44t1632960083", ruleNumber},

		{&germany, "030/901820", "4930901820"},
		{&germany, "(030) 901820", "4930901820"},
		{&germany, "(0)30 901820", "4930901820"},
		{&germany, "0049 30 901820", "4930901820"},
		{&germany, "0049 (0)30 901820", "4930901820"},
		{&germany, "0039 (0)6 69821", ruleTrunk},
		{&germany, "(0)0 901820", ruleNumber},
		{&germany, "+44 1632 960083", "441632960083"},
		{&germany, "901820", ruleLocal},
		{&germany, "0815", ruleLocal},
		{&germany, "030 901820-12 Durchwahl", ruleExtension},

		{&britain, "01632 960083", "441632960083"},
		{&britain, "1632 960083", "441632960083"},
		{&britain, "960083", ruleLocal},
		{&britain, "4711", ruleLocal},

		{&america, "(202) 555-0123", "12025550123"},
		{&america, "1-202-555-0123", "12025550123"},
		{&america, "011 44 1632 960083", "441632960083"},
		{&america, "00441632960083", ruleLocal},
		{&america, "555-0123", ruleLocal},

		{&norway, "22 86 00 00", "4722860000"},
		{&norway, "4711", ruleLocal},
		{&norway, "0047 22 86 00 00", "4722860000"},
		{&italy, "06 69821", "390669821"},
		{&italy, "39 06 69821", ruleLocal}, // with the country code, or not
		{&italy, "335 1234567", "393351234567"},
		{&italy, "+39 06 69821", "390669821"},

		{&dialPlan, "4711", "4711"},
		{&dialPlan, "0815", "0815"},
		{&dialPlan, "47-11", "4711"},
		{&dialPlan, "+4711", ruleNumber},
		{&dialPlan, "", ruleNumber},
	} {
		n, err := tt.dial.parse(tt.value)
		got := n.Digits()
		if err != nil {
			got = ruleOf(err)
		}
		if got != tt.want {
			t.Errorf("%q in country %q: %s, want %s", tt.value, tt.dial.country.Digits(), got, tt.want)
		}
	}
}

// FuzzNumber: whatever a value holds, what is read from it has its digits in their order: none is added but the country
// code, and none is left out but the prefixes that are dialled.
func FuzzNumber(f *testing.F) {
	plans := []*dialling{&nowhere, &germany, &britain, &america, &norway, &italy, &dialPlan}
	for _, seed := range []string{"+44 1632 960083", "(030) 901820", "011 44 1632 960083", "tel:+1-202-555-0123;ext=1", "+49 (0)30 901820", "4711"} {
		for i := range plans {
			f.Add(seed, uint8(i))
		}
	}
	f.Fuzz(func(t *testing.T, value string, plan uint8) {
		d := plans[int(plan)%len(plans)]
		n, err := d.parse(value)
		if err != nil {
			if n != 0 {
				t.Fatalf("%q: an error, and %s", value, n)
			}
			return
		}
		var digits []byte
		for i := range len(value) {
			if value[i] >= '0' && value[i] <= '9' {
				digits = append(digits, value[i])
			}
		}
		national := strings.TrimPrefix(n.Digits(), d.country.Digits())
		if !n.IsValid() || !strings.HasSuffix(string(digits), national) && !strings.HasSuffix(strings.Replace(string(digits), "0", "", 1), national) && !removed(string(digits), n.Digits()) {
			t.Fatalf("%q: %s", value, n)
		}
		if again, err := d.parse("+" + n.Digits()); !d.plain && (err != nil || again != n) {
			t.Fatalf("%q: %s, which itself is read as %s, %v", value, n, again, err)
		}
	})
}

// removed reports whether digits are those of a number and one zero more, as in "+49 (0)30".
func removed(digits, number string) bool {
	for i := range len(digits) {
		if digits[i] == '0' && digits[:i]+digits[i+1:] == number {
			return true
		}
	}
	return false
}
