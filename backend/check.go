package backend

// RR types that an Answer is checked for (RFC 1035, RFC 3403, RFC 6672).
const (
	typeNS    = 2
	typeNAPTR = 35
	typeDNAME = 39
)

// wellFormed says what is wrong with an answer to q, "" for nothing. A backend is foreign code: what
// it says wrongly must become an error, and never a denial of a number that exists.
func wellFormed(q Query, a *Answer) string {
	if fault := wellFormedSets(a.Sets); fault != "" {
		return fault
	}
	bare := len(a.Rules) == 0 && len(a.Sets) == 0 && len(a.Glue) == 0 && a.Text == ""
	switch a.Kind {
	case Found:
		switch {
		// The apex of a zone is answered from Zone, which may hold all there is.
		case len(a.Rules) == 0 && len(a.Sets) == 0 && a.Zone == nil:
			return "found without records"
		case a.Owner != none && (!a.Owner.IsWildcard() || !q.Name.Under(a.Owner.Parent())):
			return "found with an owner that is no wildcard above the name"
		}
	case Empty, Descendants, Absent:
		if !bare {
			return "records in an answer that says there are none"
		}
	case Delegated:
		switch {
		case !q.Name.Under(a.Owner):
			return "delegated by an owner that is not above the name"
		case !holds(a.Sets, typeNS):
			return "delegated without name servers"
		case len(a.Rules) != 0:
			return "delegated with rules"
		}
	case Renamed:
		switch {
		case q.Name == a.Owner || !q.Name.Under(a.Owner):
			return "renamed by an owner that is not above the name"
		case !holds(a.Sets, typeDNAME):
			return "renamed without DNAME"
		case len(a.Rules) != 0:
			return "renamed with rules"
		}
	default:
		return "no answer"
	}
	return ""
}

func wellFormedSets(sets []RRset) string {
	for i := range sets {
		switch {
		case sets[i].Type == 0:
			return "a set without type"
		case sets[i].Type == typeNAPTR:
			return "NAPTR among the other sets"
		case len(sets[i].Data) == 0:
			return "a set without records"
		case sets[i].Type == typeDNAME && len(sets[i].Data) != 1:
			return "several DNAME records at one name"
		}
	}
	return ""
}

func holds(sets []RRset, typ uint16) bool {
	for i := range sets {
		if sets[i].Type == typ {
			return true
		}
	}
	return false
}
