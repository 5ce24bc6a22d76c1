package client

const (
	maxCount  = 0x7fff // RE_DUP_MAX
	unlimited = -1
)

// repeat reads one repetition and applies it to t; nil is nothing, and stays so.
func (p *ereParser) repeat(t *tree) *tree {
	least, most := 0, unlimited
	switch p.token.kind {
	case tokPlus:
		least = 1
	case tokQuestion:
		most = 1
	case tokOpenCount:
		var ok bool
		if least, most, ok = p.interval(); !ok {
			return nil
		}
	}
	p.advance()
	if t == nil || p.err != nil || most == 0 {
		return nil // {0} takes its part out, though its groups count
	}
	if t.anchored {
		p.unsure = "a repeated anchor"
	}
	all := t
	var before *tree
	if least > 0 {
		for range least - 1 {
			if t = p.copy(t); p.err != nil {
				return nil
			}
			all = p.concat(all, t)
		}
		if least == most {
			return all
		}
		t = p.copy(t)
		before = all
	}
	if t.op == opSub {
		markOptional(t, t.group)
	}
	if most == unlimited {
		return p.concat(before, p.make(tree{op: opStar, left: t}))
	}
	all = p.make(tree{op: opAlt, left: t})
	for range most - least - 1 {
		if t = p.copy(t); p.err != nil {
			return nil
		}
		all = p.make(tree{op: opAlt, left: p.concat(all, t)})
	}
	return p.concat(before, all)
}

func markOptional(t *tree, group int) {
	if t == nil {
		return
	}
	markOptional(t.left, group)
	markOptional(t.right, group)
	if t.op == opSub && t.group == group {
		t.optional = true
	}
}

func (p *ereParser) copy(t *tree) *tree {
	if t == nil || p.err != nil {
		return nil
	}
	c := p.make(*t)
	c.left, c.right, c.optional = p.copy(t.left), p.copy(t.right), false
	return c
}

// interval reads what is between "{" and "}" and leaves the closing brace as the token.
func (p *ereParser) interval() (least, most int, ok bool) {
	least, valid := p.count()
	comma := p.token.kind == tokChar && p.token.c == ','
	switch {
	case least == unlimited && valid && comma:
		least = 0 // {,n} is {0,n}
	case least == unlimited || !valid:
		p.fail("a bad interval")
		return 0, 0, false
	}
	most = least
	if comma {
		if most, valid = p.count(); !valid {
			p.fail("a bad interval")
			return 0, 0, false
		}
	}
	if p.token.kind != tokCloseCount || most != unlimited && least > most {
		p.fail("a bad interval")
		return 0, 0, false
	}
	if max(least, most) > maxCount {
		p.fail("an interval above 32767")
		return 0, 0, false
	}
	return least, most, true
}

// count reads digits up to a comma or closing brace: unlimited where there is none, and not valid
// where something else is in between.
func (p *ereParser) count() (n int, valid bool) {
	n, valid = unlimited, true
	for {
		p.advance()
		switch {
		case p.token.kind == tokEnd:
			return unlimited, false
		case p.token.kind == tokCloseCount, p.token.c == ',':
			return n, valid
		case p.token.kind != tokChar || p.token.c < '0' || p.token.c > '9':
			valid = false
		case n == unlimited:
			n = int(p.token.c - '0')
		default:
			n = min(maxCount+1, n*10+int(p.token.c-'0'))
		}
	}
}
