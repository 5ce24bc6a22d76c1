package test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/miekg/dns"
)

// directory is an upstream that has records of a number and what is behind its im: URI.
type directory struct {
	*upstream
	srv       atomic.Int64 // queries for SRV
	authentic atomic.Bool
	hold      chan struct{} // SRV queries are answered when it is closed
}

func startDirectory(t *testing.T, records ...string) *directory {
	d := &directory{hold: make(chan struct{})}
	d.upstream = startUpstream(t, nil)
	t.Cleanup(d.release)
	d.answering(func(network string, r *dns.Msg) [][]byte {
		if r.Question[0].Qtype == dns.TypeSRV {
			d.srv.Add(1)
			<-d.hold
		}
		return answers(t, func(r, m *dns.Msg) {
			q := r.Question[0]
			header := dns.RR_Header{Name: q.Name, Rrtype: q.Qtype, Class: dns.ClassINET, Ttl: 3600}
			m.AuthenticatedData = true
			switch name := strings.ToLower(q.Name); {
			case q.Qtype == dns.TypeNAPTR:
				m.Answer = shapes(q.Name, records...)
			case q.Qtype == dns.TypeSRV && name == "_im._sip.example.com.":
				m.AuthenticatedData = d.authentic.Load()
				m.Answer = []dns.RR{&dns.SRV{Hdr: header, Priority: 1, Weight: 1, Port: 5061, Target: "sip.example.com."}}
			case q.Qtype == dns.TypeA && name == "sip.example.com.":
				m.AuthenticatedData = d.authentic.Load()
				m.Answer = []dns.RR{&dns.A{Hdr: header, A: []byte{192, 0, 2, 1}}}
			case name == "sip.example.com.":
			default:
				m.Rcode = dns.RcodeNameError
			}
		})(network, r)
	})
	return d
}

// release lets SRV queries be answered.
func (d *directory) release() {
	select {
	case <-d.hold:
	default:
		close(d.hold)
	}
}

// alongside are the records of the additional section without TTLs.
func (p *reply) alongside() (out []string) {
	for _, r := range p.addition {
		fields := strings.Fields(r.text)
		out = append(out, strings.Join(slices.Delete(fields, 1, 2), " "))
	}
	return out
}

