package additional

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// Nothing but the answer to the question counts, and what cannot be relied on is no answer.
func TestRead(t *testing.T) {
	const name = "_im._sip.example.com."
	good := name + " 300 IN SRV 0 0 5060 sip.example.com."
	cname := func(from, to string) string { return from + " 300 IN CNAME " + to }
	const soa = "example.com. 60 IN SOA a.example.com. b.example.com. 1 2 3 4 30"
	answer := func(lines ...string) func(*dns.Msg) {
		return func(m *dns.Msg) { m.Answer = records(t, lines...) }
	}
	var chain []string
	for i := range 20 {
		chain = append(chain, cname(fmt.Sprintf("c%d.example.com.", i), fmt.Sprintf("c%d.example.com.", i+1)))
	}
	const failed, none = "failed", "none"
	for _, c := range []struct {
		id     string
		change func(*dns.Msg)
		want   string // failed, none, or the records
	}{
		{"good", func(*dns.Msg) {}, good},
		{"a query", func(m *dns.Msg) { m.Response = false }, failed},
		{"another opcode", func(m *dns.Msg) { m.Opcode = dns.OpcodeNotify }, failed},
		{"cut", func(m *dns.Msg) { m.Truncated = true }, failed},
		{"SERVFAIL", func(m *dns.Msg) { m.Rcode = dns.RcodeServerFailure }, failed},
		{"REFUSED", func(m *dns.Msg) { m.Rcode = dns.RcodeRefused }, failed},
		{"no question", func(m *dns.Msg) { m.Question = nil }, failed},
		{"two questions", func(m *dns.Msg) { m.Question = append(m.Question, m.Question[0]) }, failed},
		{"another name asked", func(m *dns.Msg) { m.Question[0].Name = "_im._xmpp.example.com." }, failed},
		{"another type asked", func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeA }, failed},
		{"another class asked", func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS }, failed},
		{"letter case", func(m *dns.Msg) {
			m.Question[0].Name, m.Answer[0].Header().Name = strings.ToUpper(name), strings.ToUpper(name)
		}, good},
		{"another owner", answer("_im._sip.example.net. 300 IN SRV 0 0 5060 sip.example.net."), failed},
		{"another type", answer(name + " 300 IN A 192.0.2.1"), failed},
		{"another class", answer(name + " 300 CH SRV 0 0 5060 sip.example.com."), failed},
		{"in the authority section", func(m *dns.Msg) { m.Ns, m.Answer = m.Answer, nil }, failed},
		{"in the additional section", func(m *dns.Msg) { m.Extra, m.Answer = m.Answer, nil }, failed},
		{"with what nobody asked for", answer(good, "sip.example.com. 300 IN A 192.0.2.66", "example.org. 300 IN SRV 0 0 5060 a."), good},
		{"the same twice", answer(good, good), good},
		{"no RDATA", func(m *dns.Msg) { m.Answer = append(m.Answer, &dns.SRV{Hdr: *m.Answer[0].Header()}) }, failed},
		{"no record", func(m *dns.Msg) { m.Answer = append(m.Answer, nil) }, failed},
		{"a type of another", func(m *dns.Msg) { m.Answer = append(m.Answer, &dns.RFC3597{Hdr: *m.Answer[0].Header()}) }, failed},
		{"records of NXDOMAIN", func(m *dns.Msg) { m.Rcode = dns.RcodeNameError }, failed},
		{"NXDOMAIN behind an alias", func(m *dns.Msg) {
			m.Rcode, m.Answer, m.Ns = dns.RcodeNameError, records(t, cname(name, "a.example.com.")), records(t, soa)
		}, none},
		{"NODATA", func(m *dns.Msg) { m.Answer, m.Ns = nil, records(t, soa) }, none},
		{"NODATA without an SOA", func(m *dns.Msg) { m.Answer = nil }, failed},
		{"NODATA with the SOA of a stranger", func(m *dns.Msg) {
			m.Answer, m.Ns = nil, records(t, strings.Replace(soa, "example.com", "example.net", 1))
		}, failed},
		{"a referral", func(m *dns.Msg) { m.Answer, m.Ns = nil, records(t, "example.com. 300 IN NS ns.example.com.") }, failed},
		{"an alias and data", answer(cname(name, "sip.example.net."), good), good},
		{"two aliases", answer(cname(name, "a.example.com."), cname(name, "b.example.com.")), failed},
		{"an alias to itself", answer(cname(name, name)), failed},
		{"a loop", answer(cname(name, "a.example.com."), cname("a.example.com.", name)), failed},
		{"a long way", answer(append([]string{cname(name, "c0.example.com.")}, chain...)...), failed},
		{"an alias elsewhere", answer(good, cname("a.example.com.", "b.example.com.")), good},
	} {
		t.Run(c.id, func(t *testing.T) {
			k := key{name, dns.TypeSRV}
			m := new(dns.Msg).SetReply(new(dns.Msg).SetQuestion(name, dns.TypeSRV))
			m.Answer = records(t, good)
			c.change(m)
			found := read(k, m)
			got := none
			switch {
			case found.failed:
				got = failed
			case len(found.records) > 0:
				got = strings.Join(strings.Fields(dump(found.records)), " ")
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	if found := read(key{name, dns.TypeSRV}, nil); !found.failed {
		t.Error("no message is an answer")
	}
	for _, address := range []dns.RR{&dns.A{}, &dns.A{A: []byte{1, 2}}, &dns.AAAA{}, &dns.AAAA{AAAA: []byte{1, 2, 3, 4}}, &dns.CNAME{}, &dns.CNAME{Target: "a..b."}} {
		if wellFormed(address) {
			t.Errorf("%#v is well-formed", address)
		}
	}
}

// What is found is kept as long as its TTL says, within bounds; so is what is not there.
func TestHowLong(t *testing.T) {
	const name = "a.example.com."
	soa := func(ttl, minimum uint32) string {
		return fmt.Sprintf("example.com. %d IN SOA a.example.com. b.example.com. 1 2 3 4 %d", ttl, minimum)
	}
	for _, c := range []struct {
		id        string
		answer    []string
		authority string
		want      time.Duration
	}{
		{"the TTL", []string{name + " 300 IN A 192.0.2.1"}, "", 300 * time.Second},
		{"RFC 2181 section 5.2: the least of the set", []string{name + " 300 IN A 192.0.2.1", name + " 20 IN A 192.0.2.2"}, "", 20 * time.Second},
		{"the least on the way", []string{name + " 7 IN CNAME b.example.com.", "b.example.com. 60 IN A 192.0.2.1"}, "", 7 * time.Second},
		{"RFC 2181 section 8: the highest bit", []string{name + " 2147483648 IN A 192.0.2.1"}, "", 0},
		{"for years", []string{name + " 2147483647 IN A 192.0.2.1"}, "", mostKept},
		{"RFC 2308 section 5: MINIMUM", nil, soa(600, 60), 60 * time.Second},
		{"RFC 2308 section 5: the TTL of the SOA", nil, soa(60, 600), 60 * time.Second},
		{"nothing, for years", nil, soa(86400, 86400), maxNegative},
		{"nothing, for no time", nil, soa(0, 0), minNegative},
		{"nothing behind an alias", []string{name + " 20 IN CNAME b.example.com."}, soa(600, 600), 20 * time.Second},
		{"no answer", nil, "", failedKept},
	} {
		t.Run(c.id, func(t *testing.T) {
			m := new(dns.Msg).SetReply(new(dns.Msg).SetQuestion(name, dns.TypeA))
			m.Answer = records(t, c.answer...)
			if c.authority != "" {
				m.Ns = records(t, c.authority)
			}
			if found := read(key{name, dns.TypeA}, m); found.ttl != c.want {
				t.Errorf("it is kept for %v, want %v", found.ttl, c.want)
			}
		})
	}
}

// FuzzRead: whatever packet answers, what is taken from it answers the question, can be sent, and is bounded.
func FuzzRead(f *testing.F) {
	w := newWorld(f, append([]string{
		"_im._sip.example.org. 900 IN CNAME _im._sip.example.com.",
		"_im._sip.example.net. 300 IN SRV 0 0 0 .",
	}, example...)...)
	for _, k := range []key{
		{"_im._sip.example.com.", dns.TypeSRV}, {"_im._sip.example.org.", dns.TypeSRV}, {"_im._sip.example.net.", dns.TypeSRV},
		{"a.example.com.", dns.TypeA}, {"a.example.com.", dns.TypeAAAA}, {"none.example.com.", dns.TypeA},
	} {
		m := w.reply(k.name, k.qtype)
		for _, compress := range []bool{false, true} {
			m.Compress = compress
			packet, err := m.Pack()
			if err != nil {
				f.Fatal(err)
			}
			f.Add(packet, k.name, k.qtype)
		}
	}
	f.Fuzz(func(t *testing.T, packet []byte, name string, qtype uint16) {
		m := new(dns.Msg)
		if m.Unpack(packet) != nil {
			return
		}
		before := m.String()
		k := key{dns.CanonicalName(name), qtype}
		found := read(k, m)
		if m.String() != before {
			t.Error("the message is another one afterwards")
		}
		if found.failed && len(found.records) > 0 || found.ttl < 0 || found.ttl > mostKept || found.octets > maxSet {
			t.Errorf("got %+v", found)
		}
		next, octets := k.name, 0
		for i, record := range found.records {
			hdr := record.Header()
			last := hdr.Rrtype == k.qtype
			if hdr.Name != next || hdr.Class != dns.ClassINET || !last && hdr.Rrtype != dns.TypeCNAME {
				t.Fatalf("%v does not answer %v", record, k)
			}
			if cname, ok := record.(*dns.CNAME); ok && !last {
				next = dns.CanonicalName(cname.Target)
			}
			if !last && i == len(found.records)-1 {
				t.Errorf("aliases without an end: %v", found.records)
			}
			buf := make([]byte, 2*dns.MaxMsgSize)
			off, err := dns.PackRR(record, buf, 0, nil, false)
			if err != nil {
				t.Fatalf("%v does not pack: %v", record, err)
			}
			octets += off
		}
		if octets > maxSet {
			t.Errorf("%d octets", octets)
		}
	})
}
