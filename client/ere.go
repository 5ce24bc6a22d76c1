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
		return nil, fmt.Errorf("%w: the C library does not come to an end", errUnsure)
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

// ereParser is a recursive descent that accepts what glibc 2.36 accepts.
type ereParser struct {
	src    string
	pos    int // behind the token
	fold   bool
	locale locale

	token  token
	groups int
	done   uint   // bit k: group k is complete and may be referred to
	unsure string // what is in the pattern that this emulation does not cover
	made   int
	err    error
}

type token struct {
	kind tokenKind
	c    byte // the character, or the digit of a back-reference
	size int  // octets of a character
}

type tokenKind uint8

const (
	tokEnd tokenKind = iota
	tokChar
	tokAlt
	tokStar
	tokPlus
	tokQuestion
	tokOpenCount
	tokCloseCount
	tokOpen
	tokClose
	tokBracket
	tokAny
	tokBegin
	tokLast
	tokBackref
	tokEscape // a backslash with one of "<>bBwWsS`'"
	tokBackslash
)

var plainTokens = [utf8.RuneSelf]tokenKind{
	'|': tokAlt, '*': tokStar, '+': tokPlus, '?': tokQuestion, '{': tokOpenCount, '}': tokCloseCount,
	'(': tokOpen, ')': tokClose, '[': tokBracket, '.': tokAny, '^': tokBegin, '$': tokLast,
}

// advance reads the next token.
func (p *ereParser) advance() {
	if p.pos >= len(p.src) {
		p.token = token{}
		return
	}
	c := p.src[p.pos]
	switch {
	case c == '\\' && p.pos+1 == len(p.src):
		p.token = token{kind: tokBackslash, size: 1}
	case c == '\\':
		p.pos++
		c = p.src[p.pos]
		switch {
		case c >= '1' && c <= '9':
			p.token = token{kind: tokBackref, c: c - '0', size: 1}
		case isOneOf(c, "<>bBwWsS`'"):
			p.token = token{kind: tokEscape, c: c, size: 1}
		default:
			p.character()
		}
	case c < utf8.RuneSelf && plainTokens[c] != tokEnd:
		p.token = token{kind: plainTokens[c], c: c, size: 1}
	default:
		p.character()
	}
	p.pos += p.token.size
}

func (p *ereParser) character() {
	p.token = token{kind: tokChar, c: p.src[p.pos], size: p.width()}
}

// width is how many octets the character at the position has.
func (p *ereParser) width() int {
	if p.locale == utf8Locale {
		if _, size := utf8.DecodeRuneInString(p.src[p.pos:]); size > 1 {
			return size
		}
	}
	return 1
}

func isOneOf(c byte, list string) bool {
	for i := range len(list) {
		if list[i] == c {
			return true
		}
	}
	return false
}

func (p *ereParser) fail(why string) *tree {
	if p.err == nil {
		p.err = fmt.Errorf("%w: %s", errPattern, why)
	}
	p.pos = len(p.src) // ends every loop
	p.token = token{}
	return nil
}

func (p *ereParser) make(t tree) *tree {
	if p.made++; p.made > maxTree && p.err == nil {
		p.fail("")
		p.err = fmt.Errorf("%w: the pattern is too large", errUnsure)
	}
	t.anchored = t.op == opAnchor || t.left != nil && t.left.anchored || t.right != nil && t.right.anchored
	return &t
}

// concat joins two parts, either of which may be nil for nothing.
func (p *ereParser) concat(a, b *tree) *tree {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return p.make(tree{op: opConcat, left: a, right: b})
}

// alternatives reads branches up to the end or, in a group, the closing parenthesis. Any may be empty.
func (p *ereParser) alternatives(depth int) *tree {
	before := p.done
	t := p.branch(depth)
	for p.token.kind == tokAlt {
		p.advance()
		var other *tree
		if !p.branchEnds(depth) {
			seen := p.done
			p.done = before
			other = p.branch(depth)
			p.done |= seen
		}
		t = p.make(tree{op: opAlt, left: t, right: other})
	}
	return t
}

func (p *ereParser) branchEnds(depth int) bool {
	return p.token.kind == tokEnd || p.token.kind == tokAlt || depth > 0 && p.token.kind == tokClose
}

func (p *ereParser) branch(depth int) *tree {
	t := p.piece(depth)
	for !p.branchEnds(depth) {
		t = p.concat(t, p.piece(depth))
	}
	return t
}

// piece reads an atom and any number of repetitions.
func (p *ereParser) piece(depth int) *tree {
	var t *tree
	switch tok := p.token; tok.kind {
	case tokEnd, tokAlt:
		return nil
	case tokBackslash:
		return p.fail("a backslash ends it")
	case tokStar, tokPlus, tokQuestion, tokOpenCount:
		return p.fail("nothing before a repetition")
	case tokBegin, tokLast:
		// glibc takes no repetition behind an anchor: what follows begins a new piece, and "^+" fails.
		kind := afterBegin
		if tok.kind == tokLast {
			kind = beforeEnd
		}
		p.advance()
		return p.make(tree{op: opAnchor, anchor: kind})
	case tokEscape:
		if t = p.wordAnchor(tok.c); t != nil {
			p.advance()
			return t
		}
		t = p.shorthand(tok.c)
	case tokBackref:
		if p.done&(1<<tok.c) == 0 {
			return p.fail("a back-reference to no group")
		}
		p.unsure = "a back-reference"
		t = p.make(tree{op: opChar})
	case tokOpen:
		t = p.group(depth)
	case tokBracket:
		t = p.bracket()
	case tokAny:
		var set ascii
		set.addClass(func(c byte) bool { return c != 0 && c != '\n' })
		t = p.make(tree{op: opChar, set: set})
	default: // a character, or ")" and "}" that close nothing
		var set ascii
		if tok.size == 1 {
			set.add(p.folded(tok.c))
		}
		t = p.make(tree{op: opChar, set: set})
	}
	p.advance()
	for p.err == nil {
		switch p.token.kind {
		case tokStar, tokPlus, tokQuestion, tokOpenCount:
			t = p.repeat(t)
		default:
			return t
		}
	}
	return nil
}

