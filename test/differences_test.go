package test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// difference is a class of replies that differ from those of another server for a reason.
// docs/differences.md tells people the same (TestDifferencesAreDocumented).
type difference struct {
	id   string
	with string // NSD, Knot, or both
	// settle changes a copy of their reply to ours in what it explains, and reports whether it did. It
	// checks all that is known, so that nothing else hides behind it.
	settle func(q *question, ours, theirs *reply) bool
}

// both are NSD and Knot.
const both = "both"

// refusals are the classes of questions that the other server treats in another way altogether.
var refusals = []difference{
	{"class", both, func(q *question, ours, theirs *reply) bool {
		return q.class != dns.ClassINET && ours.bare(dns.RcodeRefused) && (len(theirs.answer) == 0 || q.class == dns.ClassANY) && theirs.becomes(ours)
	}},
	{"transfer", both, func(q *question, ours, theirs *reply) bool {
		return (q.qtype == dns.TypeAXFR || q.qtype == dns.TypeIXFR) && ours.bare(dns.RcodeRefused) && ours.rcode != theirs.rcode &&
			theirs.bare(dns.RcodeNotImplemented, dns.RcodeNotAuth) && theirs.becomes(ours)
	}},
	{"meta-type", both, func(q *question, ours, theirs *reply) bool {
		meta := q.qtype == dns.TypeOPT || q.qtype >= 128 && q.qtype < dns.TypeANY && q.qtype != dns.TypeAXFR && q.qtype != dns.TypeIXFR
		rcode := dns.RcodeFormatError
		if q.qtype == dns.TypeMAILA || q.qtype == dns.TypeMAILB {
			rcode = dns.RcodeNotImplemented
		}
		return meta && ours.bare(rcode) && !slices.ContainsFunc(theirs.answer, func(r record) bool { return r.typ == q.qtype }) && theirs.becomes(ours)
	}},
	{"type-0", "Knot", func(q *question, ours, theirs *reply) bool {
		return q.qtype == 0 && theirs.bare(dns.RcodeNotImplemented) && theirs.becomes(ours)
	}},
	{"nsec-at-alias", "Knot", func(q *question, ours, theirs *reply) bool {
		if q.qtype != dns.TypeNSEC && q.qtype != dns.TypeRRSIG || theirs.rcode != dns.RcodeSuccess || !begins(ours.sets, theirs.sets) {
			return false
		}
		// A DNAME and its CNAME may have led to the alias.
		n := len(theirs.sets)
		stopped := n < len(ours.sets) && strings.HasSuffix(ours.sets[n], " 5")
		return (stopped || ours.tc && n == 0) && theirs.becomes(ours)
	}},
}

