package enumservice

import (
	"strings"
	"unicode/utf8"
)

// alphabet is what an Application Unique String consists of (RFC 6116 section 3.1). What else a
// pattern mentions can match nothing.
const alphabet = "0123456789+"

// chars is a set of characters of the alphabet, by index.
type chars uint16

const (
	anyChar chars = 1<<len(alphabet) - 1
	noChar  chars = 0
)

// piece is a part of a pattern in the order of writing: something that matches, or the border of a
// group.
type piece struct {
	set         chars // what it can match, or begin with
	least, most int   // length of what it matches; most may be endless
	choice      bool  // what it matches is not settled by its first character alone
	border      int   // of this group, 15 for all from there on; 0 for something that matches
}

const endless = 1 << 20

// traits are what clients differ over in a pattern that is well-formed.
type traits struct {
	ambiguous bool // where one part ends and the next begins, in a way that a used group shows
	optional  bool // a used group may be without a match
	nested    bool // endless repetition of what holds endless repetition
}

// examine looks a pattern over that naptr.ParseExpression took. used tells the groups that the
// replacement refers to, a bit each.
func examine(ere string, delimiter byte, used uint16) traits {
	if plain(ere) {
		return traits{}
	}
	p := patternReader{src: ere, delimiter: delimiter, used: used}
	p.ambiguous = splits(p.alternatives(false), used)
	return p.traits
}

// plain reports whether the pattern has at most one repetition, none of a group, and no alternatives:
// nothing that examine could find.
func plain(ere string) bool {
	seen := false
	for i := range len(ere) {
		switch ere[i] {
		case '|', '{':
			return false
		case '*', '+', '?':
			if i > 0 && ere[i-1] == '\\' {
				continue
			}
			if seen || i > 0 && ere[i-1] == ')' {
				return false
			}
			seen = true
		}
	}
	return true
}

// splits reports whether a used group begins or ends between a piece of variable length and one that
// can match the same characters.
func splits(pieces []piece, used uint16) bool {
	for i, a := range pieces {
		if !a.choice {
			continue
		}
		border := false
		for _, b := range pieces[i+1:] {
			if b.border != 0 {
				border = border || used>>b.border&1 != 0
				continue
			}
			if border && a.set&b.set != 0 {
				return true
			}
			if b.least > 0 {
				break
			}
		}
	}
	return false
}

// patternReader walks a pattern. It expects no faults.
type patternReader struct {
	src       string
	pos       int
	delimiter byte
	used      uint16
	groups    int
	traits
}

func (p *patternReader) peek() byte {
	if p.pos >= len(p.src) {
		return 0
	}
	return p.src[p.pos]
}

// alternatives reads up to the closing parenthesis or the end. A single branch is returned as it is;
// several become one piece that stands for all. optional says that the whole may not take part.
func (p *patternReader) alternatives(optional bool) []piece {
	several := p.severalBranches()
	whole := piece{least: endless}
	var before [][]chars
	for {
		branch := p.branch(optional || several)
		if !several {
			return branch
		}
		b := join(branch)
		whole.set |= b.set
		whole.choice = whole.choice || b.choice
		whole.least, whole.most = min(whole.least, b.least), max(whole.most, b.most)
		steps := positions(branch)
		for _, other := range before {
			whole.choice = whole.choice || prefixed(steps, other)
		}
		before = append(before, steps)
		if p.peek() != '|' {
			break
		}
		p.pos++
	}
	return []piece{whole}
}

// positions lists what a branch matches, character by character, up to where that depends.
func positions(pieces []piece) (steps []chars) {
	for _, b := range pieces {
		if b.choice {
			break
		}
		for range min(b.least, 64-len(steps)) {
			steps = append(steps, b.set)
		}
	}
	return steps
}

// prefixed reports whether two branches differ in length and can begin alike, so that either may be
// taken.
func prefixed(a, b []chars) bool {
	for i := range min(len(a), len(b)) {
		if a[i]&b[i] == 0 {
			return false
		}
	}
	return len(a) != len(b)
}

// severalBranches looks ahead for a "|" on this level.
func (p *patternReader) severalBranches() bool {
	ahead := patternReader{src: p.src, pos: p.pos, delimiter: p.delimiter}
	for depth := 0; ahead.pos < len(ahead.src); {
		switch ahead.peek() {
		case '(':
			depth++
		case ')':
			if depth--; depth < 0 {
				return false
			}
		case '|':
			if depth == 0 {
				return true
			}
		case '[':
			ahead.bracket()
			continue
		case '\\':
			ahead.pos++
		}
		ahead.pos++
	}
	return false
}

// join makes one piece of several that follow each other.
func join(pieces []piece) piece {
	var whole piece
	for _, b := range pieces {
		if b.border != 0 {
			continue
		}
		whole.set |= b.set
		whole.least += b.least
		whole.most = min(whole.most+b.most, endless)
		whole.choice = whole.choice || b.choice
	}
	return whole
}

