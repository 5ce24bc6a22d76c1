package enumim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/coredns/coredns/plugin"
	"github.com/coredns/coredns/plugin/metadata"
	"github.com/coredns/coredns/plugin/pkg/fall"
	"github.com/coredns/coredns/request"
	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/corefile"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// numbers is a tree of a backend that knows numbers only.
const numbers = `
$ORIGIN e164.arpa.
0.0.1.0.5.5.5.2.0.2.1 300 IN NAPTR 100 10 "u" "E2U+im" "!^\\+(.*)$!im:\\1@example.com!" .
0.0.1.0.5.5.5.2.0.2.1 300 IN NAPTR 100 20 "u" "E2U+sip" "!^\\+44(.*)$!sip:\\1@example.com!" .
0.0.1.0.5.5.5.2.0.2.1 300 IN NAPTR 100 30 "u" "E2U+sip" "!^.*$!sip:a\\\\b@example.com!" .
1.0.1.0.5.5.5.2.0.2.1   0 IN TXT "TTL 0"
`

func plain(b *block)  { f := backend.Plain; b.Options.Form = &f }
func stored(b *block) { f := backend.Stored; b.Options.Form = &f }

const number0 = "0.0.1.0.5.5.5.2.0.2.1.e164.arpa."

func TestForms(t *testing.T) {
	for _, c := range []struct {
		name   string
		form   backend.Form
		change func(*block)
		want   string
	}{
		{"the backend says plain: expanded; what does not match is left out", backend.Plain, func(*block) {}, `NOERROR aa
			answer: 0.0.1.0.5.5.5.2.0.2.1.e164.arpa. 300 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:12025550100@example.com!" .
			answer: 0.0.1.0.5.5.5.2.0.2.1.e164.arpa. 300 IN NAPTR 100 30 "u" "E2U+sip" "!^.*$!sip:a\\\\b@example.com!" .`},
		{"the Corefile says stored", backend.Plain, stored, `NOERROR aa
			answer: 0.0.1.0.5.5.5.2.0.2.1.e164.arpa. 300 IN NAPTR 100 10 "u" "E2U+im" "!^\\+(.*)$!im:\\1@example.com!" .
			answer: 0.0.1.0.5.5.5.2.0.2.1.e164.arpa. 300 IN NAPTR 100 20 "u" "E2U+sip" "!^\\+44(.*)$!sip:\\1@example.com!" .
			answer: 0.0.1.0.5.5.5.2.0.2.1.e164.arpa. 300 IN NAPTR 100 30 "u" "E2U+sip" "!^.*$!sip:a\\\\b@example.com!" .`},
		{"the Corefile says plain", backend.Stored, plain, `NOERROR aa
			answer: 0.0.1.0.5.5.5.2.0.2.1.e164.arpa. 300 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:12025550100@example.com!" .
			answer: 0.0.1.0.5.5.5.2.0.2.1.e164.arpa. 300 IN NAPTR 100 30 "u" "E2U+sip" "!^.*$!sip:a\\\\b@example.com!" .`},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMemory(t, "e164.arpa", numbers)
			m.form = c.form
			wantReply(t, askHandler(t, serve(t, "e164.arpa", m, c.change), query1(number0, dns.TypeNAPTR), nil), c.want)
		})
	}
}

// In a private dial plan the AUS has no "+".
func TestDialPlan(t *testing.T) {
	m := newMemory(t, "dial.example.net", `
$ORIGIN dial.example.net.
4.3.2.1 300 IN NAPTR 100 10 "u" "E2U+sip" "!^(.*)$!sip:\\1@pbx.example.net!" .`)
	e := serve(t, "dial.example.net", m, plain, func(b *block) { b.Options.DialPlan = true })
	wantReply(t, askHandler(t, e, query1("4.3.2.1.dial.example.net.", dns.TypeNAPTR), nil), `NOERROR aa
		answer: 4.3.2.1.dial.example.net. 300 IN NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:1234@pbx.example.net!" .`)
}

// RFC 5527: the digits on both sides of the branch label are the number.
func TestBranch(t *testing.T) {
	m := newMemory(t, "e164.arpa", `
$ORIGIN e164.arpa.
0.0.1.0.5.5.5.2.0.2.i.1 300 IN NAPTR 100 10 "u" "E2U+sip" "!^(.*)$!sip:\\1@gw.example.net!" .`)
	e := serve(t, "e164.arpa", m, plain)
	got := askHandler(t, e, query1("0.0.1.0.5.5.5.2.0.2.i.1.e164.arpa.", dns.TypeNAPTR), nil)
	if want := "!^.*$!sip:+12025550100@gw.example.net!"; got.Answer[0].(*dns.NAPTR).Regexp != want {
		t.Errorf("got %v, want %s", got.Answer[0], want)
	}
}

// serialMemory is a memory that counts its changes.
type serialMemory struct {
	*memory
	serial uint32
	err    error
}

func (m *serialMemory) Backend() backend.Backend                       { return m }
func (m *serialMemory) Serial(context.Context, string) (uint32, error) { return m.serial, m.err }

