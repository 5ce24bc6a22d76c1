package test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/coredns/coredns/plugin"
	"github.com/miekg/dns"
)

// TestGuardMisbehaviour puts plugins behind the guard that do not do what plugins are to do.
func TestGuardMisbehaviour(t *testing.T) {
	good := func(r *dns.Msg) *dns.Msg {
		m := new(dns.Msg).SetReply(r)
		m.Answer = []dns.RR{naptrRR(r.Question[0].Name, 10, "E2U+im", "im:user@example.com")}
		return m
	}
	bad := func(r *dns.Msg) *dns.Msg {
		m := good(r)
		m.Answer = append(m.Answer, naptrRR(r.Question[0].Name, 20, "E2U+im", "sip:user@example.com"))
		return m
	}
	packed := func(m *dns.Msg) []byte {
		wire, err := m.Pack()
		if err != nil {
			t.Fatal(err)
		}
		return wire
	}
	for _, c := range []struct {
		name                string
		serve               func(w dns.ResponseWriter, r *dns.Msg) int
		written             int // replies
		rcode, records      int // with inspect enforce
		observed, unchanged int // with inspect observe: rcode and records
	}{
		{"drops", func(dns.ResponseWriter, *dns.Msg) int { return dns.RcodeSuccess }, 0, 0, 0, 0, 0},
		{"fails", func(dns.ResponseWriter, *dns.Msg) int { return dns.RcodeServerFailure }, 1, dns.RcodeServerFailure, 0, dns.RcodeServerFailure, 0},
		{"refuses", func(dns.ResponseWriter, *dns.Msg) int { return dns.RcodeRefused }, 1, dns.RcodeRefused, 0, dns.RcodeRefused, 0},
		{"writes and fails", func(w dns.ResponseWriter, r *dns.Msg) int {
			w.WriteMsg(good(r))
			return dns.RcodeServerFailure
		}, 1, 0, 1, 0, 1},
		{"writes twice", func(w dns.ResponseWriter, r *dns.Msg) int {
			w.WriteMsg(good(r))
			w.WriteMsg(bad(r))
			return dns.RcodeSuccess
		}, 1, 0, 1, 0, 1},
		{"writes a message, then octets", func(w dns.ResponseWriter, r *dns.Msg) int {
			w.WriteMsg(good(r))
			w.Write(packed(bad(r)))
			return dns.RcodeSuccess
		}, 1, 0, 1, 0, 1},
		{"writes octets, then a message", func(w dns.ResponseWriter, r *dns.Msg) int {
			w.Write(packed(good(r)))
			w.WriteMsg(bad(r))
			return dns.RcodeSuccess
		}, 1, 0, 1, 0, 1},
		{"writes octets past the guard", func(w dns.ResponseWriter, r *dns.Msg) int {
			w.Write(packed(bad(r)))
			return dns.RcodeSuccess
		}, 1, 0, 1, 0, 2},
		{"writes garbage", func(w dns.ResponseWriter, r *dns.Msg) int {
			w.Write([]byte("garbage"))
			return dns.RcodeSuccess
		}, 1, dns.RcodeServerFailure, 0, -1, 0},
		{"writes no question", func(w dns.ResponseWriter, r *dns.Msg) int {
			m := bad(r)
			m.Question = nil
			w.WriteMsg(m)
			return dns.RcodeSuccess
		}, 1, 0, 1, 0, 2},
		{"changes the query", func(w dns.ResponseWriter, r *dns.Msg) int {
			m := good(r)
			m.Answer = append(m.Answer, shapes(r.Question[0].Name, `E2U+sip !^\+44.*$!sip:user@example.com!`)...) // of no use to this number
			r.Question[0].Name, r.Extra = "elsewhere.example.", nil
			w.WriteMsg(m)
			return dns.RcodeSuccess
		}, 1, 0, 1, 0, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			serve := func(_ context.Context, _ plugin.Handler, w dns.ResponseWriter, r *dns.Msg) (int, error) {
				return c.serve(w, r), nil
			}
			for _, mode := range []treatment{observed, enforced} {
				for _, directive := range []string{"enumim_guard", "enumim"} {
					chain := inspectedChain(t, directive+" e164.arpa {\n"+mode.lines+"\n}\n", serve)
					w := &wireWriter{}
					r := new(dns.Msg).SetQuestion(somebody, dns.TypeNAPTR)
					chain.ServeDNS(context.Background(), w, r.SetEdns0(maxUDP, false))
					if w.written != c.written {
						t.Fatalf("%s, %s: %d replies, want %d", mode.name, directive, w.written, c.written)
					}
					if w.written == 0 {
						continue
					}
					m := w.msg
					if m == nil {
						if m = new(dns.Msg); m.Unpack(w.raw) != nil {
							m.Rcode = -1
						}
					}
					rcode, records := c.rcode, c.records
					if mode == observed {
						rcode, records = c.observed, c.unchanged
					}
					if m.Rcode != rcode || len(m.Answer) != records {
						t.Errorf("%s, %s: want rcode %d and %d records, got %v", mode.name, directive, rcode, records, m)
					}
				}
			}
		})
	}
	// Nothing at all is written as a message.
	for _, mode := range []treatment{observed, enforced} {
		chain := inspectedChain(t, "enumim_guard e164.arpa {\n"+mode.lines+"\n}\n", func(_ context.Context, _ plugin.Handler, w dns.ResponseWriter, _ *dns.Msg) (int, error) {
			w.WriteMsg(nil)
			return dns.RcodeServerFailure, nil
		})
		w := &wireWriter{}
		chain.ServeDNS(context.Background(), w, new(dns.Msg).SetQuestion(somebody, dns.TypeNAPTR))
		if w.written != 1 || w.msg == nil || w.msg.Rcode != dns.RcodeServerFailure {
			t.Errorf("%s: %d replies, the last %v", mode.name, w.written, w.msg)
		}
	}
}

