package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/explain"
	"github.com/enumim/enumim/lint"
)

// lintJSON is a finding as --json prints it. The names are stable.
type lintJSON struct {
	File     string   `json:"file"`
	Line     int      `json:"line,omitempty"`
	Column   int      `json:"column,omitempty"`
	Severity string   `json:"severity"`
	Code     string   `json:"code"`
	Rule     string   `json:"rule"`
	Message  string   `json:"message"`
	Note     string   `json:"note,omitempty"`
	Name     string   `json:"name,omitempty"`
	Clients  []string `json:"clients"`
	Repair   string   `json:"repair"`
}

// ruleJSON is a rule as --rules --json prints it.
type ruleJSON struct {
	Code     string   `json:"code"`
	Severity string   `json:"severity"`
	Rule     string   `json:"rule"`
	Message  string   `json:"message"`
	Clients  []string `json:"clients"`
	Repair   string   `json:"repair"`
}

func namesOf(set enumservice.Clients) []string {
	names := []string{}
	for c := range set.All() {
		names = append(names, c.String())
	}
	return names
}

// print writes the findings, by place.
func (f *lintFlags) print(w io.Writer, report *lint.Report) error {
	s := styleOf(w)
	out := bufio.NewWriter(w)
	for x := range report.Findings() {
		if x.Severity < f.threshold {
			continue
		}
		if f.asJSON {
			var b bytes.Buffer
			enc := json.NewEncoder(&b)
			enc.SetEscapeHTML(false)
			err := enc.Encode(lintJSON{
				x.File, x.Line, x.Column, x.Severity.String(), x.Code, x.Rule, x.Text, x.Note, x.Name, namesOf(x.Clients), x.Repair.String(),
			})
			if err != nil {
				return err
			}
			if _, err := out.Write(explain.PrintableJSON(b.Bytes())); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintln(out, lineOf(s, x))
	}
	return out.Flush()
}

// lineOf writes a finding as a line.
func lineOf(s style, x lint.Finding) string {
	var b strings.Builder
	b.WriteString(printable(x.File)) // its owner may be anybody
	if x.Line > 0 {
		fmt.Fprintf(&b, ":%d", x.Line)
	}
	if x.Column > 0 {
		fmt.Fprintf(&b, ":%d", x.Column)
	}
	if x.Line == 0 && x.Name != "" {
		b.WriteString(": " + printable(x.Name))
	}
	line := s.bold(b.String()+":") + " " + severityText(s, x.Severity) + " " + s.bold(x.Code) + " " + x.Text
	if x.Note != "" {
		line += ": " + printable(x.Note)
	}
	if x.Clients != 0 {
		line += s.faint(" [" + shortNames(x.Clients) + "]")
	}
	if x.Repair != enumservice.NoRepair {
		line += s.green(" (" + x.Repair.String() + ")")
	}
	return line
}

func severityText(s style, severity enumservice.Severity) string {
	switch text := severity.String(); severity {
	case enumservice.Error:
		return s.red(text)
	case enumservice.Warning:
		return s.yellow(text)
	default:
		return s.blue(text)
	}
}

// shortNames lists clients; of nearly all, those that are not among them.
func shortNames(set enumservice.Clients) string {
	switch rest := enumservice.AllClients &^ set; {
	case rest == 0:
		return "all"
	case len(namesOf(rest)) <= 3:
		return "all but " + clientNames(rest, ",")
	}
	return clientNames(set, ",")
}

// summary counts the findings by rule on standard error.
func (f *lintFlags) summary(cmd *cobra.Command, report *lint.Report) {
	w := cmd.ErrOrStderr()
	s := styleOf(w)
	total, less := 0, 0
	for c := range report.Counts() {
		if c.Severity < f.threshold {
			less += c.Total
			continue
		}
		total += c.Total
		more := ""
		if rest := c.Total - c.Kept; rest > 0 {
			more = fmt.Sprintf(" (%d more than shown)", rest)
		}
		fmt.Fprintf(w, "%8d %s %s %s%s\n", c.Total, severityText(s, c.Severity), s.bold(c.Code), c.Text, more)
	}
	switch {
	case less > 0:
		fmt.Fprintf(w, "%8d less severe; --severity info shows all\n", less)
	case total == 0:
		fmt.Fprintln(w, s.green("nothing found"))
	}
}

// tellFixed says what was mended.
func tellFixed(cmd *cobra.Command, name string, fixed lint.Fixed) {
	w := cmd.ErrOrStderr()
	name = printable(name)
	fmt.Fprintf(w, "%s: entries mended: %d\n", name, fixed.Entries)
	if fixed.Zone && fixed.Entries > 0 {
		fmt.Fprintf(w, "%s: raise the serial in its SOA record, so that secondaries fetch it\n", name)
	}
	if fixed.Left > 0 {
		fmt.Fprintf(w, "%s: entries with records left as they are, which were generated, cannot be written in another way, or cannot go: %d\n", name, fixed.Left)
	}
	for _, other := range fixed.Others {
		fmt.Fprintf(w, "%s: has entries to mend, too: it was included, and --fix writes only files that it is given\n", printable(other))
	}
}

// printRules lists rules: those with the codes, or all.
func printRules(cmd *cobra.Command, asJSON bool, codes []string) error {
	out := cmd.OutOrStdout()
	s := styleOf(out)
	for r := range lint.Rules() {
		if codes != nil && !slices.Contains(codes, r.Code) {
			continue
		}
		if asJSON {
			err := json.NewEncoder(out).Encode(ruleJSON{r.Code, r.Severity.String(), r.Rule, r.Text, namesOf(r.Clients), r.Repair.String()})
			if err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(out, "%s %-7s %s (%s)\n", s.bold(r.Code), severityText(s, r.Severity), r.Text, r.Rule)
	}
	return nil
}

// repairTexts say what --fix does.
var repairTexts = map[enumservice.Repair]string{
	enumservice.NoRepair: "only the author knows what is meant",
	enumservice.ByPolicy: "the author has to say how: it changes what clients that follow RFC 6116 dial",
	enumservice.Rewrite:  "--fix writes the same in another way",
	enumservice.Expand:   "--fix writes the URI that the expression gives; in a block and in a zone file it stays",
	enumservice.Split:    "--fix writes one record for each service",
	enumservice.Renumber: "--fix writes other orders and preferences, in the same sequence",
	enumservice.Drop:     "--fix takes the record out",
}

// tell prints what is known of one rule.
func (f *lintFlags) tell(cmd *cobra.Command) error {
	code := strings.ToUpper(f.explain)
	for r := range lint.Rules() {
		if r.Code != code {
			continue
		}
		if f.asJSON {
			return printRules(cmd, true, []string{code})
		}
		out := cmd.OutOrStdout()
		s := styleOf(out)
		clients := clientNames(r.Clients, ", ")
		if clients == "" {
			clients = "none that is known"
		}
		fmt.Fprintf(out, "%s %s: %s\n  rests on  %s\n  hurts     %s\n  repair    %s\n",
			s.bold(r.Code), severityText(s, r.Severity), r.Text, r.Rule, clients, repairTexts[r.Repair])
		return nil
	}
	return fmt.Errorf("--explain: there is no rule %s; enumim lint --rules lists all", code)
}