func TestFrame(t *testing.T) {
	m := &serialMemory{memory: newMemory(t, "e164.arpa", numbers), serial: 7}
	e := serve(t, "e164.arpa", m)
	ask := func(name string, qtype uint16) *dns.Msg { return askHandler(t, e, query1(name, qtype), nil) }
	t.Run("defaults", func(t *testing.T) {
		wantReply(t, ask("e164.arpa.", dns.TypeSOA), `NOERROR aa
			answer: e164.arpa. 3600 IN SOA ns.e164.arpa. hostmaster.e164.arpa. 7 7200 900 1209600 300`)
		wantReply(t, ask("e164.arpa.", dns.TypeNS), `NOERROR aa
			answer: e164.arpa. 3600 IN NS ns.e164.arpa.`)
		wantReply(t, ask("e164.arpa.", dns.TypeA), `NOERROR aa
			authority: e164.arpa. 300 IN SOA ns.e164.arpa. hostmaster.e164.arpa. 7 7200 900 1209600 300`)
		wantReply(t, ask("2.e164.arpa.", dns.TypeA), `NXDOMAIN aa
			authority: e164.arpa. 300 IN SOA ns.e164.arpa. hostmaster.e164.arpa. 7 7200 900 1209600 300`)
	})
	t.Run("options", func(t *testing.T) {
		e := serve(t, "e164.arpa", m, func(b *block) {
			b.Options.TTL, b.Options.NegativeTTL = 60, 900
			b.Options.NS = []string{"ns1.example.net.", "ns2.example.net."}
			b.Options.SOA = &corefile.SOA{MName: "ns1.example.net.", RName: "hm.example.net.", Refresh: 1, Retry: 2, Expire: 3}
		})
		wantReply(t, askHandler(t, e, query1("e164.arpa.", dns.TypeNS), nil), `NOERROR aa
			answer: e164.arpa. 60 IN NS ns1.example.net.
			answer: e164.arpa. 60 IN NS ns2.example.net.`)
		wantReply(t, askHandler(t, e, query1("e164.arpa.", dns.TypeA), nil), `NOERROR aa
			authority: e164.arpa. 60 IN SOA ns1.example.net. hm.example.net. 7 1 2 3 900`)
		wantReply(t, askHandler(t, e, query1("1.0.1.0.5.5.5.2.0.2.1.e164.arpa.", dns.TypeTXT), nil), `NOERROR aa
			answer: 1.0.1.0.5.5.5.2.0.2.1.e164.arpa. 0 IN TXT "TTL 0"`)
	})
	serialNow := func() uint32 { return ask("e164.arpa.", dns.TypeSOA).Answer[0].(*dns.SOA).Serial }
	t.Run("the serial follows the backend, forwards only", func(t *testing.T) {
		for _, step := range []struct{ say, want uint32 }{{8, 8}, {3, 8}, {0, 8}, {9, 9}, {1<<31 + 8, 1<<31 + 8}, {5, 5}} {
			m.serial = step.say
			if got := serialNow(); got != step.want {
				t.Errorf("the backend says %d: got %d, want %d", step.say, got, step.want)
			}
		}
		m.err = errors.New("down")
		if got := serialNow(); got != 5 {
			t.Errorf("with an error: got %d, want the last one, 5", got)
		}
	})
	t.Run("a backend without serials", func(t *testing.T) {
		e := serve(t, "e164.arpa", m.memory)
		got := askHandler(t, e, query1("e164.arpa.", dns.TypeSOA), nil).Answer[0].(*dns.SOA).Serial
		if got != uint32(start.Unix()) {
			t.Errorf("got %d, want the time of the start", got)
		}
	})
	t.Run("an empty tree still has its apex", func(t *testing.T) {
		empty := newMemory(t, "e164.arpa", "")
		empty.hook = func(context.Context, backend.Query) (backend.Answer, error, bool) {
			return backend.Answer{Kind: backend.Absent}, nil, true
		}
		e := serve(t, "e164.arpa", empty)
		if got := askHandler(t, e, query1("e164.arpa.", dns.TypeNAPTR), nil); got.Rcode != dns.RcodeSuccess {
			t.Errorf("got %v, want NODATA", got)
		}
	})
}

// store makes a memory look like a store that is asked over a network.
type store struct {
	*memory
	serial func() (uint32, error)
}

func (s *store) Backend() backend.Backend { return remote{s} }

type remote struct{ s *store }

func (r remote) Lookup(ctx context.Context, q backend.Query) (backend.Answer, error) {
	return r.s.Lookup(ctx, q)
}
func (r remote) Close() error                                   { return nil }
func (r remote) Serial(context.Context, string) (uint32, error) { return r.s.serial() }

// Asking a store for its serial is a round trip: it is not made for every negative answer.
func TestSerialOfStoreIsKept(t *testing.T) {
	asked := 0
	s := &store{memory: newMemory(t, "e164.arpa", numbers)}
	s.serial = func() (uint32, error) { asked++; return 5, nil }
	e := serve(t, "e164.arpa", s)
	for range 20 {
		if got := askHandler(t, e, query1("2.e164.arpa.", dns.TypeA), nil); got.Ns[0].(*dns.SOA).Serial != 5 {
			t.Fatalf("got %v", got)
		}
	}
	if asked > 2 {
		t.Errorf("asked %d times for 20 answers", asked)
	}
}

const aliases = `
$ORIGIN 4.4.e164.arpa.
@ 3600 IN SOA ns1 hm 1 7200 900 1209600 300
@ 3600 IN NS ns1
@ 3600 IN NS ns.example.net.
ns1 60 IN A 192.0.2.1
ns1 60 IN AAAA 2001:db8::1
1.1  60 IN CNAME 2.1
2.1  60 IN CNAME 3.1
3.1  60 IN NAPTR 100 10 "u" "E2U+sip" "!^\\+(.*)$!sip:\\1@example.com!" .
4.1  60 IN CNAME 5.1
5.1  60 IN CNAME 4.1
6.1  60 IN CNAME 9.9.1
7.1  60 IN CNAME 1.8
8.1  60 IN CNAME www.example.net.
9.1  60 IN CNAME ns1
8    60 IN NS ns.example.net.
8    60 IN DS 1 8 2 0000000000000000000000000000000000000000000000000000000000000000
self 60 IN CNAME SELF
same 60 IN DNAME same
deeper 60 IN DNAME x.deeper
2    60 IN DNAME 1
3    60 IN DNAME aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.net.
4    60 IN DNAME .
mx   60 IN MX 10 ns1
srv  60 IN SRV 1 1 5060 ns1
srv  60 IN SRV 1 1 5061 NS1
7    60 IN TYPE65280 \# 2 0102
1.6  60 IN NAPTR 100 10 "u" "E2U+sip" "!^\\+4461$!sip:alice@example.com!" .
1.6  60 IN NAPTR 100 20 "u" "E2U+sip" "!^.*$!sip:bob@example.com!" .
2.6  60 IN CNAME 1.6
`

