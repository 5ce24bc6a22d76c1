package guard

import (
	"testing"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/e164"
)

const qname = "3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa."

func apex(t testing.TB) e164.Apex {
	a, err := e164.ParseApex("e164.arpa.")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func query() *dns.Msg { return new(dns.Msg).SetQuestion(qname, dns.TypeNAPTR) }

func naptrRR(services, regexp string) dns.RR {
	return &dns.NAPTR{
		Hdr:   dns.RR_Header{Name: qname, Rrtype: dns.TypeNAPTR, Class: dns.ClassINET, Ttl: 3600},
		Order: 100, Preference: 10, Flags: "u", Service: services, Regexp: regexp, Replacement: ".",
	}
}

// An apex that begins with digits lends them to its numbers, and the length of names counts them once.
func TestApexLength(t *testing.T) {
	for _, name := range []string{"e164.arpa.", "4.4.e164.arpa."} {
		a, err := e164.ParseApex(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := New(a, Policy{}).checker.Apex; got != len("e164.arpa") {
			t.Errorf("%s: %d characters beside the digits", name, got)
		}
	}
}
