package test

import (
	"encoding/hex"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// startBinary starts cmd/coredns with the zone example.
func startBinary(tb testing.TB) server {
	tb.Helper()
	dir := tb.TempDir()
	zone := write(tb, dir, "zone", flagDayZone())
	port := freePort(tb)
	corefile := write(tb, dir, "Corefile", fmt.Sprintf(".:%d {\n bind %s\n enumim 4.4.e164.arpa {\n  backend file %s\n }\n}\n", port, loopback, zone))
	s := server{"coredns", fmt.Sprintf("%s:%d", loopback, port)}
	startDaemon(tb, s.address, "4.4.e164.arpa.", built(tb, "coredns"), "-conf", corefile)
	return s
}

// flagDayZone is a zone with one number, and one whose records fit no datagram.
func flagDayZone() string {
	var b strings.Builder
	b.WriteString(`$ORIGIN 4.4.e164.arpa.
@ 3600 IN SOA ns1.nic.example. hm.nic.example. 1 7200 900 1209600 300
@ 3600 IN NS ns1.nic.example.
3.8.0.0.6.9.2.3.6.1 300 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:alice@example.com!" .
`)
	for i := range 60 {
		fmt.Fprintf(&b, `4.8.0.0.6.9.2.3.6.1 300 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:user%02d@example.com!" .`+"\n", i)
	}
	return b.String()
}

// summary tells of a reply what RFC 8906 is about.
func summary(p *reply) string {
	if p.err != nil {
		return "no reply"
	}
	words := []string{dns.RcodeToString[p.rcode]}
	if p.rcode == dns.RcodeBadVers {
		words[0] = "BADVERS"
	}
	for _, flag := range []struct {
		set  bool
		name string
	}{
		{!p.qr, "query"}, {p.aa, "aa"}, {p.tc, "tc"}, {p.rd, "rd"}, {p.ra, "ra"}, {p.ad, "ad"}, {p.cd, "cd"}, {p.zero, "z"},
		{p.edns, fmt.Sprintf("edns%d", p.version)}, {p.do, "do"}, {p.flags != 0, fmt.Sprintf("ednsflags=%#x", p.flags)},
	} {
		if flag.set {
			words = append(words, flag.name)
		}
	}
	for _, o := range p.options {
		words = append(words, fmt.Sprintf("option%d", o))
	}
	for _, s := range []struct {
		name    string
		records []record
	}{{"answer", p.answer}, {"authority", p.authority}, {"additional", p.addition}} {
		if len(s.records) > 0 {
			words = append(words, fmt.Sprintf("%s=%d%s", s.name, len(s.records), dns.Type(s.records[0].typ)))
		}
	}
	return strings.Join(words, " ")
}

// The queries of RFC 8906 section 8, of the DNS flag days (2019: EDNS, 2020: sizes), and malformed
// ones, to the program as users run it.
func TestFlagDay(t *testing.T) {
	s := startBinary(t)
	const (
		soa    = "NOERROR aa answer=1SOA"
		nodata = "NOERROR aa authority=1SOA"
	)
	edns := func(m *dns.Msg, version uint8, flags uint16, options ...dns.EDNS0) {
		opt := &dns.OPT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeOPT}, Option: options}
		opt.SetUDPSize(1232)
		opt.SetVersion(version)
		opt.Hdr.Ttl |= uint32(flags)
		m.Extra = append(m.Extra, opt)
	}
	unknown := &dns.EDNS0_LOCAL{Code: 100}
	const do = 0x8000
	for _, c := range []struct {
		section, name string
		change        func(m *dns.Msg)
		want          string
	}{
		{"8.1.1", "plain", nil, soa},
		{"8.1.2", "unknown type", func(m *dns.Msg) { m.Question[0].Qtype = 1000 }, nodata},
		{"8.1.3.1", "CD is clear in the reply (RFC 4035 section 3.1.6)", func(m *dns.Msg) { m.CheckingDisabled = true }, soa},
		{"8.1.3.2", "AD is not set in the reply", func(m *dns.Msg) { m.AuthenticatedData = true }, soa},
		{"8.1.3.3", "the reserved bit is not copied", func(m *dns.Msg) { m.Zero = true }, soa},
		{"8.1.3", "RD is copied, RA is not set", func(m *dns.Msg) { m.RecursionDesired = true }, "NOERROR aa rd answer=1SOA"},
		{"8.1.3", "RA in a query means nothing", func(m *dns.Msg) { m.RecursionAvailable = true }, soa},
		{"8.1.3", "AA in a query means nothing", func(m *dns.Msg) { m.Authoritative = true }, soa},
		{"8.1.3", "TC in a query means nothing", func(m *dns.Msg) { m.Truncated = true }, soa},
		{"8.2.1", "EDNS version 0", func(m *dns.Msg) { edns(m, 0, 0) }, "NOERROR aa edns0 answer=1SOA"},
		{"8.2.2", "EDNS version 1", func(m *dns.Msg) { edns(m, 1, 0) }, "BADVERS edns0"},
		{"8.2.2", "EDNS version 255", func(m *dns.Msg) { edns(m, 255, 0) }, "BADVERS edns0"},
		{"8.2.3", "unknown option", func(m *dns.Msg) { edns(m, 0, 0, unknown) }, "NOERROR aa edns0 answer=1SOA"},
		{"8.2.3", "experimental option", func(m *dns.Msg) { edns(m, 0, 0, &dns.EDNS0_LOCAL{Code: 65001, Data: []byte("x")}) }, "NOERROR aa edns0 answer=1SOA"},
		{"8.2.3", "option with the source URI, which is no standard", func(m *dns.Msg) {
			edns(m, 0, 0, &dns.EDNS0_ESU{Code: dns.EDNS0ESU, Uri: "sip:caller@example.com"})
		}, "NOERROR aa edns0 answer=1SOA"},
		{"8.2.4", "unknown flag", func(m *dns.Msg) { edns(m, 0, 0x40) }, "NOERROR aa edns0 answer=1SOA"},
		{"8.2.4", "the highest unknown flag", func(m *dns.Msg) { edns(m, 0, 0x4000) }, "NOERROR aa edns0 answer=1SOA"},
		{"8.2.4", "all flags", func(m *dns.Msg) { edns(m, 0, 0xffff) }, "NOERROR aa edns0 do answer=1SOA"},
		{"8.2.5", "EDNS version 1, unknown flag", func(m *dns.Msg) { edns(m, 1, 0x40) }, "BADVERS edns0"},
		{"8.2.6", "EDNS version 1, unknown option", func(m *dns.Msg) { edns(m, 1, 0, unknown) }, "BADVERS edns0"},
		{"8.2.7", "truncated", func(m *dns.Msg) {
			m.Question[0] = dns.Question{Name: "4.8.0.0.6.9.2.3.6.1.4.4.e164.arpa.", Qtype: dns.TypeNAPTR, Qclass: dns.ClassINET}
			edns(m, 0, do)
			m.IsEdns0().SetUDPSize(512)
		}, "NOERROR aa tc edns0 do"},
		{"8.2.7", "truncated without EDNS", func(m *dns.Msg) {
			m.Question[0] = dns.Question{Name: "4.8.0.0.6.9.2.3.6.1.4.4.e164.arpa.", Qtype: dns.TypeNAPTR, Qclass: dns.ClassINET}
		}, "NOERROR aa tc"},
		{"8.2.7", "a small size means 512 (RFC 6891 section 6.2.3)", func(m *dns.Msg) { edns(m, 0, 0); m.IsEdns0().SetUDPSize(0) }, "NOERROR aa edns0 answer=1SOA"},
		{"2020", "no more than 1232 octets, whatever the client offers", func(m *dns.Msg) {
			m.Question[0] = dns.Question{Name: "4.8.0.0.6.9.2.3.6.1.4.4.e164.arpa.", Qtype: dns.TypeNAPTR, Qclass: dns.ClassINET}
			edns(m, 0, 0)
			m.IsEdns0().SetUDPSize(4096)
		}, "NOERROR aa tc edns0"},
		{"8.2.8", "DO is copied (RFC 3225 section 3)", func(m *dns.Msg) { edns(m, 0, do) }, "NOERROR aa edns0 do answer=1SOA"},
		{"8.2.9", "EDNS version 1, DO", func(m *dns.Msg) { edns(m, 1, do) }, "BADVERS edns0"},
		{"8.2.10", "cookie, NSID, EXPIRE, client subnet at once", func(m *dns.Msg) {
			edns(m, 0, 0, &dns.EDNS0_COOKIE{Code: dns.EDNS0COOKIE, Cookie: "0123456789abcdef"}, &dns.EDNS0_NSID{Code: dns.EDNS0NSID},
				&dns.EDNS0_EXPIRE{Code: dns.EDNS0EXPIRE, Empty: true},
				&dns.EDNS0_SUBNET{Code: dns.EDNS0SUBNET, Family: 1, SourceNetmask: 24, Address: net.IPv4(192, 0, 2, 0)})
		}, "NOERROR aa edns0 answer=1SOA"},
		{"RFC 7873", "a cookie alone", func(m *dns.Msg) { edns(m, 0, 0, &dns.EDNS0_COOKIE{Code: dns.EDNS0COOKIE, Cookie: "0123456789abcdef"}) }, "NOERROR aa edns0 answer=1SOA"},
		{"RFC 7871", "client subnet 0 and a far one", func(m *dns.Msg) {
			edns(m, 0, 0, &dns.EDNS0_SUBNET{Code: dns.EDNS0SUBNET, Family: 2, SourceNetmask: 56, Address: net.ParseIP("2001:db8::")})
		}, "NOERROR aa edns0 answer=1SOA"},
		{"RFC 8914", "an error that we make, for clients that understand it", func(m *dns.Msg) { m.Question[0].Name = "example.com."; edns(m, 0, 0) }, "REFUSED edns0 option15"},
		{"RFC 8914", "and for those that do not", func(m *dns.Msg) { m.Question[0].Name = "example.com." }, "REFUSED"},
		{"RFC 8482", "ANY", func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeANY }, soa},
		{"RFC 5936", "AXFR over UDP", func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeAXFR }, "REFUSED"},
		{"3.1.2", "type 0", func(m *dns.Msg) { m.Question[0].Qtype = 0 }, nodata},
		{"3.1.2", "type 65535", func(m *dns.Msg) { m.Question[0].Qtype = 65535 }, nodata},
		{"RFC 9824", "OPT as a type", func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeOPT }, "FORMERR"},
		{"RFC 9824", "NXNAME as a type, with EDNS", func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeNXNAME; edns(m, 0, 0) }, "FORMERR edns0 option15"},
		{"3.1.2", "MAILA", func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeMAILA; edns(m, 0, 0) }, "NOTIMP edns0 option15"},
		{"RFC 2181", "class CH", func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS }, "REFUSED"},
		{"RFC 2181", "class ANY", func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassANY }, "REFUSED"},
		{"RFC 9619", "two questions", func(m *dns.Msg) { m.Question = append(m.Question, m.Question[0]) }, "FORMERR"},
		{"RFC 9619", "no question", func(m *dns.Msg) { m.Question = nil }, "FORMERR"},
		{"RFC 1035", "a response is no query", func(m *dns.Msg) { m.Response = true }, "no reply"},
		{"8.1.4", "unknown opcode", func(m *dns.Msg) { m.Opcode = 15 }, "NOTIMP"},
		{"8.1.4", "IQUERY (RFC 3425)", func(m *dns.Msg) { m.Opcode = dns.OpcodeIQuery }, "NOTIMP"},
		{"8.1.4", "STATUS", func(m *dns.Msg) { m.Opcode = dns.OpcodeStatus }, "NOTIMP"},
		{"8.1.4", "NOTIFY", func(m *dns.Msg) { m.Opcode = dns.OpcodeNotify }, "NOTIMP"},
		{"8.1.4", "UPDATE", func(m *dns.Msg) { m.Opcode = dns.OpcodeUpdate }, "NOTIMP"},
		{"8.1.4", "unknown opcode with EDNS", func(m *dns.Msg) { m.Opcode = 15; edns(m, 0, 0) }, "NOTIMP"},
		{"RFC 6891", "two OPT", func(m *dns.Msg) { edns(m, 0, 0); edns(m, 0, 0) }, "FORMERR edns0"},
		{"RFC 6891", "OPT in the answer section", func(m *dns.Msg) { edns(m, 0, 0); m.Answer, m.Extra = m.Extra, nil }, soa},
	} {
		for _, network := range []string{"udp", "tcp"} {
			t.Run(c.section+" "+c.name+" "+network, func(t *testing.T) {
				if network == "tcp" && strings.Contains(c.want, "tc") {
					return // nothing is truncated there
				}
				m := new(dns.Msg).SetQuestion("4.4.e164.arpa.", dns.TypeSOA)
				m.RecursionDesired = false
				if c.change != nil {
					c.change(m)
				}
				m.Id = 4711
				wire, err := m.Pack()
				if err != nil {
					t.Fatal(err)
				}
				got := exchangeWire(t, s, network, wire)
				if text := summary(got); text != c.want {
					t.Errorf("got %s, want %s\n%v", text, c.want, got.raw)
				}
				if got.err == nil && len(m.Question) == 1 && c.want != "FORMERR" && got.question != "" && got.question != m.Question[0].String() {
					t.Errorf("got question %s", got.question)
				}
				if network == "udp" && got.size > maxUDP {
					t.Errorf("got %d octets", got.size)
				}
			})
		}
	}
	// Octets that are no query, or not quite one: whatever comes, the server goes on.
	for _, c := range []struct{ name, wire, want string }{
		{"nothing", "", "no reply"},
		{"one octet", "12", "no reply"},
		{"half a header", "1267000000010000", "no reply"},
		{"a header that promises a question", "126700000001000000000000", "SERVFAIL"},
		{"half a label", "12670000000100000000000003", "FORMERR"},
		{"a name that points to itself", "126700000001000000000000c00c00060001", "FORMERR"},
		{"a label type that is none", "1267000000010000000000004161", "FORMERR"},
		{"a label that is cut short", "1267000000010000000000013fff", "FORMERR"},
		{"a record that is promised and missing", "1267000000010001000000000134013404653136340461727061000006" + "0001", soa},
		{"octets behind the question", "1267000000010000000000000134013404653136340461727061000006" + "0001" + strings.Repeat("00", 600), soa},
		{"an OPT that is cut short", "1267000000010000000000010134013404653136340461727061000006" + "0001" + "000029", "FORMERR"},
		{"an option longer than its OPT", "1267000000010000000000010134013404653136340461727061000006" + "0001" + "00002904d000000000000400640009", "FORMERR"},
	} {
		octets, err := hex.DecodeString(c.wire)
		if err != nil {
			t.Fatal(err)
		}
		for _, network := range []string{"udp", "tcp"} {
			t.Run(c.name+" "+network, func(t *testing.T) {
				if got := summary(exchangeWire(t, s, network, octets)); got != c.want {
					t.Errorf("got %s, want %s", got, c.want)
				}
				if got := summary((&client{server: s}).ask(&question{name: "4.4.e164.arpa.", qtype: dns.TypeSOA, class: dns.ClassINET})); got != soa {
					t.Errorf("then: got %s", got)
				}
			})
		}
	}
}

// exchangeWire sends octets and waits a little for a reply.
func exchangeWire(tb testing.TB, s server, network string, wire []byte) *reply {
	tb.Helper()
	conn, err := net.Dial(network, s.of(network))
	if err != nil {
		tb.Fatal(err)
	}
	c := &dns.Conn{Conn: conn, UDPSize: dns.MaxMsgSize}
	defer c.Close()
	if _, err := c.Write(wire); err != nil {
		return &reply{err: err}
	}
	c.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	got, err := c.ReadMsgHeader(nil)
	if err != nil {
		return &reply{err: err}
	}
	return read(got)
}