func TestAliases(t *testing.T) {
	const soa = "authority: 4.4.e164.arpa. 300 IN SOA ns1.4.4.e164.arpa. hm.4.4.e164.arpa. 1 7200 900 1209600 300"
	e := serve(t, "4.4.e164.arpa", newMemory(t, "4.4.e164.arpa", aliases), plain)
	for _, c := range []struct {
		name, qname string
		qtype       uint16
		want        string
	}{
		{"CNAME chain; the AUS stays that of the number asked (RFC 6116 section 3.2)", "1.1", dns.TypeNAPTR, `NOERROR aa
			answer: 1.1.4.4.e164.arpa. 60 IN CNAME 2.1.4.4.e164.arpa.
			answer: 2.1.4.4.e164.arpa. 60 IN CNAME 3.1.4.4.e164.arpa.
			answer: 3.1.4.4.e164.arpa. 60 IN NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:4411@example.com!" .`},
		{"a pattern that is the number's own digits", "1.6", dns.TypeNAPTR, `NOERROR aa
			answer: 1.6.4.4.e164.arpa. 60 IN NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:alice@example.com!" .
			answer: 1.6.4.4.e164.arpa. 60 IN NAPTR 100 20 "u" "E2U+sip" "!^.*$!sip:bob@example.com!" .`},
		{"behind an alias it does not match", "2.6", dns.TypeNAPTR, `NOERROR aa
			answer: 2.6.4.4.e164.arpa. 60 IN CNAME 1.6.4.4.e164.arpa.
			answer: 1.6.4.4.e164.arpa. 60 IN NAPTR 100 20 "u" "E2U+sip" "!^.*$!sip:bob@example.com!" .`},
		{"CNAME itself", "1.1", dns.TypeCNAME, `NOERROR aa
			answer: 1.1.4.4.e164.arpa. 60 IN CNAME 2.1.4.4.e164.arpa.`},
		{"ANY does not follow", "1.1", dns.TypeANY, `NOERROR aa
			answer: 1.1.4.4.e164.arpa. 60 IN CNAME 2.1.4.4.e164.arpa.`},
		{"NODATA at the end", "1.1", dns.TypeA, `NOERROR aa
			answer: 1.1.4.4.e164.arpa. 60 IN CNAME 2.1.4.4.e164.arpa.
			answer: 2.1.4.4.e164.arpa. 60 IN CNAME 3.1.4.4.e164.arpa.
			` + soa},
		{"NXDOMAIN at the end (RFC 6604 section 3)", "6.1", dns.TypeNAPTR, `NXDOMAIN aa
			answer: 6.1.4.4.e164.arpa. 60 IN CNAME 9.9.1.4.4.e164.arpa.
			` + soa},
		{"out of the tree", "8.1", dns.TypeNAPTR, `NOERROR aa
			answer: 8.1.4.4.e164.arpa. 60 IN CNAME www.example.net.`},
		{"to a delegation", "7.1", dns.TypeNAPTR, `NOERROR aa
			answer: 7.1.4.4.e164.arpa. 60 IN CNAME 1.8.4.4.e164.arpa.
			authority: 8.4.4.e164.arpa. 60 IN NS ns.example.net.`},
		{"DNAME in the tree is followed", "3.2", dns.TypeNAPTR, `NOERROR aa
			answer: 2.4.4.e164.arpa. 60 IN DNAME 1.4.4.e164.arpa.
			answer: 3.2.4.4.e164.arpa. 60 IN CNAME 3.1.4.4.e164.arpa.
			answer: 3.1.4.4.e164.arpa. 60 IN NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:4423@example.com!" .`},
		{"CNAME at a renamed name", "3.2", dns.TypeCNAME, `NOERROR aa
			answer: 2.4.4.e164.arpa. 60 IN DNAME 1.4.4.e164.arpa.
			answer: 3.2.4.4.e164.arpa. 60 IN CNAME 3.1.4.4.e164.arpa.`},
		{"ANY at a renamed name", "3.2", dns.TypeANY, `NOERROR aa
			answer: 2.4.4.e164.arpa. 60 IN DNAME 1.4.4.e164.arpa.
			answer: 3.2.4.4.e164.arpa. 60 IN CNAME 3.1.4.4.e164.arpa.
			answer: 3.1.4.4.e164.arpa. 60 IN NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:4423@example.com!" .`},
		{"a DNAME to the root", "com.4", dns.TypeNAPTR, `NOERROR aa
			answer: 4.4.4.e164.arpa. 60 IN DNAME .
			answer: com.4.4.4.e164.arpa. 60 IN CNAME com.`},
		{"addresses of NS", "", dns.TypeNS, `NOERROR aa
			answer: 4.4.e164.arpa. 3600 IN NS ns1.4.4.e164.arpa.
			answer: 4.4.e164.arpa. 3600 IN NS ns.example.net.
			additional: ns1.4.4.e164.arpa. 60 IN A 192.0.2.1
			additional: ns1.4.4.e164.arpa. 60 IN AAAA 2001:db8::1`},
		{"addresses of MX", "mx", dns.TypeMX, `NOERROR aa
			answer: mx.4.4.e164.arpa. 60 IN MX 10 ns1.4.4.e164.arpa.
			additional: ns1.4.4.e164.arpa. 60 IN A 192.0.2.1
			additional: ns1.4.4.e164.arpa. 60 IN AAAA 2001:db8::1`},
		{"addresses of SRV", "srv", dns.TypeSRV, `NOERROR aa
			answer: srv.4.4.e164.arpa. 60 IN SRV 1 1 5060 ns1.4.4.e164.arpa.
			answer: srv.4.4.e164.arpa. 60 IN SRV 1 1 5061 NS1.4.4.e164.arpa.
			additional: ns1.4.4.e164.arpa. 60 IN A 192.0.2.1
			additional: ns1.4.4.e164.arpa. 60 IN AAAA 2001:db8::1`},
		{"CNAME to an address", "9.1", dns.TypeA, `NOERROR aa
			answer: 9.1.4.4.e164.arpa. 60 IN CNAME ns1.4.4.e164.arpa.
			answer: ns1.4.4.e164.arpa. 60 IN A 192.0.2.1`},
		{"an unknown type (RFC 3597)", "7", 65280, `NOERROR aa
			answer: 7.4.4.e164.arpa. 60 CLASS1 TYPE65280 \# 2 0102`},
		{"DS at the cut is the parent's", "8", dns.TypeDS, `NOERROR aa
			answer: 8.4.4.e164.arpa. 60 IN DS 1 8 2 0000000000000000000000000000000000000000000000000000000000000000`},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantReply(t, askHandler(t, e, query1(vectorName(c.qname), c.qtype), nil), c.want)
		})
	}
	for _, c := range []struct {
		name, qname string
		want        string
	}{
		{"a loop ends where it closes", "4.1", `NOERROR aa
			answer: 4.1.4.4.e164.arpa. 60 IN CNAME 5.1.4.4.e164.arpa.
			answer: 5.1.4.4.e164.arpa. 60 IN CNAME 4.1.4.4.e164.arpa.`},
		{"an alias of itself", "self", `NOERROR aa
			answer: self.4.4.e164.arpa. 60 IN CNAME SELF.4.4.e164.arpa.`},
		{"a DNAME to itself", "x.same", `NOERROR aa
			answer: same.4.4.e164.arpa. 60 IN DNAME same.4.4.e164.arpa.
			answer: x.same.4.4.e164.arpa. 60 IN CNAME x.same.4.4.e164.arpa.`},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantReply(t, askHandler(t, e, query1(vectorName(c.qname), dns.TypeNAPTR), nil), c.want)
		})
	}
	t.Run("a DNAME below itself stands in the answer once", func(t *testing.T) {
		got := askHandler(t, e, query1(vectorName("x.deeper"), dns.TypeNAPTR), nil)
		count := map[uint16]int{}
		for _, record := range got.Answer {
			count[record.Header().Rrtype]++
		}
		if count[dns.TypeDNAME] != 1 || count[dns.TypeCNAME] != maxChain+1 {
			t.Errorf("got %v, want the DNAME and %d CNAME", got, maxChain+1)
		}
	})
	t.Run("a DNAME that makes the name too long (RFC 6672 section 2.2)", func(t *testing.T) {
		got := askHandler(t, e, query1(vectorName("1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.3"), dns.TypeNAPTR), nil)
		if got.Rcode != dns.RcodeYXDomain || len(got.Answer) != 1 || got.Answer[0].Header().Rrtype != dns.TypeDNAME {
			t.Errorf("got %v, want YXDOMAIN and the DNAME", got)
		}
	})
	t.Run("DS with a referral only for DO", func(t *testing.T) {
		for _, do := range []bool{false, true} {
			got := askHandler(t, e, withOPT(query1(vectorName("1.8"), dns.TypeNAPTR), 1232, do), nil)
			if n := len(got.Ns); (n == 2) != do || got.Authoritative {
				t.Errorf("DO %t: got %v", do, got)
			}
		}
	})
}

