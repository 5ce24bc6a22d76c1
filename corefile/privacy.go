package corefile

import (
	"strconv"

	"github.com/enumim/enumim/e164"
)

// Privacy is how much of a number that is asked for other plugins are told, such as log and trace. The zero value is
// nothing: a number is personal data (RFC 6116 section 7).
type Privacy uint8

// What is told of +441632960083.
const (
	TellNothing Privacy = iota
	TellCountry         // +44
	TellMasked          // +44... (12 digits)
	TellNumber          // +441632960083
)

var privacies = map[string]Privacy{"none": TellNothing, "country": TellCountry, "masked": TellMasked, "full": TellNumber}

// Of returns what may be told of n; "" for nothing. The digits of a private dial plan have no country code.
func (p Privacy) Of(n e164.Number, dialPlan bool) string {
	switch {
	case !n.IsValid() || p == TellNothing || p == TellCountry && dialPlan:
		return ""
	case p == TellCountry:
		return n.CountryCode().String()
	case p == TellMasked && dialPlan:
		return "(" + strconv.Itoa(n.Len()) + " digits)"
	case p == TellMasked:
		return n.Masked()
	case dialPlan:
		return n.Digits()
	}
	return n.String()
}

func (l *line) privacy() (Privacy, error) {
	const want = "none, country, masked or full"
	if err := l.count(1, 1, want); err != nil {
		return 0, err
	}
	p, ok := privacies[l.args[0]]
	if !ok {
		return 0, l.errorf("privacy %q: expected %s", l.args[0], want)
	}
	return p, nil
}
