package naptr

import "github.com/enumim/enumim/e164"

// Serves reports whether the expression matches any of the numbers that begin with prefix and have from
// least to most digits: whether a record of a block can ever be of use. dialPlan says that numbers are
// matched without "+". It follows all numbers at once instead of trying them.
func (e *Expression) Serves(prefix e164.Number, least, most int, dialPlan bool) bool {
	p := e.program
	if p == nil {
		slow, err := parseExpression(e.source, false)
		if err != nil {
			return true // with more instructions than a program can have, which a shape does without
		}
		p = slow.program
	}
	aus := prefix.AppendDigits([]byte("+"))
	if dialPlan {
		aus = aus[1:]
	} else {
		least, most = least+1, most+1
	}
	w := walk{program: p, here: make([]bool, len(p.code)), next: make([]bool, len(p.code)), atEnd: make([]bool, len(p.code))}
	for pos := 0; pos <= most; pos++ {
		w.begin, w.end = pos == 0, pos >= max(least, len(aus))
		clear(w.atEnd)
		for pc, on := range w.here {
			w.here[pc] = false
			w.next[pc] = on
		}
		for pc, on := range w.next {
			if on && w.follow(uint16(pc), w.here) {
				return true
			}
		}
		if w.follow(p.entry, w.here) { // a match may begin anywhere
			return true
		}
		clear(w.next)
		for pc, on := range w.here {
			i := p.code[pc]
			if !on || i.code != consume {
				continue
			}
			s := &p.sets[i.arg]
			if pos < len(aus) && s.hasASCII(aus[pos]) || pos >= len(aus) && s.anyDigit() {
				w.next[i.x] = true
			}
		}
		w.here, w.next = w.next, w.here
	}
	return false
}

// walk is where in a program matches of some number can be, after so many characters.
type walk struct {
	*program
	here, next []bool // instructions
	atEnd      []bool // those reached in numbers that end here
	begin, end bool   // a number begins here, can end here
}

// follow goes on from an instruction as far as that takes no character, and reports whether a match is
// complete. seen are the instructions that were reached in the same way.
func (w *walk) follow(pc uint16, seen []bool) bool {
	if seen[pc] {
		return false
	}
	seen[pc] = true
	switch i := w.code[pc]; i.code {
	case matched:
		return true
	case save:
		return w.follow(i.x, seen)
	case split:
		return w.follow(i.x, seen) || w.follow(i.y, seen)
	case atBegin:
		return w.begin && w.follow(i.x, seen)
	case atEnd:
		return w.end && w.follow(i.x, w.atEnd)
	}
	return false
}

// anyDigit reports whether a digit is in the set.
func (s *set) anyDigit() bool {
	for c := byte('0'); c <= '9'; c++ {
		if s.hasASCII(c) {
			return true
		}
	}
	return false
}
