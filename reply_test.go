package enumim

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/coredns/coredns/plugin/pkg/dnstest"
	"github.com/coredns/coredns/plugin/test"
	"github.com/miekg/dns"
)

// What is used again for the next query is no part of a reply: cache and others keep replies.
func TestRepliesMayBeKept(t *testing.T) {
	e := serve(t, "4.4.e164.arpa", newMemory(t, "4.4.e164.arpa", fixture))
	names := []string{vectorName("3.8.0.0.6.9.2.3.6.1"), vectorName("1"), vectorName("9"), vectorName("1.6.6.7.7")}
	var kept []*dns.Msg
	var copies []string
	for range 50 {
		for _, name := range names {
			w := dnstest.NewRecorder(&test.ResponseWriter{})
			if _, err := e.ServeDNS(context.Background(), w, query1(name, dns.TypeNAPTR)); err != nil {
				t.Fatal(err)
			}
			kept, copies = append(kept, w.Msg), append(copies, w.Msg.String())
		}
	}
	for i, m := range kept {
		if m.String() != copies[i] {
			t.Fatalf("reply %d is now\n%v\nand was\n%s", i, m, copies[i])
		}
	}
}

// A message that is taken as small without measuring fits every client, with an OPT, whatever is escaped
// in it.
func TestSmallMessagesFit(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	kinds := 1 // without escapes the sizes are nearly exact
	text := func(most int) string {
		var b strings.Builder
		for range random.IntN(most + 1) {
			b.WriteString([]string{"a", "5", "!", `\"`, `\200`, `\\`}[random.IntN(kinds)])
		}
		return b.String()
	}
	smalls := 0
	for range 100_000 {
		kinds = []int{1, 6}[random.IntN(2)]
		m := query1(vectorName("3.8.0.0.6.9.2.3.6.1"), dns.TypeNAPTR)
		for range random.IntN(4) {
			m.Answer = append(m.Answer, &dns.NAPTR{
				Hdr:   dns.RR_Header{Name: m.Question[0].Name, Rrtype: dns.TypeNAPTR, Class: dns.ClassINET},
				Flags: text(2), Service: text(200), Regexp: text(255), Replacement: []string{".", "1.2.e164.arpa."}[random.IntN(2)],
			})
		}
		if !small(m, dns.MaxMsgSize) {
			continue
		}
		smalls++
		m.SetEdns0(maxUDP, false)
		if wire, err := m.Pack(); err != nil || len(wire) > dns.MinMsgSize {
			t.Fatalf("%d octets, %v: %v", len(wire), err, m)
		}
	}
	if smalls < 1000 {
		t.Errorf("only %d were small", smalls)
	}
}
