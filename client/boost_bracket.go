package client

import "strings"

// bracket reads a bracket expression behind its "[".
func (p *boostParser) bracket() *boostNode {
	n, empty, negated := &boostNode{}, true, false
	if p.pos < len(p.src) && p.src[p.pos] == '^' {
		negated = true
		p.pos++
	}
	first := p.pos
	for p.more() {
		switch c := p.src[p.pos]; {
		case c == ']' && p.pos != first:
			p.pos++
			if negated {
				n.negate()
			}
			return n
		case c == '[' && p.pos+1 < len(p.src) && (p.src[p.pos+1] == ':' || p.src[p.pos+1] == '='):
			p.named(n, empty)
		case c == '\\' && p.pos+1 < len(p.src) && strings.IndexByte("dlsuwhDLSUWH", p.src[p.pos+1]) >= 0:
			is, _ := boostClass(p.src[p.pos+1 : p.pos+2])
			n.addClass(is, p.src[p.pos+1] < 'a')
			p.pos += 2
		default:
			p.rangeOrOctet(n, empty)
		}
		empty = false
	}
	p.fail(errBoost)
	return nil
}

// named reads [:class:] or [=octet=].
func (p *boostParser) named(n *boostNode, empty bool) {
	mark := p.src[p.pos+1]
	name, rest, ok := strings.Cut(p.src[min(p.pos+3, len(p.src)):], string(mark))
	if !ok || !strings.HasPrefix(rest, "]") {
		p.fail(errBoost)
		return
	}
	name = p.src[p.pos+2:p.pos+3] + name
	p.pos = len(p.src) - len(rest) + 1
	if mark == '=' {
		if len(name) > 1 {
			p.fail(errUnsure)
			return
		}
		n.add(name[0])
		return
	}
	name, negated := strings.CutPrefix(name, "^")
	is, ok := boostClass(name)
	switch {
	case name == "unicode", !ok && empty && (name == "<" || name == ">"):
		p.fail(errUnsure)
	case !ok:
		p.fail(errBoost)
	default:
		n.addClass(is, negated)
	}
}

// rangeOrOctet reads an octet or a range of octets.
func (p *boostParser) rangeOrOctet(n *boostNode, empty bool) {
	from, ok := p.octet(empty)
	if !ok || p.pos >= len(p.src) {
		p.fail(errBoost)
		return
	}
	if p.src[p.pos] != '-' || p.pos+1 < len(p.src) && p.src[p.pos+1] == ']' {
		n.add(from)
		return
	}
	p.pos++
	if p.pos == len(p.src) {
		p.fail(errBoost)
		return
	}
	to, ok := p.octet(empty)
	if !ok || from > to {
		p.fail(errBoost)
		return
	}
	for c := int(from); c <= int(to); c++ {
		n.add(byte(c))
	}
	if strings.HasPrefix(p.src[min(p.pos, len(p.src)):], "-") && !strings.HasPrefix(p.src[p.pos:], "-]") {
		p.fail(errBoost)
	}
}

// octet reads one octet of a bracket expression. A hyphen stands for itself at the start and at the
// end; a backslash always does.
func (p *boostParser) octet(empty bool) (c byte, ok bool) {
	rest := p.src[p.pos:]
	if strings.HasPrefix(rest, "[.") {
		name, _, ok := strings.Cut(rest[2:], ".]")
		if !ok || len(name) != 1 {
			p.fail(errUnsure)
			return 0, false
		}
		p.pos += 5
		return name[0], true
	}
	p.pos++
	if rest[0] == '-' && !empty && !strings.HasPrefix(rest, "-]") {
		return 0, false
	}
	return rest[0], true
}
