package naptr

import (
	"strings"
	"unicode/utf8"
)

const (
	unbounded = -1
	// maxRepeat is RE_DUP_MAX, the highest count that every POSIX system takes.
	maxRepeat = 255
)

// parser reads src[pos:end], a POSIX extended regular expression in which delimiter is escaped.
type parser struct {
	tree
	src       string
	pos, end  int
	delimiter byte
	fold      bool
	groups    int
	pending   []uint16              // operands of what is not complete yet
	members   []runes               // of the bracket expression that is read
	singles   [utf8.RuneSelf]uint16 // 1 + index of the set of an ASCII character alone
}

// reset makes the parser ready for the pattern between the first octet of src and end.
func (p *parser) reset(src string, end int, fold bool) {
	*p = parser{
		tree: tree{p.nodes[:0], p.subs[:0], p.sets[:0]},
		src:  src, pos: 1, end: end, delimiter: src[0], fold: fold,
		pending: p.pending[:0], members: p.members[:0],
	}
}

func (p *parser) fault(at int, reason error, detail string) error {
	return &SyntaxError{Offset: at, Reason: reason, Detail: detail}
}

// parse returns the root of the tree.
func (p *parser) parse() (root uint16, err error) {
	if p.pos == p.end {
		return 0, p.fault(p.pos, ErrEmptyPattern, "")
	}
	for i := p.pos; i < p.end; {
		r, size := utf8.DecodeRuneInString(p.src[i:p.end])
		if r == utf8.RuneError && size == 1 || r == 0 {
			return 0, p.fault(i, ErrText, "")
		}
		i += size
	}
	root, err = p.alternatives()
	if err == nil && p.pos < p.end {
		return 0, p.fault(p.pos, ErrUnbalanced, "") // alternatives stop at ")" only
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

func (p *parser) alternatives() (uint16, error) {
	start := len(p.pending)
	for {
		sub, err := p.branch()
		if err != nil {
			return 0, err
		}
		p.pending = append(p.pending, sub)
		if p.peek() != '|' {
			return p.collect(opAlternate, start), nil
		}
		p.pos++
	}
}

func (p *parser) branch() (uint16, error) {
	start := len(p.pending)
	for {
		switch p.peek() {
		case 0, '|', ')':
			switch {
			case len(p.pending) > start:
				return p.collect(opConcat, start), nil
			case p.peek() == ')' && p.pos == 1:
				return 0, p.fault(p.pos, ErrUnbalanced, "")
			}
			return 0, p.fault(p.pos, ErrEmptyAlternative, "")
		}
		sub, err := p.piece()
		if err != nil {
			return 0, err
		}
		p.pending = append(p.pending, sub)
	}
}

func isRepeat(c byte) bool { return c == '*' || c == '+' || c == '?' || c == '{' }

// piece reads an atom and the repetition operator behind it.
func (p *parser) piece() (uint16, error) {
	atom, err := p.atom()
	if err != nil || !isRepeat(p.peek()) {
		return atom, err
	}
	if op := p.nodes[atom].op; op == opBegin || op == opEnd {
		return 0, p.fault(p.pos, ErrRepeat, "")
	}
	rep := node{op: opRepeat, max: unbounded}
	switch p.peek() {
	case '+':
		rep.min = 1
	case '?':
		rep.max = 1
	case '{':
		if rep.min, rep.max, err = p.interval(); err != nil {
			return 0, err
		}
	}
	p.pos++
	if c := p.peek(); isRepeat(c) {
		if c == '?' || c == '+' {
			return 0, p.fault(p.pos, ErrPerl, "a lazy or possessive repetition")
		}
		return 0, p.fault(p.pos, ErrRepeatTwice, "")
	}
	return p.adopt(rep, atom), nil
}

// interval reads {m}, {m,} or {m,n} and leaves the position on the closing brace.
func (p *parser) interval() (least, most int16, err error) {
	open := p.pos
	bad := func() (int16, int16, error) { return 0, 0, p.fault(open, ErrInterval, "") }
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

func (p *parser) count() (n int16, ok bool) {
	for c := p.peek(); c >= '0' && c <= '9'; c = p.peek() {
		n = n*10 + int16(c-'0')
		if n > maxRepeat {
			return 0, false
		}
		ok = true
		p.pos++
	}
	return n, ok
}

func (p *parser) atom() (uint16, error) {
	at := p.pos
	switch c := p.peek(); c {
	case '*', '+', '?', '{':
		return 0, p.fault(at, ErrRepeat, "")
	case '^':
		p.pos++
		return p.add(node{op: opBegin}), nil
	case '$':
		p.pos++
		return p.add(node{op: opEnd}), nil
	case '.':
		p.pos++
		return p.add(node{op: opSet, set: p.addSet(anySet)}), nil
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

// character adds the set of r alone, unless the pattern has it already.
func (p *parser) character(r rune) uint16 {
	if r >= utf8.RuneSelf {
		return p.add(node{op: opSet, set: p.addSet(newSet([]runes{{r, r}}, p.fold, false))})
	}
	if p.singles[r] == 0 {
		p.singles[r] = 1 + p.addSet(newSet([]runes{{r, r}}, p.fold, false))
	}
	return p.add(node{op: opSet, set: p.singles[r] - 1})
}

func (p *parser) group() (uint16, error) {
	open := p.pos
	p.pos++
	if p.peek() == '?' {
		return 0, p.fault(open, ErrPerl, `"(?"`)
	}
	p.groups++
	n := node{op: opGroup, group: uint16(p.groups)}
	if p.pos == p.end {
		return 0, p.fault(open, ErrUnbalanced, "")
	}
	sub, err := p.alternatives()
	if err != nil {
		return 0, err
	}
	if p.peek() != ')' {
		return 0, p.fault(open, ErrUnbalanced, "")
	}
	p.pos++
	return p.adopt(n, sub), nil
}

// escape reads a backslash and what it escapes. The backslash is never last: it would have escaped
// the delimiter.
func (p *parser) escape() (uint16, error) {
	at := p.pos
	c := p.src[at+1]
	switch {
	case c == p.delimiter:
	case c >= '1' && c <= '9':
		return 0, p.fault(at, ErrPatternBackref, "")
	case c == '0' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		return 0, p.fault(at, ErrPerl, `"\`+string(c)+`"`)
	case c <= ' ' || c >= 0x7f || strings.IndexByte("<>`'", c) >= 0:
		return 0, p.fault(at, ErrEscape, "")
	}
	p.pos += 2
	return p.character(rune(c)), nil
}