func (p *patternReader) branch(optional bool) (pieces []piece) {
	for {
		switch c := p.peek(); c {
		case 0, '|', ')':
			return pieces
		case '^', '$':
			p.pos++
		case '(':
			pieces = append(pieces, p.group(optional)...)
		default:
			pieces = append(pieces, p.repeated(piece{set: p.set(), least: 1, most: 1}))
		}
	}
}

// group reads a group and the repetition behind it.
func (p *patternReader) group(optional bool) []piece {
	p.pos++
	p.groups++
	number := p.groups
	inner := p.alternatives(optional)
	p.pos++
	border := piece{border: min(number, 15)}
	least, most, ok := p.repetition()
	// That this group need not take part shows behind it, and holds for those within.
	if (optional || ok && least == 0) && p.usedSince(number) {
		p.optional = true
	}
	if !ok {
		return append(append([]piece{border}, inner...), border)
	}
	whole := join(inner)
	if most == endless && whole.most == endless {
		p.nested = true
	}
	whole.choice = whole.choice || least != most
	whole.least, whole.most = whole.least*least, min(whole.most*most, endless)
	return []piece{border, whole, border}
}

// usedSince reports whether the group of that number is used, or one within it. Only nine can be.
func (p *patternReader) usedSince(number int) bool {
	within := uint32(1)<<min(p.groups+1, 16) - 1
	return uint32(p.used)&within>>min(number, 16) != 0
}

// repeated reads the repetition behind a character.
func (p *patternReader) repeated(b piece) piece {
	if least, most, ok := p.repetition(); ok {
		b.least, b.most, b.choice = least, most, least != most
	}
	return b
}

func (p *patternReader) repetition() (least, most int, ok bool) {
	switch p.peek() {
	case '*':
		least, most = 0, endless
	case '+':
		least, most = 1, endless
	case '?':
		least, most = 0, 1
	case '{':
		p.pos++
		least = p.count()
		most = least
		if p.peek() == ',' {
			p.pos++
			most = endless
			if p.peek() != '}' {
				most = p.count()
			}
		}
	default:
		return 0, 0, false
	}
	p.pos++
	return least, most, true
}

func (p *patternReader) count() (n int) {
	for ; p.peek() >= '0' && p.peek() <= '9'; p.pos++ {
		n = n*10 + int(p.peek()-'0')
	}
	return n
}

// set reads what matches one character.
func (p *patternReader) set() chars {
	switch p.peek() {
	case '.':
		p.pos++
		return anyChar
	case '[':
		return p.bracket()
	case '\\':
		p.pos++
	}
	c, size := utf8.DecodeRuneInString(p.src[p.pos:])
	p.pos += size
	return between(c, c)
}

// bracket reads a bracket expression (see naptr for what stands in one).
func (p *patternReader) bracket() (set chars) {
	p.pos++
	negate := p.peek() == '^'
	if negate {
		p.pos++
	}
	for first := true; first || p.peek() != ']'; first = false {
		if rest := p.src[p.pos:]; strings.HasPrefix(rest, "[:") {
			name, _, _ := strings.Cut(rest[2:], ":]")
			set |= classChars(name)
			p.pos += len("[:") + len(name) + len(":]")
			continue
		}
		from := p.member()
		to := from
		if p.peek() == '-' && p.pos+1 < len(p.src) && p.src[p.pos+1] != ']' {
			p.pos++
			to = p.member()
		}
		set |= between(from, to)
	}
	p.pos++
	if negate {
		set ^= anyChar
	}
	return set
}

func (p *patternReader) member() rune {
	if p.peek() == '\\' && p.pos+1 < len(p.src) && p.src[p.pos+1] == p.delimiter {
		p.pos++
	}
	c, size := utf8.DecodeRuneInString(p.src[p.pos:])
	p.pos += max(size, 1)
	return c
}

func between(from, to rune) (set chars) {
	for i, c := range alphabet {
		if from <= c && c <= to {
			set |= 1 << i
		}
	}
	return set
}

func classChars(name string) chars {
	const digits = anyChar >> 1
	switch name {
	case "digit", "alnum", "xdigit":
		return digits
	case "punct":
		return anyChar &^ digits
	case "graph", "print":
		return anyChar
	}
	return noChar
}

// text writes the set as a pattern.
func (set chars) text() string {
	switch set {
	case anyChar:
		return "."
	case noChar:
		return nothing
	}
	b := make([]byte, 0, 2*len(alphabet))
	b = append(b, '[')
	for i := range len(alphabet) {
		if set>>i&1 == 0 {
			continue
		}
		b = append(b, alphabet[i])
		if i+2 < len(alphabet)-1 && set>>(i+1)&1 != 0 && set>>(i+2)&1 != 0 {
			last := i + 2
			for last+1 < len(alphabet)-1 && set>>(last+1)&1 != 0 {
				last++
			}
			b = append(b, '-', alphabet[last])
			set &^= 1<<(last+1) - 1<<i
		}
	}
	return string(append(b, ']'))
}

// nothing is a pattern that no Application Unique String matches.
const nothing = "x"
