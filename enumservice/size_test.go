package enumservice

import (
	"testing"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr/rr"
)

// The size that is told is that of a real answer.
func TestAnswerSize(t *testing.T) {
	for _, s := range []string{"e164.arpa.", "enum.example.net."} {
		apex, err := e164.ParseApex(s)
		if err != nil {
			t.Fatal(err)
		}
		name := apex.Domain(number)
		msg := new(dns.Msg)
		msg.SetQuestion(name, dns.TypeNAPTR)
		msg.SetEdns0(1232, false)
		msg.Compress = true
		set := sixty()
		set[3].Replacement, set[3].Regexp = nextName, ""
		for _, r := range set {
			msg.Answer = append(msg.Answer, rr.To(dns.RR_Header{Name: name, Rrtype: dns.TypeNAPTR, Class: dns.ClassINET, Ttl: 300}, r))
		}
		wire, err := msg.Pack()
		if err != nil {
			t.Fatal(err)
		}
		c := Checker{Apex: len(s) - 1}
		if got := AnswerSize(c.nameLen(number), set); got != len(wire) {
			t.Errorf("below %s: %d octets, really %d", s, got, len(wire))
		}
	}
	if (Checker{}).nameLen(number) != (Checker{Apex: len("e164.arpa")}).nameLen(number) {
		t.Error("the zero Checker is not for e164.arpa")
	}
}