// Names come back as they were asked: resolvers check the letter case (0x20).
func TestCaseIsKept(t *testing.T) {
	e := serve(t, "4.4.e164.arpa", newMemory(t, "4.4.e164.arpa", fixture))
	for _, c := range []struct {
		name  string
		qtype uint16
		want  string
	}{
		{"3.8.0.0.6.9.2.3.6.1.4.4.E164.aRpA.", dns.TypeNAPTR, `NOERROR aa
			answer: 3.8.0.0.6.9.2.3.6.1.4.4.E164.aRpA. 300 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:alice@example.com!" .`},
		{"9.4.4.E164.aRpA.", dns.TypeNAPTR, `NXDOMAIN aa
			authority: 4.4.E164.aRpA. 300 IN SOA ns1.nic.example. hm.nic.example. 1 7200 900 1209600 300`},
		{"1.I.4.4.E164.aRpA.", dns.TypeA, `NOERROR aa
			answer: I.4.4.E164.aRpA. 3600 IN DNAME 4.4.ienum.example.net.
			answer: 1.I.4.4.E164.aRpA. 3600 IN CNAME 1.4.4.ienum.example.net.`},
		{"4.4.E164.aRpA.", dns.TypeSOA, `NOERROR aa
			answer: 4.4.E164.aRpA. 3600 IN SOA ns1.nic.example. hm.nic.example. 1 7200 900 1209600 300`},
	} {
		got := askHandler(t, e, query1(c.name, c.qtype), nil)
		wantReply(t, got, c.want)
		if got.Question[0].Name != c.name {
			t.Errorf("the question came back as %s", got.Question[0].Name)
		}
	}
}

func TestReplyHeader(t *testing.T) {
	e := serve(t, "4.4.e164.arpa", newMemory(t, "4.4.e164.arpa", fixture))
	r := query1(vectorName("1"), dns.TypeA)
	r.RecursionDesired, r.AuthenticatedData, r.CheckingDisabled, r.Zero, r.Truncated, r.RecursionAvailable =
		false, true, true, true, true, true
	got := askHandler(t, e, r, nil)
	got.Opcode = 0
	if want := (dns.MsgHdr{Id: 4711, Response: true, Authoritative: true}); got.MsgHdr != want {
		t.Errorf("got %+v, want %+v", got.MsgHdr, want)
	}
}

// TestErrors: D31, D32, and every error that a backend may return. None looks like a denial, and no
// text tells the number.
func TestErrors(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		ede  string
	}{
		{"D32", backend.ErrNotReady, "14 no number data loaded yet"},
		{"D31", backend.ErrUnavailable, "23 number store not reachable"},
		{"deadline", context.DeadlineExceeded, "23 number store not reachable"},
		{"busy", backend.ErrBusy, "23 number store busy"},
		{"stale", backend.ErrStale, "24 number data too old"},
		{"invalid", backend.ErrInvalidData, "24 number data cannot be served"},
		{"closed", backend.ErrClosed, "14 shutting down"},
		{"panic", backend.ErrPanic, "0 internal error"},
		{"other", errors.New("+12025550100 at db.example.com: password x"), "0 internal error"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMemory(t, "e164.arpa", numbers)
			m.hook = func(context.Context, backend.Query) (backend.Answer, error, bool) {
				return backend.Answer{}, fmt.Errorf("wrapped: %w", c.err), true
			}
			e := serve(t, "e164.arpa", m)
			wantReply(t, askHandler(t, e, withOPT(query1(number0, dns.TypeNAPTR), 1232, true), nil), "SERVFAIL\nede: "+c.ede)
			wantReply(t, askHandler(t, e, query1(number0, dns.TypeNAPTR), nil), "SERVFAIL")
		})
	}
	t.Run("no lease yet", func(t *testing.T) {
		e := serve(t, "e164.arpa", nil)
		wantReply(t, askHandler(t, e, withOPT(query1(number0, dns.TypeNAPTR), 1232, false), nil), "SERVFAIL\nede: 14 no number data loaded yet")
	})
}

