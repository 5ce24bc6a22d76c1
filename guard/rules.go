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

// mixedTTL is the code of a set whose records have several TTLs, which Enforce with Repair makes one.
const mixedTTL = "T03"

// tooManyRecords is the code of sets of more than manyRecords records, which are never checked as a whole.
const (
	tooManyRecords = "Z09"
	manyRecords    = 100
)

// besides are the codes of findings on a record beside others that are no less at fault. A record that
// some other one was planted beside must not go for it.
var besides = map[string]bool{"F01": true, "O02": true, "O03": true, "O05": true, "I02": true, "S17": true}

// weight is what a finding means by the policy.
type weight struct {
	severity enumservice.Severity // 0 for none at all
	tell     bool                 // bad enough, and for clients that the answers are for
	offends  bool                 // the record goes for it by itself
	named    bool                 // all records go for it, because the rule was named
}

// weigh weighs a finding on one record, or on a whole set.
func (g *Guard) weigh(f *enumservice.Finding, whole bool) weight {
	w := weight{severity: f.Severity}
	if s, ok := g.policy.Rules[f.Code]; ok {
		w.severity, w.named = s, s == enumservice.Error
	}
	w.tell = w.named || w.severity >= g.severity && f.Clients&g.clients != 0
	if !whole && !besides[f.Code] {
		w.offends, w.named = w.tell, false
	}
	return w
}

// tally counts what was found in one message.
type tally struct {
	n        []int // by number
	severity []enumservice.Severity
	tell     []bool
	any      bool // something was found
	told     bool // something of it is to be told
}

func (t *tally) add(code string, severity enumservice.Severity, tell bool, n int) {
	if n == 0 || severity == 0 {
		return
	}
	if t.n == nil {
		t.n, t.severity, t.tell = make([]int, len(catalogue)), make([]enumservice.Severity, len(catalogue)), make([]bool, len(catalogue))
	}
	i := numbers[code]
	t.n[i] += n
	t.severity[i] = max(t.severity[i], severity)
	t.tell[i] = t.tell[i] || tell
	t.any, t.told = true, t.told || tell
}

// rule counts what a Policy speaks against.
func (t *tally) rule(code string, n int) { t.add(code, catalogue[numbers[code]].Severity, true, n) }

func (t *tally) reset() {
	clear(t.n)
	clear(t.severity)
	clear(t.tell)
	t.any, t.told = false, false
}

// counts lists what was found: what is to be told before the rest, the worst first.
func (t *tally) counts() (list []Count) {
	if !t.any {
		return nil
	}
	for _, tell := range []bool{true, false} {
		for severity := enumservice.Error; severity > 0; severity-- {
			for i, n := range t.n {
				if n > 0 && t.severity[i] == severity && t.tell[i] == tell {
					list = append(list, Count{Rule: catalogue[i].Code, Severity: severity, Tell: tell, N: n})
				}
			}
		}
	}
	return list
}

// maxText is the most octets of an EDE text: a reply over UDP has little room (RFC 8914 section 2).
const maxText = 160

// text tells of what was found: the worst in words, of the others as many codes as there is room for. Where
// there is nothing to tell of, twins were added, or what was mended is switched off.
func text(counts []Count) string {
	if len(counts) == 0 || !counts[0].Tell {
		return "enumim: records mended or added"
	}
	var b strings.Builder
	b.WriteString("enumim:")
	for i, c := range counts {
		if !c.Tell {
			break
		}
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
