package test

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// guarded asks a server one question with EDNS over UDP, as changed, and fails the test where no reply comes.
func guarded(tb testing.TB, s server, name string, change ...func(*question)) *reply {
	tb.Helper()
	q := &question{name: name, qtype: dns.TypeNAPTR, class: dns.ClassINET, rd: true, edns: true, size: maxUDP}
	for _, f := range change {
		f(q)
	}
	c := &client{server: s}
	defer c.close()
	p := c.ask(q)
	if p.err != nil {
		tb.Fatalf("%v: no reply: %v", q, p.err)
	}
	if !p.qr || p.question != (&dns.Question{Name: q.name, Qtype: q.qtype, Qclass: q.class}).String() {
		tb.Fatalf("%v: not the reply to it: %v", q, p)
	}
	return p
}

// Changes of a question.
func overTCP(q *question)     { q.tcp = true }
func withoutEDNS(q *question) { q.edns, q.size, q.do = false, 0, false }
func withDO(q *question)      { q.do = true }
func withAD(q *question)      { q.ad = true }

// uris are the services and expressions of the NAPTR records in the answer.
func (p *reply) uris() (out []string) {
	for _, rr := range p.raw.Answer {
		if r, ok := rr.(*dns.NAPTR); ok {
			out = append(out, r.Service+" "+strings.Trim(strings.TrimPrefix(r.Regexp, "!^.*$"), "!"))
		}
	}
	slices.Sort(out)
	return out
}

// ede returns the Extended DNS Errors of the reply, as "code text".
func (p *reply) ede() (out []string) {
	if opt := p.raw.IsEdns0(); opt != nil {
		for _, o := range opt.Option {
			if e, ok := o.(*dns.EDNS0_EDE); ok {
				out = append(out, fmt.Sprintf("%d %s", e.InfoCode, e.ExtraText))
			}
		}
	}
	return out
}

// octets asks a question and returns the reply as it came, without its id.
func octets(tb testing.TB, s server, q *question) []byte {
	tb.Helper()
	network := "udp"
	if q.tcp {
		network = "tcp"
	}
	wire, err := q.message(4711).Pack()
	if err != nil {
		tb.Fatal(err)
	}
	conn, err := net.Dial(network, s.of(network))
	if err != nil {
		tb.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	c := &dns.Conn{Conn: conn, UDPSize: dns.MaxMsgSize}
	if _, err := c.Write(wire); err != nil {
		tb.Fatal(err)
	}
	got, err := c.ReadMsgHeader(nil)
	if err != nil {
		tb.Fatalf("%v: no reply: %v", q, err)
	}
	return got[2:]
}

// naptrRR returns a record with a literal URI.
func naptrRR(owner string, preference uint16, service, uri string) *dns.NAPTR {
	return &dns.NAPTR{
		Hdr:   dns.RR_Header{Name: owner, Rrtype: dns.TypeNAPTR, Class: dns.ClassINET, Ttl: 3600},
		Order: 100, Preference: preference, Flags: "u", Service: service, Regexp: "!^.*$!" + uri + "!", Replacement: ".",
	}
}
