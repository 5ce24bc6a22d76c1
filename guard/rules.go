package guard

import (
	"slices"
	"strings"

	"github.com/enumim/enumim/enumservice"
)

// catalogue are the rules by number: those of a Policy, and those of enumservice by code.
var catalogue, numbers = func() (list []enumservice.Finding, numbers map[string]int) {
	list = []enumservice.Finding{
		{Code: RuleMalformed, Severity: enumservice.Error, Text: "record that cannot be sent"},
		{Code: RuleUnauthenticated, Severity: enumservice.Error, Text: "not authenticated by DNSSEC"},
		{Code: RuleDomain, Severity: enumservice.Error, Text: "domain of an im or pres URI is not allowed"},
		{Code: RuleUnchecked, Severity: enumservice.Warning, Text: "too much in one answer to check"},
		{Code: RuleService, Severity: enumservice.Info, Text: "Enumservice is not one to keep"},
	}
	list = slices.AppendSeq(list, enumservice.Findings())
	numbers = make(map[string]int, len(list))
	for i, f := range list {
		numbers[f.Code] = i
	}
	return list, numbers
}()

// otherApplication is the code of records that are none of ENUM's (RFC 3403 section 3).
const otherApplication = "F17"

// refusedByBIND is the code of answers that BIND refuses.
const refusedByBIND = "A01"

// tooManyRecords is the code of sets of more than manyRecords records, which are never checked as a whole.
const (
	tooManyRecords = "Z09"
	manyRecords    = 100
)

// besides are the codes of findings on a record beside others that are no less at fault. A record that
// some other one was planted beside must not go for it.
var besides = map[string]bool{"F01": true, "O02": true, "O03": true, "O05": true, "I02": true, "S17": true}

// weigh returns the severity that the policy gives to a finding on one record, or on a whole set, 0 for none,
// and whether the record offends by itself, or it offends beside others because the rule was named.
func (g *Guard) weigh(f *enumservice.Finding, whole bool) (severity enumservice.Severity, offends, named bool) {
	severity = f.Severity
	if s, ok := g.policy.Rules[f.Code]; ok {
		severity, named = s, s == enumservice.Error
	}
	if whole || besides[f.Code] {
		return severity, false, named
	}
	return severity, named || severity >= g.severity && f.Clients&g.clients != 0, false
}

// tally counts what was found in one message.
type tally struct {
	n        []int // by number
	severity []enumservice.Severity
	any      bool
}

func (t *tally) add(code string, severity enumservice.Severity, n int) {
	if n == 0 || severity == 0 {
		return
	}
	if t.n == nil {
		t.n, t.severity = make([]int, len(catalogue)), make([]enumservice.Severity, len(catalogue))
	}
	i := numbers[code]
	t.n[i] += n
	t.severity[i] = max(t.severity[i], severity)
	t.any = true
}

// rule counts what a Policy speaks against.
func (t *tally) rule(code string, n int) { t.add(code, catalogue[numbers[code]].Severity, n) }

func (t *tally) reset() {
	clear(t.n)
	clear(t.severity)
	t.any = false
}

// counts lists what was found, the worst first.
func (t *tally) counts() (list []Count) {
	if !t.any {
		return nil
	}
	for severity := enumservice.Error; severity > 0; severity-- {
		for i, n := range t.n {
			if n > 0 && t.severity[i] == severity {
				list = append(list, Count{Rule: catalogue[i].Code, Severity: severity, N: n})
			}
		}
	}
	return list
}

// maxText is the most octets of an EDE text: a reply over UDP has little room (RFC 8914 section 2).
const maxText = 160

// text tells of what was found: the worst in words, of the others as many codes as there is room for.
func text(counts []Count) string {
	var b strings.Builder
	b.WriteString("enumim:")
	for i, c := range counts {
		f := &catalogue[numbers[c.Rule]]
		var part string
		switch i {
		case 0:
			part = " " + f.Text
			if f.Rule != "" {
				part = " " + f.Code + part
			}
		case 1:
			part = "; and " + f.Code
		default:
			part = ", " + f.Code
		}
		if b.Len()+len(part) > maxText {
			break
		}
		b.WriteString(part)
	}
	return b.String()
}