// What cannot be packed must not become silence.
func TestUnservableData(t *testing.T) {
	long := strings.Repeat("x", 256)
	wire := func(name string) string {
		w, err := rr.NameToWire(name)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	rule := func(r naptr.Record) backend.Answer {
		return backend.Answer{Kind: backend.Found, TTL: 60, Form: backend.Stored, Rules: []naptr.Rule{naptr.NewRule(r)}}
	}
	soa := backend.RRset{Type: dns.TypeSOA, TTL: 60, Data: []string{"short"}}
	owner := e164.Name{Number: e164.MustParse("+12")}
	for _, c := range []struct {
		name string
		a    backend.Answer
	}{
		{"regexp", rule(naptr.Record{Flags: "u", Regexp: long})},
		{"flags", rule(naptr.Record{Flags: long})},
		{"services", rule(naptr.Record{Services: long})},
		{"replacement", rule(naptr.Record{Replacement: "\x05ab"})},
		{"rdata", backend.Answer{Kind: backend.Found, Sets: []backend.RRset{{Type: dns.TypeNAPTR + 1000, Data: nil}, {Type: dns.TypeA, Data: []string{"abc"}}}}},
		{"soa", backend.Answer{Kind: backend.Absent, Zone: &backend.Zone{SOA: soa}}},
		{"no soa", backend.Answer{Kind: backend.Absent, Zone: &backend.Zone{}}},
		{"name server", backend.Answer{Kind: backend.Delegated, Owner: owner, Sets: []backend.RRset{{Type: dns.TypeNS, Data: []string{"\x05ab"}}}}},
		{"glue name", backend.Answer{Kind: backend.Delegated, Owner: owner, Sets: []backend.RRset{{Type: dns.TypeNS, Data: []string{wire("ns.example.net.")}}},
			Glue: []backend.Host{{Name: "\x05ab"}}}},
		{"glue address", backend.Answer{Kind: backend.Delegated, Owner: owner, Sets: []backend.RRset{{Type: dns.TypeNS, Data: []string{wire("ns.example.net.")}}},
			Glue: []backend.Host{{Name: wire("ns.example.net."), Sets: []backend.RRset{{Type: dns.TypeA, Data: []string{"abc"}}}}}}},
		{"no DNAME", backend.Answer{Kind: backend.Renamed, Owner: owner}},
		{"bad DNAME", backend.Answer{Kind: backend.Renamed, Owner: owner, Sets: []backend.RRset{{Type: dns.TypeDNAME, Data: []string{"\x05ab"}}}}},
		{"bad CNAME", backend.Answer{Kind: backend.Found, Sets: []backend.RRset{{Type: dns.TypeCNAME, Data: []string{"\x05ab"}}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMemory(t, "e164.arpa", "")
			m.hook = func(context.Context, backend.Query) (backend.Answer, error, bool) { return c.a, nil, true }
			e := serve(t, "e164.arpa", m)
			qtype := dns.TypeNAPTR
			if len(c.a.Rules) == 0 {
				qtype = dns.TypeA
			}
			wantReply(t, askHandler(t, e, withOPT(query1(number0, qtype), 1232, true), nil), "SERVFAIL\nede: 24 number data cannot be served")
		})
	}
}

func TestStale(t *testing.T) {
	m := newMemory(t, "4.4.e164.arpa", fixture)
	m.stale = true
	e := serve(t, "4.4.e164.arpa", m)
	wantReply(t, askHandler(t, e, withOPT(query1(vectorName("3.8.0.0.6.9.2.3.6.1"), dns.TypeNAPTR), 1232, false), nil), `NOERROR aa
		answer: 3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa. 30 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:alice@example.com!" .
		ede: 3 number data not current`)
	wantReply(t, askHandler(t, e, withOPT(query1(vectorName("9"), dns.TypeNAPTR), 1232, false), nil), `NXDOMAIN aa
		authority: 4.4.e164.arpa. 30 IN SOA ns1.nic.example. hm.nic.example. 1 7200 900 1209600 300
		ede: 19 number data not current`)
}

// A TTL with the highest bit set counts as 0 (RFC 2181 section 8).
func TestHugeTTL(t *testing.T) {
	m := newMemory(t, "e164.arpa", "")
	m.hook = func(context.Context, backend.Query) (backend.Answer, error, bool) {
		return backend.Answer{Kind: backend.Found, Sets: []backend.RRset{{Type: dns.TypeA, TTL: 1 << 31, Data: []string{"\xc0\x00\x02\x01"}}}}, nil, true
	}
	e := serve(t, "e164.arpa", m)
	wantReply(t, askHandler(t, e, query1(number0, dns.TypeA), nil), `NOERROR aa
		answer: 0.0.1.0.5.5.5.2.0.2.1.e164.arpa. 0 IN A 192.0.2.1`)
}

// next is the rest of the chain.
type next struct{ got int }

func (n *next) Name() string { return "next" }
func (n *next) ServeDNS(_ context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
	n.got++
	m := new(dns.Msg)
	m.SetReply(r)
	m.Rcode = dns.RcodeNotAuth
	return dns.RcodeNotAuth, w.WriteMsg(m)
}

func TestWhatIsPassedOn(t *testing.T) {
	all := func(b *block) { b.Options.Fall = fall.Root }
	one := func(b *block) { b.Options.Fall = fall.F{Zones: []string{"9.4.4.e164.arpa."}} }
	none := func(*block) {}
	question := func(name string, change func(*dns.Msg)) *dns.Msg {
		r := withOPT(query1(name, dns.TypeNAPTR), 1232, false)
		change(r)
		return r
	}
	same := func(*dns.Msg) {}
	for _, c := range []struct {
		name    string
		r       *dns.Msg
		change  func(*block)
		passed  bool
		without string // what a query that is passed on gets where there is no next plugin
	}{
		{"D30 another zone", question("9.9.e164.arpa.", same), none, true, "REFUSED\nede: 20"},
		{"N10 xe164.arpa", question("1.x4.4.e164.arpa.", same), none, true, "REFUSED\nede: 20"},
		{"N10 behind the apex", question("4.4.e164.arpa.example.", same), none, true, "REFUSED\nede: 20"},
		{"N14 a dot inside a label", question(`1.4\.4.e164.arpa.`, same), none, true, "REFUSED\nede: 20"},
		{"the root", question(".", same), none, true, "REFUSED\nede: 20"},
		{"CHAOS", question("4.4.e164.arpa.", func(r *dns.Msg) { r.Question[0].Qclass = dns.ClassCHAOS }), none, true, "REFUSED\nede: 20"},
		{"class ANY", question("4.4.e164.arpa.", func(r *dns.Msg) { r.Question[0].Qclass = dns.ClassANY }), none, true, "REFUSED\nede: 20"},
		{"P20 NOTIFY", question("4.4.e164.arpa.", func(r *dns.Msg) { r.Opcode = dns.OpcodeNotify }), none, true, "NOTIMP"},
		{"P4 UPDATE", question("4.4.e164.arpa.", func(r *dns.Msg) { r.Opcode = dns.OpcodeUpdate }), none, true, "NOTIMP"},
		{"NXDOMAIN without fallthrough", question("9.4.4.e164.arpa.", same), none, false, ""},
		{"NXDOMAIN with fallthrough", question("9.4.4.e164.arpa.", same), all, true, "REFUSED\nede: 20"},
		{"NXDOMAIN with fallthrough of its zone", question("1.9.4.4.E164.arpa.", same), one, true, "REFUSED\nede: 20"},
		{"NXDOMAIN with fallthrough of another zone", question("1.8.4.4.e164.arpa.", same), one, false, ""},
		{"NODATA with fallthrough", question("1.4.4.e164.arpa.", same), all, false, ""},
		{"P17 AXFR", question("4.4.e164.arpa.", func(r *dns.Msg) { r.Question[0].Qtype = dns.TypeAXFR }), all, false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := serve(t, "4.4.e164.arpa", newMemory(t, "4.4.e164.arpa", fixture), c.change)
			n := &next{}
			e.Next = n
			askHandler(t, e, c.r.Copy(), nil)
			if (n.got == 1) != c.passed || n.got > 1 {
				t.Errorf("next got %d queries, passed on: %t", n.got, c.passed)
			}
			e.Next = nil
			got := askHandler(t, e, c.r.Copy(), nil)
			if c.passed && strings.TrimSpace(strings.ReplaceAll(dump(got), " \n", "\n")) != c.without {
				t.Errorf("without next: got %swant %s", dump(got), c.without)
			}
		})
	}
}

func TestTransfersAreRefused(t *testing.T) {
	e := serve(t, "4.4.e164.arpa", newMemory(t, "4.4.e164.arpa", fixture))
	for _, qtype := range []uint16{dns.TypeAXFR, dns.TypeIXFR} {
		wantReply(t, askHandler(t, e, withOPT(query1("4.4.e164.arpa.", qtype), 1232, false), overTCP), "REFUSED\nede: 18 zone transfer not allowed")
	}
}

func TestQuestionCount(t *testing.T) {
	e := serve(t, "4.4.e164.arpa", newMemory(t, "4.4.e164.arpa", fixture))
	for _, n := range []int{0, 2} {
		r := query1("4.4.e164.arpa.", dns.TypeSOA)
		r.Question = append(r.Question, r.Question[0])[:n]
		w := &writer{}
		if rcode, err := e.ServeDNS(context.Background(), w, r); rcode != dns.RcodeFormatError || err != nil || len(w.msgs) != 0 {
			t.Errorf("%d questions: got %d, %v and %d replies, want FORMERR from the server", n, rcode, err, len(w.msgs))
		}
	}
}

// N11: the longest apex wins, on whole labels.
func TestNestedApexes(t *testing.T) {
	outer, inner := newMemory(t, "e164.arpa", ""), newMemory(t, "9.4.e164.arpa", "")
	var asked []string
	hook := func(name string) func(context.Context, backend.Query) (backend.Answer, error, bool) {
		return func(_ context.Context, q backend.Query) (backend.Answer, error, bool) {
			asked = append(asked, name+" "+q.Apex)
			return backend.Answer{Kind: backend.Absent}, nil, true
		}
	}
	outer.hook, inner.hook = hook("outer"), hook("inner")
	blocks := []*block{{Block: &corefile.Block{Driver: "memory", Apexes: []e164.Apex{mustApex("e164.arpa")}}}, {Block: &corefile.Block{Driver: "memory", Apexes: []e164.Apex{mustApex("9.4.e164.arpa")}}}}
	trees, err := forestOf(blocks)
	if err != nil {
		t.Fatal(err)
	}
	blocks[0].use(leased{outer})
	blocks[1].use(leased{inner})
	e := Enumim{forest: trees}
	for _, name := range []string{"1.9.4.e164.arpa.", "9.4.E164.ARPA.", "8.4.e164.arpa.", "4.e164.arpa.", "1.99.4.e164.arpa."} {
		askHandler(t, e, query1(name, dns.TypeNAPTR), nil)
	}
	want := []string{"inner 9.4.e164.arpa.", "inner 9.4.e164.arpa.", "outer e164.arpa.", "outer e164.arpa.", "outer e164.arpa."}
	if fmt.Sprint(asked) != fmt.Sprint(want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
}

func TestZeroEnumimPassesOn(t *testing.T) {
	n := &next{}
	askHandler(t, Enumim{Next: n}, query1(number0, dns.TypeNAPTR), nil)
	if n.got != 1 || !(Enumim{}).Ready() || (Enumim{}).Name() != "enumim" {
		t.Error("the zero Enumim is to know nothing and pass on")
	}
}

// many is a number with n im records of the size of D33.
func many(t testing.TB, n int) *memory {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa. 300 IN NAPTR 100 %d \"u\" \"E2U+im\" \"!^.*$!im:user%02d@example.com!\" .\n", i, i)
	}
	return newMemory(t, "e164.arpa", b.String())
}

