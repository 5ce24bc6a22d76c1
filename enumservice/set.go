package enumservice

import (
	"slices"
	"strings"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// SetFinding is a finding on one record of a set, or on the set.
type SetFinding struct {
	Finding
	Record int // index of the record; -1 for the set as a whole
}

// AppendSet appends the findings on the records owned by the ENUM domain of n to dst and returns the
// extended slice: those that Append makes, record by record, then those on the records together, on
// the answer that holds them and on the number.
func (c Checker) AppendSet(dst []SetFinding, n e164.Number, set []naptr.Record) []SetFinding {
	var buf [8]Finding
	refused := -1
	for i, r := range set {
		for _, f := range c.Append(buf[:0], n, r) {
			dst = append(dst, SetFinding{f, i})
		}
		if refused < 0 && bindRefuses(r.Regexp) {
			refused = i
		}
	}
	s := inspect(set)
	dst = s.shapes(dst)
	dst = s.rank(dst)
	dst = s.kinds(dst)
	if refused >= 0 {
		dst = reportRecord(dst, refused, ruleRefused)
	}
	dst = c.size(dst, n, set)
	if n.IsValid() {
		var digits [e164.MaxDigits]byte
		for _, f := range c.AppendNumber(buf[:0], string(n.AppendDigits(digits[:0]))) {
			dst = append(dst, SetFinding{f, -1})
		}
	}
	return dst
}

func reportSet(dst []SetFinding, f rule) []SetFinding {
	return append(dst, SetFinding{findings[f], -1})
}

func reportRecord(dst []SetFinding, record int, f rule) []SetFinding {
	return append(dst, SetFinding{findings[f], record})
}

// member is a record of a set.
type member struct {
	naptr.Record
	index    int
	services []Service // none where the field is malformed
	any      bool      // a non-terminal: what it leads to may serve anything
}

// shares reports whether an Enumservice of m may be one of o.
func (m *member) shares(o *member) bool {
	if m.any || o.any {
		return true
	}
	return slices.ContainsFunc(m.services, o.names)
}

// names reports whether the record has the Enumservice s.
func (m *member) names(s Service) bool {
	return slices.ContainsFunc(m.services, func(have Service) bool { return have.Is(s.Type, s.Subtype) })
}

// inspected is a set of records with what all rules about sets ask of it.
type inspected struct {
	set []naptr.Record
	// enum holds those that an ENUM client considers, in the order in which it does: records of
	// other applications and with other flags are passed over before they are ordered (RFC 6116
	// section 3.4.2).
	enum     []member
	terminal bool // one at least is
}

func inspect(set []naptr.Record) inspected {
	s := inspected{set: set, enum: make([]member, 0, len(set))}
	services := make([]Service, 0, len(set)) // of all members, one behind the other
	for i, r := range set {
		if !considered(r) {
			continue
		}
		m := member{Record: r, index: i, any: r.NonTerminal() && !rootReplacement(r)}
		if r.Terminal() {
			s.terminal = true
			from := len(services)
			services, _ = ParseServices(services, r.Services)
			m.services = services[from:len(services):len(services)]
		}
		s.enum = append(s.enum, m)
	}
	slices.SortStableFunc(s.enum, func(a, b member) int { return compareRank(a.Record, b.Record) })
	return s
}

// considered reports whether an ENUM client considers the record at all.
func considered(r naptr.Record) bool {
	return r.Terminal() || r.NonTerminal() && !otherApplication(r.Services)
}

func compareRank(a, b naptr.Record) int {
	return (int(a.Order)<<16 | int(a.Preference)) - (int(b.Order)<<16 | int(b.Preference))
}

// shapes looks for records that disturb others, and for duplicates.
func (s *inspected) shapes(dst []SetFinding) []SetFinding {
	if len(s.set) < 2 {
		return dst
	}
	for i, r := range s.set {
		if s.terminal && !r.Terminal() {
			dst = reportRecord(dst, i, ruleMixedFlags)
		}
	}
	for _, i := range duplicates(s.set) {
		dst = reportRecord(dst, i, ruleDuplicateRecord)
	}
	addresses := 0
	for _, r := range s.set {
		// Linphone takes the first "sip:" in the text of the answer, also in services such as sip:x.
		addresses += strings.Count(r.Services, "sip:") + min(strings.Count(r.Regexp, "sip:"), 1)
	}
	if addresses > 1 {
		dst = reportSet(dst, ruleSeveralSIP)
	}
	return dst
}

// duplicates lists the records that stand further ahead, too, in increasing order.
func duplicates(set []naptr.Record) (found []int) {
	byContent := make([]int, len(set))
	for i := range byContent {
		byContent[i] = i
	}
	slices.SortStableFunc(byContent, func(a, b int) int { return naptr.Compare(set[a], set[b]) })
	for k := 1; k < len(byContent); k++ {
		if naptr.Compare(set[byContent[k-1]], set[byContent[k]]) == 0 {
			found = append(found, byContent[k])
		}
	}
	slices.Sort(found)
	return found
}

// rank judges orders and preferences (RFC 6116 section 5.1).
func (s *inspected) rank(dst []SetFinding) []SetFinding {
	if len(s.enum) == 0 {
		return dst
	}
	high, compare := false, len(s.set) <= mostCompared
	for i, m := range s.enum {
		if m.Order > 0x7fff {
			high = true
			dst = reportRecord(dst, m.index, ruleHighOrder)
		}
		if !compare {
			continue
		}
		if f := s.sameRank(i); f != ruleNone {
			dst = reportRecord(dst, m.index, f)
		}
	}
	first, last := s.enum[0].Order, s.enum[len(s.enum)-1].Order
	switch {
	case first == last && first != usualOrder && !high:
		return reportSet(dst, ruleOddOrder)
	case first == last, !compare:
		return dst
	}
	over := false
	for i, m := range s.enum {
		if s.overtaken(i) {
			over = true
			dst = reportRecord(dst, m.index, ruleOrderFailover)
		}
	}
	if !over {
		dst = reportSet(dst, ruleSeveralOrders)
	}
	return dst
}

// usualOrder is what RFC 6116 section 5.1 recommends for all.
const usualOrder = 100

// sameRank says what is wrong with member i and those of its rank before it.
func (s *inspected) sameRank(i int) rule {
	m := &s.enum[i]
	worst := ruleNone
	for k := i - 1; k >= 0 && compareRank(s.enum[k].Record, m.Record) == 0; k-- {
		other := &s.enum[k]
		switch {
		case naptr.Compare(other.Record, m.Record) == 0:
		case !m.shares(other):
			if worst == ruleNone {
				worst = ruleEqualOther
			}
		case m.names(Service{Type: "im"}) && other.names(Service{Type: "im"}):
			return ruleSameRank
		default:
			worst = ruleEqualRank
		}
	}
	return worst
}

// overtaken reports whether an Enumservice of member i is had under a lower order: a client that
// keeps to one order never comes to it.
func (s *inspected) overtaken(i int) bool {
	m := &s.enum[i]
	for k := range s.enum[:i] {
		if other := &s.enum[k]; other.Order != m.Order && m.shares(other) {
			return true
		}
	}
	return false
}

// kinds tells of sets in which ordinary clients find nothing.
func (s *inspected) kinds(dst []SetFinding) []SetFinding {
	im, tel, other := false, false, false
	for _, m := range s.enum {
		other = other || m.any
		for _, v := range m.services {
			switch {
			case v.Is("im", ""):
				im = true
			case strings.EqualFold(v.Type, "pres"):
			case onlyTel(v):
				tel = true
			default:
				other = true
			}
		}
	}
	dst = s.takenForSIP(dst)
	switch {
	case other:
	case tel:
		dst = reportSet(dst, ruleTelOnly)
	case im:
		dst = reportSet(dst, ruleIMOnly)
	}
	return dst
}

// takenForSIP reports records that come before one for sip and are dialled in its place: Asterisk looks
// at the first subtype, sprout takes pstn and sip for the same.
func (s *inspected) takenForSIP(dst []SetFinding) []SetFinding {
	last := -1
	for i := range s.enum {
		if s.enum[i].names(Service{Type: "sip"}) {
			last = i
		}
	}
	for i := range max(last, 0) {
		if m := &s.enum[i]; slices.ContainsFunc(m.services, likeSIP) && !m.names(Service{Type: "sip"}) {
			dst = reportRecord(dst, m.index, ruleTakenForSIP)
		}
	}
	return dst
}

func likeSIP(s Service) bool {
	subtype, _, _ := strings.Cut(s.Subtype, ":")
	return strings.EqualFold(subtype, "sip") || strings.EqualFold(s.Type, "pstn")
}

// onlyTel reports whether the Enumservice is registered for tel URIs and no others.
func onlyTel(s Service) bool {
	r := lookup(s)
	return r != nil && len(r.Schemes) == 1 && r.Schemes[0] == "tel"
}
