package convert

import (
	"strings"

	"github.com/enumim/enumim/e164"
)

// shape is a substitution expression of a block as the numbers file makes it of a URI template: a
// pattern that spells the block out, with groups that all end with the number.
type shape struct {
	literal bool // "!^.*$!": any number, no groups
	groups  int
	starts  [9]int   // where the groups begin: plusAt, or how many digits come before; tailAt-n in an open block
	open    [2]int   // of an open block, from where to where ".*" stands in the expression
	tail    int      // of an open block, the dots behind ".*"
	repl    string   // the replacement
	used    [10]bool // the groups that the replacement refers to, by their numbers
}

const (
	plusAt = -1   // before the "+"
	tailAt = 1000 // tailAt-n: before the last n digits of a block of open length
)

// shapeOf takes an expression apart. ok is false for one that no URI template gives.
func shapeOf(regexp string, prefix e164.Number, least, most int, dialPlan bool) (s shape, ok bool) {
	if repl, plain := strings.CutPrefix(regexp, "!^.*$!"); plain {
		s.literal, s.repl = true, repl
	} else {
		pattern, repl, found := strings.Cut(regexp, "$!")
		if !found || !strings.HasPrefix(pattern, "!^") || !s.pattern(pattern, prefix, least, most, dialPlan) {
			return s, false
		}
		s.repl = repl
	}
	if s.repl, ok = strings.CutSuffix(s.repl, "!"); !ok {
		return s, false
	}
	for i := 0; i < len(s.repl); i++ {
		switch s.repl[i] {
		case '!':
			return s, false
		case '\\':
			if i++; i == len(s.repl) || s.repl[i] < '1' || int(s.repl[i]-'0') > s.groups {
				return s, false
			}
			s.used[s.repl[i]-'0'] = true
		}
	}
	return s, true
}

// pattern reads "!^" and the pattern behind it.
func (s *shape) pattern(p string, prefix e164.Number, least, most int, dialPlan bool) bool {
	i := 2
	group := func(pos int) {
		if i < len(p) && p[i] == '(' && s.groups < len(s.starts) {
			s.starts[s.groups] = pos
			s.groups++
			i++
		}
	}
	take := func(text string) bool {
		ok := strings.HasPrefix(p[i:], text)
		i += len(text)
		return ok && i <= len(p)
	}
	if !dialPlan {
		group(plusAt)
		if !take(`\+`) {
			return false
		}
	}
	for d := range prefix.Len() {
		group(d)
		if !take(string(rune(prefix.Digit(d)))) {
			return false
		}
	}
	if least == most {
		for d := prefix.Len(); d < most; d++ {
			group(d)
			if !take(".") {
				return false
			}
		}
	} else {
		group(prefix.Len())
		if s.open = [2]int{i, i + 2}; !take(".*") {
			return false
		}
		s.tail = strings.Count(p[i:], ".")
		for n := s.tail; n > 0; n-- {
			group(tailAt - n)
			if !take(".") {
				return false
			}
		}
	}
	return strings.Repeat(")", s.groups) == p[i:]
}