func TestOverflow(t *testing.T) {
	const name = "3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa."
	for _, c := range []struct {
		id      string
		records int
		opt     int // what the client offers; -1: no OPT
		tcp     bool
		full    bool
	}{
		{"D33 8 records fit 512", 8, -1, false, true},
		{"D33 9 records do not", 9, -1, false, false},
		{"D34 1232", 9, 1232, false, true},
		{"D34 4096", 9, 4096, false, true},
		{"P14 size 0 counts as 512", 8, 0, false, true},
		{"P14 size 0 is not unlimited", 9, 0, false, false},
		{"P14 size 65535", 9, 65535, false, true},
		{"the server's own limit", 60, 4096, false, false},
		{"uncompressed above the limit", 15, 1400, false, false},
		{"TCP", 60, -1, true, true},
		{"TCP with OPT", 600, 512, true, true},
	} {
		t.Run(c.id, func(t *testing.T) {
			e := serve(t, "e164.arpa", many(t, c.records))
			r := query1(name, dns.TypeNAPTR)
			if c.opt >= 0 {
				withOPT(r, uint16(c.opt), false)
			}
			var remote net.Addr = overUDP
			if c.tcp {
				remote = overTCP
			}
			got := askHandler(t, e, r, remote)
			if !c.full {
				if !got.Truncated || len(got.Answer)+len(got.Ns)+len(got.Extra) != 0 || got.Rcode != 0 {
					t.Errorf("got %v, want TC and nothing else", got)
				}
				return
			}
			if got.Truncated || len(got.Answer) != c.records {
				t.Errorf("got %d records, TC %t, want %d", len(got.Answer), got.Truncated, c.records)
			}
		})
	}
	t.Run("larger than a message over TCP", func(t *testing.T) {
		e := serve(t, "e164.arpa", many(t, 2000))
		wantReply(t, askHandler(t, e, withOPT(query1(name, dns.TypeNAPTR), 1232, false), overTCP), "SERVFAIL\nede: 24 answer larger than a DNS message")
		wantReply(t, askHandler(t, e, query1(name, dns.TypeNAPTR), overTCP), "SERVFAIL")
	})
	t.Run("stale: the explanation stays with TC", func(t *testing.T) {
		m := many(t, 60)
		m.stale = true
		e := serve(t, "e164.arpa", m)
		wantReply(t, askHandler(t, e, withOPT(query1(name, dns.TypeNAPTR), 1232, false), nil), "NOERROR aa tc\nede: 3 number data not current")
	})
}

// The OPT that the server adds counts: a reply is whole, or empty with TC.
func TestOverflowWithOPT(t *testing.T) {
	const name = "3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa."
	cut := 0
	for pad := range 40 {
		text := ""
		for i := range 8 {
			text += fmt.Sprintf("%s 300 IN NAPTR 100 %d \"u\" \"E2U+im\" \"!^.*$!im:user%02d@example.com!\" .\n", name, i, i)
		}
		text = strings.Replace(text, "user00", "user"+strings.Repeat("0", pad), 1)
		e := serve(t, "e164.arpa", newMemory(t, "e164.arpa", text))
		w := &writer{}
		r := withOPT(query1(name, dns.TypeNAPTR), 512, false)
		if _, err := e.ServeDNS(context.Background(), request.NewScrubWriter(r, w), r); err != nil || len(w.msgs) != 1 {
			t.Fatal(err, len(w.msgs))
		}
		got := w.msgs[0]
		packed, err := got.Pack()
		if err != nil || len(packed) > 512 {
			t.Fatalf("%d octets, %v", len(packed), err)
		}
		if want := map[bool]int{false: 8, true: 0}[got.Truncated]; len(got.Answer) != want {
			t.Errorf("pad %d: TC %t with %d records", pad, got.Truncated, len(got.Answer))
		}
		if got.Truncated {
			cut++
		}
	}
	if cut == 0 || cut == 40 {
		t.Errorf("%d of 40 were cut: the bound was not met", cut)
	}
}

