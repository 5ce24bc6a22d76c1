package client

import "fmt"

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