// folded is how glibc stores a pattern's octet: with REG_ICASE in upper case.
func (p *ereParser) folded(c byte) byte {
	if p.fold && c >= 'a' && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}

func (p *ereParser) group(depth int) *tree {
	p.groups++
	n := p.groups
	p.advance()
	var t *tree
	if p.token.kind != tokClose {
		if t = p.alternatives(depth + 1); p.token.kind != tokClose {
			return p.fail("an open parenthesis")
		}
	}
	if n <= 9 {
		p.done |= 1 << n
	}
	return p.make(tree{op: opSub, left: t, group: n})
}

// wordAnchor returns the anchors that GNU adds to POSIX; nil for any other character.
func (p *ereParser) wordAnchor(c byte) *tree {
	at := func(a anchor) *tree { return p.make(tree{op: opAnchor, anchor: a}) }
	switch c {
	case '<':
		return at(afterGap | beforeWord)
	case '>':
		return at(afterWord | beforeGap)
	case '`':
		return at(afterBegin)
	case '\'':
		return at(beforeEnd)
	case 'b':
		return p.make(tree{op: opAlt, left: at(afterGap | beforeWord), right: at(afterWord | beforeGap)})
	case 'B':
		return p.make(tree{op: opAlt, left: at(afterWord | beforeWord), right: at(afterGap | beforeGap)})
	}
	return nil
}

// shorthand is \w, \W, \s or \S.
func (p *ereParser) shorthand(c byte) *tree {
	var set ascii
	if c == 'w' || c == 'W' {
		set.addClass(isWord)
	} else {
		set.addClass(classes["space"])
	}
	if c == 'W' || c == 'S' {
		set.invert()
	}
	return p.make(tree{op: opChar, set: set})
}

const (
	maxCount  = 0x7fff // RE_DUP_MAX
	unlimited = -1
)

// repeat reads one repetition and applies it to t; nil is nothing, and stays so.
func (p *ereParser) repeat(t *tree) *tree {
	least, most := 0, unlimited
	switch p.token.kind {
	case tokPlus:
		least = 1
	case tokQuestion:
		most = 1
	case tokOpenCount:
		var ok bool
		if least, most, ok = p.interval(); !ok {
			return nil
		}
	}
	p.advance()
	if t == nil || p.err != nil || most == 0 {
		return nil // {0} takes its part out, though its groups count
	}
	if t.anchored {
		p.unsure = "a repeated anchor"
	}
	all := t
	var before *tree
	if least > 0 {
		for range least - 1 {
			if t = p.copy(t); p.err != nil {
				return nil
			}
			all = p.concat(all, t)
		}
		if least == most {
			return all
		}
		t = p.copy(t)
		before, all = all, nil
	}
	if t.op == opSub {
		markOptional(t, t.group)
	}
	if most == unlimited {
		return p.concat(before, p.make(tree{op: opStar, left: t}))
	}
	all = p.make(tree{op: opAlt, left: t})
	for range most - least - 1 {
		if t = p.copy(t); p.err != nil {
			return nil
		}
		all = p.make(tree{op: opAlt, left: p.concat(all, t)})
	}
	return p.concat(before, all)
}

func markOptional(t *tree, group int) {
	if t == nil {
		return
	}
	markOptional(t.left, group)
	markOptional(t.right, group)
	if t.op == opSub && t.group == group {
		t.optional = true
	}
}

func (p *ereParser) copy(t *tree) *tree {
	if t == nil || p.err != nil {
		return nil
	}
	c := p.make(*t)
	c.left, c.right, c.optional = p.copy(t.left), p.copy(t.right), false
	return c
}

// interval reads what is between "{" and "}" and leaves the closing brace as the token.
func (p *ereParser) interval() (least, most int, ok bool) {
	least, valid := p.count()
	comma := p.token.kind == tokChar && p.token.c == ','
	switch {
	case least == unlimited && valid && comma:
		least = 0 // {,n} is {0,n}
	case least == unlimited || !valid:
		p.fail("a bad interval")
		return 0, 0, false
	}
	most = least
	if comma {
		if most, valid = p.count(); !valid {
			p.fail("a bad interval")
			return 0, 0, false
		}
	}
	if p.token.kind != tokCloseCount || most != unlimited && least > most {
		p.fail("a bad interval")
		return 0, 0, false
	}
	if max(least, most) > maxCount {
		p.fail("an interval above 32767")
		return 0, 0, false
	}
	return least, most, true
}

// count reads digits up to a comma or closing brace: unlimited where there is none, and not valid
// where something else is in between.
func (p *ereParser) count() (n int, valid bool) {
	n, valid = unlimited, true
	for {
		p.advance()
		switch {
		case p.token.kind == tokEnd:
			return unlimited, false
		case p.token.kind == tokCloseCount, p.token.c == ',':
			return n, valid
		case p.token.kind != tokChar || p.token.c < '0' || p.token.c > '9':
			valid = false
		case n == unlimited:
			n = int(p.token.c - '0')
		default:
			n = min(maxCount+1, n*10+int(p.token.c-'0'))
		}
	}
}
