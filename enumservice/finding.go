package enumservice

import (
	"iter"
	"slices"
	"strings"
)

// Severity says what a finding means for those who read the record. The greater is the worse.
type Severity uint8

const (
	// Info: allowed, and worth knowing.
	Info Severity = iota + 1
	// Warning: breaks a recommendation, or fails with some clients.
	Warning
	// Error: breaks a requirement, or no client can use the record.
	Error
)

// String returns "info", "warning" or "error"; "" for what is no severity.
func (s Severity) String() string {
	switch s {
	case Info:
		return "info"
	case Warning:
		return "warning"
	case Error:
		return "error"
	}
	return ""
}

// Finding is one thing to know about a record. It is comparable and holds neither number nor URI,
// so it may be logged, counted and sent to strangers (RFC 8914 section 6).
type Finding struct {
	Code     string // stable: a letter for what it is about and two digits
	Severity Severity
	Rule     string // what it rests on, such as "RFC 6116 3.4.3"
	Text     string // at most 60 octets: what is wrong, then what to write instead
	// Clients are those that cannot use the record, or not as it is meant; empty where the rule is
	// one of form that no client known here trips over.
	Clients Clients
	// Repair says what Checker.Repair does about it.
	Repair Repair
}

// Faults joins the texts of the findings for which a record cannot be served: those of Severity Error, each
// once. It returns "" where there are none.
func Faults(found []Finding) string {
	var texts []string
	for _, f := range found {
		if f.Severity != Error {
			continue
		}
		if text := f.Code + ": " + f.Text + " (" + f.Rule + ")"; !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, "; ")
}

// Findings lists every finding there is, by code.
func Findings() iter.Seq[Finding] {
	return slices.Values(slices.SortedFunc(slices.Values(findings[1:]), func(a, b Finding) int {
		return strings.Compare(a.Code, b.Code)
	}))
}

// Get returns the finding with this code, such as "R05". Those of letter D are made by package lint,
// which sees the data as a whole.
func Get(code string) (Finding, bool) {
	for _, f := range findings[1:] {
		if f.Code == code {
			return f, true
		}
	}
	return Finding{}, false
}
