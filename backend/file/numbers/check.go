package numbers

import (
	"bytes"
	"slices"

	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

// checkItem checks a record as it stands and, for a template in a block, as it reads for the first
// and the last number.
func (p *parser) checkItem(it *item, rec naptr.Record, prefix e164.Number) bool {
	k := &p.entry.key
	first, last := ends(k, prefix)
	c := p.check
	c.Sample = k.block
	p.found = p.found[:0]
	judge := p.o.Lint == nil
	if judge {
		p.found = c.Append(p.found, first, rec)
	}
	if it.template && k.block {
		for _, n := range []e164.Number{first, last} {
			uri := appendExact(nil, it.uri, n, k.number.Len(), p.o.DialPlan)
			if want := p.proveTemplate(rec, n, uri); want != "" {
				p.failAt(it.line, it.col, it.uri, want)
				return false
			}
			if judge {
				rec := rec
				rec.Regexp = "!^.*$!" + string(uri) + "!"
				p.found = p.check.Append(p.found, n, rec)
			}
		}
	}
	if want := enumservice.Faults(p.found); want != "" {
		p.failAt(it.line, it.col, it.text(), want)
		return false
	}
	// The prefixes of a range share their findings.
	if !k.block || prefix == k.pieces[0] {
		p.note(it.line)
	}
	return true
}

// proveTemplate says why a template's expression does not serve for the number n, for which the
// template gives uri.
func (p *parser) proveTemplate(rec naptr.Record, n e164.Number, uri []byte) (want string) {
	if len(uri)+len("!^.*$!!") > maxRegexp {
		return tooLong
	}
	if bytes.Contains(uri, []byte(":@")) {
		return `for the shortest number of the block the user part is empty: use {digits}, or begin the block at one digit more, as in x{1,3}, and give that number a line of its own`
	}
	if err := proveExpression(rec.Regexp, n, uri, p.o.DialPlan); err != nil {
		return err.Error()
	}
	return ""
}

// note counts the warnings in p.found, each rule once.
func (p *parser) note(line int) {
	for i, f := range p.found {
		if f.Severity != enumservice.Warning || slices.Contains(p.found[:i], f) {
			continue
		}
		if p.o.Lint != nil && p.o.Lint.Found != nil {
			p.o.Lint.Found(f.Code, f.Text, source.Place{File: p.file.name, Line: line})
		}
		at := slices.IndexFunc(p.res.Findings, func(have Finding) bool { return have.Code == f.Code })
		if at < 0 {
			at = len(p.res.Findings)
			p.res.Findings = append(p.res.Findings, Finding{Code: f.Code, Text: f.Text, File: p.file.name, Line: line})
		}
		p.res.Findings[at].Count++
	}
}