var differences = []difference{
	{"extended-error", "NSD", func(_ *question, ours, theirs *reply) bool {
		ok := ours.rcode == dns.RcodeYXDomain && len(ours.options) == 0 && slices.Equal(theirs.options, []uint16{dns.EDNS0EDE})
		if ok {
			theirs.options = nil
		}
		return ok
	}},
	{"expire", "Knot", func(q *question, ours, theirs *reply) bool {
		asked := slices.ContainsFunc(q.options, func(o dns.EDNS0) bool { return o.Option() == dns.EDNS0EXPIRE })
		ok := asked && len(ours.options) == 0 && slices.Equal(theirs.options, []uint16{dns.EDNS0EXPIRE})
		if ok {
			theirs.options = nil
		}
		return ok
	}},
	{"badvers", "Knot", func(q *question, ours, theirs *reply) bool {
		if ours.rcode != dns.RcodeBadVers || ours.do || ours.cd != q.cd || ours.do == theirs.do && ours.cd == theirs.cd {
			return false
		}
		theirs.do, theirs.cd = ours.do, ours.cd
		return true
	}},
	{"authority-ns", "NSD", func(q *question, ours, theirs *reply) bool {
		if !theirs.aa || len(theirs.answer) == 0 || !slices.ContainsFunc(theirs.authority, func(r record) bool {
			return r.typ == dns.TypeNS && (r.owner == "e164.arpa." || r.owner == "4.4.e164.arpa.")
		}) {
			return false
		}
		theirs.addition = slices.DeleteFunc(theirs.addition, func(r record) bool {
			servers := slices.ContainsFunc(theirs.authority, func(ns record) bool { return r.owner == "ns1."+ns.owner || r.owner == "ns2."+ns.owner })
			return servers && !slices.ContainsFunc(ours.addition, func(o record) bool { return o.key() == r.key() })
		})
		theirs.authority = nil
		return true
	}},
	{"referral-ds", both, func(q *question, ours, theirs *reply) bool {
		if !q.do {
			return false
		}
		rest := slices.DeleteFunc(slices.Clone(ours.authority), func(r record) bool { return r.typ == dns.TypeDS })
		ok := len(rest) < len(ours.authority) && len(rest) > 0 && sameRecords(rest, theirs.authority)
		if ok {
			theirs.authority = ours.authority
		}
		return ok
	}},
	{"any", both, func(q *question, ours, theirs *reply) bool {
		n := len(ours.sets)
		if q.qtype != dns.TypeANY || n == 0 || len(theirs.sets) != n || !slices.Equal(ours.sets[:n-1], theirs.sets[:n-1]) || ours.sets[n-1] == theirs.sets[n-1] {
			return false
		}
		owner := func(p *reply) string { return strings.Fields(p.sets[n-1])[0] }
		if owner(ours) != owner(theirs) || ours.rcode != theirs.rcode || len(ours.authority)+len(theirs.authority) > 0 {
			return false
		}
		theirs.answer, theirs.sets, theirs.addition = ours.answer, ours.sets, ours.addition
		return true
	}},
	{"out-of-zone", both, func(q *question, ours, theirs *reply) bool {
		target, ok := ours.leadsTo()
		return ok && zoneOf(target, dns.TypeNone) != zoneOf(q.name, q.qtype) && ours.rcode == dns.RcodeSuccess && len(ours.authority)+len(ours.addition) == 0 &&
			begins(theirs.sets, ours.sets) && len(theirs.sets)+len(theirs.authority) > len(ours.sets) && theirs.becomes(ours)
	}},
	{"chain", "NSD", func(_ *question, ours, theirs *reply) bool {
		return ours.aliases() == 9 && ours.rcode == dns.RcodeSuccess && len(ours.authority) == 0 && theirs.aliases() >= 9 &&
			begins(theirs.sets, ours.sets) && len(theirs.sets)+len(theirs.authority) > len(ours.sets) && theirs.becomes(ours)
	}},
	{"chain", "Knot", func(_ *question, ours, theirs *reply) bool {
		return theirs.aliases() == 5 && theirs.rcode == dns.RcodeSuccess && len(theirs.authority) == 0 && begins(ours.sets, theirs.sets) &&
			len(ours.sets)+len(ours.authority) > len(theirs.sets) && theirs.becomes(ours)
	}},
	{"dname-again", "NSD", func(_ *question, ours, theirs *reply) bool {
		target, ok := theirs.leadsTo()
		return ok && len(theirs.authority) == 0 && begins(ours.sets, theirs.sets) && slices.ContainsFunc(theirs.answer, func(r record) bool {
			return r.typ == dns.TypeDNAME && dns.IsSubDomain(r.owner, target) && r.owner != target
		}) && theirs.becomes(ours)
	}},
	{"loop", both, func(_ *question, ours, theirs *reply) bool {
		once := slices.CompactFunc(slices.Clone(theirs.answer), func(a, b record) bool { return a.key() == b.key() })
		ok := len(once) < len(theirs.answer) && sameRecords(once, ours.answer)
		if ok {
			theirs.answer = ours.answer
		}
		return ok
	}},
	{"address-twice", "Knot", func(_ *question, ours, theirs *reply) bool {
		once := slices.CompactFunc(slices.Clone(theirs.addition), func(a, b record) bool { return a.key() == b.key() })
		ok := len(once) < len(theirs.addition) && sameRecords(once, ours.addition)
		if ok {
			theirs.addition = ours.addition
		}
		return ok
	}},
	{"ds-behind-alias", "NSD", func(q *question, ours, theirs *reply) bool {
		target, ok := ours.leadsTo()
		return ok && q.qtype == dns.TypeDS && target == "4.4.e164.arpa." && begins(theirs.sets, ours.sets) && theirs.becomes(ours)
	}},
	{"yxdomain", "Knot", func(_ *question, ours, theirs *reply) bool {
		return ours.rcode == dns.RcodeYXDomain && theirs.rcode == dns.RcodeNameError && sameRecords(ours.answer, theirs.answer) && theirs.becomes(ours)
	}},
	{"wildcard-glue", both, func(_ *question, ours, theirs *reply) bool {
		if ours.aa || len(ours.addition) > 0 || len(theirs.addition) != 1 || !strings.HasPrefix(theirs.addition[0].owner, "5.4.3.7.3.") {
			return false
		}
		theirs.addition = nil
		return true
	}},
	{"more-addresses", both, func(_ *question, ours, theirs *reply) bool {
		if len(ours.addition) > 0 || len(theirs.addition) == 0 || len(ours.answer) == 0 || !sameRecords(ours.answer, theirs.answer) {
			return false
		}
		for _, r := range ours.answer {
			if slices.Contains([]uint16{dns.TypeNS, dns.TypeMX, dns.TypeSRV}, r.typ) {
				return false
			}
		}
		theirs.addition = nil
		return true
	}},
	{"soa-room", "Knot", func(q *question, ours, theirs *reply) bool {
		ok := !q.tcp && len(theirs.authority) == 0 && len(ours.authority) == 1 && ours.authority[0].typ == dns.TypeSOA && theirs.size > q.room()-100
		if ok {
			theirs.authority = ours.authority
		}
		return ok
	}},
	{"addresses-from-glue", "Knot", func(_ *question, ours, theirs *reply) bool {
		if !theirs.aa || len(theirs.answer) == 0 {
			return false
		}
		n := len(theirs.addition)
		theirs.addition = slices.DeleteFunc(theirs.addition, func(r record) bool {
			return strings.HasPrefix(r.owner, "ns.0.4.") && !slices.ContainsFunc(ours.addition, func(o record) bool { return o.owner == r.owner })
		})
		return len(theirs.addition) < n
	}},
	{"room", both, func(q *question, ours, theirs *reply) bool {
		if q.tcp || ours.tc || theirs.tc || sameRecords(ours.addition, theirs.addition) || max(ours.size, theirs.size) < q.room()-80 {
			return false
		}
		for _, r := range slices.Concat(ours.addition, theirs.addition) {
			if r.typ != dns.TypeA && r.typ != dns.TypeAAAA {
				return false
			}
		}
		theirs.addition = ours.addition
		return true
	}},
}

