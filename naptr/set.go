package naptr

import (
	"unicode"
	"unicode/utf8"
)

// set is what one position of a pattern accepts: a character, a bracket expression or ".".
type set struct {
	ascii  [2]uint64 // the characters below U+0080, folding and negation already applied
	ranges []runes   // of all members, before folding and negation
	fold   bool      // flag "i"
	negate bool
}

type runes struct{ from, to rune }

// anySet is ".".
var anySet = newSet([]runes{{0, unicode.MaxRune}}, false, false)

// singles are the sets of one ASCII character each, most of every pattern.
var singles = func() (sets [utf8.RuneSelf]*set) {
	for r := range rune(utf8.RuneSelf) {
		sets[r] = newSet([]runes{{r, r}}, false, false)
	}
	return sets
}()

func newSet(ranges []runes, fold, negate bool) *set {
	s := &set{ranges: ranges, fold: fold, negate: negate}
	for _, x := range ranges {
		for r := x.from; r <= min(x.to, utf8.RuneSelf-1); r++ {
			s.ascii[r>>6] |= 1 << (r & 63)
		}
	}
	if negate {
		s.ascii[0], s.ascii[1] = ^s.ascii[0], ^s.ascii[1]
	}
	if fold {
		for r := 'A'; r <= 'z'; r++ {
			if s.member(r) {
				s.ascii[r>>6] |= 1 << (r & 63)
			} else {
				s.ascii[r>>6] &^= 1 << (r & 63)
			}
		}
	}
	return s
}

func (s *set) hasASCII(c byte) bool { return s.ascii[c>>6&1]>>(c&63)&1 != 0 }

// everyASCII reports whether s is "." as far as telephone numbers are concerned.
func (s *set) everyASCII() bool { return s.ascii == [2]uint64{^uint64(0), ^uint64(0)} }

func (s *set) member(r rune) bool {
	in := s.within(r)
	if s.fold {
		for f := unicode.SimpleFold(r); f != r && !in; f = unicode.SimpleFold(f) {
			in = s.within(f)
		}
	}
	return in != s.negate
}

func (s *set) within(r rune) bool {
	for _, x := range s.ranges {
		if r >= x.from && r <= x.to {
			return true
		}
	}
	return false
}

// classes are the character classes of POSIX in the POSIX locale: a NAPTR record means the same
// everywhere (RFC 3403 section 3).
var classes = map[string][]runes{
	"alnum":  {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}},
	"alpha":  {{'A', 'Z'}, {'a', 'z'}},
	"blank":  {{' ', ' '}, {'\t', '\t'}},
	"cntrl":  {{0, 0x1f}, {0x7f, 0x7f}},
	"digit":  {{'0', '9'}},
	"graph":  {{'!', '~'}},
	"lower":  {{'a', 'z'}},
	"print":  {{' ', '~'}},
	"punct":  {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}},
	"space":  {{'\t', '\r'}, {' ', ' '}},
	"upper":  {{'A', 'Z'}},
	"xdigit": {{'0', '9'}, {'A', 'F'}, {'a', 'f'}},
}
