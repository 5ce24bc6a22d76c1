package enumservice

import (
	"strings"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// shortest is the length of the shortest expression that yields a URI, such as "!.!a:b!".
const shortest = 7

// manyGroups is how many groups a pattern has at most for Kamailio and OpenSIPS to take it.
const manyGroups = 6

// asteriskGroups is how many Asterisk takes.
const asteriskGroups = 10

// expression judges a substitution expression and evaluates it. uri is empty where it yields none;
// fixed says that it is the same for every number.
func (c Checker) expression(dst []Finding, n e164.Number, regexp string) (_ []Finding, uri string, fixed bool) {
	if uri, ok := naptr.CutLiteral(regexp); ok && uri != "" {
		return replacementText(dst, uri, false), uri, true
	}
	if len(regexp) < shortest {
		dst = report(dst, ruleShort)
	}
	err := naptr.UseExpression(regexp, func(x *naptr.Expression) {
		dst = style(dst, x, regexp)
		if uri, fixed = x.Literal(); !fixed && n.IsValid() {
			dst, uri = c.evaluate(dst, n, x)
		}
	})
	if err != nil {
		return report(dst, expressionFault(err, regexp)), "", false
	}
	return dst, uri, fixed
}

// evaluate applies an expression to the number, and says what is wrong where it yields nothing.
func (c Checker) evaluate(dst []Finding, n e164.Number, x *naptr.Expression) (_ []Finding, uri string) {
	var aus [1 + e164.MaxDigits]byte
	var buf [512]byte
	if out, ok := x.Append(buf[:0], c.aus(aus[:0], n)); ok {
		return dst, string(out)
	}
	if c.Sample {
		return report(dst, ruleSampleUnmatched), ""
	}
	if _, ok := x.Append(buf[:0], n.AppendDigits(aus[:0])); ok {
		return report(dst, ruleNoPlus), ""
	}
	return report(dst, ruleDead), ""
}

// expressionFault returns the finding of an error of naptr.ParseExpression.
func expressionFault(err error, regexp string) rule {
	f := ruleFor(err, expressionCauses, rulePattern)
	switch {
	case f == ruleBackslash && strings.Contains(regexp, `\\`):
		return ruleDoubleBackslash
	case f == ruleBadDelimiter && !bindRefuses(regexp):
		return ruleOddDelimiter // RFC 3402 section 3.2 has it, package naptr does not
	}
	return f
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
	if flags := x.Flags(); flags != "" {
		dst = report(dst, ruleCaseFlag)
		if !strings.Contains(flags, "I") {
			dst[len(dst)-1].Clients &^= bind // which knows the small letter
		}
	}
	ere, repl, escaped := cutExpression(regexp, delimiter)
	if escaped {
		dst = report(dst, ruleEscapedDelimiter)
	}
	dst = patternText(dst, ere)
	if strings.Contains(ere, `\\`) {
		dst = report(dst, ruleDoubleBackslash)
	}
	dst = replacementText(dst, repl, strings.ContainsAny(ere, " \t\"'"))
	switch {
	case ere == ".*":
		dst = report(dst, ruleUnanchoredAll)
	case !strings.HasPrefix(strings.TrimLeft(ere, "("), "^"), !strings.HasSuffix(strings.TrimRight(ere, ")"), "$"):
		dst = report(dst, ruleUnanchored)
	}
	dst, used := backrefs(dst, repl)
	if x.Groups() > manyGroups {
		dst = report(dst, ruleManyGroups)
		if x.Groups() <= asteriskGroups {
			dst[len(dst)-1].Clients &^= asterisk
		}
	}
	if strayBrace(ere, delimiter) {
		dst = report(dst, ruleStrayBrace)
	}
	t := examine(ere, delimiter, used)
	if t.ambiguous {
		dst = report(dst, ruleAmbiguous)
	}
	if t.optional {
		dst = report(dst, ruleOptionalGroup)
	}
	if t.nested {
		dst = report(dst, ruleNested)
	}
	return dst
}

// replacementText reports characters that URIs may have, and some clients take for their own.
func replacementText(dst []Finding, repl string, splits bool) []Finding {
	if quote := strings.IndexByte(repl, '\'') >= 0; splits || quote {
		dst = report(dst, ruleSplitting)
		if quote && !encodable(repl) {
			dst[len(dst)-1].Repair = ByPolicy
		}
	}
	if strings.IndexByte(repl, '$') >= 0 {
		dst = report(dst, ruleDollar)
	}
	return dst
}

// patternText reports octets of a pattern that some clients cannot take.
func patternText(dst []Finding, ere string) []Finding {
	for i := range len(ere) {
		if ere[i] >= 0x80 {
			dst = report(dst, rulePatternText)
			break
		}
	}
	if strings.IndexByte(ere, '/') >= 0 {
		dst = report(dst, rulePatternSlash)
	}
	return dst
}

// strayBrace reports whether the pattern has a "}" that ends no repetition and stands for itself.
func strayBrace(ere string, delimiter byte) bool {
	p := patternReader{src: ere, delimiter: delimiter}
	for open := false; p.pos < len(ere); p.pos++ {
		switch p.peek() {
		case '[':
			p.bracket()
			p.pos--
		case '\\':
			p.pos++
		case '{':
			open = true
		case '}':
			if !open {
				return true
			}
			open = false
		}
	}
	return false
}

// backrefs judges the references of a replacement to groups and returns which it refers to, a bit
// each.
func backrefs(dst []Finding, repl string) (_ []Finding, used uint16) {
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
		if times == 0 {
			continue
		}
		used |= 1 << group
		many = many || times > 3
		high = high || group > 5
	}
	if used != 0 {
		dst = report(dst, ruleAnyBackref)
	}
	if high {
		dst = report(dst, ruleHighBackref)
	}
	if many {
		dst = report(dst, ruleManyBackrefs)
	}
	return dst, used
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