// A TTL of 0 in a zone is meant; only a backend that knows numbers gets the default.
func TestZeroTTLOfZone(t *testing.T) {
	e := serve(t, "4.4.e164.arpa", newMemory(t, "4.4.e164.arpa", strings.Replace(fixture, "300 IN TXT", "0 IN TXT", 1)))
	wantReply(t, askHandler(t, e, query1(vectorName("4.8.0.0.6.9.2.3.6.1"), dns.TypeTXT), nil), `NOERROR aa
		answer: 4.8.0.0.6.9.2.3.6.1.4.4.e164.arpa. 0 IN TXT "not in service"`)
}

// An alias that leads nowhere exists itself: it does not fall through.
func TestAliasDoesNotFallThrough(t *testing.T) {
	e := serve(t, "4.4.e164.arpa", newMemory(t, "4.4.e164.arpa", aliases), func(b *block) { b.Options.Fall = fall.Root })
	n := &next{}
	e.Next = n
	got := askHandler(t, e, query1(vectorName("6.1"), dns.TypeNAPTR), nil)
	if n.got != 0 || got.Rcode != dns.RcodeNameError || len(got.Answer) != 1 {
		t.Errorf("passed on %d times, got %v", n.got, got)
	}
}

func TestPanics(t *testing.T) {
	m := newMemory(t, "e164.arpa", numbers)
	m.hook = func(context.Context, backend.Query) (backend.Answer, error, bool) { panic("+12025550100") }
	e := serve(t, "e164.arpa", m)
	before := counterValue(t, panics)
	w := &writer{}
	r := query1(number0, dns.TypeNAPTR)
	r.SetEdns0(maxUDP, false)
	if rcode, err := e.ServeDNS(context.Background(), w, r); !plugin.ClientWrite(rcode) || err != nil || len(w.msgs) != 1 {
		t.Fatalf("got %d, %v, %d replies, want one", rcode, err, len(w.msgs))
	}
	if m := w.msgs[0]; m.Rcode != dns.RcodeServerFailure || m.Authoritative || !strings.Contains(m.String(), edeInternal.text) {
		t.Errorf("want SERVFAIL that says why: %v", m)
	}
	// A writer that panics after it wrote must not lead to a second reply.
	e = serve(t, "e164.arpa", newMemory(t, "e164.arpa", numbers))
	w = &writer{panic: true}
	rcode, err := e.ServeDNS(context.Background(), w, query1(number0, dns.TypeNAPTR))
	if !plugin.ClientWrite(rcode) || err != nil || len(w.msgs) != 1 {
		t.Errorf("got %d, %v, %d replies, want one reply and nothing more", rcode, err, len(w.msgs))
	}
	if got := counterValue(t, panics) - before; got != 2 {
		t.Errorf("counted %v panics, want 2", got)
	}
	// What the next plugin panics with is not ours to hide.
	e.Next = plugin.HandlerFunc(func(context.Context, dns.ResponseWriter, *dns.Msg) (int, error) { panic("next") })
	defer func() {
		if recover() == nil {
			t.Error("the panic of the next plugin was swallowed")
		}
	}()
	e.ServeDNS(context.Background(), &writer{}, query1("example.org.", dns.TypeA))
}

func TestWriteErrorIsNotReturned(t *testing.T) {
	e := serve(t, "e164.arpa", newMemory(t, "e164.arpa", numbers))
	w := &writer{err: errors.New("connection reset")}
	if rcode, err := e.ServeDNS(context.Background(), w, query1(number0, dns.TypeNAPTR)); rcode != dns.RcodeSuccess || err != nil || len(w.msgs) != 1 {
		t.Errorf("got %d, %v, %d replies", rcode, err, len(w.msgs))
	}
}

// F41: whatever another plugin does to a reply, the next one is as it should be.
func TestRepliesAreNotShared(t *testing.T) {
	e := serve(t, "4.4.e164.arpa", newMemory(t, "4.4.e164.arpa", fixture))
	ask := func(name string, qtype uint16) *dns.Msg {
		return askHandler(t, e, withOPT(query1(name, qtype), 1232, true), nil)
	}
	for _, v := range zoneVectors {
		before := dump(ask(vectorName(v.name), v.qtype))
		got := ask(vectorName(v.name), v.qtype)
		for _, section := range [][]dns.RR{got.Answer, got.Ns, got.Extra} {
			for i, record := range section {
				record.Header().Ttl = 1
				record.Header().Name = "spoilt."
				switch record := record.(type) {
				case *dns.NAPTR:
					record.Regexp, record.Order = "spoilt", 9
				case *dns.SOA:
					record.Minttl, record.Ns = 0, "spoilt."
				case *dns.TXT:
					record.Txt[0] = "spoilt"
				case *dns.A:
					record.A[0] = 9
				}
				section[i] = nil
			}
		}
		got.Answer = append(got.Answer, got.Ns...)
		got.Question[0].Name = "spoilt."
		if after := dump(ask(vectorName(v.name), v.qtype)); after != before {
			t.Errorf("%s: got\n%safter another plugin changed\n%s", v.id, after, before)
		}
	}
}

func TestMetadata(t *testing.T) {
	e := serve(t, "4.4.e164.arpa", newMemory(t, "4.4.e164.arpa", fixture), func(b *block) { b.Options.Fall = fall.Root })
	for _, c := range []struct{ name, result, synthesized string }{
		{"3.8.0.0.6.9.2.3.6.1", "found", ""},
		{"7.1.3.6.9.7.0.2", "found", "wildcard"},
		{"1.i", "found", "dname"},
		{"1", "nodata", ""},
		{"1.6.6.7.7", "referral", ""},
		{"9", "fallthrough", ""},
	} {
		ctx := metadata.ContextWithMetadata(context.Background())
		e.ServeDNS(ctx, &writer{}, query1(vectorName(c.name), dns.TypeNAPTR))
		for label, want := range map[string]string{
			"enumim/zone": "4.4.e164.arpa.", "enumim/result": c.result, "enumim/synthesized": c.synthesized, "enumim/number": "",
		} {
			f := metadata.ValueFunc(ctx, label)
			if f == nil || f() != want {
				t.Errorf("%s: %s is not %q", c.name, label, want)
			}
		}
	}
}

