package main

import (
	"encoding/json"
	"io"

	"github.com/enumim/enumim/explain"
	"github.com/enumim/enumim/resolve"
)

// What explain --json prints: one object for each tree.
type (
	explanationJSON struct {
		explain.View              // its Result is also elsewhere
		Behind       []behindJSON `json:"behind,omitempty"`
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
	j := explanationJSON{View: explain.ViewOf(e.ask, e.records(), e.findings, e.dialled)}
	j.Source = e.source
	switch {
	case e.report != nil:
		e.report.View(&j.View, e.passed, e.guarded)
		for i := range j.Entries {
			j.Entries[i].Place = place(j.Entries[i].Place)
		}
	case e.live == nil:
		j.Result = "elsewhere" // other plugins answer
	default:
		j.TTL, j.Result = e.live.TTL, map[resolve.Status]string{resolve.Found: "found", resolve.NoData: "nodata", resolve.NoName: "nxdomain"}[e.live.Status]
		for _, x := range e.live.Trail {
			j.Queries = append(j.Queries, jsonOf(x))
		}
	}
	for _, i := range e.inspected {
		j.Inspected = append(j.Inspected, e.inspectionJSON(i))
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
	_, err = out.Write(append(explain.PrintableJSON(text), '\n'))
	return err
}
