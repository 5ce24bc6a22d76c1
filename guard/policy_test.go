package guard

import (
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/im"
)

// written writes the NAPTR records of a section as flags, services and regexp.
func written(section []dns.RR) string {
	var list []string
	for _, record := range section {
		if r, ok := record.(*dns.NAPTR); ok {
			list = append(list, r.Service+" "+r.Regexp)
		}
	}
	return strings.Join(list, ", ")
}

func answered(records ...dns.RR) (r, m *dns.Msg) {
	r = query()
	m = new(dns.Msg).SetReply(r)
	m.Answer = records
	return r, m
}

// Each policy lets something pass and stops something, to enforce; in the other modes it is told.
func TestPolicies(t *testing.T) {
	const alice, bob = "!^.*$!im:alice@example.com!", "!^.*$!sip:bob@example.com!"
	message, call := naptrRR("E2U+im", alice), naptrRR("E2U+sip", bob)
	caseFlag := naptrRR("E2U+sip", bob+"i")
	nonTerminal := naptrRR("", "").(*dns.NAPTR)
	nonTerminal.Flags, nonTerminal.Replacement = "", "1.2.3.e164.arpa."
	leadsOut := dns.Copy(nonTerminal).(*dns.NAPTR)
	leadsOut.Replacement = "next.example."
	both := dns.Copy(leadsOut).(*dns.NAPTR)
	both.Service, both.Regexp = "E2U+sip", "!^.*$!sip:alice@example.com!"
	ported := naptrRR("E2U+pstn:sip", bob).(*dns.NAPTR)
	ported.Preference = 5
	crooked := func(flags, services, regexp string) dns.RR {
		record := naptrRR(services, regexp).(*dns.NAPTR)
		record.Flags = flags
		return record
	}
	for _, c := range []struct {
		name    string
		policy  Policy
		records []dns.RR
		ad      bool
		rule    string // that tells, or ""
		left    string
	}{
		{"nothing found", Policy{}, []dns.RR{message, call}, false, "", "E2U+im " + alice + ", E2U+sip " + bob},
		{"authenticated", Policy{RequireAuthenticated: true}, []dns.RR{message}, true, "", "E2U+im " + alice},
		{"not authenticated", Policy{RequireAuthenticated: true}, []dns.RR{message}, false, RuleUnauthenticated, ""},
		{"allowed domain", Policy{AllowDomains: []string{"example.com"}}, []dns.RR{message}, false, "", "E2U+im " + alice},
		{"other domain", Policy{AllowDomains: []string{"example.net"}}, []dns.RR{message, call}, false, RuleDomain, "E2U+sip " + bob},
		{"denied domain", Policy{DenyDomains: []string{"com"}}, []dns.RR{message, call}, false, RuleDomain, "E2U+sip " + bob},
		{"not denied domain", Policy{DenyDomains: []string{"net"}}, []dns.RR{message}, false, "", "E2U+im " + alice},
		{"kept service", Policy{Services: []enumservice.Service{{Type: "im"}}}, []dns.RR{message}, false, "", "E2U+im " + alice},
		{"other service", Policy{Services: []enumservice.Service{{Type: "im"}}}, []dns.RR{message, call}, false, RuleService, "E2U+im " + alice},
		{"kept subtype", Policy{Services: []enumservice.Service{{Type: "email", Subtype: "mailto"}}},
			[]dns.RR{naptrRR("E2U+email:mailto", "!^.*$!mailto:a@example.com!")}, false, "", "E2U+email:mailto !^.*$!mailto:a@example.com!"},
		{"other subtype", Policy{Services: []enumservice.Service{{Type: "email", Subtype: "tel"}}},
			[]dns.RR{naptrRR("E2U+email:mailto", "!^.*$!mailto:a@example.com!")}, false, RuleService, ""},
		{"kept in the old order", Policy{Services: []enumservice.Service{{Type: "sip"}}}, []dns.RR{naptrRR("sip+E2U", bob)}, false, "S02", "sip+E2U " + bob},
		{"services, and what leads out where it is mended", Policy{Services: []enumservice.Service{{Type: "sip"}}, Repair: true}, []dns.RR{call, both}, false, "F12", "E2U+sip " + bob},
		{"services, and what leads out", Policy{Services: []enumservice.Service{{Type: "sip"}}}, []dns.RR{call, leadsOut}, false, RuleService, "E2U+sip " + bob},
		{"services, and what leads on", Policy{Services: []enumservice.Service{{Type: "sip"}}}, []dns.RR{nonTerminal}, false, "F02", " "},
		{"compound of which one is kept", Policy{Services: []enumservice.Service{{Type: "sip"}}},
			[]dns.RR{naptrRR("E2U+sip+voice:sip", bob)}, false, RuleService, ""},
		{"compound of which one is kept, mended", Policy{Services: []enumservice.Service{{Type: "sip"}}, Repair: true},
			[]dns.RR{naptrRR("E2U+voice:sip+sip", bob)}, false, RuleService, "E2U+sip " + bob},
		{"services that cannot be read", Policy{Services: []enumservice.Service{{Type: "sip"}}, Rules: map[string]enumservice.Severity{"S24": 0}},
			[]dns.RR{naptrRR("E2U+sip ", bob)}, false, RuleService, ""},

		{"another application", Policy{RequireAuthenticated: true, Services: []enumservice.Service{{Type: "im"}}}, []dns.RR{good()[5]}, false, "", "SIP+D2U "},
		{"another application that some take for ENUM, not authenticated", Policy{RequireAuthenticated: true}, []dns.RR{crooked("us", "X+E2U+sip", bob)}, false, RuleUnauthenticated, ""},
		{"another application that some take for ENUM, service", Policy{Services: []enumservice.Service{{Type: "im"}}}, []dns.RR{message, crooked("s", "SIP+D2U", bob)}, false, RuleService, "E2U+im " + alice},
		{"another application with flag u", Policy{Services: []enumservice.Service{{Type: "im"}}}, []dns.RR{message, crooked("Ux", "SIP+D2U", "")}, false, RuleService, "E2U+im " + alice},
		{"another application with E2U", Policy{Services: []enumservice.Service{{Type: "im"}}}, []dns.RR{message, crooked("s", "X+e2u+im", "")}, false, RuleService, "E2U+im " + alice},

		{"error", Policy{}, []dns.RR{naptrRR("E2U+im", "!^.*$!im:alice!")}, false, "I11", ""},
		{"error for others", Policy{}, []dns.RR{naptrRR("sip+E2U", bob)}, false, "S02", "sip+E2U " + bob},
		{"warning", Policy{}, []dns.RR{naptrRR("E2U+im", alice[:len(alice)-1]+"?a=b!")}, false, "I20", "E2U+im !^.*$!im:alice@example.com?a=b!"},
		{"warnings", Policy{Severity: enumservice.Warning}, []dns.RR{naptrRR("E2U+im", alice[:len(alice)-1]+"?a=b!")}, false, "I20", ""},
		{"warning that hurts others", Policy{Severity: enumservice.Warning}, []dns.RR{caseFlag}, false, "R05", "E2U+sip " + bob + "i"},
		{"client that it hurts", Policy{Clients: enumservice.ClientsOf(enumservice.Asterisk)}, []dns.RR{caseFlag}, false, "R05", ""},
		{"client that it does not hurt", Policy{Clients: enumservice.ClientsOf(enumservice.Kamailio)}, []dns.RR{caseFlag}, false, "R05", "E2U+sip " + bob + "i"},
		{"clients, errors alone", Policy{Clients: enumservice.ClientsOf(enumservice.Asterisk), Severity: enumservice.Error}, []dns.RR{caseFlag}, false, "R05", "E2U+sip " + bob + "i"},
		{"mended", Policy{Clients: enumservice.ClientsOf(enumservice.Asterisk), Repair: true}, []dns.RR{caseFlag}, false, "R05", "E2U+sip " + bob},
		{"mended and still an error", Policy{Repair: true}, []dns.RR{naptrRR("IM+E2U", "!^.*$!im:alice!"), call}, false, "I11", "E2U+sip " + bob},

		{"rule off", Policy{Rules: map[string]enumservice.Severity{"I11": 0}}, []dns.RR{naptrRR("E2U+im", "!^.*$!im:alice!")}, false, "", "E2U+im !^.*$!im:alice!"},
		{"rule made a warning", Policy{Rules: map[string]enumservice.Severity{"I11": enumservice.Warning}}, []dns.RR{naptrRR("E2U+im", "!^.*$!im:alice!")}, false, "I11", "E2U+im !^.*$!im:alice!"},
		{"rule made an error, whomever it hurts", Policy{Rules: map[string]enumservice.Severity{"R05": enumservice.Error}}, []dns.RR{caseFlag}, false, "R05", ""},
		{"rule about a set made an error", Policy{Rules: map[string]enumservice.Severity{"S10": enumservice.Error}}, []dns.RR{message}, false, "S10", ""},
		{"rule about a set", Policy{Severity: enumservice.Info, Clients: enumservice.AllClients}, []dns.RR{message}, false, "S10", "E2U+im " + alice},
		{"rule about a set, which what goes made true", Policy{Rules: map[string]enumservice.Severity{"S10": enumservice.Error}},
			[]dns.RR{message, naptrRR("E2U+sip", "!^.*$!sip:!")}, false, "U11", ""},
		{"rule about records beside others", Policy{Severity: enumservice.Info, Clients: enumservice.AllClients}, []dns.RR{call, naptrRR("E2U+sip", "!^.*$!sip:alice@example.com!")}, false, "O02",
			"E2U+sip " + bob + ", E2U+sip !^.*$!sip:alice@example.com!"},
		{"rule about records beside others made an error", Policy{Rules: map[string]enumservice.Severity{"O02": enumservice.Error}},
			[]dns.RR{call, naptrRR("E2U+sip", "!^.*$!sip:alice@example.com!")}, false, "O02", "E2U+sip " + bob},
		{"non-terminal beside others", Policy{Clients: enumservice.ClientsOf(enumservice.Asterisk), Rules: map[string]enumservice.Severity{"F02": 0}},
			[]dns.RR{call, nonTerminal}, false, "F01", "E2U+sip " + bob + ",  "},
		{"before the one it is taken for", Policy{Severity: enumservice.Info, Clients: enumservice.ClientsOf(enumservice.Sprout)},
			[]dns.RR{ported, call}, false, "S17", "E2U+pstn:sip " + bob + ", E2U+sip " + bob},
		{"beside one that goes", Policy{Rules: map[string]enumservice.Severity{"O02": enumservice.Error}},
			[]dns.RR{naptrRR("E2U+sip", "!^.*$!sip:!"), call}, false, "O02", "E2U+sip " + bob},
		{"mended, and BIND refuses it", Policy{Repair: true, Rules: map[string]enumservice.Severity{"A01": enumservice.Error, "R07": 0}},
			[]dns.RR{naptrRR("e2u+sip", `!^.*$!sip:a@\\0.example!`), call}, false, "A01", "E2U+sip " + bob},
		{"all that BIND refuses", Policy{Rules: map[string]enumservice.Severity{"A01": enumservice.Error}},
			[]dns.RR{caseFlag, naptrRR("E2U+im", alice+"I"), call, naptrRR("E2U+pres", "!^.*$!pres:alice@example.com!I")}, false, "A01", "E2U+sip " + bob + "i, E2U+sip " + bob},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, mode := range []Mode{Observe, Annotate, Enforce} {
				p := c.policy
				p.Mode = mode
				r, m := answered(c.records...)
				m.AuthenticatedData, r.AuthenticatedData = c.ad, true
				v := New(apex(t), p).Judge(r, m)
				if c.rule == "" && slices.ContainsFunc(v.Counts, func(f Count) bool { return f.Severity > enumservice.Info }) || c.rule != "" && !tells(v, c.rule) {
					t.Errorf("mode %d tells %v, want %q", mode, v.Counts, c.rule)
				}
				if mode != Enforce {
					if v.Msg != m || v.Action > Told {
						t.Errorf("mode %d: %s", mode, v.Action)
					}
					continue
				}
				if got := written(v.Msg.Answer); got != c.left {
					t.Errorf("%s: left %q, want %q", v.Action, got, c.left)
				}
				if emptied := c.left == ""; emptied != (v.Action == Emptied) || emptied != (v.Msg.Rcode == dns.RcodeServerFailure) {
					t.Errorf("%s: %s", v.Action, dns.RcodeToString[v.Msg.Rcode])
				}
				if same := c.left == written(c.records); same != (v.Msg == m) {
					t.Errorf("%s: a message of its own: %t", v.Action, !same)
				}
			}
		})
	}
}

