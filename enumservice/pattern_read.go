package enumservice

import (
	"strings"
	"unicode/utf8"
)

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
