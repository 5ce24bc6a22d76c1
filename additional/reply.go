package additional

import (
	"math"
	"net"
	"slices"
	"time"

	"github.com/miekg/dns"
)

// How long something is kept.
const (
	minKept     = time.Second      // whatever the TTL: nobody is asked more often
	mostKept    = 24 * time.Hour   // found
	minNegative = 5 * time.Second  // not there, as the SOA says within bounds
	maxNegative = 15 * time.Minute // clients find what is new by themselves meanwhile
	failedKept  = 5 * time.Second  // could not be told
)

const (
	maxAliases = 8
	maxSet     = 1024 // octets of an RRset, with the aliases on the way: more never goes along over UDP
)

// finding is what a reply says.
type finding struct {
	// records are the aliases on the way and the RRset asked for, all or none. Nobody changes them.
	records   []dns.RR
	octets    int
	authentic bool
	failed    bool
	ttl       time.Duration
}

var failure = finding{failed: true, ttl: failedKept}

// read returns what m says to the question k. What else is in m counts for nothing: it would be the way to
// plant records for names that the sender has no say in.
func read(k key, m *dns.Msg) finding {
	if m == nil || !m.Response || m.Opcode != dns.OpcodeQuery || m.Truncated ||
		m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError ||
		len(m.Question) != 1 || !k.asks(m.Question[0]) {
		return failure
	}
	found := finding{authentic: m.AuthenticatedData, ttl: mostKept}
	for range maxAliases + 1 {
		set, ok := setOf(m.Answer, k)
		if !ok {
			return failure
		}
		if len(set) > 0 && m.Rcode == dns.RcodeSuccess {
			return found.add(set)
		}
		alias, ok := setOf(m.Answer, key{k.name, dns.TypeCNAME})
		if !ok || len(alias) > 1 { // a name has one alias (RFC 2181 section 10.1)
			return failure
		}
		if len(alias) == 0 {
			return found.negative(m.Ns, k.name)
		}
		if found = found.add(alias); len(found.records) == 0 {
			return found
		}
		k.name = dns.CanonicalName(alias[0].(*dns.CNAME).Target)
	}
	return failure
}

// asks reports whether q is the question k.
func (k key) asks(q dns.Question) bool {
	return q.Qtype == k.qtype && q.Qclass == dns.ClassINET && dns.CanonicalName(q.Name) == k.name
}

// setOf returns copies of the records that answer k, without the repeated, their owner spelled as in k. ok is
// false where one of them is malformed: half an RRset misleads.
func setOf(section []dns.RR, k key) (set []dns.RR, ok bool) {
	octets := 0
	for _, record := range section {
		if record == nil {
			return nil, false
		}
		hdr := record.Header()
		if hdr.Rrtype != k.qtype || hdr.Class != dns.ClassINET || dns.CanonicalName(hdr.Name) != k.name {
			continue
		}
		if !wellFormed(record) {
			return nil, false
		}
		record = dns.Copy(record)
		record.Header().Name = k.name
		if slices.ContainsFunc(set, func(other dns.RR) bool { return dns.IsDuplicate(record, other) }) {
			continue
		}
		set = append(set, record)
		if octets += dns.Len(record); octets > maxSet {
			break // too much already
		}
	}
	return set, true
}

// wellFormed reports whether a record is one of those that are asked for and can be sent: miekg/dns reads one
// without RDATA too.
func wellFormed(record dns.RR) bool {
	switch record := record.(type) {
	case *dns.SRV:
		return isName(record.Target)
	case *dns.CNAME:
		return isName(record.Target)
	case *dns.A:
		return record.A.To4() != nil
	case *dns.AAAA:
		return len(record.AAAA) == net.IPv6len
	}
	return false
}

func isName(s string) bool {
	_, ok := dns.IsDomainName(s)
	return ok && dns.IsFqdn(s)
}

// add returns f with a set, or without any record where that is too much. One TTL counts for all, the least
// (RFC 2181 section 5.2).
func (f finding) add(set []dns.RR) finding {
	for _, record := range set {
		f.octets += dns.Len(record)
		f.ttl = min(f.ttl, seconds(record.Header().Ttl))
	}
	f.records = append(f.records, set...)
	if f.octets > maxSet {
		f.records, f.octets = nil, 0
	}
	return f
}

// negative returns that there are no records at a name, for as long as its SOA says (RFC 2308 section 5).
func (f finding) negative(authority []dns.RR, name string) finding {
	for _, record := range authority {
		soa, ok := record.(*dns.SOA)
		if ok && dns.IsSubDomain(soa.Hdr.Name, name) {
			ttl := min(f.ttl, seconds(soa.Hdr.Ttl), seconds(soa.Minttl))
			return finding{authentic: f.authentic, ttl: max(minNegative, min(ttl, maxNegative))}
		}
	}
	return failure // a referral, or an answer that nobody may keep
}

// seconds returns a TTL as a time. One with its highest bit set counts as 0 (RFC 2181 section 8).
func seconds(ttl uint32) time.Duration {
	if ttl > math.MaxInt32 {
		return 0
	}
	return time.Duration(ttl) * time.Second
}
