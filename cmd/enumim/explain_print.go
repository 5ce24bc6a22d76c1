package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/enumim/enumim/explain"
	"github.com/enumim/enumim/im"
	"github.com/enumim/enumim/resolve"
)

// write writes the explanation for people; another one stands before it.
func (e *explanation) write(out io.Writer, another bool) error {
	var b bytes.Buffer
	p := printer{&b, styleOf(out), e}
	if another {
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "%s  %s\n%s\n", p.bold(e.ask.Write(e.ask.Number)), e.ask.Apex.Domain(e.ask.Number), p.faint(e.source))
	switch {
	case e.report != nil:
		p.hops()
	case e.live != nil:
		p.trail()
	}
	p.inspections()
	p.records()
	p.findings()
	p.clients()
	p.targets()
	_, err := out.Write(b.Bytes())
	return err
}

// printer writes the parts of an explanation.
type printer struct {
	b *bytes.Buffer
	style
	*explanation
}

// heading begins a part.
func (p *printer) heading(format string, args ...any) {
	fmt.Fprintf(p.b, "\n%s\n", p.bold(printable(fmt.Sprintf(format, args...))))
}

// table writes rows in columns.
func (p *printer) table(rows [][]string) {
	var plain bytes.Buffer
	w := tabwriter.NewWriter(&plain, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			row[i] = printable(cell)
		}
		fmt.Fprintln(w, "  "+strings.Join(row, "\t"))
	}
	_ = w.Flush() // to memory
	for line := range strings.Lines(plain.String()) {
		p.b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
}

func (p *printer) hops() {
	for i, hop := range p.report.Hops {
		if i > 0 {
			p.heading("Alias to %s", p.ask.Apex.AppendName(nil, hop.Name))
		} else {
			p.heading("Entries")
		}
		var rows [][]string
		for _, s := range hop.Steps {
			mark := " "
			if s.Wins {
				mark = "*"
			}
			rows = append(rows, []string{mark + " " + p.ask.Entry(&s.Entry), place(s.Place), s.Why})
		}
		if rows == nil && !hop.Traced {
			rows = [][]string{{"  the backend tells its answer, and not the entries behind it"}}
		}
		p.table(rows)
	}
	if text := p.report.Sentence(p.passed); text != "" {
		fmt.Fprintf(p.b, "  %s\n", printable(text))
	}
	if p.report.Stale {
		fmt.Fprintf(p.b, "  The data could not be refreshed in time.\n")
	}
}

// place writes a place with its path as short as can be.
func place(s string) string {
	path, line, ok := strings.Cut(s, ":")
	if !ok {
		return s
	}
	return relative([]string{path})[0] + ":" + line
}

func (p *printer) trail() {
	p.heading("Asked")
	var rows [][]string
	for _, x := range p.live.Trail {
		var result string
		if x.Err != nil {
			result = x.Err.Error()
		} else {
			result = fmt.Sprintf("%s, %d octets", resolve.RcodeText(x.Header.Rcode), x.Size)
			if x.Header.Authoritative {
				result += ", authoritative"
			}
			if x.Header.AuthenticatedData {
				result += ", authenticated"
			}
		}
		rows = append(rows, []string{x.Name, x.Server.String(), x.Transport.String(), result})
		for _, e := range x.EDE {
			rows = append(rows, []string{"  " + extendedError(e.Code, e.Text)})
		}
	}
	p.table(rows)
	if p.live.Status != resolve.Found {
		fmt.Fprintf(p.b, "  %s\n", map[resolve.Status]string{
			resolve.NoName: "The number does not exist.",
			resolve.NoData: "The number exists and has no NAPTR records.",
		}[p.live.Status])
	}
}

func (p *printer) findings() {
	if len(p.explanation.findings) == 0 {
		return
	}
	p.heading("Findings")
	var rows [][]string
	for _, f := range p.explanation.findings {
		which := "all"
		if f.Record >= 0 {
			which = strconv.Itoa(f.Record + 1)
		}
		rows = append(rows, []string{which, f.Severity.String() + " " + f.Code, f.Text, f.Rule})
	}
	p.table(rows)
}

func (p *printer) clients() {
	if len(p.dialled) == 0 {
		return
	}
	p.heading("Clients dial")
	var rows [][]string
	for _, d := range p.dialled {
		c := explain.ViewClient(d)
		name := c.Client
		for _, t := range c.Targets {
			how := ""
			if t.Parallel {
				how = "  (at the same time)"
			}
			rows = append(rows, []string{name, t.URI + how})
			name = ""
		}
		switch {
		case c.Relays():
			rows = append(rows, []string{name, "hands the answer on"})
		case c.Failed != "" || len(c.Targets) == 0:
			rows = append(rows, []string{name, "- " + c.Refusal()})
		}
	}
	p.table(rows)
}

func (p *printer) targets() {
	for _, b := range p.behind {
		p.heading("Behind %s", b.uri)
		var rows [][]string
		for _, v := range b.found.Verdicts {
			result := "has servers"
			if v.Err != nil {
				result = v.Err.Error()
			}
			rows = append(rows, []string{v.Name, result})
		}
		for _, t := range b.found.Targets {
			how := "SRV"
			if t.Implicit {
				how = "address of the domain, as there is no SRV record"
			}
			var addresses []string
			for _, a := range t.Addresses {
				addresses = append(addresses, a.String())
			}
			rows = append(rows, []string{t.URI, fmt.Sprintf("%s port %d, %s (%s)", t.Host, t.Port, strings.Join(addresses, " "), how)})
		}
		for _, own := range b.found.Own {
			rows = append(rows, []string{own.Protocol.String(), "has servers of its own kind at " + own.Name})
		}
		p.table(rows)
		if b.err != nil && !slices.ContainsFunc(b.found.Verdicts, func(v im.Verdict) bool { return v.Err != nil && v.Err.Error() == b.err.Error() }) {
			fmt.Fprintf(p.b, "  %s\n", printable(b.err.Error()))
		}
	}
}
