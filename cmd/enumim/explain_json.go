package main

import (
	"encoding/json"
	"io"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
	"github.com/enumim/enumim/resolve"
)

// What explain --json prints: one object for each tree.
type (
	explanationJSON struct {
		Number   string        `json:"number"`
		Domain   string        `json:"domain"`
		Source   string        `json:"source"`
		Result   string        `json:"result"` // found, nodata, servfail, nxdomain, referral, alias, loop, fallthrough or elsewhere
		Entries  []entryJSON   `json:"entries,omitempty"`
		Alias    string        `json:"alias,omitempty"`
		TTL      uint32        `json:"ttl"`
		Records  []recordJSON  `json:"records"`
		Silent   []recordJSON  `json:"not_sent,omitempty"`
		Hidden   []recordJSON  `json:"hidden,omitempty"`    // as they would be sent without the option anonymize
		Kept     []recordJSON  `json:"kept_back,omitempty"` // or mended, by enumim_guard: records has what it sends
		Findings []findingJSON `json:"findings,omitempty"`
		Clients  []clientJSON  `json:"clients,omitempty"`
		Behind   []behindJSON  `json:"behind,omitempty"`
		// Inspected is what inspects the answer.
		Inspected []inspectionJSON `json:"inspected,omitempty"`
		// Queries are those that the DNS was asked.
		Queries []jsonExchange `json:"queries,omitempty"`
	}
	inspectionJSON struct {
		Directive string `json:"directive"`
		Zone      string `json:"zone"`
		Place     string `json:"place"`
		Mode      string `json:"mode"`
		// What becomes of the records: of those of other plugins it is not known.
		Action string     `json:"action,omitempty"` // passed, told, repaired, withheld or emptied
		Told   []toldJSON `json:"told,omitempty"`   // what the policy has to be told
		EDE    *jsonEDE   `json:"ede,omitempty"`    // what the client is told
	}
	toldJSON struct {
		Rule     string `json:"rule"` // a code, or a rule of the policy such as domain
		Severity string `json:"severity"`
		Count    int    `json:"count"`
	}
	entryJSON struct {
		Name  string `json:"name"` // that was looked up
		Entry string `json:"entry"`
		Place string `json:"place,omitempty"`
		Wins  bool   `json:"wins"`
		Why   string `json:"why"`
	}
	recordJSON struct {
		Order       uint16 `json:"order"`
		Preference  uint16 `json:"preference"`
		Flags       string `json:"flags"`
		Services    string `json:"services"`
		Regexp      string `json:"regexp"` // as on the wire; an octet that is not UTF-8 as U+FFFD
		Replacement string `json:"replacement"`
	}
	findingJSON struct {
		Record   int    `json:"record"` // index in records; -1 for all together
		Code     string `json:"code"`
		Severity string `json:"severity"`
		Text     string `json:"text"`
		Rule     string `json:"rule"`
	}
	clientJSON struct {
		Client  string        `json:"client"`
		Title   string        `json:"title"`
		Rests   string        `json:"rests_on"` // proved, read or documented
		Targets []targetJSON  `json:"targets"`
		Failed  string        `json:"failed,omitempty"`
		Records []verdictJSON `json:"records"`
	}
	targetJSON struct {
		URI      string `json:"uri"`
		Record   int    `json:"record"`
		Parallel bool   `json:"parallel,omitempty"`
	}
	verdictJSON struct {
		Used bool   `json:"used"`
		Why  string `json:"why,omitempty"`
	}
	behindJSON struct {
		URI     string       `json:"uri"`
		Servers []serverJSON `json:"servers"`
		Error   string       `json:"error,omitempty"`
	}
	serverJSON struct {
		URI       string   `json:"uri"`
		Protocol  string   `json:"protocol"`
		Host      string   `json:"host"`
		Port      uint16   `json:"port"`
		Addresses []string `json:"addresses"`
		Implicit  bool     `json:"implicit,omitempty"`
	}
)

