package client

import (
	"errors"
	"strings"
)

// errBoost: Boost.Regex refuses the pattern.
var errBoost = errors.New("pattern refused by Boost")

// boost is a pattern in the dialect "extended" of Boost.Regex: POSIX, and with escapes such as \d and
// \b, which POSIX does not have.
type boost struct {
	root   *boostNode
	groups int
}

// boostNode is a node of the syntax tree.
type boostNode struct {
	op       boostOp
	set      [4]uint64 // boostSet: octets
	subs     []*boostNode
	group    int // boostGroup, from 1
	min, max int // boostRepeat; max is -1 where there is no limit
}

type boostOp uint8

const (
	boostSet boostOp = iota
	boostLineStart
	boostLineEnd
	boostBufferStart
	boostBufferEnd
	boostWordEdge
	boostWithinWord
	boostWordStart
	boostWordEnd
	boostConcat
	boostAlternate
	boostGroup
	boostRepeat
)

func (n *boostNode) add(c byte)      { n.set[c/64] |= 1 << (c % 64) }
func (n *boostNode) has(c byte) bool { return n.set[c/64]>>(c%64)&1 != 0 }

func (n *boostNode) negate() {
	for i := range n.set {
		n.set[i] = ^n.set[i]
	}
}

// addClass adds the octets of a class, or all others.
func (n *boostNode) addClass(is func(byte) bool, negated bool) {
	for c := range 256 {
		if is(byte(c)) != negated {
			n.add(byte(c))
		}
	}
}

// boostClass finds a class by its name, such as "digit" or "d".
func boostClass(name string) (func(byte) bool, bool) {
	name = strings.ToLower(name)
	switch name {
	case "d":
		name = "digit"
	case "l":
		name = "lower"
	case "s":
		name = "space"
	case "u":
		name = "upper"
	case "h":
		name = "blank"
	case "v":
		return func(c byte) bool { return c >= '\n' && c <= '\r' }, true
	case "w", "word":
		return isWord, true
	}
	is, ok := classes[name]
	return is, ok
}

// boostParser is basic_regex_parser with the flags of "extended".
type boostParser struct {
	src    string
	pos    int
	groups int
	err    error
}

// compileBoost compiles a pattern. It returns errBoost, or errUnsure for what is not known here, such
// as \Q and names of characters.
func compileBoost(pattern string) (*boost, error) {
	p := boostParser{src: pattern}
	root := p.alternatives()
	if p.err == nil && p.pos < len(p.src) {
		p.err = errBoost // a closing parenthesis too many
	}
	if p.err != nil {
		return nil, p.err
	}
	return &boost{root, p.groups}, nil
}

// more reports whether there is something left to read, and nothing went wrong.
func (p *boostParser) more() bool { return p.err == nil && p.pos < len(p.src) }

func (p *boostParser) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

// alternatives reads up to a closing parenthesis or the end. Alternatives may be empty.
func (p *boostParser) alternatives() *boostNode {
	alternate := &boostNode{op: boostAlternate}
	concat := &boostNode{op: boostConcat}
	alternate.subs = append(alternate.subs, concat)
	repeatable := false // what was read last
	for p.more() && p.src[p.pos] != ')' {
		c := p.src[p.pos]
		p.pos++
		var n *boostNode
		switch c {
		case '|':
			concat = &boostNode{op: boostConcat}
			alternate.subs = append(alternate.subs, concat)
			repeatable = false
			continue
		case '*', '+', '?', '{':
			low, high, ok := p.repetition(c)
			if !ok {
				n = boostOctet('{')
				break
			}
			if !repeatable {
				p.fail(errBoost)
				return alternate
			}
			last := &concat.subs[len(concat.subs)-1]
			*last = &boostNode{op: boostRepeat, subs: []*boostNode{*last}, min: low, max: high}
			repeatable = false
			continue
		case '}':
			p.fail(errBoost)
			return alternate
		case '(':
			n = p.group()
		case '[':
			n = p.bracket()
		case '.':
			n = &boostNode{}
			n.negate()
		case '^':
			n = &boostNode{op: boostLineStart}
		case '$':
			n = &boostNode{op: boostLineEnd}
		case '\\':
			n = p.escape()
		default:
			n = boostOctet(c)
		}
		if p.err != nil {
			return alternate
		}
		concat.subs = append(concat.subs, n)
		repeatable = n.op == boostSet || n.op == boostGroup
	}
	return alternate
}