// The DS of an apex belongs to the tree above, where that is served too and delegates it (RFC 4035
// section 3.1.4.1).
func TestDSOfApex(t *testing.T) {
	const soa = "@ 3600 IN SOA ns1 hm 1 7200 900 1209600 300\n@ 3600 IN NS ns1\n"
	const ds = "1 8 2 0000000000000000000000000000000000000000000000000000000000000000"
	child := soa + "1 60 IN TXT \"here\"\n"
	for _, c := range []struct{ name, parent, qname, want string }{
		{"delegated", "4.4 60 IN NS ns.example.net.\n4.4 60 IN DS " + ds + "\n", "4.4.E164.arpa.",
			"NOERROR aa\nanswer: 4.4.E164.arpa. 60 IN DS " + ds},
		{"delegated without DS", "4.4 60 IN NS ns.example.net.\n", "4.4.e164.arpa.",
			"NOERROR aa\nauthority: e164.arpa. 300 IN SOA ns1.e164.arpa. hm.e164.arpa. 1 7200 900 1209600 300"},
		{"delegated above", "4 60 IN NS ns.example.net.\n", "4.4.e164.arpa.",
			"NOERROR aa\nauthority: 4.4.e164.arpa. 300 IN SOA ns1.4.4.e164.arpa. hm.4.4.e164.arpa. 1 7200 900 1209600 300"},
		{"not delegated", "", "4.4.e164.arpa.",
			"NOERROR aa\nauthority: 4.4.e164.arpa. 300 IN SOA ns1.4.4.e164.arpa. hm.4.4.e164.arpa. 1 7200 900 1209600 300"},
		{"below the apex", "4.4 60 IN NS ns.example.net.\n4.4 60 IN DS " + ds + "\n", "1.4.4.e164.arpa.",
			"NOERROR aa\nauthority: 4.4.e164.arpa. 300 IN SOA ns1.4.4.e164.arpa. hm.4.4.e164.arpa. 1 7200 900 1209600 300"},
		{"no tree above", "", "e164.arpa.",
			"NOERROR aa\nauthority: e164.arpa. 300 IN SOA ns1.e164.arpa. hm.e164.arpa. 1 7200 900 1209600 300"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var blocks []*block
			for apex, zone := range map[string]string{"4.4.e164.arpa": child, "e164.arpa": soa + c.parent} {
				b := &block{Block: &corefile.Block{Driver: "memory", Options: corefile.Defaults(), Apexes: []e164.Apex{mustApex(apex)}}}
				blocks = append(blocks, b)
				b.source, b.local = leased{newMemory(t, apex, zone)}, true
			}
			trees, err := forestOf(blocks)
			if err != nil {
				t.Fatal(err)
			}
			e := Enumim{forest: trees, state: &generation{blocks: blocks}}
			wantReply(t, askHandler(t, e, query1(c.qname, dns.TypeDS), nil), c.want)
		})
	}
}

// What a client can do without is left out before the whole reply is (RFC 2181 section 9, RFC 9471
// section 3.2); the addresses of name servers within a delegation are not (RFC 9471 section 3.1).
func TestAdditionalGivesWay(t *testing.T) {
	var zone strings.Builder
	zone.WriteString("$ORIGIN 4.4.e164.arpa.\n@ 3600 IN SOA ns1 hm 1 7200 900 1209600 300\n@ 3600 IN NS ns1\n")
	for i := range 8 {
		fmt.Fprintf(&zone, "mx 60 IN MX %d host%d\nhost%d 60 IN A 192.0.2.1\nhost%d 60 IN A 192.0.2.2\nhost%d 60 IN AAAA 2001:db8::1\n", i, i, i, i, i)
		fmt.Fprintf(&zone, "beside 60 IN NS s%d\ns%d 60 IN A 192.0.2.1\ns%d 60 IN AAAA 2001:db8::1\ns%d.within 60 IN A 192.0.2.1\ns%d.within 60 IN AAAA 2001:db8::1\nwithin 60 IN NS s%d.within\n", i, i, i, i, i, i)
		fmt.Fprintf(&zone, "both 60 IN NS s%d\n", i)
	}
	zone.WriteString("both 60 IN NS ns.both\nns.both 60 IN A 192.0.2.77\n")
	e := serve(t, "4.4.e164.arpa", newMemory(t, "4.4.e164.arpa", zone.String()))
	for _, c := range []struct {
		name      string
		qtype     uint16
		truncated bool
	}{
		{"mx", dns.TypeMX, false}, {"1.beside", dns.TypeNAPTR, false}, {"1.within", dns.TypeNAPTR, true}, {"1.both", dns.TypeNAPTR, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			whole := askHandler(t, e, query1(vectorName(c.name), c.qtype), overTCP)
			got := askHandler(t, e, query1(vectorName(c.name), c.qtype), overUDP)
			if len(whole.Extra) < 16 || got.Truncated != c.truncated || got.Len() > 512 {
				t.Fatalf("got %d octets, TC %t: %v", got.Len(), got.Truncated, got)
			}
			if c.truncated {
				return
			}
			if len(got.Answer) != len(whole.Answer) || len(got.Ns) != len(whole.Ns) || len(got.Extra) == 0 {
				t.Errorf("got %v\nof %v", got, whole)
			}
			last, first := got.Extra[len(got.Extra)-1].Header(), whole.Extra[len(got.Extra)].Header()
			if last.Name == first.Name && last.Rrtype == first.Rrtype {
				t.Errorf("an RRset is cut in two: %v", got)
			}
			if c.name == "1.both" && got.Extra[0].Header().Name != "ns.both.4.4.e164.arpa." {
				t.Errorf("the address that nobody finds elsewhere does not come first: %v", got)
			}
		})
	}
}

func TestQueryOPT(t *testing.T) {
	e := serve(t, "4.4.e164.arpa", newMemory(t, "4.4.e164.arpa", fixture))
	t.Run("two are a malformed query (RFC 6891 section 6.1.1)", func(t *testing.T) {
		r := withOPT(withOPT(query1("4.4.e164.arpa.", dns.TypeSOA), 1232, false), 1232, false)
		if got := askHandler(t, e, r, nil); got.Rcode != dns.RcodeFormatError || len(got.Answer) > 0 {
			t.Errorf("got %v", got)
		}
	})
	t.Run("flags without a meaning do not come back (RFC 6891 section 6.1.4)", func(t *testing.T) {
		r := withOPT(query1("4.4.e164.arpa.", dns.TypeSOA), 1232, true)
		r.IsEdns0().Hdr.Ttl |= 0x7fff
		askHandler(t, e, r, nil)
		if opt := r.IsEdns0(); opt.Hdr.Ttl != 0x8000 { // CoreDNS makes the OPT of the reply from it
			t.Errorf("got %#x, want DO alone", opt.Hdr.Ttl)
		}
	})
}
