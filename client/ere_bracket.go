package client

// classes are the character classes of the POSIX locale, as far as ASCII goes.
var classes = map[string]func(byte) bool{
	"alpha": isAlpha,
	"digit": isDigit,
	"alnum": func(c byte) bool { return isAlpha(c) || isDigit(c) },
	"upper": func(c byte) bool { return c >= 'A' && c <= 'Z' },
	"lower": func(c byte) bool { return c >= 'a' && c <= 'z' },
	"space": func(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' },
	"blank": func(c byte) bool { return c == ' ' || c == '\t' },
	"cntrl": func(c byte) bool { return c < ' ' || c == 0x7f },
	"graph": func(c byte) bool { return c > ' ' && c < 0x7f },
	"print": isPrint,
	"punct": func(c byte) bool { return c > ' ' && c < 0x7f && !isAlpha(c) && !isDigit(c) },
	"xdigit": func(c byte) bool {
		return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
	},
}

func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isPrint(c byte) bool { return c >= ' ' && c < 0x7f }
func isWord(c byte) bool  { return isAlpha(c) || isDigit(c) || c == '_' }

// element is one member of a bracket expression.
type element struct {
	kind elementKind
	c    byte   // elementChar
	name string // the others
}

type elementKind uint8

const (
	elementChar elementKind = iota
	elementWide             // a character of several octets: no number has it
	elementSymbol
	elementEquivalence
	elementClass
)

// bracketToken is a character of a bracket expression and what it means there.
type bracketToken struct {
	kind bracketKind
	c    byte
	size int
}

type bracketKind uint8

const (
	bracketEnd bracketKind = iota // of the pattern
	bracketChar
	bracketClose
	bracketHyphen
	bracketCaret
	bracketName // "[:", "[=" or "[."
)

// peekBracket tells what stands at the position.
func (p *ereParser) peekBracket() bracketToken {
	if p.pos >= len(p.src) {
		return bracketToken{}
	}
	c := p.src[p.pos]
	if size := p.width(); size > 1 {
		return bracketToken{kind: bracketChar, c: c, size: size}
	}
	switch c {
	case '[':
		if p.pos+1 < len(p.src) && isOneOf(p.src[p.pos+1], ".=:") {
			return bracketToken{kind: bracketName, c: p.src[p.pos+1], size: 2}
		}
	case ']':
		return bracketToken{kind: bracketClose, c: c, size: 1}
	case '^':
		return bracketToken{kind: bracketCaret, c: c, size: 1}
	case '-':
		return bracketToken{kind: bracketHyphen, c: c, size: 1}
	}
	return bracketToken{kind: bracketChar, c: p.folded(c), size: 1}
}

// bracket reads a bracket expression; its "[" is the token, its "]" is read over.
func (p *ereParser) bracket() *tree {
	var set ascii
	tok := p.peekBracket()
	negated := tok.kind == bracketCaret
	if negated {
		p.pos++
		tok = p.peekBracket()
	}
	if tok.kind == bracketClose {
		tok.kind = bracketChar // "]" as the first member is itself
	}
	for first := true; ; first = false {
		if tok.kind == bracketEnd {
			return p.fail("an open bracket")
		}
		from, ok := p.element(tok, first)
		if !ok {
			return nil
		}
		tok = p.peekBracket()
		to, ranged := element{}, false
		if from.kind != elementClass && from.kind != elementEquivalence {
			if tok.kind == bracketEnd {
				return p.fail("an open bracket")
			}
			if tok.kind == bracketHyphen {
				p.pos += tok.size
				next := p.peekBracket()
				switch next.kind {
				case bracketEnd:
					return p.fail("an open bracket")
				case bracketClose:
					p.pos -= tok.size
					tok.kind = bracketChar // the last hyphen is itself
				default:
					if to, ok = p.element(next, true); !ok {
						return nil
					}
					ranged = true
					tok = p.peekBracket()
				}
			}
		}
		if ranged {
			ok = p.addRange(&set, from, to)
		} else {
			ok = p.addElement(&set, from)
		}
		switch {
		case !ok:
			return nil
		case tok.kind == bracketEnd:
			return p.fail("an open bracket")
		case tok.kind == bracketClose:
			p.pos++
			if negated {
				set.invert()
			}
			return p.make(tree{op: opChar, set: set})
		}
	}
}

// element reads over tok and what belongs to it.
func (p *ereParser) element(tok bracketToken, hyphen bool) (element, bool) {
	p.pos += tok.size
	switch {
	case tok.kind == bracketName:
		return p.named(tok.c)
	case tok.kind == bracketHyphen && !hyphen:
		if p.peekBracket().kind != bracketClose {
			p.fail("a hyphen between members")
			return element{}, false
		}
	case tok.size > 1:
		return element{kind: elementWide}, true
	}
	return element{c: tok.c}, true
}

// named reads the name of a class, equivalence class or collating symbol and its closing mark.
func (p *ereParser) named(mark byte) (element, bool) {
	const maxName = 32
	start := p.pos
	for p.pos-start < maxName && p.pos+1 < len(p.src) {
		c := p.src[p.pos]
		p.pos++
		if c == mark && p.src[p.pos] == ']' {
			e := element{name: p.src[start : p.pos-1]}
			p.pos++
			switch mark {
			case ':':
				e.kind = elementClass
			case '=':
				e.kind = elementEquivalence
			default:
				e.kind = elementSymbol
			}
			return e, true
		}
	}
	p.fail("an open bracket")
	return element{}, false
}

func (p *ereParser) addElement(set *ascii, e element) bool {
	switch e.kind {
	case elementChar:
		set.add(e.c)
	case elementSymbol, elementEquivalence:
		// Without a collation table only single characters have a name.
		if len(e.name) != 1 {
			p.fail("an unknown collating element")
			return false
		}
		set.add(p.folded(e.name[0]))
	case elementClass:
		name := e.name
		if p.fold && (name == "upper" || name == "lower") {
			name = "alpha"
		}
		is := classes[name]
		if is == nil {
			p.fail("an unknown character class")
			return false
		}
		set.addClass(is)
	}
	return true
}

func (p *ereParser) addRange(set *ascii, from, to element) bool {
	var ends [2]byte
	for i, e := range [...]element{from, to} {
		switch {
		case e.kind == elementClass || e.kind == elementEquivalence:
			p.fail("a class at the end of a range")
			return false
		case e.kind == elementSymbol && len(e.name) == 1:
			ends[i] = p.folded(e.name[0])
		case e.kind == elementChar:
			ends[i] = e.c
		default:
			p.fail("an unknown collating element")
			return false
		}
	}
	if ends[0] > ends[1] {
		p.fail("a range that ends before it begins")
		return false
	}
	for c := int(ends[0]); c <= int(ends[1]); c++ {
		set.add(byte(c))
	}
	return true
}
