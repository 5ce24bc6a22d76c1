package numbers

import "github.com/enumim/enumim/naptr"

// checker checks records against the rules of ENUM.
type checker struct {
	public bool
}

// checkRecord checks one record and reports whether it may be served.
func (p *parser) checkRecord(it *item, rec naptr.Record) bool {
	if rec.Regexp != "" {
		if _, err := naptr.ParseExpression(rec.Regexp); err != nil {
			p.failAt(it.line, it.col, it.text(), err.Error())
			return false
		}
	}
	return true
}
