package corefile

import (
	"testing"

	"github.com/enumim/enumim/e164"
)

// What is told of a number is what the option says, and nothing by default.
func TestPrivacy(t *testing.T) {
	for _, test := range []struct {
		digits   string
		dialPlan bool
		want     map[Privacy]string
	}{
		{"441632960083", false, map[Privacy]string{TellCountry: "+44", TellMasked: "+44... (12 digits)", TellNumber: "+441632960083"}},
		{"12025550123", false, map[Privacy]string{TellCountry: "+1", TellMasked: "+1... (11 digits)", TellNumber: "+12025550123"}},
		{"441", false, map[Privacy]string{TellCountry: "+44", TellMasked: "+44... (3 digits)", TellNumber: "+441"}},
		{"44", false, map[Privacy]string{TellCountry: "+44", TellMasked: "+44", TellNumber: "+44"}},
		{"4711", true, map[Privacy]string{TellMasked: "(4 digits)", TellNumber: "4711"}},
		{"", false, nil},
		{"", true, nil},
	} {
		var n e164.Number
		if test.digits != "" {
			var err error
			if n, err = e164.ParseDigits(test.digits); err != nil {
				t.Fatal(err)
			}
		}
		for p := TellNothing; p <= TellNumber; p++ {
			if got := p.Of(n, test.dialPlan); got != test.want[p] {
				t.Errorf("%q, dial plan %t: privacy %d tells %q, want %q", test.digits, test.dialPlan, p, got, test.want[p])
			}
		}
	}
	if p := Defaults().Privacy; p != TellNothing {
		t.Errorf("privacy %d is the default", p)
	}
}
