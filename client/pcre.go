package client

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
)

// errPCRE: PCRE refuses the pattern.
var errPCRE = errors.New("pattern refused by PCRE")

// pcreFault says why a pattern gives nothing.
func pcreFault(err error) string {
	if errors.Is(err, errUnsure) {
		return "cannot be told: its expression has what only PCRE knows"
	}
	return "PCRE refuses its expression"
}

// compilePCRE compiles as switch_regex_perform of FreeSWITCH does: "_" begins a pattern of Asterisk's,
// "/" one with options at its end. The dialect is that of PCRE as far as package regexp knows it, which
// finds the same match; errUnsure tells of what it does not know, errPCRE of what PCRE refuses.
func compilePCRE(pattern string) (*regexp.Regexp, error) {
	if rest, ok := strings.CutPrefix(pattern, "_"); ok {
		pattern = asteriskPattern(rest)
	}
	if strings.HasPrefix(pattern, "/") {
		end := strings.LastIndex(pattern[1:], "/") + 1
		if end == 0 {
			return nil, errPCRE
		}
		options := pattern[end+1:]
		pattern = pattern[1:end]
		if strings.Contains(options, "i") {
			pattern = "(?i)" + pattern
		}
		if strings.Contains(options, "s") {
			pattern = "(?s)" + pattern
		}
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, pcreRefuses(err)
	}
	if err := pcreDiffers(pattern, parsed); err != nil {
		return nil, err
	}
	return regexp.Compile(pattern)
}

// pcreRefuses tells whether PCRE refuses, too, what package regexp refuses.
func pcreRefuses(err error) error {
	var fault *syntax.Error
	if !errors.As(err, &fault) {
		return errUnsure
	}
	switch fault.Code {
	case syntax.ErrMissingParen:
		if !strings.HasSuffix(fault.Expr, "(?") {
			return errPCRE
		}
	case syntax.ErrUnexpectedParen, syntax.ErrMissingBracket, syntax.ErrTrailingBackslash,
		syntax.ErrMissingRepeatArgument, syntax.ErrInvalidCharRange:
		return errPCRE
	case syntax.ErrInvalidRepeatOp:
		if !strings.HasSuffix(fault.Expr, "+") { // possessive
			return errPCRE
		}
	case syntax.ErrInvalidRepeatSize:
		least, most, _ := strings.Cut(strings.Trim(fault.Expr, "{}"), ",")
		if n, err := strconv.Atoi(most); err == nil && n <= 1000 && len(least) < 5 {
			return errPCRE // out of order; PCRE knows higher counts
		}
	}
	return errUnsure
}

// classRange is a range from a class, such as [\d-z], which PCRE refuses within brackets.
var classRange = regexp.MustCompile(`\\[dDwWsS]-[^]]`)

// pcreDiffers tells whether PCRE refuses a pattern that package regexp takes, or reads it in another
// way; nil where both agree.
func pcreDiffers(pattern string, parsed *syntax.Regexp) error {
	switch {
	case strings.Contains(pattern, "[[.") || strings.Contains(pattern, "[[="):
		return errPCRE
	case strings.Contains(pattern, "[.") || strings.Contains(pattern, "[="), classRange.MatchString(pattern),
		strings.Count(pattern, "[:") != strings.Count(pattern, "[[:"), repeatsEmpty(parsed):
		return errUnsure
	case repeatsAnchor(parsed):
		if strings.Contains(pattern, "(?") {
			return errUnsure
		}
		return errPCRE
	}
	names := parsed.CapNames()
	slices.Sort(names)
	for i := 1; i < len(names); i++ {
		if names[i] != "" && names[i] == names[i-1] {
			return errPCRE
		}
	}
	return nil
}

// repeatsAnchor reports whether a repetition follows "^", "$" or another assertion.
func repeatsAnchor(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		switch re.Sub[0].Op {
		case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText,
			syntax.OpWordBoundary, syntax.OpNoWordBoundary:
			return true
		}
	}
	return slices.ContainsFunc(re.Sub, repeatsAnchor)
}

// repeatsEmpty reports whether the pattern repeats a group that may match nothing, for which PCRE and
// package regexp report different groups.
func repeatsEmpty(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpStar, syntax.OpPlus, syntax.OpRepeat:
		if hasCapture(re.Sub[0]) && matchesEmpty(re.Sub[0]) {
			return true
		}
	}
	return slices.ContainsFunc(re.Sub, repeatsEmpty)
}

func hasCapture(re *syntax.Regexp) bool {
	return re.Op == syntax.OpCapture || slices.ContainsFunc(re.Sub, hasCapture)
}

// matchesEmpty reports whether re can match nothing.
func matchesEmpty(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune) == 0
	case syntax.OpNoMatch, syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return false
	case syntax.OpCapture, syntax.OpPlus:
		return matchesEmpty(re.Sub[0])
	case syntax.OpRepeat:
		return re.Min == 0 || matchesEmpty(re.Sub[0])
	case syntax.OpConcat:
		return !slices.ContainsFunc(re.Sub, func(sub *syntax.Regexp) bool { return !matchesEmpty(sub) })
	case syntax.OpAlternate:
		return slices.ContainsFunc(re.Sub, matchesEmpty)
	}
	return true // anchors, OpStar, OpQuest, OpEmptyMatch
}
