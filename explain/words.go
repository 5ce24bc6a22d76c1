package explain

import (
	"fmt"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// Write writes a number as those of the tree are written.
func (q Question) Write(n e164.Number) string {
	if q.DialPlan {
		return n.Digits()
	}
	return n.String()
}

// Entry names an entry as numbers files write it.
func (q Question) Entry(e *backend.Entry) string {
	n := q.Write(e.Name.Number)
	switch {
	case e.Kind == backend.Block:
		open := e.Min - e.Name.Number.Len()
		if e.Min == e.Max {
			if open <= 6 {
				return "block " + n + strings.Repeat("x", open)
			}
			return fmt.Sprintf("block %sx{%d}", n, open)
		}
		return fmt.Sprintf("block %sx{%d,%d}", n, open, e.Max-e.Name.Number.Len())
	case e.Kind == backend.Wildcard:
		return "wildcard " + string(q.Apex.AppendName(nil, e.Name.Wildcard()))
	case e.Kind == backend.Delegation:
		return "delegation " + n
	case e.Kind == backend.Rename:
		return "DNAME " + n
	case e.Name.Labels != "":
		return "name " + string(q.Apex.AppendName(nil, e.Name))
	}
	return "number " + n
}

// Result says in one word what the client gets: found, nodata, servfail, nxdomain, referral, alias, loop or fallthrough.
// The arguments are those of View.
func (r *Report) Result(passed bool, guarded *Guarded) string {
	sent := r.Records
	if guarded != nil {
		sent = guarded.Records
	}
	switch {
	case r.Loop:
		return "loop"
	case r.Target != "":
		return "alias"
	case passed:
		return "fallthrough"
	case r.Kind == backend.Delegated:
		return "referral"
	case r.Kind == backend.Absent && !r.Uniform:
		return "nxdomain"
	case guarded != nil && guarded.Failed:
		return "servfail"
	case len(sent) == 0:
		return "nodata"
	}
	return "found"
}

// Sentence says what the answer is where the records do not tell, "" where they do.
func (r *Report) Sentence(passed bool) string {
	switch {
	case r.Loop:
		return "The aliases lead back to " + r.Target + ": a loop."
	case r.Target != "":
		return "The number is an alias of " + r.Target + ", where the client's resolver goes on."
	case passed:
		return "The number does not exist here: the next plugin answers (fallthrough)."
	case r.Kind == backend.Absent && r.Uniform:
		return "The number does not exist, which is answered like one without records: NODATA (harvest uniform)."
	case r.Kind == backend.Found && len(r.Records)+len(r.Silent) == 0:
		return "The number exists and has no NAPTR records: NODATA."
	case r.Kind == backend.Found && len(r.Records) == 0:
		return "None of the records says anything about this number: NODATA."
	case r.Kind != backend.Found:
		return "The number " + why(r.Kind) + "."
	}
	return ""
}

// why says what a backend's answer is.
func why(kind backend.Kind) string {
	switch kind {
	case backend.Found:
		return "has records"
	case backend.Empty:
		return "exists and has no records: NODATA"
	case backend.Descendants:
		return "has no entry, but longer numbers do: NODATA"
	case backend.Absent:
		return "does not exist: NXDOMAIN"
	case backend.Delegated:
		return "is delegated: a referral"
	case backend.Renamed:
		return "is below a DNAME"
	}
	return "is unknown"
}