// TestGuardShared: one message is the answer to many queries at once, and nobody sees another's treatment of
// it. The race detector tells of who writes to it.
func TestGuardShared(t *testing.T) {
	shared := new(dns.Msg).SetQuestion(somebody, dns.TypeNAPTR)
	shared.Response = true
	shared.AuthenticatedData = true
	shared.SetEdns0(maxUDP, false)
	shared.Answer = append(shapes(somebody, "E2U+im im:user@example.com", "E2U+im sip:user@example.com", "E2U+im+sip im:other@example.com", "E2U+sip !^.*$!sip:user@example.com!i"),
		&dns.RRSIG{Hdr: dns.RR_Header{Name: somebody, Rrtype: dns.TypeRRSIG, Class: dns.ClassINET, Ttl: 60}, TypeCovered: dns.TypeNAPTR, SignerName: "arpa.", Signature: "AAAA"})
	kept := &keeper{}
	was, err := shared.Pack()
	if err != nil {
		t.Fatal(err)
	}
	kept.kept = []keptMsg{{shared, was}}
	front := install(t, inFront, writing(copied))
	var running sync.WaitGroup
	for _, by := range []treatment{observed, annotated, enforced, denied, {"repair", "inspect enforce\nrepair\nclients asterisk\ntwins sip xmpp\nseverity info"}} {
		for _, directive := range []string{"enumim_guard", "enumim"} {
			chain := inspectedChain(t, front+directive+" e164.arpa {\n"+by.lines+"\n}\n", func(_ context.Context, _ plugin.Handler, w dns.ResponseWriter, _ *dns.Msg) (int, error) {
				return dns.RcodeSuccess, w.WriteMsg(shared)
			})
			for i := range 4 {
				running.Go(func() {
					var first []string
					for k := range 50 {
						w := &wireWriter{}
						r := new(dns.Msg).SetQuestion(somebody, dns.TypeNAPTR)
						r.Id = shared.Id
						if i > 0 {
							r.SetEdns0(maxUDP, i == 2)
						}
						chain.ServeDNS(context.Background(), w, r)
						if w.written != 1 || w.msg == nil {
							t.Errorf("%s, %s: %d replies", directive, by.name, w.written)
							return
						}
						var got []string
						for _, rr := range w.msg.Answer {
							got = append(got, rr.String())
						}
						if k == 0 {
							first = got
						}
						if !slices.Equal(first, got) {
							t.Errorf("%s, %s: once %q, then %q", directive, by.name, first, got)
							return
						}
					}
				})
			}
		}
	}
	running.Wait()
	kept.check(t)
}
