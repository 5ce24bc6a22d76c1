package test

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// TestGuardHostile: whatever a server behind the guard sends, over UDP and TCP, once or twice, each query gets
// its one reply, good records pass, and the next query is answered as if nothing had been.
func TestGuardHostile(t *testing.T) {
	for _, mode := range []treatment{observed, annotated, enforced, repaired} {
		t.Run(mode.name, func(t *testing.T) {
			up := startUpstream(t, nil)
			fine := answers(t, func(r, m *dns.Msg) {
				m.Answer = shapes(r.Question[0].Name, "E2U+im im:user@example.com", "E2U+sip sip:user@example.com")
			})
			s := startEnumim(t, "enumim_guard e164.arpa {\n"+mode.lines+"\n}\nenumim e164.arpa {\n"+mode.lines+"\n}\nforward . "+up.address+" {\nmax_fails 0\nmax_connect_attempts 1\n}")
			asker := &client{server: s}
			defer asker.close()
			for name, wire := range hostile() {
				for _, tcp := range []bool{true, false} {
					if !tcp && len(wire) > 1400 {
						continue
					}
					up.answering(func(_ string, r *dns.Msg) [][]byte {
						one := slices.Clone(wire)
						binary.BigEndian.PutUint16(one, r.Id)
						return [][]byte{one, one}
					})
					p := asker.ask(&question{name: somebody, qtype: dns.TypeNAPTR, class: dns.ClassINET, edns: true, size: 65535, tcp: tcp})
					if p.err != nil && p.raw == nil { // two OPT may come as they came
						t.Errorf("%s, tcp %v: no reply: %v", name, tcp, p.err)
						continue
					}
					if strings.HasPrefix(name, "good") && (p.rcode != dns.RcodeSuccess || !slices.Contains(p.uris(), "E2U+im im:user@example.com")) {
						t.Errorf("%s, tcp %v: the good record is lost: %v%q", name, tcp, p, p.ede())
					}
					up.answering(fine)
					if p := guarded(t, s, somebody, func(q *question) { q.tcp = tcp }); p.rcode != dns.RcodeSuccess || len(p.answer) != 2 || len(p.ede()) > 0 {
						t.Errorf("after %s, tcp %v: %v", name, tcp, p)
					}
				}
			}
		})
	}
}
