package guard

import (
	"slices"
	"testing"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/im"
	"github.com/enumim/enumim/naptr/rr"
)

// good are records in which nothing is found, and one of another application.
func good() (list []dns.RR) {
	for i, fields := range [][2]string{
		{"E2U+im", "!^.*$!im:alice@example.com!"},
		{"E2U+sip", "!^.*$!sip:alice@example.com!"},
		{"E2U+pres", "!^.*$!pres:alice@example.com!"},
		{"E2U+xmpp", "!^.*$!xmpp:alice@example.com!"},
		{"E2U+email:mailto", "!^.*$!mailto:alice@example.com!"},
	} {
		record := naptrRR(fields[0], fields[1]).(*dns.NAPTR)
		record.Preference = uint16(10 + 10*i)
		list = append(list, record)
	}
	return append(list, &dns.NAPTR{
		Hdr:   dns.RR_Header{Name: qname, Rrtype: dns.TypeNAPTR, Class: dns.ClassINET, Ttl: 3600},
		Order: 10, Preference: 10, Flags: "s", Service: "SIP+D2U", Replacement: "_sip._udp.example.com.",
	})
}

// fuzzPolicy makes a policy of bits. None of them speaks against the good records.
func fuzzPolicy(bits uint32) Policy {
	p := Policy{Mode: Mode(1 + bits%3), Repair: bits>>2&1 != 0, Empty: Empty(bits >> 3 & 1)}
	p.Severity = enumservice.Severity(bits >> 4 & 3)
	if bits>>6&1 != 0 {
		p.Clients = enumservice.Clients(bits>>7) & enumservice.AllClients
	}
	if bits>>23&1 != 0 {
		p.AllowDomains = []string{"example.com", "xn--bcher-kva.example"}
	}
	if bits>>24&1 != 0 {
		p.DenyDomains = []string{"evil.example"}
	}
	if bits>>25&1 != 0 {
		p.Services = []enumservice.Service{{Type: "im"}, {Type: "sip"}, {Type: "pres"}, {Type: "xmpp"}, {Type: "email"}}
	}
	if bits>>26&1 != 0 {
		p.Twins = []im.Protocol{im.SIP, im.XMPP}
	}
	if bits>>27&1 != 0 {
		p.Rules = map[string]enumservice.Severity{"R05": enumservice.Error, "S02": 0, "U20": enumservice.Error, "I22": enumservice.Info}
	}
	return p
}

// fuzzQuery makes a query of bits.
func fuzzQuery(bits byte) *dns.Msg {
	r := query()
	if bits&1 != 0 {
		r.SetEdns0(1232, bits&2 != 0)
	}
	r.CheckingDisabled, r.AuthenticatedData = bits&4 != 0, bits&8 != 0
	if bits&16 != 0 {
		r.Question[0].Qtype = dns.TypeANY
	}
	return r
}

// Whatever a server answers: nothing panics, the message stays as it is, the result can be sent and stands
// the same judgement, and no good record disappears.
func FuzzJudge(f *testing.F) {
	for _, seed := range seeds(f) {
		for _, bits := range []uint32{0, 1, 2, 6, 6 | 1<<6 | 0xffff<<7, 2 | 1<<23 | 1<<24, 6 | 7<<23 | 1<<26, 2 | 1<<4 | 1<<6 | 1<<7, 14 | 1<<27} {
			f.Add(seed, bits, byte(bits), byte(0))
		}
		f.Add(seed, uint32(2), byte(3), byte(1))
		f.Add(seed, uint32(2|1<<24), byte(7), byte(2))
	}
	f.Fuzz(func(t *testing.T, wire []byte, bits uint32, ask, place byte) {
		m := new(dns.Msg)
		if m.Unpack(wire) != nil {
			return
		}
		// The good records come first, where no bound keeps them from being checked.
		planted := good()
		m.Answer = append(slices.Clone(planted), m.Answer...)
		for i := range planted {
			to := i + int(place)%len(m.Answer)
			if records(m.Answer) <= maxRecords/2 && to < len(m.Answer) {
				m.Answer[i], m.Answer[to] = m.Answer[to], m.Answer[i]
			}
		}
		r := fuzzQuery(ask)
		p := fuzzPolicy(bits)
		if err := hold(New(apex(t), p), r, m, planted); err != nil {
			t.Fatal(err)
		}
	})
}

func records(section []dns.RR) (n int) {
	for _, record := range section {
		if h := headerOf(record); h != nil && h.Rrtype == dns.TypeNAPTR {
			n++
		}
	}
	return n
}

func signed(section []dns.RR) bool {
	return slices.ContainsFunc(section, func(record dns.RR) bool {
		sig, ok := record.(*dns.RRSIG)
		return ok && sig.TypeCovered == dns.TypeNAPTR
	})
}

// seeds are messages of hostile servers.
func seeds(t testing.TB) (list [][]byte) {
	add := func(answer ...dns.RR) *dns.Msg {
		m := new(dns.Msg).SetReply(query())
		m.Answer = answer
		m.Compress = true
		return m
	}
	var messages []*dns.Msg
	for _, a := range ruleAnswers(t) {
		if a.line%23 == 0 && a.qname == qname && len(a.rrs) < 20 {
			messages = append(messages, add(a.rrs...))
		}
	}
	evil := naptrRR("E2U+im", "!^.*$!im:mallory@evil.example!")
	elsewhere := dns.Copy(evil)
	elsewhere.Header().Name = "elsewhere.example."
	sig := signature(qname)
	additional := add(evil)
	additional.Extra = append(additional.Extra, evil, elsewhere, opt(), opt())
	additional.Ns = append(additional.Ns, evil)
	refused := add(evil)
	refused.Rcode = dns.RcodeRefused
	truncated := add(evil, sig)
	truncated.Truncated = true
	messages = append(messages, add(evil, sig), add(elsewhere), add(sig), add(evil, evil, evil), additional, refused, truncated,
		add(&dns.CNAME{Hdr: dns.RR_Header{Name: qname, Rrtype: dns.TypeCNAME, Class: 1, Ttl: 5}, Target: "elsewhere.example."}, elsewhere))
	for _, m := range messages {
		wire, err := m.Pack()
		if err != nil {
			continue // a record that cannot be sent
		}
		list = append(list, wire)
	}
	return list
}

func signature(owner string) *dns.RRSIG {
	return &dns.RRSIG{
		Hdr:         dns.RR_Header{Name: owner, Rrtype: dns.TypeRRSIG, Class: dns.ClassINET, Ttl: 3600},
		TypeCovered: dns.TypeNAPTR, Algorithm: 13, Labels: 14, OrigTtl: 3600, SignerName: "e164.arpa.", Signature: "AAAA",
	}
}

func opt() *dns.OPT {
	o := &dns.OPT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeOPT}}
	o.SetUDPSize(1232)
	return o
}

// Nothing is to be found in the good records, or what survives would say little.
func TestGoodRecords(t *testing.T) {
	g := New(apex(t), Policy{Mode: Observe})
	for _, record := range good()[:5] {
		r, _ := rr.From(record.(*dns.NAPTR))
		if found := g.checker.Append(nil, 0, r); len(found) > 0 {
			t.Errorf("%v in %v", found, record)
		}
	}
}
