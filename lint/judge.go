package lint

import (
	"slices"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

// judge applies the rules for records and sets of records.
type judge struct {
	memo  memo
	found []enumservice.SetFinding
	plain []naptr.Record
	one   []enumservice.Finding
	forms []*naptr.Expression // of the templates of a block; nil for other records
}

// entry judges the records of an entry, which stand at the places, and some of them again at others.
func (j *judge) entry(t *tree, e *backend.Entry, at, again []source.Place) {
	if len(e.Records) == 0 || t.partial {
		return
	}
	j.found = j.found[:0]
	c := t.checker
	switch {
	case e.Kind == backend.Block:
		c.Sample = true
		b := block{number: e.Name.Number, min: int8(e.Min), max: int8(e.Max)}
		first, last := b.ends()
		j.forms = j.forms[:0]
		for i, r := range e.Records {
			var x *naptr.Expression
			if at[i].Template {
				x, _ = naptr.ParseExpression(r.Regexp) // that of a template parses
			}
			j.forms = append(j.forms, x)
		}
		j.sample(c, first, e.Records, at)
		j.sample(c, last, e.Records, at)
	case e.Kind == backend.Wildcard:
		c.Sample = true
		j.unnumbered(c, e)
	case e.Name.IsNumber():
		j.found = j.memo.appendSet(j.found, c, e.Name.Number, e.Records)
	default:
		j.unnumbered(c, e)
	}
	s := subject{e.Kind, e.Name, e.Min, e.Max}
	mend := false
	for _, f := range j.found {
		p := at[0]
		if f.Record >= 0 {
			p = at[f.Record]
		}
		t.tell(f.Finding, p, s, nil)
		mend = mend || f.Repair.Automatic() && t.o.wants(f.Finding)
	}
	for _, p := range again {
		f := ruleOf("D09")
		t.tell(f, p, s, nil)
		mend = mend || t.o.wants(f)
	}
	if mend && t.fixes != nil {
		t.fixes.entry(t.zone, c, e, at, again)
	}
	t.ttl(e, at[0], s)
}

// sample judges the records of a block for one of its numbers. What is made of a template is answered as
// the URI that the number gives, which is nothing that all numbers share.
func (j *judge) sample(c enumservice.Checker, n e164.Number, records []naptr.Record, at []source.Place) {
	j.plain = append(j.plain[:0], records...)
	for i := range j.plain {
		if x := j.forms[i]; x != nil {
			j.plain[i].Regexp = plain(x, records[i].Regexp, n, c.DialPlan)
		}
	}
	from := len(j.found)
	known := make(map[enumservice.SetFinding]bool, from)
	for _, f := range j.found {
		known[f] = true
	}
	j.found = c.AppendSet(j.found, n, j.plain)
	alone := c
	alone.Sample = false
	kept := j.found[:from]
	for _, f := range j.found[from:] {
		if f.Record >= 0 && at[f.Record].Template {
			// What is wrong with the record only as one for many numbers is not wrong with a template.
			j.one = alone.Append(j.one[:0], n, j.plain[f.Record])
			sampled := c.Append(nil, n, j.plain[f.Record])
			if slices.Contains(sampled, f.Finding) && !slices.Contains(j.one, f.Finding) {
				continue
			}
		}
		if !known[f] {
			known[f] = true
			kept = append(kept, f)
		}
	}
	j.found = kept
}

// plain returns the plain form of an expression for a number; regexp, which is the expression itself, where
// it has none.
func plain(x *naptr.Expression, regexp string, n e164.Number, dialPlan bool) string {
	aus := n.String()
	if dialPlan {
		aus = n.Digits()
	}
	uri, ok := x.Eval(aus)
	if !ok {
		return regexp
	}
	literal, err := naptr.Literal(uri)
	if err != nil {
		return regexp
	}
	return literal
}

// ends returns the first and the last number of a block.
func (b *block) ends() (first, last e164.Number) {
	first, last = b.number, b.number
	for first.Len() < int(b.min) {
		first, _ = first.Child('0')
	}
	for last.Len() < int(b.max) {
		last, _ = last.Child('9')
	}
	return first, last
}
