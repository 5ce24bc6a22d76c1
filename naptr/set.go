package naptr

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// set is what one position of a pattern accepts: a character, a bracket expression or ".".
type set struct {
	ascii [2]uint64 // the characters below U+0080
	wide  *wide     // those above; nil for none
}

// wide are characters above U+007F, which no telephone number has.
type wide struct {
	ranges []runes // of all members, before folding and negation
	fold   bool    // flag "i"
	negate bool
}

type runes struct{ from, to rune }

// allWide are all of them.
var allWide = &wide{negate: true}

// anySet is ".".
var anySet = newSet([]runes{{0, unicode.MaxRune}}, false, false)

// newSet does not keep ranges.
func newSet(ranges []runes, fold, negate bool) (s set) {
	w := wide{ranges, fold, negate}
	needed := fold && (w.within('k') || w.within('K') || w.within('s') || w.within('S')) // which U+212A and U+017F fold to
	for _, x := range ranges {
		s.addASCII(x.from, x.to)
		needed = needed || x.to >= utf8.RuneSelf
	}
	if fold {
		for r := 'A'; r <= 'Z'; r++ {
			if w.within(r) || w.folds(r) {
				s.addASCII(r, r)
				s.addASCII(r|0x20, r|0x20)
			}
		}
	}
	if negate {
		s.ascii[0], s.ascii[1] = ^s.ascii[0], ^s.ascii[1]
	}
	switch {
	case needed:
		s.wide = &wide{slices.Clone(ranges), fold, negate}
	case negate:
		s.wide = allWide
	}
	return s
}

// addASCII adds from to to, as far as they are ASCII.
func (s *set) addASCII(from, to rune) {
	for word := range s.ascii {
		base := rune(64 * word)
		if low, high := max(from-base, 0), min(to-base, 63); low <= high {
			s.ascii[word] |= ^uint64(0) << low & (^uint64(0) >> (63 - high))
		}
	}
}

func (s *set) hasASCII(c byte) bool { return s.ascii[c>>6&1]>>(c&63)&1 != 0 }

// everyASCII reports whether s is "." as far as telephone numbers are concerned.
func (s *set) everyASCII() bool { return s.ascii == [2]uint64{^uint64(0), ^uint64(0)} }

// hasWide reports whether r, which is not ASCII, is in the set.
func (s *set) hasWide(r rune) bool { return s.wide != nil && s.wide.member(r) }

func (w *wide) member(r rune) bool {
	return (w.within(r) || w.fold && w.folds(r)) != w.negate
}

// folds reports whether another letter case of r is within the ranges.
func (w *wide) folds(r rune) bool {
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		if w.within(f) {
			return true
		}
	}
	return false
}

func (w *wide) within(r rune) bool {
	for _, x := range w.ranges {
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