// The zero Policy is none.
func TestNoPolicy(t *testing.T) {
	r, m := answered(naptrRR("E2U+im", "!^.*$!im:alice!"))
	if v := New(apex(t), Policy{}).Judge(r, m); v.Msg != m || v.Action != Passed || v.Counts != nil {
		t.Errorf("%s: %v", v.Action, v.Counts)
	}
}

// What is left where nothing is left.
func TestEmpty(t *testing.T) {
	alias := &dns.CNAME{Hdr: dns.RR_Header{Name: qname, Rrtype: dns.TypeCNAME, Class: 1, Ttl: 5}, Target: "elsewhere.example."}
	ns := &dns.NS{Hdr: dns.RR_Header{Name: "e164.arpa.", Rrtype: dns.TypeNS, Class: 1, Ttl: 5}, Ns: "ns.example."}
	glue := &dns.A{Hdr: dns.RR_Header{Name: "ns.example.", Rrtype: dns.TypeA, Class: 1, Ttl: 5}}
	txt := &dns.TXT{Hdr: dns.RR_Header{Name: qname, Rrtype: dns.TypeTXT, Class: 1, Ttl: 5}, Txt: []string{"a"}}
	other := good()[5]
	bad := naptrRR("E2U+im", "!^.*$!im:alice!")
	type msg = dns.Msg
	for _, c := range []struct {
		name   string
		change func(r, m *msg)
		policy Policy
		action Action
		rcode  int
		answer int
	}{
		{"servfail", func(_, _ *msg) {}, Policy{}, Emptied, dns.RcodeServerFailure, 0},
		{"nodata", func(_, _ *msg) {}, Policy{Empty: NoData}, Emptied, dns.RcodeSuccess, 0},
		{"servfail behind an alias", func(_, m *msg) { m.Answer = append(m.Answer, alias) }, Policy{}, Emptied, dns.RcodeServerFailure, 0},
		{"nodata behind an alias", func(_, m *msg) { m.Answer = append(m.Answer, alias) }, Policy{Empty: NoData}, Emptied, dns.RcodeSuccess, 1},
		{"another application's stays", func(_, m *msg) { m.Answer = append(m.Answer, other) }, Policy{}, Withheld, dns.RcodeSuccess, 1},
		{"what was not asked for", func(_, m *msg) { m.Answer = append(m.Answer, txt) }, Policy{}, Emptied, dns.RcodeServerFailure, 0},
		{"ANY keeps the others", func(r, m *msg) { r.Question[0].Qtype = dns.TypeANY; m.Answer = append(m.Answer, txt) }, Policy{}, Withheld, dns.RcodeSuccess, 1},
		{"ANY with what leads elsewhere", func(r, m *msg) {
			r.Question[0].Qtype = dns.TypeANY
			m.Answer = append(m.Answer, alias, &dns.DNAME{Hdr: dns.RR_Header{Name: "e164.arpa.", Rrtype: dns.TypeDNAME, Class: 1}, Target: "example."}, signature("e164.arpa."))
		}, Policy{}, Emptied, dns.RcodeServerFailure, 0},
		{"ANY without others", func(r, _ *msg) { r.Question[0].Qtype = dns.TypeANY }, Policy{}, Emptied, dns.RcodeServerFailure, 0},
		{"cut off: the whole is asked for", func(_, m *msg) { m.Truncated = true }, Policy{}, Emptied, dns.RcodeSuccess, 0},
		{"what has records is not denied", func(_, m *msg) { m.Rcode = dns.RcodeNameError }, Policy{Empty: NoData}, Emptied, dns.RcodeServerFailure, 0},
		{"nor where nodata is not asked for", func(_, m *msg) { m.Rcode = dns.RcodeNameError }, Policy{}, Emptied, dns.RcodeServerFailure, 0},
		{"nor refused", func(_, m *msg) { m.Rcode = dns.RcodeRefused }, Policy{Empty: NoData}, Emptied, dns.RcodeServerFailure, 0},
		{"nor too long", func(_, m *msg) { m.Rcode = dns.RcodeYXDomain }, Policy{Empty: NoData}, Emptied, dns.RcodeServerFailure, 0},
		{"nor where the denial is cut off", func(_, m *msg) { m.Rcode, m.Truncated = dns.RcodeNameError, true }, Policy{}, Emptied, dns.RcodeServerFailure, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, m := answered(bad)
			m.Ns, m.Extra = []dns.RR{ns}, []dns.RR{glue, opt()}
			m.Authoritative, m.AuthenticatedData = true, true
			c.change(r, m)
			c.policy.Mode = Enforce
			v := New(apex(t), c.policy).Judge(r, m)
			if v.Action != c.action || v.Msg.Rcode != c.rcode || len(v.Msg.Answer) != c.answer {
				t.Fatalf("%s: %s", v.Action, v.Msg)
			}
			if v.Msg.AuthenticatedData || v.Msg.Id != m.Id || v.Msg.Truncated != (m.Truncated && v.Msg.Rcode == 0) {
				t.Errorf("header: %v", v.Msg.MsgHdr)
			}
			if c.action != Emptied {
				return
			}
			if v.Msg.Authoritative != (v.Msg.Rcode != dns.RcodeServerFailure) {
				t.Errorf("AA is %t", v.Msg.Authoritative)
			}
			if len(v.Msg.Ns) != 0 || len(v.Msg.Extra) != 1 || v.Msg.Extra[0] == m.Extra[1] || v.Msg.IsEdns0() == nil {
				t.Errorf("beside nothing: %v %v", v.Msg.Ns, v.Msg.Extra)
			}
			if v.EDE.Code != dns.ExtendedErrorCodeBlocked || v.URIs != nil {
				t.Errorf("EDE %d, URIs %v", v.EDE.Code, v.URIs)
			}
		})
	}
}

