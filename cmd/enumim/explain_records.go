package main

import (
	"fmt"
	"slices"

	"github.com/enumim/enumim/explain"
	"github.com/enumim/enumim/naptr"
)

func (p *printer) records() {
	records := p.explanation.records()
	switch {
	case p.report != nil && len(p.report.Records)+len(p.report.Silent)+len(p.report.Hidden) > 0:
		p.heading("Records as sent, TTL %d", p.report.TTL)
	case len(records) > 0:
		p.heading("Records as sent, TTL %d", p.live.TTL)
	default:
		return
	}
	for i, r := range records {
		note := p.origin(r)
		if note != "" {
			note = p.faint("  " + note)
		}
		fmt.Fprintf(p.b, "  %d  %s%s\n", i+1, recordText(r), note)
	}
	if p.report == nil {
		return
	}
	if p.guarded != nil {
		for _, r := range p.guarded.Kept {
			p.unsent(r, p.fate())
		}
	}
	for _, r := range p.report.Hidden {
		p.unsent(r, "its mailbox is hidden (anonymize)")
	}
	for _, r := range p.report.Silent {
		p.unsent(r, "its expression does not match the number")
	}
}

func (p *printer) unsent(r naptr.Record, why string) {
	fmt.Fprintf(p.b, "  %s  %s\n", p.faint("-"), p.faint(recordText(r)+"  not sent: "+why))
}

// origin says where a record comes from that is not of the data.
func (p *printer) origin(r naptr.Record) string {
	if p.report == nil {
		return ""
	}
	switch i := slices.Index(p.report.Records, r); {
	case i < 0:
		return "mended or added by enumim_guard"
	case i >= len(p.report.Records)-p.report.Added:
		return "twin of an im record"
	}
	return ""
}

// recordText writes a record as zone files do.
func recordText(r naptr.Record) string {
	return explain.ViewRecords([]naptr.Record{r})[0].String()
}
