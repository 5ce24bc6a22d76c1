package guard

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/im"
)

// Many judge one message, which others read meanwhile, and change what they get.
func TestSharedMessage(t *testing.T) {
	r := fuzzQuery(1)
	m := new(dns.Msg).SetReply(r)
	m.Answer = append(good(), naptrRR("E2U+im", "!^.*$!im:alice!"), naptrRR("sip+E2U", `!^(.*)$!SIP:\\1@example.com!i`), signature(qname))
	o := opt()
	o.Option = append(make([]dns.EDNS0, 0, 4), &dns.EDNS0_COOKIE{Code: dns.EDNS0COOKIE, Cookie: "24a5ac1122334455"})
	m.Extra = []dns.RR{naptrRR("E2U+im", "!^.*$!im:mallory@evil.example!"), o}
	g := New(apex(t), Policy{Mode: Enforce, Repair: true, DenyDomains: []string{"evil.example"}, Twins: []im.Protocol{im.SIP}})
	before, err := pack(m)
	if err != nil {
		t.Fatal(err)
	}
	want := g.Judge(r, m)
	sent, _ := pack(want.Msg)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				v := g.Judge(r, m)
				got, _ := pack(v.Msg)
				if v.Action != want.Action || string(got) != string(sent) {
					t.Errorf("%s: %v, want %s: %v", v.Action, v.Msg, want.Action, want.Msg)
				}
				v.Msg.Id++
				v.Msg.Answer = append(v.Msg.Answer, signature(qname))
				v.Msg.IsEdns0().SetDo()
				v.Msg.IsEdns0().Option = append(v.Msg.IsEdns0().Option, &dns.EDNS0_EDE{})
				v.Msg.Question[0].Name = "."
			}
		})
	}
	all.Wait()
	if after, _ := pack(m); string(after) != string(before) {
		t.Error("the message that was judged is another one now")
	}
}

// What passes is the record that came, not one like it; what was mended has the owner as it came.
func TestRecordsAreShared(t *testing.T) {
	caseFlag := naptrRR("E2U+sip", "!^.*$!sip:alice@example.com!i")
	m := new(dns.Msg).SetReply(query())
	m.Answer = append(good(), caseFlag)
	for _, record := range m.Answer {
		record.Header().Name = strings.ToUpper(qname)
	}
	m.Answer[1].(*dns.NAPTR).Preference = 11 // beside another sip URI
	v := New(apex(t), Policy{Mode: Enforce, Rules: map[string]enumservice.Severity{"R05": enumservice.Error}}).Judge(query(), m)
	for _, record := range m.Answer[:6] {
		if !slices.Contains(v.Msg.Answer, record) {
			t.Errorf("%v is not the one that came: %v", record, v.Msg.Answer)
		}
	}
	if len(v.Msg.Answer) != 6 {
		t.Errorf("%v", v.Msg.Answer)
	}
	caseFlag.(*dns.NAPTR).Preference = 60
	v = New(apex(t), Policy{Mode: Enforce, Repair: true}).Judge(query(), m)
	if v.Action != Repaired || len(v.Msg.Answer) != len(m.Answer) {
		t.Fatalf("%s: %v", v.Action, v.Msg.Answer)
	}
	for _, record := range v.Msg.Answer {
		if record.Header().Name != strings.ToUpper(qname) {
			t.Errorf("owner %s", record.Header().Name)
		}
	}
	for _, record := range m.Answer[:6] {
		if !slices.Contains(v.Msg.Answer, record) {
			t.Errorf("%v is not the one that came: %v", record, v.Msg.Answer)
		}
	}
}

// Records of one owner are one set, however its name is spelled, and those of others are judged by
// themselves.
func TestOwners(t *testing.T) {
	a, b := naptrRR("E2U+sip", "!^.*$!sip:alice@example.com!"), naptrRR("E2U+sip", "!^.*$!sip:alice@example.com!")
	b.Header().Name = strings.ToUpper(qname)
	r, m := answered(a, b)
	g := New(apex(t), Policy{Mode: Enforce, Rules: map[string]enumservice.Severity{"O04": enumservice.Error}})
	if v := g.Judge(r, m); len(v.Msg.Answer) != 1 {
		t.Errorf("of one owner: %v", v.Msg.Answer)
	}
	b.Header().Name = "elsewhere.example."
	if v := g.Judge(r, m); v.Msg != m {
		t.Errorf("of two owners: %v", v.Msg.Answer)
	}
	b.(*dns.NAPTR).Regexp = "!^.*$!sip:!"
	if v := g.Judge(r, m); len(v.Msg.Answer) != 1 || v.Msg.Answer[0] != a {
		t.Errorf("of two owners: %v", v.Msg.Answer)
	}
}

