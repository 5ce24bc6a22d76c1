package file

import (
	"slices"
	"strings"

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
	good    [4]likeness // of records without fault; nearly all of a large zone are like one of few
	next    int         // in good
}

// likeness is what a record has in common with others that the same can be said of.
type likeness struct{ flags, services, scheme, host string }

// like returns the likeness of a record whose expression is a literal URI with an ordinary user part.
func like(r naptr.Record) (l likeness, ok bool) {
	uri, ok := naptr.CutLiteral(r.Regexp)
	if !ok || len(r.Replacement) > 1 {
		return l, false
	}
	scheme, rest, ok := strings.Cut(uri, ":")
	if !ok {
		return l, false
	}
	for i := range len(rest) {
		switch c := rest[i]; {
		case c == '@':
			return likeness{r.Flags, r.Services, scheme, rest[i:]}, i > 0
		case c|0x20 >= 'a' && c|0x20 <= 'z', c >= '0' && c <= '9', c == '+', c == '-', c == '.', c == '_':
		default:
			return l, false
		}
	}
	return l, false
}

func (l likeness) clone() likeness {
	return likeness{strings.Clone(l.flags), strings.Clone(l.services), strings.Clone(l.scheme), strings.Clone(l.host)}
}

// entry checks the records of an entry.
func (c *zoneCheck) entry(e *backend.Entry, line int) {
	for _, r := range e.Records {
		l, ordinary := like(r)
		if ordinary && slices.Contains(c.good[:], l) {
			continue
		}
		var n e164.Number // of a wildcard, none that it could be evaluated for
		if e.Kind == backend.Number && e.Name.IsNumber() {
			n = e.Name.Number
		}
		c.scratch = c.checker.Append(c.scratch[:0], n, r)
		c.scratch = slices.DeleteFunc(c.scratch, func(f enumservice.Finding) bool { return f.Severity != enumservice.Error })
		for _, f := range c.scratch {
			c.add(f, line)
		}
		if ordinary && len(c.scratch) == 0 {
			c.good[c.next%len(c.good)] = l.clone()
			c.next++
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
