package client

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// ere is a regular expression as glibc compiles it (regcomp with REG_EXTENDED). Package naptr refuses
// what POSIX leaves undefined; glibc gives each of these patterns a meaning, and clients live by it.
// Octets are matched, and only ASCII text: an Application Unique String has no other.
type ere struct {
	groups int    // re_nsub
	nodes  []node // the automaton
	start  int
	plural bool  // it has alternatives or repetitions
	alias  []int // which group's span each group reports, from group 1
}

var (
	// errPattern: regcomp refuses the pattern.
	errPattern = errors.New("pattern refused by regcomp")
	errNoMatch = errors.New("the pattern does not match")
	// errUnsure: what the program does cannot be told. glibc has errors of its own where a pattern has
	// back-references or repeats an anchor, and a very large pattern depends on the memory.
	errUnsure = errors.New("cannot be told")
)

// locale is what a program's LC_CTYPE makes of a pattern's octets.
type locale uint8

const (
	posixLocale locale = iota // one octet, one character
	utf8Locale                // C.UTF-8
)

// maxTree is how many nodes a pattern may take; glibc's own limit is the memory of the machine.
const maxTree = 1 << 14

// tree is a node of the syntax tree; its shape decides, through the numbers that the nodes get, which
// of several matches of equal length glibc reports.
type tree struct {
	op          treeOp
	left, right *tree
	set         ascii  // opChar
	anchor      anchor // opAnchor
	group       int    // opSub, opOpen, opClose, from 1
	optional    bool   // opSub, opOpen, opClose: under a repetition
	anchored    bool   // an anchor stands in it
	first, next *tree
	at          int // in ere.nodes
}

type treeOp uint8

const (
	opChar treeOp = iota
	opAnchor
	opConcat
	opAlt  // left or right; nil stands for nothing
	opStar // left, any number of times
	opSub
	opOpen
	opClose
	opAccept
)

// anchor is what must hold where a node stands: all of its bits.
type anchor uint8

const (
	afterBegin anchor = 1 << iota // nothing before
	afterWord
	afterGap // no word character before
	beforeEnd
	beforeWord
	beforeGap
)

// ascii is a set of ASCII characters; others do not occur in the text to match.
type ascii [2]uint64

func (s *ascii) add(c byte) {
	if c < utf8.RuneSelf {
		s[c/64] |= 1 << (c % 64)
	}
}

func (s *ascii) has(c byte) bool { return c < utf8.RuneSelf && s[c/64]&(1<<(c%64)) != 0 }

func (s *ascii) invert() { s[0], s[1] = ^s[0], ^s[1] }

func (s *ascii) addClass(is func(byte) bool) {
	for c := range byte(utf8.RuneSelf) {
		if is(c) {
			s.add(c)
		}
	}
}

// compileERE compiles a pattern as regcomp does with REG_EXTENDED and, where fold is set, REG_ICASE.
// REG_NEWLINE changes nothing: numbers have no newline. A NUL ends the pattern, as in C. The error
// wraps errPattern or errUnsure.
func compileERE(pattern string, fold bool, l locale) (*ere, error) {
	p := ereParser{src: cString(pattern), fold: fold, locale: l}
	p.advance()
	root := p.alternatives(0)
	if p.err != nil {
		return nil, p.err
	}
	if p.unsure != "" {
		return nil, fmt.Errorf("%w: %s in the pattern", errUnsure, p.unsure)
	}
	e := &ere{groups: p.groups}
	if !e.build(p.concat(root, p.make(tree{op: opAccept}))) {
		return nil, fmt.Errorf("%w: the pattern is too large", errUnsure)
	}
	return e, p.err
}

// cString is s up to its first NUL.
func cString(s string) string {
	for i := range len(s) {
		if s[i] == 0 {
			return s[:i]
		}
	}
	return s
}