func boostOctet(c byte) *boostNode {
	n := &boostNode{}
	n.add(c)
	return n
}

// repetition reads what follows the operator c. ok is false where braces are ordinary characters.
func (p *boostParser) repetition(c byte) (low, high int, ok bool) {
	switch c {
	case '*':
		return 0, -1, true
	case '+':
		return 1, -1, true
	case '?':
		return 0, 1, true
	}
	start := p.pos
	low, given := p.count()
	if !given || p.pos == len(p.src) {
		p.fail(errBoost)
		return 0, 0, true
	}
	high = low
	if p.src[p.pos] == ',' {
		p.pos++
		if high, given = p.count(); !given {
			high = -1
		}
	}
	switch {
	case p.pos == len(p.src):
		p.fail(errBoost)
	case p.src[p.pos] != '}':
		p.pos = start
		return 0, 0, false
	case high >= 0 && low > high:
		p.fail(errBoost)
	}
	p.pos++
	return low, high, true
}

// count reads a number between blanks.
func (p *boostParser) count() (n int, given bool) {
	blanks := func() {
		for p.pos < len(p.src) && (p.src[p.pos] == ' ' || p.src[p.pos] >= '\t' && p.src[p.pos] <= '\r') {
			p.pos++
		}
	}
	blanks()
	for p.pos < len(p.src) && isDigit(p.src[p.pos]) {
		n, given = min(10*n+int(p.src[p.pos]-'0'), 1<<20), true
		p.pos++
	}
	blanks()
	return n, given
}

func (p *boostParser) group() *boostNode {
	if p.pos == len(p.src) {
		p.fail(errBoost)
		return nil
	}
	p.groups++
	n := &boostNode{op: boostGroup, group: p.groups}
	n.subs = []*boostNode{p.alternatives()}
	if p.pos == len(p.src) {
		p.fail(errBoost)
	}
	p.pos++
	return n
}

// escape reads what follows a backslash.
func (p *boostParser) escape() *boostNode {
	if p.pos == len(p.src) {
		p.fail(errBoost)
		return nil
	}
	c := p.src[p.pos]
	if op, ok := boostEscapes[c]; ok {
		p.pos++
		return &boostNode{op: op}
	}
	switch c {
	case 'd', 'l', 's', 'u', 'w', 'h', 'D', 'L', 'S', 'U', 'W', 'H', 'V':
		p.pos++
		n := &boostNode{}
		is, _ := boostClass(string(c))
		n.addClass(is, c < 'a')
		return n
	case 'C':
		p.pos++
		n := &boostNode{}
		n.negate()
		return n
	case 'Q', 'E', 'N', 'X', 'G', 'Z', 'p', 'P', 'g', 'k', 'K', 'R', 'c', 'x', 'v':
		p.fail(errUnsure)
		return nil
	}
	if isDigit(c) {
		return p.octal()
	}
	p.pos++
	if control := strings.IndexByte("aefnrt", c); control >= 0 {
		c = "\a\x1b\f\n\r\t"[control]
	}
	return boostOctet(c)
}

// boostEscapes are the escapes that match a place.
var boostEscapes = map[byte]boostOp{
	'<': boostWordStart, '>': boostWordEnd, '`': boostBufferStart, 'A': boostBufferStart,
	'\'': boostBufferEnd, 'z': boostBufferEnd, 'b': boostWordEdge, 'B': boostWithinWord,
}

// octal reads a character in up to four octal digits, of which the first is 0. Back-references are not
// part of the dialect.
func (p *boostParser) octal() *boostNode {
	if p.src[p.pos] != '0' {
		p.fail(errBoost)
		return nil
	}
	value := 0
	for end := min(p.pos+4, len(p.src)); p.pos < end && p.src[p.pos] >= '0' && p.src[p.pos] <= '7'; p.pos++ {
		value = 8*value + int(p.src[p.pos]-'0')
	}
	if value > 127 { // char is signed
		p.fail(errBoost)
		return nil
	}
	return boostOctet(byte(value))
}
