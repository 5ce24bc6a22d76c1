package master

import "bytes"

// directive reads a line that begins with "$". Where it returns false the fault is reported, and the
// token of the kind returned is the last that was read.
func (p *parser) directive() (kind, bool) {
	l := &p.lx
	switch string(bytes.ToUpper(l.tok[:min(len(l.tok), len("$GENERATE")+1)])) {
	case "$ORIGIN":
		k := l.next()
		if !p.present(k, "the domain name that completes relative names") {
			return k, false
		}
		if err := p.setOrigin(l.tok); err != nil || k == quoted {
			if err == nil {
				p.fail("an origin without quotes")
			} else {
				p.fail(nameFault("an origin", err))
			}
			return k, false
		}
		return p.finish()
	case "$TTL":
		k := l.next()
		if !p.present(k, wantTTL) {
			return k, false
		}
		ttl, ok := parseTTL(l.tok)
		if !ok || k == quoted {
			p.fail(wantTTL)
			return k, false
		}
		p.ttl, p.haveTTL, p.fixed = ttl, true, true
		return p.finish()
	case "$INCLUDE":
		return p.include()
	case "$GENERATE":
		return p.generate()
	}
	p.fail("$ORIGIN, $TTL, $INCLUDE or $GENERATE; a name that begins with $ is written \\$")
	return word, false
}

// finish expects the end of a directive.
func (p *parser) finish() (kind, bool) {
	l := &p.lx
	switch k := l.next(); k {
	case end:
		return k, true
	case bad:
		p.fail(l.want)
		return k, false
	default:
		p.fail("the end of the directive")
		return k, false
	}
}
