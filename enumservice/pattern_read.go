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
}

func (p *patternReader) peek() byte {
	if p.pos >= len(p.src) {
		return 0
	}
	return p.src[p.pos]
}

func (p *patternReader) repetition() (least, most int32, ok bool) {
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

func (p *patternReader) count() (n int32) {
	for ; p.peek() >= '0' && p.peek() <= '9'; p.pos++ {
		n = n*10 + int32(p.peek()-'0')
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