// writeJSON writes the explanation for programs.
func (e *explanation) writeJSON(out io.Writer) error {
	p := printer{explanation: e}
	j := explanationJSON{
		Number: p.number(e.ask.Number), Domain: e.ask.Apex.Domain(e.ask.Number), Source: e.source,
		Records: recordsJSON(e.records()),
	}
	switch {
	case e.report != nil:
		p.reportJSON(&j)
	case e.live == nil:
		j.Result = "elsewhere" // other plugins answer
	default:
		j.TTL, j.Result = e.live.TTL, map[resolve.Status]string{resolve.Found: "found", resolve.NoData: "nodata", resolve.NoName: "nxdomain"}[e.live.Status]
		for _, x := range e.live.Trail {
			j.Queries = append(j.Queries, jsonOf(x))
		}
	}
	for _, f := range e.findings {
		j.Findings = append(j.Findings, findingJSON{f.Record, f.Code, f.Severity.String(), f.Text, f.Rule})
	}
	for _, i := range e.inspected {
		j.Inspected = append(j.Inspected, e.inspectionJSON(i))
	}
	for _, d := range e.dialled {
		c := clientJSON{Client: d.Client.ID.String(), Title: d.Client.Title, Rests: d.Client.Evidence.String(), Failed: d.Outcome.Failed, Targets: []targetJSON{}}
		for _, t := range d.Outcome.Targets {
			c.Targets = append(c.Targets, targetJSON{t.URI, t.Record, t.Parallel})
		}
		for _, v := range d.Outcome.Verdicts {
			c.Records = append(c.Records, verdictJSON{v.Used, v.Why})
		}
		j.Clients = append(j.Clients, c)
	}
	for _, b := range e.behind {
		bj := behindJSON{URI: b.uri, Servers: []serverJSON{}}
		for _, t := range b.found.Targets {
			s := serverJSON{URI: t.URI, Protocol: t.Protocol.String(), Host: t.Host, Port: t.Port, Implicit: t.Implicit}
			for _, a := range t.Addresses {
				s.Addresses = append(s.Addresses, a.String())
			}
			bj.Servers = append(bj.Servers, s)
		}
		if b.err != nil {
			bj.Error = b.err.Error()
		}
		j.Behind = append(j.Behind, bj)
	}
	text, err := json.Marshal(j)
	if err != nil {
		return err
	}
	_, err = out.Write(append(escaped(text), '\n'))
	return err
}

func (p *printer) reportJSON(j *explanationJSON) {
	r := p.report
	j.TTL, j.Silent, j.Alias = r.TTL, recordsJSON(r.Silent), r.Target
	switch {
	case r.Loop:
		j.Result = "loop"
	case r.Target != "":
		j.Result = "alias"
	case p.passed:
		j.Result = "fallthrough"
	case r.Kind == backend.Delegated:
		j.Result = "referral"
	case r.Kind == backend.Absent:
		j.Result = "nxdomain"
	case p.guarded != nil && p.guarded.Failed:
		j.Result = "servfail"
	case len(p.explanation.records()) == 0:
		j.Result = "nodata"
	default:
		j.Result = "found"
	}
	if len(r.Hidden) > 0 {
		j.Hidden = recordsJSON(r.Hidden)
	}
	if p.guarded != nil && len(p.guarded.Kept) > 0 {
		j.Kept = recordsJSON(p.guarded.Kept)
	}
	for _, hop := range r.Hops {
		for _, s := range hop.Steps {
			j.Entries = append(j.Entries, entryJSON{
				string(r.Apex.AppendName(nil, hop.Name)), p.entry(&s.Entry), place(s.Place), s.Wins, s.Why,
			})
		}
	}
}

func recordsJSON(records []naptr.Record) []recordJSON {
	list := make([]recordJSON, len(records))
	for i, r := range records {
		replacement, err := rr.NameFromWire(r.Replacement)
		if err != nil {
			replacement = ""
		}
		list[i] = recordJSON{r.Order, r.Preference, r.Flags, r.Services, r.Regexp, replacement}
	}
	return list
}