// TestGuardAdditional: the servers behind an im: URI come along with the answer, where there is room, and
// as authentic as the answer; an answer never waits for them longer than agreed.
func TestGuardAdditional(t *testing.T) {
	const (
		srv  = "_im._sip.example.com. IN SRV 1 1 5061 sip.example.com."
		addr = "sip.example.com. IN A 192.0.2.1"
	)
	const im, sip = "E2U+im im:user@example.com", "E2U+sip sip:user@example.com"
	for _, c := range []struct {
		name, chain string
		records     []string
		want        bool
	}{
		{"annotate", "enumim_guard e164.arpa {\ninspect annotate\nadditional srv wait 1s\n}\n", []string{im, sip}, true},
		{"enforce", "enumim_guard e164.arpa {\ninspect enforce\nadditional srv sip wait 1s\n}\n", []string{im, sip}, true},
		{"behind cache", "cache\nenumim e164.arpa {\ninspect enforce\nadditional srv sip xmpp wait 1s\n}\n", []string{im, sip}, true},
		{"another protocol", "enumim_guard e164.arpa {\ninspect annotate\nadditional srv xmpp wait 1s\n}\n", []string{im, sip}, false},
		{"no im: URI", "enumim_guard e164.arpa {\ninspect annotate\nadditional srv wait 1s\n}\n", []string{sip}, false},
		{"pres", "enumim_guard e164.arpa {\ninspect annotate\nadditional srv wait 1s\n}\n", []string{"E2U+pres pres:user@example.com", sip}, false}, // _pres._sip has no records
		{"withheld", "enumim_guard e164.arpa {\ninspect enforce\ndeny_domains example.com\nadditional srv wait 1s\n}\n", []string{im, sip}, false},
		{"the own backend", "enumim e164.arpa {\nbackend file NUMBERS\nadditional srv wait 1s\n}\n", nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := startDirectory(t, c.records...)
			d.release()
			d.authentic.Store(true)
			chain := strings.ReplaceAll(c.chain, "NUMBERS", write(t, t.TempDir(), "numbers.txt", "+12025550100 im:user@example.com sip:user@example.com\n"))
			s := startEnumim(t, chain+"forward . "+d.address)
			for range 2 {
				p := guarded(t, s, somebody)
				if got := p.alongside(); slices.Contains(got, srv) != c.want || slices.Contains(got, addr) != c.want {
					t.Errorf("additional records %q, want them: %v", got, c.want)
				}
			}
			// Without room they are not sent, and nothing is cut for them.
			if p := guarded(t, s, somebody, withoutEDNS); p.tc || p.size > dns.MinMsgSize {
				t.Errorf("got %v", p)
			}
		})
	}
	t.Run("the answer does not wait", func(t *testing.T) {
		d := startDirectory(t, im, sip)
		d.authentic.Store(true)
		s := startEnumim(t, "enumim_guard e164.arpa {\ninspect annotate\nadditional srv sip wait 1ms\n}\nforward . "+d.address)
		for range 20 {
			if p := guarded(t, s, somebody); len(p.uris()) != 2 || len(p.addition) > 0 {
				t.Fatalf("got %v", p)
			}
		}
		if n := d.srv.Load(); n > 2 {
			t.Errorf("%d queries are under way for one name", n)
		}
		d.release()
		eventually(t, func() error {
			if p := guarded(t, s, somebody); !slices.Contains(p.alongside(), srv) {
				return fmt.Errorf("what came later does not serve later answers: %v", p)
			}
			return nil
		})
	})
	t.Run("no more authentic than the answer", func(t *testing.T) {
		d := startDirectory(t, im, sip)
		d.release()
		s := startEnumim(t, "enumim_guard e164.arpa {\ninspect annotate\nadditional srv sip wait 1s\n}\nforward . "+d.address)
		for range 2 {
			p := guarded(t, s, somebody, withAD)
			if !p.ad || len(p.uris()) != 2 || len(p.addition) > 0 {
				t.Errorf("an answer with AD, and records that nobody validated: %v", p)
			}
		}
	})
}

// TestGuardTwins: sip: and xmpp: URIs of an im: URI's mailbox stand behind all other records, where a
// conforming client loses nothing by them.
func TestGuardTwins(t *testing.T) {
	const im, sip, xmpp = "E2U+im im:user@example.com", "E2U+sip sip:user@example.com", "E2U+xmpp xmpp:user@example.com"
	for _, c := range []struct {
		name, lines   string
		records, want []string
	}{
		{"twins", "repair\ntwins sip xmpp", []string{im}, []string{im, sip, xmpp}},
		{"one", "repair\ntwins xmpp", []string{im}, []string{im, xmpp}},
		{"never in place of another", "repair\ntwins sip xmpp", []string{im, "E2U+sip sip:other@example.com"}, []string{im, "E2U+sip sip:other@example.com", xmpp}},
		{"not of what is withheld", "repair\ndeny_domains example.com\ntwins sip\nempty nodata", []string{im}, nil},
		{"not without im:", "repair\ntwins sip xmpp", []string{"E2U+email:mailto mailto:user@example.com"}, []string{"E2U+email:mailto mailto:user@example.com"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			up := startUpstream(t, answers(t, func(r, m *dns.Msg) { m.Answer = shapes(r.Question[0].Name, c.records...) }))
			s := startEnumim(t, "enumim_guard e164.arpa {\ninspect enforce\n"+c.lines+"\n}\nforward . "+up.address)
			p := guarded(t, s, somebody)
			if got := p.uris(); !slices.Equal(got, slices.Sorted(slices.Values(c.want))) {
				t.Fatalf("want %q, got %v", c.want, p)
			}
			rank := func(rr dns.RR) int {
				r := rr.(*dns.NAPTR)
				return int(r.Order)<<16 + int(r.Preference)
			}
			for _, rr := range p.raw.Answer[min(len(c.records), len(p.raw.Answer)):] {
				for _, before := range p.raw.Answer[:len(c.records)] {
					if rank(rr) <= rank(before) {
						t.Errorf("a twin ranks before another record: %v", p.raw)
					}
				}
			}
		})
	}
}
