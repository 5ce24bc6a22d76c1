package guard

import (
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/im"
	"github.com/enumim/enumim/naptr"
)

// judgement is the work on one reply, and the memory for it.
type judgement struct {
	*Guard
	asked  string // the name
	number e164.Number
	digits string // those of a number that is longer than a Number holds
	// validates: the client checks signatures by itself, or has others do so.
	validates bool
	// vouched: nothing is said against the origin of the records.
	vouched bool
	// authenticated: the reply has the AD bit.
	authenticated bool

	tally  tally
	count  int // records that may still be told apart
	effort int // what may still be spent on them
	section
	size    int // of the RRset under consideration
	records []naptr.Record
	others  []naptr.Record // of other applications
	members []int          // entry of each of records
	ttls    []uint32
	found   []enumservice.SetFinding
	alone   []enumservice.Finding
	// passing are the records of the answer, as they are sent.
	passing []naptr.Record

	// forBIND: an answer that BIND refuses offends. The finding names one record of those that it is for.
	forBIND bool

	// What became of the records.
	signed  bool // they stay, for they are signed
	missing bool
	refused bool // the reply must not be sent, and no other made of it
}

// reset forgets the message.
func (j *judgement) reset() {
	j.tally.reset()
	j.section.reset()
	clear(j.records)
	clear(j.others)
	clear(j.passing)
	*j = judgement{
		Guard: j.Guard, tally: j.tally, section: j.section, records: j.records[:0], others: j.others[:0], members: j.members[:0],
		ttls: j.ttls[:0], found: j.found[:0], alone: j.alone[:0], passing: j.passing[:0],
	}
}

// judge judges the reply m to r.
func (j *judgement) judge(r, m *dns.Msg) Verdict {
	j.count, j.effort = maxRecords, maxEffort
	disabled, anyType := false, false
	if r != nil {
		disabled = r.CheckingDisabled
		j.validates = disabled || wantsDNSSEC(r)
		if len(r.Question) > 0 {
			j.asked = r.Question[0].Name
			j.ask(j.asked)
			anyType = r.Question[0].Qtype == dns.TypeANY
		}
	}
	j.authenticated = m.AuthenticatedData
	j.vouched = !j.policy.RequireAuthenticated || m.AuthenticatedData || disabled && j.policy.Mode != Enforce

	out := reply{m: m}
	out.answer, out.changed = j.sift(m.Answer)
	passing, lost, refused := len(j.passing), j.missing, j.refused
	var courtesy bool
	if out.ns, courtesy = j.sift(m.Ns); courtesy {
		out.changed = true
	}
	if out.extra, courtesy = j.sift(m.Extra); courtesy {
		out.changed = true
	}
	j.passing = j.passing[:passing]

	v := Verdict{Msg: m, Counts: j.tally.counts()}
	switch {
	case refused:
		v.Action, v.Msg = Emptied, out.servFail()
	case lost && !holds(out.answer) && (!anyType || !answers(out.answer)):
		v.Action, v.Msg = Emptied, out.empty(j.policy.Empty)
	case out.changed && j.missing:
		v.Action, v.Msg = Withheld, out.altered()
	case out.changed:
		v.Action, v.Msg = Repaired, out.altered()
	case j.signed:
		v.Action = Signed
	case j.tally.told:
		v.Action = Told
	}
	if j.policy.Mode != Observe && v.Action != Passed {
		v.EDE = EDE{edeCodes[v.Action], text(v.Counts)}
	}
	v.Msg = j.Restore(r, v.Msg)
	if v.Action != Emptied && j.policy.Mode != Observe {
		v.URIs = j.uris()
	}
	return v
}

// edeCodes are the codes of actions that a client is told of (RFC 8914 section 4).
var edeCodes = [actions]uint16{
	Told:     dns.ExtendedErrorCodeOther,
	Signed:   dns.ExtendedErrorCodeOther,
	Repaired: dns.ExtendedErrorCodeForgedAnswer,
	Withheld: dns.ExtendedErrorCodeForgedAnswer,
	Emptied:  dns.ExtendedErrorCodeBlocked,
}

// uris lists the im: and pres: URIs of the records that are sent, the best rank first.
func (j *judgement) uris() (list []im.URI) {
	slices.SortStableFunc(j.passing, naptr.Compare)
	var buf [512]byte
	for _, r := range j.passing {
		if !mentions(r.Regexp) {
			continue
		}
		octets, _ := j.checker.URI(buf[:0], j.number, r)
		u, err := im.Parse(string(octets))
		if err != nil {
			continue
		}
		if list = append(list, u); len(list) == maxURIs {
			break
		}
	}
	return list
}

// ask takes the number from the name that was asked for: expressions are applied to it, wherever an alias
// led (RFC 3402 section 3).
func (j *judgement) ask(qname string) {
	name, err := j.apex.Parse(qname)
	if err != nil {
		return
	}
	if n, ok := name.Branch(); ok {
		j.number = n
		return
	}
	if name.IsNumber() {
		j.number = name.Number
		return
	}
	// More digits than E.164 has: of the rest it counts how many there are.
	digits := name.Number.AppendDigits(nil)
	for rest := name.Labels; rest != ""; rest = rest[2:] {
		if rest[0] != 1 || rest[1] < '0' || rest[1] > '9' {
			return
		}
		digits = append(digits, rest[1])
	}
	j.digits = string(digits)
}

// sameName compares names as DNS does (RFC 4343).
func sameName(a, b string) bool { return a == b || len(a) == len(b) && strings.EqualFold(a, b) }
