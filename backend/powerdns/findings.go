package powerdns

import (
	"fmt"
	"slices"

	"github.com/enumim/enumim/backend"
)

// Finding is something in the tables that deserves a look.
type Finding struct {
	Rule  string
	Text  string // what it means and which row is the first of it; no number, no URI
	Count int
}

// The rules of findings.
const (
	RuleRow    = "row"              // a row cannot be read, or contradicts others: its name is an error
	RuleLost   = "row-lost"         // a row that stands nowhere
	RuleType   = "type-unsupported" // records that PowerDNS computes
	RuleSigned = "signed-zone"      // rows of a zone that was signed elsewhere
	RuleNoSOA  = "zone-without-soa" // a zone below the apex cannot be answered for
	RuleNoNS   = "no-apex-ns"       // the zone names no name servers
	RuleSOA    = "soa-below-apex"   // a SOA record where no zone begins
	RuleTTL    = "ttl-mismatch"     // different TTLs in an RRset
)

// findings are those of one reading, one for each rule and text.
type findings struct {
	list []Finding
	ids  []string
}

func (f *findings) add(rule, text string, id []byte) {
	for i := range f.list {
		if x := &f.list[i]; x.Rule == rule && x.Text == text {
			x.Count++
			return
		}
	}
	const most = 50
	if len(f.list) < most {
		f.list, f.ids = append(f.list, Finding{rule, text, 1}), append(f.ids, string(id))
	}
}

// Findings returns what was found, with the id of the first row that each is about.
func (t *Tree) Findings() []Finding {
	out := make([]Finding, len(t.found.list))
	for i, f := range t.found.list {
		if id := t.found.ids[i]; id != "" {
			f.Text = fmt.Sprintf("%s (id %s)", f.Text, id)
		}
		out[i] = f
	}
	return out
}

// Teller tells findings, where they are others than before.
type Teller struct {
	Source  string
	Observe func(backend.Event)
	told    []Finding
}

// Tell tells what a reading found.
func (t *Teller) Tell(found []Finding) {
	if slices.Equal(found, t.told) || t.Observe == nil {
		return
	}
	t.told = found
	for _, f := range found {
		t.Observe(backend.Event{Kind: backend.Finding, Source: t.Source, Rule: f.Rule, Text: f.Text, Count: f.Count})
	}
}
