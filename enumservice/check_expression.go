package enumservice

import (
	"strings"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// expression judges a substitution expression and evaluates it. uri is empty where it yields none;
// fixed says that it is the same for every number.
func (c Checker) expression(dst []Finding, n e164.Number, regexp string) (_ []Finding, uri string, fixed bool) {
	if uri, ok := naptr.CutLiteral(regexp); ok && uri != "" {
		return dst, uri, true
	}
	x, err := naptr.ParseExpression(regexp)
	if err != nil {
		return report(dst, ruleFor(err, expressionCauses, rulePattern)), "", false
	}
	dst = style(dst, x, regexp)
	if uri, ok := x.Literal(); ok {
		return dst, uri, true
	}
	if !n.IsValid() {
		return dst, "", false
	}
	var aus [1 + e164.MaxDigits]byte
	aus[0] = '+'
	full := n.AppendDigits(aus[:1])
	asked, other := full, full[1:]
	if c.DialPlan {
		asked, other = other, asked
	}
	var buf [512]byte
	if out, ok := x.Append(buf[:0], asked); ok {
		return dst, string(out), false
	}
	if c.Sample {
		return report(dst, ruleSampleUnmatched), "", false
	}
	if _, ok := x.Append(buf[:0], other); ok && !c.DialPlan {
		return report(dst, ruleNoPlus), "", false
	}
	return report(dst, ruleDead), "", false
}

// expressionCauses are the reasons of naptr.ParseExpression; the others are faults of the pattern.
var expressionCauses = []cause{
	{naptr.ErrTooLong, ruleFieldLength},
	{naptr.ErrNoExpression, ruleNeitherSet},
	{naptr.ErrDelimiter, ruleBadDelimiter},
	{naptr.ErrUnterminated, ruleDelimiterCount},
	{naptr.ErrExtraDelimiter, ruleDelimiterCount},
	{naptr.ErrFlag, ruleRegexpFlag},
	{naptr.ErrText, rulePatternText},
	{naptr.ErrEmptyPattern, ruleEmptyPattern},
	{naptr.ErrEmptyAlternative, ruleEmptyPattern},
	{naptr.ErrRepeat, ruleRepeat},
	{naptr.ErrPerl, rulePerl},
	{naptr.ErrTooComplex, ruleTooComplex},
	{naptr.ErrEmptyReplacement, ruleEmptyResult},
	{naptr.ErrBackref, ruleBackref},
	{naptr.ErrBackrefZero, ruleBackrefZero},
	{naptr.ErrBackslash, ruleBackslash},
}

// style reports what a correct expression should do without, RFC 6116 section 5.1.
func style(dst []Finding, x *naptr.Expression, regexp string) []Finding {
	delimiter := x.Delimiter()
	if delimiter != '!' {
		dst = report(dst, ruleOtherDelimiter)
	}
	if x.Flags() != "" {
		dst = report(dst, ruleCaseFlag)
	}
	ere, repl, escaped := cutExpression(regexp, delimiter)
	if escaped {
		dst = report(dst, ruleEscapedDelimiter)
	}
	for i := range len(ere) {
		if ere[i] >= 0x80 {
			dst = report(dst, rulePatternText)
			break
		}
	}
	switch {
	case ere == ".*":
		dst = report(dst, ruleUnanchoredAll)
	case !strings.HasPrefix(strings.TrimLeft(ere, "("), "^"), !strings.HasSuffix(strings.TrimRight(ere, ")"), "$"):
		dst = report(dst, ruleUnanchored)
	}
	var count [10]int
	for i := 0; i+1 < len(repl); i++ {
		if repl[i] != '\\' {
			continue
		}
		i++
		if repl[i] >= '1' && repl[i] <= '9' {
			count[repl[i]-'0']++
		}
	}
	many, high := false, false
	for group, times := range count {
		many = many || times > 3
		high = high || times > 0 && group > 5
	}
	if high {
		dst = report(dst, ruleHighBackref)
	}
	if many {
		dst = report(dst, ruleManyBackrefs)
	}
	return dst
}

// cutExpression splits a parsed expression at its delimiters, of which it has three, and reports
// whether one more is escaped.
func cutExpression(regexp string, delimiter byte) (ere, repl string, escaped bool) {
	start, found := 0, 0
	for i := 0; i < len(regexp) && found < 3; i++ {
		switch {
		case regexp[i] == delimiter:
			if found == 1 {
				ere = regexp[start:i]
			} else {
				repl = regexp[start:i]
			}
			start = i + 1
			found++
		case regexp[i] == '\\' && i+1 < len(regexp):
			i++
			escaped = escaped || regexp[i] == delimiter
		}
	}
	return ere, repl, escaped
}
