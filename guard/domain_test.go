package guard

import (
	"testing"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/e164"
)

// What a hostile server may write to get a URI of a domain of its own to a client. good says that a domain
// list is to let it through.
func TestDomains(t *testing.T) {
	allow := Policy{Mode: Enforce, AllowDomains: []string{"example.com"}}
	deny := Policy{Mode: Enforce, DenyDomains: []string{"evil.example"}}
	both := Policy{Mode: Enforce, AllowDomains: []string{"example.com"}, DenyDomains: []string{"evil.example.com"}}
	for _, c := range []struct {
		name             string
		flags            string
		services, regexp string
		replacement      string
		policy           Policy
		good             bool
	}{
		{"the domain", "u", "E2U+im", "!^.*$!im:a@example.com!", ".", allow, true},
		{"below the domain", "u", "E2U+im", "!^.*$!im:a@chat.example.com!", ".", allow, true},
		{"capitals", "u", "e2u+IM", "!^.*$!IM:a@EXAMPLE.com!", ".", allow, true},
		{"pres", "u", "E2U+pres", "!^.*$!pres:a@example.com!", ".", allow, true},
		{"encoded letters", "u", "E2U+im", "!^.*$!im:a@ex%61mple.com!", ".", allow, true},
		{"display name", "u", "E2U+im", "!^.*$!im:A%20%3Ca@example.com%3E!", ".", allow, true},
		{"expression", "u", "E2U+im", `!^\\+44(.*)$!im:\\1@example.com!`, ".", allow, true},
		{"domain with digits of the number", "u", "E2U+im", `!^\\+(.*)$!im:a@n\\1.example.com!`, ".", allow, true},
		{"sip is not concerned", "u", "E2U+sip", "!^.*$!sip:a@evil.example!", ".", allow, true},
		{"sip whose user ends with im", "u", "E2U+sip", "!^.*$!sip:jim:secret@evil.example!", ".", allow, true},
		{"non-terminal below the apex", "", "", "", "1.2.3.e164.arpa.", allow, true},
		{"non-terminal below the apex, capitals", "", "", "", "1.2.3.E164.Arpa.", allow, true},
		{"non-terminal at the apex", "", "", "", "e164.arpa.", allow, true},
		{"non-terminal below the apex, any octets", "", "", "", `\200\\.x.e164.arpa.`, allow, true},
		{"other flag", "s", "E2U+im", "!^.*$!im:a@example.com!", ".", allow, true},
		{"other application", "s", "SIP+D2U", "", "_sip._udp.evil.example.", allow, true},
		{"other application, URN", "s", "thttp+I2C", "!^.*$!_http._tcp.evil.example!", ".", allow, true},

		{"another domain", "u", "E2U+im", "!^.*$!im:a@evil.example!", ".", allow, false},
		{"non-terminal that ends alike", "", "", "", "1.2.3.xe164.arpa.", allow, false},
		{"non-terminal that ends alike in octets", "", "", "", `x\004e164\004arpa.`, allow, false},
		{"non-terminal whose octets differ as letter case does", "", "", "", `e\01764.arpa.`, allow, false},
		{"ends alike", "u", "E2U+im", "!^.*$!im:a@evilexample.com!", ".", allow, false},
		{"begins alike", "u", "E2U+im", "!^.*$!im:a@example.com.evil.example!", ".", allow, false},
		{"above the domain", "u", "E2U+im", "!^.*$!im:a@com!", ".", allow, false},
		{"encoded dot", "u", "E2U+im", "!^.*$!im:a@example.com%2Eevil.example!", ".", allow, false},
		{"encoded at", "u", "E2U+im", "!^.*$!im:a%40evil.example%3E@example.com!", ".", allow, false},
		{"several at", "u", "E2U+im", "!^.*$!im:a@evil.example@example.com!", ".", allow, false},
		{"at in the headers", "u", "E2U+im", "!^.*$!im:a@example.com?to=b@evil.example!", ".", allow, false},
		{"encoded at in the headers", "u", "E2U+im", "!^.*$!im:a@example.com?to=b%40evil.example!", ".", allow, false},
		{"several mailboxes", "u", "E2U+im", "!^.*$!im:a@example.com,b@evil.example!", ".", allow, false},
		{"display name before", "u", "E2U+im", "!^.*$!im:a%3Cb@evil.example%3E@example.com!", ".", allow, false},
		{"IP address", "u", "E2U+im", "!^.*$!im:a@[192.0.2.1]!", ".", allow, false},
		{"IP address without brackets", "u", "E2U+im", "!^.*$!im:a@192.0.2.1!", ".", allow, false},
		{"final dot", "u", "E2U+im", "!^.*$!im:a@evil.example.!", ".", allow, false},
		{"U-label", "u", "E2U+im", "!^.*$!im:a@b%C3%BCcher.example.com!", ".", allow, false},
		{"wide letters", "u", "E2U+im", "!^.*$!im:a@%EF%BD%85xample.com!", ".", allow, false},
		{"no domain", "u", "E2U+im", "!^.*$!im:a!", ".", allow, false},
		{"authority", "u", "E2U+im", "!^.*$!im://evil.example/a@example.com!", ".", allow, false},
		{"fragment", "u", "E2U+im", "!^.*$!im:a@evil.example#@example.com!", ".", allow, false},
		{"by an expression", "u", "E2U+im", `!^\\+44(.*)$!im:\\1@evil.example!`, ".", allow, false},
		{"by the number", "u", "E2U+im", `!^\\+(.).*$!im:a@example.com\\1.example!`, ".", allow, false},
		{"pres of another domain", "u", "E2U+pres", "!^.*$!pres:a@evil.example!", ".", allow, false},
		{"other Enumservice", "u", "E2U+sip", "!^.*$!im:a@evil.example!", ".", allow, false},
		{"compound", "u", "E2U+sip+im", "!^.*$!im:a@evil.example!", ".", allow, false},
		{"no Enumservice", "u", "SIP+D2U", "!^.*$!im:a@evil.example!", ".", allow, false},
		{"empty services", "u", "", "!^.*$!im:a@evil.example!", ".", allow, false},
		{"no flag", "", "E2U+im", "!^.*$!im:a@evil.example!", ".", allow, false},
		{"other flag", "s", "E2U+im", "!^.*$!im:a@evil.example!", ".", allow, false},
		{"other application with an expression", "s", "SIP+D2U", "!^.*$!im:a@evil.example!", ".", allow, false},
		{"other application, no flag", "", "X+foo", "!^.*$!im:a@evil.example!", ".", allow, false},
		{"flag that begins with u", "us", "X+E2U+im", "!^.*$!im:a@evil.example!", ".", allow, false},
		{"capital flag", "U", "E2U+im", "!^.*$!im:a@evil.example!", ".", allow, false},
		{"other delimiter", "u", "E2U+im", "/^.*$/im:a@evil.example/i", ".", allow, false},
		{"replacement too", "u", "E2U+im", "!^.*$!im:a@evil.example!", "example.com.", allow, false},
		{"for another number", "u", "E2U+im", "!^[+]1.*$!im:a@evil.example!", ".", allow, false},
		{"expression of Perl", "u", "E2U+im", `!^\\+\\d+$!im:a@evil.example!`, ".", allow, false},
		{"malformed expression", "u", "E2U+im", "!^.*$!im:a@evil.example", ".", allow, false},
		{"blank before", "u", "E2U+im", "!^.*$! im:a@evil.example!", ".", allow, false},
		{"backslash in the scheme", "u", "E2U+im", `!^.*$!i\\m:a@evil.example!`, ".", allow, false},
		{"reference to an empty group in the scheme", "u", "E2U+im", `!^.*(9*)$!i\\1m:a@evil.example!`, ".", allow, false},
		{"reference to an empty group behind the scheme", "u", "E2U+im", `!^.*(9*)$!im\\1:a@evil.example!`, ".", allow, false},
		{"reference to an empty group in pres", "u", "E2U+pres", `!^.*(8)*$!pr\\1es:a@evil.example!`, ".", allow, false},
		{"reference to a group that took no part", "u", "E2U+im", `!^.*(9)?$!i\\1m:a@evil.example!`, ".", allow, false},
		{"reference to the second group, empty", "u", "E2U+im", `!^(.*)(9*)$!i\\2m:a@evil.example!`, ".", allow, false},
		{"reference to a group that some leave empty", "u", "E2U+im", `!^\\+((9)|.)*$!i\\2m:a@evil.example!`, ".", allow, false},
		{"tabulator in the scheme", "u", "E2U+im", `!^.*$!i\009m:a@evil.example!`, ".", allow, false},
		{"reference to an empty group, domain", "u", "E2U+im", `!^.*(9*)$!i\\1m:a@example.com!`, ".", allow, true},
		{"other scheme with digits", "u", "E2U+sip", `!^\\+(.*)$!sip:im\\1:secret@evil.example!`, ".", allow, true},
		{"non-terminal that leads out", "", "", "", "evil.example.", allow, false},
		{"non-terminal with a regexp", "", "", "!^.*$!im:a@evil.example!", "1.2.3.e164.arpa.", allow, false},

		{"allowed and not denied", "u", "E2U+im", "!^.*$!im:a@example.com!", ".", both, true},
		{"allowed and denied", "u", "E2U+im", "!^.*$!im:a@evil.example.com!", ".", both, false},

		{"not denied", "u", "E2U+im", "!^.*$!im:a@example.com!", ".", deny, true},
		{"not denied, and ends alike", "u", "E2U+im", "!^.*$!im:a@notevil.example!", ".", deny, true},
		{"address that is not denied", "u", "E2U+im", "!^.*$!im:a@[192.0.2.1]!", ".", deny, true},
		{"non-terminal that is not denied", "", "", "", "next.example.", deny, true},
		{"denied", "u", "E2U+im", "!^.*$!im:a@evil.example!", ".", deny, false},
		{"denied, below", "u", "E2U+im", "!^.*$!im:a@x.EVIL.example!", ".", deny, false},
		{"denied, encoded", "u", "E2U+im", "!^.*$!im:a@ev%69l.example!", ".", deny, false},
		{"denied, reference to an empty group", "u", "E2U+im", `!^.*(9*)$!i\\1m:a@evil.example!`, ".", deny, false},
		{"denied, final dot", "u", "E2U+im", "!^.*$!im:a@evil.example.!", ".", deny, false},
		{"denied, expression of Perl", "u", "E2U+im", `!^\\+\\d+$!im:a@evil.example!`, ".", deny, false},
		{"perhaps denied: wide letters", "u", "E2U+im", "!^.*$!im:a@%EF%BD%85vil.example!", ".", deny, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := query()
			m := new(dns.Msg).SetReply(r)
			record := naptrRR(c.services, c.regexp).(*dns.NAPTR)
			record.Flags, record.Replacement = c.flags, c.replacement
			m.Answer = []dns.RR{record}
			// Nothing else is held against it: the list alone decides.
			c.policy.Clients = 1 << 31
			v := New(apex(t), c.policy).Judge(r, m)
			if tells(v, RuleDomain) == c.good || (v.Action >= Withheld) == c.good || (len(v.Msg.Answer) == 1) != c.good {
				t.Errorf("%s: %v", v.Action, v.Counts)
			}
			for _, u := range v.URIs {
				if !c.policy.allows(u) {
					t.Errorf("URI %v", u)
				}
			}
		})
	}
}

