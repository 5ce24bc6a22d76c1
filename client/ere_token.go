package client

import "unicode/utf8"

// token is the smallest part of a pattern outside brackets.
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

// folded is how glibc stores a pattern's octet: with REG_ICASE in upper case.
func (p *ereParser) folded(c byte) byte {
	if p.fold && c >= 'a' && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}
