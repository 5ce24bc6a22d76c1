package naptr

import (
	"strings"
	"unicode/utf8"
)

// node is a part of a pattern's syntax tree.
type node struct {
	op       op
	set      *set    // opSet
	subs     []*node // opConcat, opAlternate; one for opGroup and opRepeat
	group    int     // opGroup, from 1
	min, max int     // opRepeat; max is unbounded where there is no upper limit
}

type op uint8

const (
	opSet op = iota
	opBegin
	opEnd
	opConcat
	opAlternate
	opGroup
	opRepeat
)

const (
	unbounded = -1
	// maxRepeat is RE_DUP_MAX, the highest count that every POSIX system takes.
	maxRepeat = 255
)

// parser reads src[pos:end], a POSIX extended regular expression in which delimiter is escaped.
type parser struct {
	src       string
	pos, end  int
	delimiter byte
	fold      bool
	groups    int
}

func (p *parser) fault(at int, reason error, detail string) error {
	return &SyntaxError{Offset: at, Reason: reason, Detail: detail}
}

func (p *parser) parse() (*node, error) {
	if p.pos == p.end {
		return nil, p.fault(p.pos, ErrEmptyPattern, "")
	}
	for i := p.pos; i < p.end; {
		r, size := utf8.DecodeRuneInString(p.src[i:p.end])
		if r == utf8.RuneError && size == 1 || r == 0 {
			return nil, p.fault(i, ErrText, "")
		}
		i += size
	}
	root, err := p.alternatives()
	if err == nil && p.pos < p.end {
		return nil, p.fault(p.pos, ErrUnbalanced, "") // alternatives stop at ")" only
	}
	return root, err
}

// peek returns the octet at the current position; 0, which no pattern contains, at the end.
func (p *parser) peek() byte {
	if p.pos >= p.end {
		return 0
	}
	return p.src[p.pos]
}

func (p *parser) alternatives() (*node, error) {
	var subs []*node
	for {
		sub, err := p.branch()
		if err != nil {
			return nil, err
		}
		subs = append(subs, sub)
		if p.peek() != '|' {
			break
		}
		p.pos++
	}
	if len(subs) == 1 {
		return subs[0], nil
	}
	return &node{op: opAlternate, subs: subs}, nil
}

func (p *parser) branch() (*node, error) {
	var subs []*node
	for {
		switch p.peek() {
		case 0, '|', ')':
			switch {
			case len(subs) == 0 && p.peek() == ')' && p.pos == 1:
				return nil, p.fault(p.pos, ErrUnbalanced, "")
			case len(subs) == 0:
				return nil, p.fault(p.pos, ErrEmptyAlternative, "")
			case len(subs) == 1:
				return subs[0], nil
			}
			return &node{op: opConcat, subs: subs}, nil
		}
		sub, err := p.piece()
		if err != nil {
			return nil, err
		}
		subs = append(subs, sub)
	}
}

func isRepeat(c byte) bool { return c == '*' || c == '+' || c == '?' || c == '{' }

// piece reads an atom and the repetition operator behind it.
func (p *parser) piece() (*node, error) {
	atom, err := p.atom()
	if err != nil || !isRepeat(p.peek()) {
		return atom, err
	}
	if atom.op == opBegin || atom.op == opEnd {
		return nil, p.fault(p.pos, ErrRepeat, "")
	}
	rep := &node{op: opRepeat, subs: []*node{atom}, max: unbounded}
	switch p.peek() {
	case '+':
		rep.min = 1
	case '?':
		rep.max = 1
	case '{':
		if rep.min, rep.max, err = p.interval(); err != nil {
			return nil, err
		}
	}
	p.pos++
	if c := p.peek(); isRepeat(c) {
		if c == '?' || c == '+' {
			return nil, p.fault(p.pos, ErrPerl, "a lazy or possessive repetition")
		}
		return nil, p.fault(p.pos, ErrRepeatTwice, "")
	}
	return rep, nil
}

// interval reads {m}, {m,} or {m,n} and leaves the position on the closing brace.
func (p *parser) interval() (least, most int, err error) {
	open := p.pos
	bad := func() (int, int, error) { return 0, 0, p.fault(open, ErrInterval, "") }
	p.pos++
	least, ok := p.count()
	if !ok {
		return bad()
	}
	most = least
	if p.peek() == ',' {
		p.pos++
		most = unbounded
		if p.peek() != '}' {
			if most, ok = p.count(); !ok || most < least {
				return bad()
			}
		}
	}
	if p.peek() != '}' {
		return bad()
	}
	return least, most, nil
}

func (p *parser) count() (n int, ok bool) {
	for c := p.peek(); c >= '0' && c <= '9'; c = p.peek() {
		n = n*10 + int(c-'0')
		if n > maxRepeat {
			return 0, false
		}
		ok = true
		p.pos++
	}
	return n, ok
}

func (p *parser) atom() (*node, error) {
	at := p.pos
	switch c := p.peek(); c {
	case '*', '+', '?', '{':
		return nil, p.fault(at, ErrRepeat, "")
	case '^':
		p.pos++
		return &node{op: opBegin}, nil
	case '$':
		p.pos++
		return &node{op: opEnd}, nil
	case '.':
		p.pos++
		return &node{op: opSet, set: anySet}, nil
	case '(':
		return p.group()
	case '[':
		return p.bracket()
	case '\\':
		return p.escape()
	}
	r, size := utf8.DecodeRuneInString(p.src[at:p.end])
	p.pos += size
	return p.character(r), nil
}

func (p *parser) character(r rune) *node {
	if r < utf8.RuneSelf && !p.fold {
		return &node{op: opSet, set: singles[r]}
	}
	return &node{op: opSet, set: newSet([]runes{{r, r}}, p.fold, false)}
}

func (p *parser) group() (*node, error) {
	open := p.pos
	p.pos++
	if p.peek() == '?' {
		return nil, p.fault(open, ErrPerl, `"(?"`)
	}
	p.groups++
	n := &node{op: opGroup, group: p.groups}
	if p.pos == p.end {
		return nil, p.fault(open, ErrUnbalanced, "")
	}
	sub, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	if p.peek() != ')' {
		return nil, p.fault(open, ErrUnbalanced, "")
	}
	p.pos++
	n.subs = []*node{sub}
	return n, nil
}

// escape reads a backslash and what it escapes. The backslash is never last: it would have escaped
// the delimiter.
func (p *parser) escape() (*node, error) {
	at := p.pos
	c := p.src[at+1]
	switch {
	case c == p.delimiter:
	case c >= '1' && c <= '9':
		return nil, p.fault(at, ErrPatternBackref, "")
	case c == '0' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		return nil, p.fault(at, ErrPerl, `"\`+string(c)+`"`)
	case c <= ' ' || c >= 0x7f || strings.IndexByte("<>`'", c) >= 0:
		return nil, p.fault(at, ErrEscape, "")
	}
	p.pos += 2
	return p.character(rune(c)), nil
}
