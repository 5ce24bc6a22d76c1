package enumservice

import (
	"testing"

	"github.com/enumim/enumim/e164"
)

// Names below an apex count with all of its labels, but its digits, which the number has, once.
func TestCheckerFor(t *testing.T) {
	for apex, want := range map[string]Checker{
		"e164.arpa":            {Apex: len("e164.arpa")},
		"4.4.e164.arpa":        {Apex: len("e164.arpa")},
		"4.4.e164.example.net": {Apex: len("e164.example.net"), Private: true, DialPlan: true},
	} {
		a, err := e164.ParseApex(apex)
		if err != nil {
			t.Fatal(err)
		}
		if got := CheckerFor(a, want.DialPlan); got != want {
			t.Errorf("%s: %+v, want %+v", apex, got, want)
		}
	}
	if got := CheckerFor(e164.Apex{}, false); got.Apex != 0 {
		t.Errorf("no apex: %+v", got)
	}
}
