package file

import (
	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/master"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

// zoneCheck looks for records in a zone that no client can use: the zone is served as it stands, but
// resolvers may refuse the whole answer for one such record, as BIND does.
type zoneCheck struct {
	path    string
	checker enumservice.Checker
	found   []master.Finding
	scratch []enumservice.Finding
}

// entry checks the expressions of an entry. Literal ones, which nearly all are, have none that could
// be wrong.
func (c *zoneCheck) entry(e *backend.Entry, line int) {
	for _, r := range e.Records {
		if _, literal := naptr.CutLiteral(r.Regexp); literal || r.Regexp == "" {
			continue
		}
		var n e164.Number // of a wildcard, none that it could be evaluated for
		if e.Kind == backend.Number && e.Name.IsNumber() {
			n = e.Name.Number
		}
		c.scratch = c.checker.Append(c.scratch[:0], n, r)
		for _, f := range c.scratch {
			if f.Severity == enumservice.Error {
				c.add(f, line)
			}
		}
	}
}

// add counts a finding; the place of the first one of its rule is kept.
func (c *zoneCheck) add(f enumservice.Finding, line int) {
	for i := range c.found {
		if c.found[i].Rule == f.Code {
			c.found[i].Count++
			return
		}
	}
	c.found = append(c.found, master.Finding{Rule: f.Code, Text: f.Text + " (" + f.Rule + ")", Count: 1, File: c.path, Line: line})
}