// Twins are added to what passes, behind it, and not to what is signed.
func TestTwins(t *testing.T) {
	message := naptrRR("E2U+im", "!^.*$!im:alice@example.com!")
	message.Header().Ttl = 60
	p := Policy{Mode: Enforce, Repair: true, Twins: []im.Protocol{im.SIP, im.XMPP}}
	r, m := answered(message)
	v := New(apex(t), p).Judge(r, m)
	if got := written(v.Msg.Answer); got != "E2U+im !^.*$!im:alice@example.com!, E2U+sip !^.*$!sip:alice@example.com!, E2U+xmpp !^.*$!xmpp:alice@example.com!" ||
		v.Action != Repaired || v.Msg.Answer[0] != message {
		t.Errorf("%s: %s", v.Action, got)
	}
	for _, record := range v.Msg.Answer {
		if h := record.Header(); h.Name != qname || h.Ttl != 60 || h.Class != dns.ClassINET {
			t.Errorf("header %v", h)
		}
	}
	crowd := slices.Repeat([]dns.RR{good()[5]}, 11)
	for i, record := range crowd {
		crowd[i] = dns.Copy(record)
		crowd[i].(*dns.NAPTR).Preference = uint16(i)
	}
	if v = New(apex(t), p).Judge(answered(append(crowd, message)...)); v.Action > Told {
		t.Errorf("beside more than clients try: %s: %v", v.Action, v.Msg.Answer)
	}
	m.Answer = append(m.Answer, signature(qname))
	if v = New(apex(t), p).Judge(r, m); v.Msg != m {
		t.Errorf("beside a signature: %s: %v", v.Action, v.Msg.Answer)
	}
	m.Answer = append(m.Answer, naptrRR("E2U+sip", "!^.*$!sip:!"))
	if v = New(apex(t), p).Judge(r, m); v.Action != Withheld || len(v.Msg.Answer) != 1 {
		t.Errorf("of a set that was signed: %s: %v", v.Action, v.Msg.Answer)
	}
	m.Answer = []dns.RR{naptrRR("E2U+im", "!^.*$!im:alice@evil.example!"), naptrRR("E2U+sip", "!^.*$!sip:!")}
	p.DenyDomains = []string{"evil.example"}
	if v = New(apex(t), p).Judge(r, m); v.Action != Emptied {
		t.Errorf("twins of what does not pass: %v", v.Msg.Answer)
	}
	p.Repair = false
	if v = New(apex(t), p).Judge(answered(message)); v.Action != Passed {
		t.Errorf("without repair: %s", v.Action)
	}
}

// Numbers over 15 digits are told of, with all of their digits.
func TestLongNumber(t *testing.T) {
	r := new(dns.Msg).SetQuestion("7.6.5.4."+qname, dns.TypeNAPTR)
	m := new(dns.Msg).SetReply(r)
	m.Answer = []dns.RR{naptrRR("E2U+sip", "!^.*$!sip:alice@example.com!")}
	if v := New(apex(t), Policy{Mode: Observe}).Judge(r, m); !tells(v, "N01") || tells(v, "N05") || tells(v, "N03") {
		t.Errorf("%v", v.Counts)
	}
	v := New(apex(t), Policy{Mode: Enforce, Rules: map[string]enumservice.Severity{"N01": enumservice.Error}}).Judge(r, m)
	if v.Action != Emptied {
		t.Errorf("%s", v.Action)
	}
}
