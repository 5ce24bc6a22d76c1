package naptr

import (
	"strings"
	"unicode/utf8"
)

// bracket reads a bracket expression. A backslash in it is a backslash, as POSIX has it, unless it
// escapes the delimiter of the expression; that then is a plain member, never an operator.
func (p *parser) bracket() (uint16, error) {
	open := p.pos
	p.pos++
	negate := false
	if p.peek() == '^' {
		negate = true
		p.pos++
	}
	p.members = p.members[:0]
	for first := true; first || p.peek() != ']'; first = false {
		if p.pos >= p.end {
			return 0, p.fault(open, ErrBracket, "it is not closed")
		}
		if p.peek() == '[' && p.pos+1 < p.end && strings.IndexByte(":.=", p.src[p.pos+1]) >= 0 {
			class, err := p.class()
			if err != nil {
				return 0, err
			}
			p.members = append(p.members, class...)
			if p.startsRange() {
				return 0, p.fault(p.pos, ErrBracket, "a class cannot begin a range")
			}
			continue
		}
		from := p.member()
		to := from
		if p.startsRange() {
			dash := p.pos
			p.pos++
			if p.peek() == '[' && p.pos+1 < p.end && strings.IndexByte(":.=", p.src[p.pos+1]) >= 0 {
				return 0, p.fault(dash, ErrBracket, "a class cannot end a range")
			}
			if to = p.member(); to < from {
				return 0, p.fault(dash, ErrBracket, "the range runs backwards")
			}
			if p.startsRange() {
				return 0, p.fault(p.pos, ErrBracket, "a range cannot begin another")
			}
		}
		p.members = append(p.members, runes{from, to})
	}
	p.pos++
	return p.add(node{op: opSet, set: p.addSet(newSet(p.members, p.fold, negate))}), nil
}

// startsRange reports whether the dash of a range comes next, rather than one that stands for itself
// before the closing bracket.
func (p *parser) startsRange() bool {
	return p.peek() == '-' && p.pos+1 < p.end && p.src[p.pos+1] != ']'
}

// member reads one character of a bracket expression; there is one.
func (p *parser) member() rune {
	if p.peek() == '\\' && p.pos+1 < p.end && p.src[p.pos+1] == p.delimiter {
		p.pos += 2
		return rune(p.delimiter)
	}
	r, size := utf8.DecodeRuneInString(p.src[p.pos:p.end])
	p.pos += size
	return r
}

// class reads "[:name:]". Collating symbols and equivalence classes depend on a locale, which NAPTR
// records must not (RFC 3403 section 3).
func (p *parser) class() ([]runes, error) {
	open := p.pos
	if p.src[open+1] != ':' {
		return nil, p.fault(open, ErrBracket, "collating symbols depend on a locale")
	}
	name, _, ok := strings.Cut(p.src[open+2:p.end], ":]")
	if !ok {
		return nil, p.fault(open, ErrBracket, "the class is not closed")
	}
	members, ok := classes[name]
	if !ok {
		return nil, p.fault(open, ErrBracket, "unknown class")
	}
	p.pos = open + 2 + len(name) + 2
	return members, nil
}