// Outside of the numbers there is nothing to evaluate an expression for.
func TestDomainsWithoutNumber(t *testing.T) {
	r := new(dns.Msg).SetQuestion("_im."+qname, dns.TypeNAPTR)
	m := new(dns.Msg).SetReply(r)
	m.Answer = []dns.RR{naptrRR("E2U+im", `!^\\+(.*)$!im:\\1@example.com!`), naptrRR("E2U+im", "!^.*$!im:a@example.com!")}
	v := New(apex(t), Policy{Mode: Enforce, AllowDomains: []string{"example.com"}}).Judge(r, m)
	if v.Action != Withheld || len(v.Msg.Answer) != 1 || v.Msg.Answer[0] != m.Answer[1] {
		t.Errorf("%s: %v", v.Action, v.Msg.Answer)
	}
}

// The number is that of the question, wherever an alias leads; in a dial plan without "+".
func TestNumberOfTheQuestion(t *testing.T) {
	private, err := e164.ParseApex("1.e164.example.")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		apex   e164.Apex
		policy Policy
		qname  string
		regexp string
	}{
		{"number", apex(t), Policy{}, qname, `!^\\+441632960083$!im:a@example.com!`},
		{"capitals", apex(t), Policy{}, "3.8.0.0.6.9.2.3.6.1.4.4.E164.ARPA.", `!^\\+441632960083$!im:a@example.com!`},
		{"branch of RFC 5527", apex(t), Policy{}, "3.8.0.0.6.9.2.3.6.1.i.4.4.e164.arpa.", `!^\\+441632960083$!im:a@example.com!`},
		{"dial plan", private, Policy{DialPlan: true}, "3.2.1.e164.example.", `!^123$!im:a@example.com!`},
	} {
		r := new(dns.Msg).SetQuestion(c.qname, dns.TypeNAPTR)
		m := new(dns.Msg).SetReply(r)
		record := naptrRR("E2U+im", c.regexp)
		record.Header().Name = "elsewhere.example."
		m.Answer = []dns.RR{&dns.CNAME{Hdr: dns.RR_Header{Name: c.qname, Rrtype: dns.TypeCNAME, Class: 1}, Target: "elsewhere.example."}, record}
		c.policy.Mode, c.policy.AllowDomains = Enforce, []string{"example.com"}
		if v := New(c.apex, c.policy).Judge(r, m); v.Msg != m || len(v.URIs) != 1 {
			t.Errorf("%s: %s: %v", c.name, v.Action, v.Counts)
		}
	}
}
