package test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/miekg/dns"
)

// shape is a NAPTR record in few words: the service, and a URI or a whole expression.
func shapes(owner string, list ...string) (out []dns.RR) {
	for i, text := range list {
		service, uri, _ := strings.Cut(text, " ")
		r := naptrRR(owner, uint16(10+10*i), service, uri)
		if strings.HasPrefix(uri, "!") || strings.HasPrefix(uri, "/") {
			r.Regexp = strings.ReplaceAll(uri, `\`, `\\`)
		}
		out = append(out, r)
	}
	return out
}

// TestGuardPolicies has for every policy a record that passes and one that does not.
func TestGuardPolicies(t *testing.T) {
	const (
		good    = "E2U+im im:user@example.com"
		sip     = "E2U+sip sip:user@example.com"
		bad     = "E2U+im sip:user@example.com" // S05: an error that hurts all who follow RFC 6116
		compact = "E2U+sip !^.*$!sip:user@example.com!i"
	)
	for _, c := range []struct {
		name, lines string
		records     []string
		want        []string // nil: nothing
		rcode, ede  int
	}{
		// Severity, rules, clients.
		{"good records pass", "", []string{good, sip}, []string{good, sip}, 0, -1},
		{"errors are withheld", "", []string{bad, sip}, []string{sip}, 0, 4},
		{"warnings pass", "", []string{"E2U+im im:user@example.com?subject=hi", sip}, []string{"E2U+im im:user@example.com?subject=hi", sip}, 0, -1},
		{"severity warning", "severity warning", []string{"E2U+im im:user@example.com?subject=hi", sip}, []string{sip}, 0, 4},
		{"rule off", "rule S05 off", []string{bad}, []string{bad}, 0, -1},
		{"rule warning", "rule S05 warning", []string{bad}, []string{bad}, 0, -1},
		{"rule error", "rule R05 error", []string{compact, good}, []string{good}, 0, 4},
		{"rule error, whomever it hurts", "clients kamailio\nrule R05 error", []string{compact, good}, []string{good}, 0, 4},
		{"without clients, those of RFC 6116", "severity warning", []string{compact}, []string{"E2U+sip sip:user@example.com!i"}, 0, -1},
		{"what hurts a client", "clients asterisk", []string{compact, good}, []string{good}, 0, 4},
		{"what hurts another", "clients kamailio", []string{compact}, []string{"E2U+sip sip:user@example.com!i"}, 0, -1},
		{"one of two clients", "clients kamailio asterisk", []string{compact, good}, []string{good}, 0, 4},
		// A finding about the set.
		{"no one record is to blame", "clients kamailio", []string{good}, []string{good}, 0, -1},
		{"the operator blames them all", "rule S10 error", []string{good}, nil, dns.RcodeServerFailure, 15},
		// Nothing is left.
		{"SERVFAIL by default", "", []string{bad}, nil, dns.RcodeServerFailure, 15},
		{"empty servfail", "empty servfail", []string{bad}, nil, dns.RcodeServerFailure, 15},
		{"empty nodata", "empty nodata", []string{bad}, nil, dns.RcodeSuccess, 15},
		// Domains.
		{"allowed", "allow_domains example.com", []string{good}, []string{good}, 0, -1},
		{"allowed, below", "allow_domains com", []string{good}, []string{good}, 0, -1},
		{"allowed, in capitals", "allow_domains Example.COM.", []string{"E2U+im im:user@EXAMPLE.com"}, []string{"E2U+im im:user@EXAMPLE.com"}, 0, -1},
		{"not allowed", "allow_domains example.com", []string{"E2U+im im:user@example.net", good}, []string{good}, 0, 4},
		{"not allowed: no label", "allow_domains example.com", []string{"E2U+im im:user@notexample.com", good}, []string{good}, 0, 4},
		{"not allowed: above", "allow_domains im.example.com", []string{good, sip}, []string{sip}, 0, 4},
		{"denied", "deny_domains evil.example", []string{"E2U+im im:user@evil.example", good}, []string{good}, 0, 4},
		{"denied, below", "deny_domains evil.example", []string{"E2U+im im:user@a.evil.example", good}, []string{good}, 0, 4},
		{"not denied", "deny_domains evil.example", []string{"E2U+im im:user@devil.example", good}, []string{"E2U+im im:user@devil.example", good}, 0, -1},
		{"denied in allowed", "allow_domains example.com\ndeny_domains bad.example.com", []string{"E2U+im im:user@bad.example.com", good}, []string{good}, 0, 4},
		{"pres", "allow_domains example.com", []string{"E2U+pres pres:user@example.net", "E2U+pres pres:user@example.com"}, []string{"E2U+pres pres:user@example.com"}, 0, 4},
		{"sip is not asked", "allow_domains example.com", []string{"E2U+sip sip:user@example.net"}, []string{"E2U+sip sip:user@example.net"}, 0, -1},
		{"planted by a back-reference", "deny_domains evil.example", []string{`E2U+im !^\+44(.*)$!im:\1@evil.example!`, good}, []string{good}, 0, 4},
		{"planted in the digits", "allow_domains example.com", []string{`E2U+im !^\+44(1632960083)$!im:user@\1.example!`, good}, []string{good}, 0, 4},
		{"planted behind percent signs", "deny_domains evil.example", []string{"E2U+im im:user@%65vil.example", good}, []string{good}, 0, 4},
		{"planted under another service", "deny_domains evil.example", []string{"E2U+sip im:user@evil.example", sip}, []string{sip}, 0, 4},
		// Services.
		{"kept", "services im sip", []string{good, sip}, []string{good, sip}, 0, -1},
		{"not kept", "services im", []string{good, sip}, []string{good}, 0, 4},
		{"kept with subtypes", "services voice", []string{"E2U+voice:tel tel:+441632960083"}, []string{"E2U+voice:tel tel:+441632960083"}, 0, -1},
		{"one subtype", "services pstn:sip", []string{"E2U+pstn:tel tel:+441632960083", "E2U+pstn:sip sip:+441632960083@gw.example.net;user=phone"},
			[]string{"E2U+pstn:sip sip:+441632960083@gw.example.net;user=phone"}, 0, 4},
		{"none kept", "services im\nempty nodata", []string{sip}, nil, dns.RcodeSuccess, 15},
		// Repair.
		{"repair", "clients asterisk\nrepair", []string{compact}, []string{sip}, 0, 4},
		{"what cannot be repaired", "repair", []string{bad, sip}, []string{sip}, 0, 4},
		{"nothing to repair", "repair", []string{good, sip}, []string{good, sip}, 0, -1},
		{"repair expands", "clients linphone\nrepair", []string{`E2U+sip !^\+44(.*)$!sip:\1@example.com!`}, []string{"E2U+sip sip:1632960083@example.com"}, 0, 4},
		// Authenticity.
		{"not authenticated", "require_authenticated", []string{good}, nil, dns.RcodeServerFailure, 15},
		{"not authenticated, nodata", "require_authenticated\nempty nodata", []string{good}, nil, dns.RcodeSuccess, 15},
	} {
		t.Run(c.name, func(t *testing.T) {
			up := startUpstream(t, answers(t, func(r, m *dns.Msg) { m.Answer = shapes(r.Question[0].Name, c.records...) }))
			s := startEnumim(t, "enumim_guard e164.arpa {\ninspect enforce\n"+c.lines+"\n}\nforward . "+up.address)
			for _, how := range [][]func(*question){{}, {overTCP}, {withoutEDNS}, {withAD}, {withDO}} {
				p := guarded(t, s, "3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa.", how...)
				want := slices.Sorted(slices.Values(c.want))
				if p.rcode != c.rcode || !slices.Equal(p.uris(), want) {
					t.Errorf("want %s %q, got %v", dns.RcodeToString[c.rcode], want, p)
				}
				ede := strings.Join(p.ede(), "|")
				switch {
				case !p.edns && ede != "", p.edns && c.ede < 0 && ede != "" && !strings.HasPrefix(ede, "0 enumim: "):
					t.Errorf("EDE %q", ede)
				case p.edns && c.ede >= 0 && !strings.HasPrefix(ede, fmt.Sprintf("%d enumim", c.ede)):
					t.Errorf("EDE %q, want %d", ede, c.ede)
				}
				if p.rcode == dns.RcodeSuccess && len(c.want) == 0 && p.aa {
					t.Errorf("a reply without records claims to be the authority's: %v", p)
				}
			}
		})
	}
}

// TestGuardAuthentic: with require_authenticated the records of an upstream that says AD pass, others do
// not, also where it lies about other bits.
func TestGuardAuthentic(t *testing.T) {
	var last atomic.Pointer[dns.Msg]
	up := startUpstream(t, nil)
	for _, authentic := range []bool{true, false} {
		up.answering(answers(t, func(r, m *dns.Msg) {
			last.Store(r)
			m.AuthenticatedData = authentic
			m.Answer = shapes(r.Question[0].Name, "E2U+im im:user@example.com")
		}))
		s := startEnumim(t, "enumim_guard e164.arpa {\ninspect enforce\nrequire_authenticated\n}\nforward . "+up.address)
		for i := range 16 {
			do, cd, ad, edns := i&1 > 0, i&2 > 0, i&4 > 0, i&8 > 0 || i&1 > 0
			p := guarded(t, s, somebody, func(q *question) { q.do, q.cd, q.ad, q.edns = do, cd, ad, edns })
			asked := last.Load()
			// RFC 6840 section 5.7: AD in a query asks for AD in the reply. With CD nobody validates.
			if !asked.AuthenticatedData || asked.CheckingDisabled {
				t.Errorf("the upstream is asked with AD %v, CD %v", asked.AuthenticatedData, asked.CheckingDisabled)
			}
			if authentic != (len(p.answer) == 1) || authentic == (p.rcode == dns.RcodeServerFailure) {
				t.Errorf("do %v cd %v ad %v edns %v, authentic %v: %v", do, cd, ad, edns, authentic, p)
			}
			// RFC 6840 section 5.8: AD for those who asked for it; RFC 4035 section 3.2.2: CD is copied.
			if p.cd != cd || p.ad != (authentic && (ad || do)) {
				t.Errorf("do %v cd %v ad %v edns %v, authentic %v: the bits of %v", do, cd, ad, edns, authentic, p)
			}
		}
	}
}
