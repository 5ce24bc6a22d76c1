package guard

import (
	"slices"
	"testing"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/e164"
)

// What no server should send, and no plugin should write, is survived; to enforce, the reply can be sent.
func TestMalformed(t *testing.T) {
	fine := naptrRR("E2U+sip", "!^.*$!sip:alice@example.com!")
	with := func(change func(*dns.NAPTR)) dns.RR {
		record := dns.Copy(fine).(*dns.NAPTR)
		change(record)
		return record
	}
	generic := func(rdata string) dns.RR {
		h := *fine.Header()
		return &dns.RFC3597{Hdr: h, Rdata: rdata}
	}
	for _, c := range []struct {
		name      string
		record    dns.RR
		malformed bool
	}{
		{"nil", nil, true},
		{"nil NAPTR", (*dns.NAPTR)(nil), true},
		{"nil RRSIG", (*dns.RRSIG)(nil), true},
		{"nil OPT", (*dns.OPT)(nil), true},
		{"escape over 255", with(func(r *dns.NAPTR) { r.Service = `E2U+sip\300` }), true},
		{"escape at the end", with(func(r *dns.NAPTR) { r.Regexp = `!^.*$!sip:a@example.com!\` }), true},
		{"back-reference that is not escaped", with(func(r *dns.NAPTR) { r.Regexp = `!^(.*)$!sip:\1@example.com!` }), true},
		{"field over 255 octets", with(func(r *dns.NAPTR) { r.Flags = string(make([]byte, 256)) }), true},
		{"no replacement", with(func(r *dns.NAPTR) { r.Replacement = "" }), true},
		{"relative replacement", with(func(r *dns.NAPTR) { r.Replacement = "example" }), true},
		{"replacement with an empty label", with(func(r *dns.NAPTR) { r.Replacement = "a..b." }), true},
		{"no RDATA", &dns.NAPTR{Hdr: *fine.Header()}, true},
		{"another class", with(func(r *dns.NAPTR) { r.Hdr.Class = dns.ClassCHAOS }), true},
		{"another kind of record", &dns.TXT{Hdr: *fine.Header(), Txt: []string{"a"}}, true},
		{"generic", generic("0064000a0175074532552b73697018215e2e2a24217369703a61406578616d706c652e636f6d2100"), false},
		{"generic in capitals", generic("0064000A0175074532552B73697018215E2E2A24217369703A61406578616D706C652E636F6D2100"), false},
		{"generic, cut off", generic("0064000a0175"), true},
		{"generic, no hexadecimal digits", generic("zz"), true},
		{"generic, empty", generic(""), true},
		{"generic, too long", generic(string(make([]byte, 1<<16))), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, section := range []int{0, 1, 2} {
				r, m := answered(fine)
				switch section {
				case 0:
					m.Answer = append(m.Answer, c.record)
				case 1:
					m.Ns = []dns.RR{c.record}
				case 2:
					m.Extra = []dns.RR{c.record}
				}
				for _, mode := range []Mode{Observe, Annotate} {
					if v := New(apex(t), Policy{Mode: mode}).Judge(r, m); v.Msg != m || tells(v, RuleMalformed) != c.malformed {
						t.Errorf("section %d, mode %d: %s: %v", section, mode, v.Action, v.Counts)
					}
				}
				for _, repair := range []bool{false, true} {
					v := New(apex(t), Policy{Mode: Enforce, Repair: repair}).Judge(r, m)
					if _, err := pack(v.Msg); err != nil {
						t.Errorf("section %d: %s, and cannot be sent: %v", section, v.Action, err)
					}
					if !slices.Contains(v.Msg.Answer, fine) || (v.Action == Withheld) != c.malformed {
						t.Errorf("section %d: %s: %v", section, v.Action, v.Msg.Answer)
					}
				}
			}
		})
	}
}

// A generic record is held to the same rules.
func TestGeneric(t *testing.T) {
	h := *naptrRR("", "").Header()
	bad := &dns.RFC3597{Hdr: h, Rdata: "0064000a0175064532552b696d0f215e2e2a2421696d3a616c6963652100"} // im:alice
	r, m := answered(bad)
	if v := New(apex(t), Policy{Mode: Enforce}).Judge(r, m); v.Action != Emptied || !tells(v, "I11") {
		t.Errorf("%s: %v", v.Action, v.Counts)
	}
}

// A query or reply without what every one has is survived.
func TestNoQuestion(t *testing.T) {
	for _, p := range []Policy{{Mode: Observe}, {Mode: Annotate}, {Mode: Enforce}, {Mode: Enforce, Repair: true, RequireAuthenticated: true, AllowDomains: []string{"example.com"}}} {
		g := New(apex(t), p)
		bad := naptrRR("E2U+im", "!^.*$!im:alice!")
		full := new(dns.Msg)
		full.Answer = []dns.RR{bad}
		two := query()
		two.Question = append(two.Question, dns.Question{Name: "example.", Qtype: dns.TypeANY, Qclass: 1})
		for _, r := range []*dns.Msg{nil, {}, query(), two, {Question: []dns.Question{{}}}, {Question: []dns.Question{{Name: "1.2.3.example."}}}} {
			for _, m := range []*dns.Msg{nil, {}, full} {
				v := g.Judge(r, m)
				if m != full && (v.Action != Passed || v.Msg != m) {
					t.Errorf("mode %d: %s", p.Mode, v.Action)
				}
				if m == full && !tells(v, "I11") {
					t.Errorf("mode %d: %v", p.Mode, v.Counts)
				}
			}
			if g.Query(r) == nil && r != nil {
				t.Error("no query")
			}
		}
	}
	if v := New(e164.Apex{}, Policy{Mode: Enforce}).Judge(answered(naptrRR("E2U+im", "!^.*$!im:alice!"))); v.Action != Emptied {
		t.Errorf("no apex: %s", v.Action)
	}
}

// What is not NAPTR is none of the guard's business.
func TestUntouched(t *testing.T) {
	h := func(typ uint16) dns.RR_Header { return dns.RR_Header{Name: qname, Rrtype: typ, Class: 1, Ttl: 5} }
	r, m := answered(
		&dns.CNAME{Hdr: h(dns.TypeCNAME), Target: "a.example."}, &dns.DNAME{Hdr: h(dns.TypeDNAME), Target: "b.example."}, signature(qname),
		&dns.TXT{Hdr: h(dns.TypeTXT), Txt: []string{"!^.*$!im:a@evil.example!"}}, &dns.RFC3597{Hdr: h(65280), Rdata: "00"}, good()[5])
	m.Ns = []dns.RR{&dns.SOA{Hdr: h(dns.TypeSOA), Ns: "a.", Mbox: "b."}, &dns.NS{Hdr: h(dns.TypeNS), Ns: "c."}}
	m.Extra = []dns.RR{&dns.A{Hdr: h(dns.TypeA)}, opt()}
	for _, rcode := range []int{dns.RcodeSuccess, dns.RcodeNameError, dns.RcodeServerFailure, dns.RcodeRefused} {
		m.Rcode = rcode
		v := New(apex(t), Policy{Mode: Enforce, Repair: true, AllowDomains: []string{"example.com"}, RequireAuthenticated: true}).Judge(r, m)
		if v.Msg != m || v.Action > Told {
			t.Errorf("%s: %v", v.Action, v.Counts)
		}
	}
}
