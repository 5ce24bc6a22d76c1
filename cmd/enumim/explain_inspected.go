package main

import (
	"fmt"

	"github.com/enumim/enumim/corefile"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/guard"
	"github.com/enumim/enumim/resolve"
)

// inspections tells what inspects the answer, and what becomes of the records that a backend has.
func (p *printer) inspections() {
	if len(p.inspected) == 0 {
		return
	}
	p.heading("Inspected")
	var rows [][]string
	for _, i := range p.inspected {
		row := []string{i.Directive + " " + i.Zone.String(), place(i.Inspect.Pos.String()), i.Inspect.Mode()}
		if p.guarded != nil {
			row = append(row, p.guarded.Action.String())
		}
		rows = append(rows, row)
	}
	p.table(rows)
	switch {
	case p.report == nil:
		fmt.Fprintf(p.b, "  What is answered, the server tells: enumim explain NUMBER @SERVER.\n")
	case p.guarded != nil:
		p.judged()
	}
}

// judged tells why enumim_guard did what it did.
func (p *printer) judged() {
	var rows [][]string
	for _, c := range p.guarded.Told {
		text := ruleText(c.Rule)
		if c.N > 1 {
			text += fmt.Sprintf(" (%d times)", c.N)
		}
		rows = append(rows, []string{c.Severity.String() + " " + c.Rule, text})
	}
	p.table(rows)
	if ede := p.guarded.EDE; ede != (guard.EDE{}) {
		fmt.Fprintf(p.b, "  The client is told: %s\n", printable(extendedError(ede.Code, ede.Text)))
	}
	if len(p.guarded.Records) == 0 {
		rcode := "NODATA"
		if p.guarded.Failed {
			rcode = "SERVFAIL"
		}
		fmt.Fprintf(p.b, "  No record is left: %s.\n", rcode)
	}
}

// ruleText says what a rule is about.
func ruleText(rule string) string {
	switch rule {
	case guard.RuleUnauthenticated:
		return "own answers have no AD bit, which require_authenticated wants"
	case guard.RuleDomain:
		return "the domain of an im: or pres: URI is not allowed"
	case guard.RuleService:
		return "not one of the Enumservices to keep"
	case guard.RuleUnchecked:
		return "more than is checked in one answer"
	}
	f, _ := enumservice.Get(rule)
	return f.Text
}

// fate says what became of the records that enumim_guard does not send as they are.
func (p *printer) fate() string {
	switch {
	case p.guarded.Action == guard.Repaired:
		return "mended by enumim_guard"
	case p.guarded.Action == guard.Withheld && p.inspected[0].Inspect.Policy.Repair:
		return "mended or kept back by enumim_guard"
	}
	return "kept back by enumim_guard"
}

// inspectionJSON is what programs are told of an inspection.
func (e *explanation) inspectionJSON(i corefile.Inspection) inspectionJSON {
	j := inspectionJSON{Directive: i.Directive, Zone: i.Zone.String(), Place: place(i.Inspect.Pos.String()), Mode: i.Inspect.Mode()}
	if e.guarded == nil {
		return j
	}
	j.Action = e.guarded.Action.String()
	for _, c := range e.guarded.Told {
		j.Told = append(j.Told, toldJSON{c.Rule, c.Severity.String(), c.N})
	}
	if ede := e.guarded.EDE; ede != (guard.EDE{}) {
		j.EDE = &jsonEDE{ede.Code, resolve.EDEText(ede.Code), ede.Text}
	}
	return j
}