// answeredWith makes a reply to query with records in the additional section.
func answeredWith(extra ...dns.RR) (r, m *dns.Msg) {
	r, m = answered()
	m.Extra = extra
	return r, m
}

// What is sent beside the answer is held to the same, and nothing else of the sections goes.
func TestSections(t *testing.T) {
	fine, bad := naptrRR("E2U+sip", "!^.*$!sip:alice@example.com!"), naptrRR("E2U+im", "!^.*$!im:alice!")
	ns := &dns.NS{Hdr: dns.RR_Header{Name: "e164.arpa.", Rrtype: dns.TypeNS, Class: 1, Ttl: 5}, Ns: "ns.example."}
	glue := &dns.A{Hdr: dns.RR_Header{Name: "ns.example.", Rrtype: dns.TypeA, Class: 1, Ttl: 5}}
	r, m := answered(fine)
	m.Ns, m.Extra = []dns.RR{bad, ns}, []dns.RR{glue, bad, fine, opt()}
	if v := New(apex(t), Policy{Mode: Annotate}).Judge(answeredWith(naptrRR("E2U+im", "!^.*$!im:alice@example.com!"))); len(v.URIs) != 0 {
		t.Errorf("URIs that are not in the answer: %v", v.URIs)
	}
	v := New(apex(t), Policy{Mode: Enforce}).Judge(r, m)
	if v.Action != Withheld || !slices.Equal(v.Msg.Answer, m.Answer) || !slices.Equal(v.Msg.Ns, []dns.RR{ns}) ||
		len(v.Msg.Extra) != 3 || v.Msg.Extra[0] != glue || v.Msg.Extra[1] != fine || v.Msg.Extra[2] == m.Extra[3] {
		t.Errorf("%s: %v", v.Action, v.Msg)
	}
	if len(v.URIs) != 0 {
		t.Errorf("URIs %v", v.URIs)
	}
	m.Answer, m.Extra = nil, []dns.RR{bad}
	m.Ns = []dns.RR{ns}
	if v = New(apex(t), Policy{Mode: Enforce}).Judge(r, m); v.Action != Withheld || v.Msg.Rcode != 0 || len(v.Msg.Extra) != 0 || !slices.Equal(v.Msg.Ns, m.Ns) {
		t.Errorf("a referral: %s: %v", v.Action, v.Msg)
	}
}

// Whoever adds to the new message writes nothing into the memory of the other.
func TestOwnMemory(t *testing.T) {
	fine, bad, sentinel := naptrRR("E2U+sip", "!^.*$!sip:alice@example.com!"), naptrRR("E2U+im", "!^.*$!im:alice!"), opt()
	for _, p := range []Policy{{Mode: Enforce}, {Mode: Enforce, RequireAuthenticated: true}} {
		for at := range 3 {
			r, m := answered()
			m.AuthenticatedData = true
			sections := []*[]dns.RR{&m.Answer, &m.Ns, &m.Extra}
			for i, section := range sections {
				if *section = []dns.RR{fine, sentinel}[:1]; i == at && !p.RequireAuthenticated {
					*section = []dns.RR{fine, bad, sentinel}[:2]
				}
			}
			v := New(apex(t), p).Judge(r, m)
			if v.Msg == m {
				t.Fatalf("%s: the same message", v.Action)
			}
			for i, section := range []*[]dns.RR{&v.Msg.Answer, &v.Msg.Ns, &v.Msg.Extra} {
				*section = append(*section, fine)
				if before := *sections[i]; before[:len(before)+1][len(before)] != sentinel {
					t.Errorf("section %d, changed %d: written over", i, at)
				}
			}
		}
	}
}

// Nor do the options that others add to the OPT record.
func TestOwnOptions(t *testing.T) {
	o, sentinel := opt(), &dns.EDNS0_COOKIE{Code: dns.EDNS0COOKIE}
	o.Option = []dns.EDNS0{&dns.EDNS0_NSID{Code: dns.EDNS0NSID}, sentinel}[:1]
	r, m := answered(naptrRR("E2U+im", "!^.*$!im:alice!"))
	m.Extra = []dns.RR{o}
	for _, answer := range [][]dns.RR{m.Answer, {naptrRR("E2U+sip", "!^.*$!sip:alice@example.com!"), m.Answer[0]}} {
		m.Answer = answer
		v := New(apex(t), Policy{Mode: Enforce}).Judge(r, m)
		own := v.Msg.IsEdns0()
		if own == o || len(own.Option) != 1 {
			t.Fatalf("%s: %v", v.Action, own)
		}
		own.Option = append(own.Option, &dns.EDNS0_EDE{})
		own.SetDo()
		if o.Option[:2][1] != sentinel || o.Do() {
			t.Errorf("%s: written over", v.Action)
		}
	}
}