// truncations are the classes of replies of which only one has TC. They are asked again over TCP, and
// settled if those replies agree.
var truncations = []difference{
	{"tc-referral", "NSD", func(_ *question, ours, theirs *reply) bool { // RFC 9471 section 3.1
		return ours.tc && !theirs.aa && len(theirs.authority) > 0
	}},
	{"tc-measure", both, func(_ *question, ours, theirs *reply) bool {
		return ours.tc && theirs.aa && len(theirs.answer) > 0
	}},
	{"tc-rcode", "Knot", func(_ *question, ours, theirs *reply) bool {
		return ours.tc && theirs.tc && theirs.rcode == dns.RcodeSuccess
	}},
	{"tc-compression", both, func(q *question, ours, theirs *reply) bool {
		return !ours.tc && ours.size <= q.room() && theirs.tc
	}},
}

// truncated reports whether TC is right in a reply to q of which whole is what TCP gives: miekg/dns
// counts the escapes in its text when it measures, and CoreDNS sends what fits without compression
// without it.
func truncated(q *question, whole *reply) bool {
	m := whole.raw.Copy()
	if len(m.Answer) > 0 || len(m.Ns) > 0 && m.Ns[0].Header().Rrtype != dns.TypeNS {
		m.Extra = slices.DeleteFunc(m.Extra, func(rr dns.RR) bool { return rr.Header().Rrtype != dns.TypeOPT })
	}
	m.Compress = false
	if n := m.Len(); n <= max(int(q.size), 512) && n <= 1480 {
		return n > q.room()
	}
	m.Compress = true
	return m.Len() > q.room()
}

// room is how large a reply over UDP may be.
func (q *question) room() int { return min(max(int(q.size), 512), maxUDP) }

// becomes makes the whole reply another.
func (p *reply) becomes(other *reply) bool {
	*p = *other
	return true
}

// bare reports whether a reply has one of the rcodes and no records.
func (p *reply) bare(rcodes ...int) bool {
	return slices.Contains(rcodes, p.rcode) && !p.aa && !p.tc && len(p.answer)+len(p.authority)+len(p.addition) == 0
}

// aliases counts the CNAMEs of the answer.
func (p *reply) aliases() int {
	n := 0
	for _, set := range p.sets {
		if strings.HasSuffix(set, " 5") {
			n++
		}
	}
	return n
}

// leadsTo returns the target of the CNAME that the answer ends with.
func (p *reply) leadsTo() (string, bool) {
	if len(p.raw.Answer) == 0 {
		return "", false
	}
	alias, ok := p.raw.Answer[len(p.raw.Answer)-1].(*dns.CNAME)
	if !ok {
		return "", false
	}
	return strings.ToLower(alias.Target), true
}

// clone copies what the differences change.
func (p *reply) clone() *reply {
	c := *p
	c.answer, c.authority, c.addition = slices.Clone(p.answer), slices.Clone(p.authority), slices.Clone(p.addition)
	return &c
}

func begins(all, first []string) bool {
	return len(all) >= len(first) && slices.Equal(all[:len(first)], first)
}

func sameRecords(a, b []record) bool {
	return slices.EqualFunc(a, b, func(a, b record) bool { return a.key() == b.key() })
}

// zoneOf returns the apex of the zone that answers for a name, "" for none. The DS of an apex is that
// of the zone above.
func zoneOf(name string, qtype uint16) string {
	name = strings.ToLower(name)
	for _, apex := range []string{"4.4.e164.arpa.", "e164.arpa."} {
		if dns.IsSubDomain(apex, name) && !(qtype == dns.TypeDS && name == apex && apex != "e164.arpa.") {
			return apex
		}
	}
	return ""
}

func classes() []difference { return slices.Concat(refusals, differences, truncations) }

// docs/differences.md has a row for each class, and none besides, so that people find what the suite
// accepts.
func TestDifferencesAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/differences.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, "|"); len(cells) == 6 {
			if name := strings.TrimSpace(cells[1]); name != "name" && !strings.HasPrefix(name, "---") {
				rows = append(rows, name)
			}
		}
	}
	for _, class := range classes() {
		if !slices.Contains(rows, class.id) {
			t.Errorf("docs/differences.md does not explain %s", class.id)
		}
	}
	for _, row := range rows {
		if !slices.ContainsFunc(classes(), func(c difference) bool { return c.id == row }) {
			t.Errorf("docs/differences.md explains %s, which the suite does not accept", row)
		}
	}
}
