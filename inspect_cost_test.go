package enumim

import (
	"context"
	"runtime"
	"slices"
	"testing"

	"github.com/coredns/coredns/plugin"
	"github.com/miekg/dns"

	"github.com/enumim/enumim/guard"
)

// quietWriter is a ResponseWriter that takes no memory.
type quietWriter struct{ *writer }

func (quietWriter) WriteMsg(*dns.Msg) error { return nil }

// What one message makes the writer allocate, with the guard behind it, is bounded whatever stands beside the records.
func TestInspectMemory(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector keeps nothing in pools")
	}
	const runs, bound = 20, 256 << 10
	r := withOPT(query1(number1, dns.TypeNAPTR), 1232, false)
	for name, record := range map[string]dns.RR{
		"options": &dns.OPT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeOPT}, Option: slices.Repeat([]dns.EDNS0{&dns.EDNS0_LOCAL{Code: 65001}}, 15000)},
		"OPT":     &dns.OPT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeOPT}},
		"NULL":    &dns.NULL{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeNULL, Class: dns.ClassINET}},
	} {
		for _, fault := range []string{"", number1 + ` 600 IN NAPTR 100 20 "u" "E2U+im" "!^.*$!im:alice!" .`} {
			m := new(dns.Msg).SetReply(r)
			m.Answer = records(t, good)
			if fault != "" {
				m.Answer = append(m.Answer, records(t, fault)...)
			}
			n := 5500
			if name == "options" {
				n = 1
			}
			for range n {
				m.Extra = append(m.Extra, record)
			}
			for _, mode := range []guard.Mode{guard.Observe, guard.Annotate, guard.Enforce} {
				next := func(_ context.Context, w dns.ResponseWriter, _ *dns.Msg) (int, error) { return 0, w.WriteMsg(m) }
				g := Guard{Next: plugin.HandlerFunc(next), inspectors: inspectorsOf([]*block{inspectBlock(mode, "e164.arpa")})}
				var before, after runtime.MemStats
				for run := range runs + 1 {
					if run == 1 { // the first fills pools
						runtime.ReadMemStats(&before)
					}
					if _, err := g.ServeDNS(t.Context(), quietWriter{new(writer)}, r); err != nil {
						t.Fatal(err)
					}
				}
				runtime.ReadMemStats(&after)
				if each := (after.TotalAlloc - before.TotalAlloc) / runs; each > bound {
					t.Errorf("%s, mode %d, fault %t: %d octets for a message", name, mode, fault != "", each)
				}
			}
		}
	}
}
