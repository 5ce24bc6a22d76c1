package enumservice

import (
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// SetFinding is a finding on one record of a set, or on the set.
type SetFinding struct {
	Finding
	Record int // index of the record; -1 for the set as a whole
}

// AppendSet appends the findings on the records owned by the ENUM domain of n to dst and returns the
// extended slice: those that Append makes, record by record, then those on the records together.
func (c Checker) AppendSet(dst []SetFinding, n e164.Number, set []naptr.Record) []SetFinding {
	var buf [8]Finding
	for i, r := range set {
		for _, f := range c.Append(buf[:0], n, r) {
			dst = append(dst, SetFinding{f, i})
		}
	}
	return dst
}

// Get returns the finding with this code, such as "R05".
func Get(code string) (Finding, bool) {
	for _, f := range findings[1:] {
		if f.Code == code {
			return f, true
		}
	}
	return Finding{}, false
}
