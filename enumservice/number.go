package enumservice

import "strconv"

// AppendNumber appends the findings on a number as such to dst and returns the extended slice.
// digits are those of its ENUM domain, country code first, of which there may be more than an
// e164.Number holds. A dial plan has its own rules: nothing is said about its numbers.
func (c Checker) AppendNumber(dst []Finding, digits string) []Finding {
	if c.DialPlan || digits == "" {
		return dst
	}
	switch l := len(digits); {
	case l > 31:
		dst = report(dst, ruleVeryLongNumber)
	case l > 15:
		dst = report(dst, ruleLongNumber)
	case l < 8 && !c.Sample:
		dst = report(dst, ruleShortNumber)
	}
	switch {
	case c.Private:
	case digits[0] == '0':
		dst = report(dst, ruleLeadingZero)
	case unassigned(digits):
		dst = report(dst, ruleCountryCode)
	}
	return dst
}

// spare are the country codes of three digits that nobody has, as ranges, by ITU-T's list as far as
// it can be taken for settled: codes that were withdrawn or set aside lately are not among them.
// Assignments change, so the finding is no more than a warning.
var spare = [...]struct{ from, to int }{
	{210, 210}, {214, 215}, {217, 217}, {219, 219}, {259, 259}, {280, 289}, {292, 296}, {384, 384},
	{422, 422}, {424, 429}, {693, 699}, {801, 807}, {809, 809}, {830, 839}, {851, 851}, {854, 854},
	{857, 859}, {871, 877}, {879, 879}, {884, 885}, {887, 887}, {889, 899}, {969, 969}, {978, 978},
	{990, 990}, {999, 999},
}

// unassigned reports whether the number begins with a country code that nobody has.
func unassigned(digits string) bool {
	if len(digits) < 3 {
		return false
	}
	code, err := strconv.Atoi(digits[:3])
	if err != nil {
		return false
	}
	for _, s := range spare {
		if s.from <= code && code <= s.to {
			return true
		}
	}
	return false
}
