package explain

import (
	"fmt"
	"strings"

	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// View is what programs and pages are told of a number in one tree. What it says is about the number's owner: not for
// logs.
type View struct {
	Number   string        `json:"number"`
	Domain   string        `json:"domain"`
	Source   string        `json:"source"` // what answers
	Result   string        `json:"result"` // see Report.Result
	Entries  []EntryView   `json:"entries,omitempty"`
	Alias    string        `json:"alias,omitempty"`
	TTL      uint32        `json:"ttl"`
	Stale    bool          `json:"stale,omitempty"` // the data could not be refreshed in time
	Records  []RecordView  `json:"records"`         // as they are sent
	Silent   []RecordView  `json:"not_sent,omitempty"`
	Hidden   []RecordView  `json:"hidden,omitempty"`    // as they would be sent without the option anonymize
	Kept     []RecordView  `json:"kept_back,omitempty"` // or mended, by enumim_guard: records has what it sends
	Findings []FindingView `json:"findings,omitempty"`
	Clients  []ClientView  `json:"clients,omitempty"`
}

// EntryView is one entry that could decide.
type EntryView struct {
	Name  string `json:"name"` // that was looked up
	Entry string `json:"entry"`
	Place string `json:"place,omitempty"`
	Wins  bool   `json:"wins"`
	Why   string `json:"why"`
}

// RecordView is a NAPTR record.
type RecordView struct {
	Order       uint16 `json:"order"`
	Preference  uint16 `json:"preference"`
	Flags       string `json:"flags"`
	Services    string `json:"services"`
	Regexp      string `json:"regexp"` // as on the wire; an octet that is not UTF-8 as U+FFFD
	Replacement string `json:"replacement"`
}

// FindingView is one finding about the records.
type FindingView struct {
	Record   int    `json:"record"` // index in records; -1 for all together
	Code     string `json:"code"`
	Severity string `json:"severity"`
	Text     string `json:"text"`
	Rule     string `json:"rule"`
}

// ClientView is what one client makes of the records.
type ClientView struct {
	Client  string        `json:"client"`
	Title   string        `json:"title"`
	Rests   string        `json:"rests_on"` // proved, read or documented
	Targets []TargetView  `json:"targets"`
	Failed  string        `json:"failed,omitempty"`
	Records []VerdictView `json:"records"`
}

// TargetView is one URI that a client dials.
type TargetView struct {
	URI      string `json:"uri"`
	Record   int    `json:"record"`
	Parallel bool   `json:"parallel,omitempty"`
}

// VerdictView is what became of one record at a client.
type VerdictView struct {
	Used bool   `json:"used"`
	Why  string `json:"why,omitempty"`
}

// ViewOf returns what is told of records that came for a number.
func ViewOf(q Question, records []naptr.Record, findings []enumservice.SetFinding, dialled []Dialled) View {
	v := View{Number: q.Write(q.Number), Domain: q.Apex.Domain(q.Number), Records: ViewRecords(records)}
	for _, f := range findings {
		v.Findings = append(v.Findings, FindingView{f.Record, f.Code, f.Severity.String(), f.Text, f.Rule})
	}
	for _, d := range dialled {
		v.Clients = append(v.Clients, ViewClient(d))
	}
	return v
}

// View adds to v what the report says: of the answer, and what became of it. What does not exist is answered by the next
// plugin where passed is true; guarded is nil where no guard judges the records.
func (r *Report) View(v *View, passed bool, guarded *Guarded) {
	v.Result = r.Result(passed, guarded)
	v.TTL, v.Stale, v.Silent, v.Alias = r.TTL, r.Stale, ViewRecords(r.Silent), r.Target
	if len(r.Hidden) > 0 {
		v.Hidden = ViewRecords(r.Hidden)
	}
	if guarded != nil && len(guarded.Kept) > 0 {
		v.Kept = ViewRecords(guarded.Kept)
	}
	for _, hop := range r.Hops {
		name := string(r.Apex.AppendName(nil, hop.Name))
		for i := range hop.Steps {
			s := &hop.Steps[i]
			v.Entries = append(v.Entries, EntryView{name, r.Entry(&s.Entry), s.Place, s.Wins, s.Why})
		}
	}
}

// ViewRecords returns what is told of records.
func ViewRecords(records []naptr.Record) []RecordView {
	list := make([]RecordView, len(records))
	for i, r := range records {
		replacement, err := rr.NameFromWire(r.Replacement)
		if err != nil {
			replacement = ""
		}
		list[i] = RecordView{r.Order, r.Preference, r.Flags, r.Services, r.Regexp, replacement}
	}
	return list
}

// String writes the record as zone files do.
func (r RecordView) String() string {
	target := r.Replacement
	if target == "" {
		target = "?" // no name
	}
	return fmt.Sprintf(`%d %d "%s" "%s" "%s" %s`, r.Order, r.Preference,
		rr.Escape(nil, []byte(r.Flags)), rr.Escape(nil, []byte(r.Services)), rr.Escape(nil, []byte(r.Regexp)), target)
}

// ViewClient returns what is told of a client.
func ViewClient(d Dialled) ClientView {
	c := ClientView{
		Client: d.Client.ID.String(), Title: d.Client.Title, Rests: d.Client.Evidence.String(),
		Failed: d.Outcome.Failed, Targets: []TargetView{},
	}
	for _, t := range d.Outcome.Targets {
		c.Targets = append(c.Targets, TargetView{t.URI, t.Record, t.Parallel})
	}
	for _, v := range d.Outcome.Verdicts {
		c.Records = append(c.Records, VerdictView{v.Used, v.Why})
	}
	return c
}

// Relays reports whether the client is a resolver that hands the answer on, and dials nothing by itself.
func (c ClientView) Relays() bool {
	return c.Client == enumservice.BIND.String() && c.Failed == "" && len(c.Targets) == 0
}

// Refusal says why the client dials nothing, or not all; "" where there is nothing to say.
func (c ClientView) Refusal() string {
	if c.Failed == "" && len(c.Targets) > 0 {
		return ""
	}
	var reasons []string
	if c.Failed != "" {
		reasons = append(reasons, c.Failed)
	}
	for i, r := range c.Records {
		if r.Why != "" {
			reasons = append(reasons, fmt.Sprintf("%d: %s", i+1, r.Why))
		}
	}
	return strings.Join(reasons, "; ")
}
