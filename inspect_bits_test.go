package enumim

import (
	"context"
	"fmt"
	"testing"

	"github.com/coredns/coredns/plugin"
	"github.com/coredns/coredns/request"
	"github.com/miekg/dns"

	"github.com/enumim/enumim/guard"
)

const (
	// bad lacks the last delimiter of its expression (RFC 3402 section 3.2).
	bad = number1 + ` 600 IN NAPTR 100 20 "u" "E2U+sip" "!^.*$!sip:lost@example.com" .`
	// signature is over both.
	signature = number1 + ` 600 IN RRSIG NAPTR 8 12 600 20300101000000 20200101000000 1 e164.arpa. AAAA`
)

// exchangeBits asks next through a guard, and the server's own writer, and tells what the client sees: rcode, bits,
// how many NAPTR and RRSIG records, and the code of the error.
func exchangeBits(t *testing.T, policy guard.Policy, r *dns.Msg, next plugin.HandlerFunc) string {
	t.Helper()
	b := inspectBlock(policy.Mode, "e164.arpa")
	b.Inspect.Policy = policy
	w := &writer{}
	g := Guard{Next: next, inspectors: inspectorsOf([]*block{b})}
	if rcode, err := g.ServeDNS(context.Background(), request.NewScrubWriter(r, w), r); rcode != dns.RcodeSuccess || err != nil || len(w.msgs) != 1 {
		t.Fatalf("returned %d, %v after %d replies", rcode, err, len(w.msgs))
	}
	m := w.msgs[0]
	if r.IsEdns0() == nil && m.IsEdns0() != nil {
		t.Error("an OPT for a client without EDNS")
	}
	seen := dns.RcodeToString[m.Rcode]
	if m.AuthenticatedData {
		seen += " ad"
	}
	if m.CheckingDisabled {
		seen += " cd"
	}
	n := map[uint16]int{}
	for _, record := range m.Answer {
		n[record.Header().Rrtype]++
	}
	seen += fmt.Sprintf(" %d+%d", n[dns.TypeNAPTR], n[dns.TypeRRSIG])
	if opt := m.IsEdns0(); opt != nil {
		if opt.Do() != r.IsEdns0().Do() {
			t.Errorf("DO is %v in the reply (RFC 3225 section 3)", opt.Do())
		}
		for _, o := range opt.Option {
			seen += fmt.Sprintf(" ede %d", o.(*dns.EDNS0_EDE).InfoCode)
		}
	}
	return seen
}

// bits makes a query with the header bits and the OPT that a text names.
func bits(text string) *dns.Msg {
	r := query1(number1, dns.TypeNAPTR)
	for _, c := range text {
		switch c {
		case 'a':
			r.AuthenticatedData = true
		case 'c':
			r.CheckingDisabled = true
		case 'e':
			r.SetEdns0(1232, false)
		case 'd':
			r.SetEdns0(1232, true)
		}
	}
	return r
}

// A signed RRset reaches clients that validate as it was signed. For others the signatures and AD go with what
// is withheld, and EDE 4 says so.
func TestSignedThroughTheWriter(t *testing.T) {
	upstream := plugin.HandlerFunc(func(_ context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
		m := new(dns.Msg).SetReply(r)
		m.Answer = records(t, good, bad, signature)
		m.AuthenticatedData = r.AuthenticatedData && !r.CheckingDisabled
		return dns.RcodeSuccess, w.WriteMsg(m)
	})
	for client, want := range map[string]map[guard.Mode]string{
		"":   {guard.Observe: "NOERROR 2+1", guard.Annotate: "NOERROR 2+1", guard.Enforce: "NOERROR 1+0"},
		"e":  {guard.Observe: "NOERROR 2+1", guard.Annotate: "NOERROR 2+1 ede 0", guard.Enforce: "NOERROR 1+0 ede 4"},
		"ae": {guard.Observe: "NOERROR ad 2+1", guard.Annotate: "NOERROR ad 2+1 ede 0", guard.Enforce: "NOERROR 1+0 ede 4"},
		"d":  {guard.Observe: "NOERROR 2+1", guard.Annotate: "NOERROR 2+1 ede 0", guard.Enforce: "NOERROR 2+1 ede 0"},
		"ad": {guard.Observe: "NOERROR ad 2+1", guard.Annotate: "NOERROR ad 2+1 ede 0", guard.Enforce: "NOERROR ad 2+1 ede 0"},
		"c":  {guard.Observe: "NOERROR cd 2+1", guard.Annotate: "NOERROR cd 2+1", guard.Enforce: "NOERROR cd 2+1"},
		"cd": {guard.Observe: "NOERROR cd 2+1", guard.Annotate: "NOERROR cd 2+1 ede 0", guard.Enforce: "NOERROR cd 2+1 ede 0"},
	} {
		for mode, want := range want {
			if got := exchangeBits(t, guard.Policy{Mode: mode}, bits(client), upstream); got != want {
				t.Errorf("%q, mode %d: got %q, want %q", client, mode, got, want)
			}
		}
	}
}

// Where answers must be authenticated, the upstream is asked to validate, whatever the client asked (RFC 6840
// section 5.7), and the client gets the bits that its own query would have brought (section 5.8).
func TestAuthenticatedThroughTheWriter(t *testing.T) {
	for _, genuine := range []bool{true, false} {
		upstream := plugin.HandlerFunc(func(_ context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
			if !r.AuthenticatedData || r.CheckingDisabled {
				t.Errorf("asked upstream with AD %v, CD %v", r.AuthenticatedData, r.CheckingDisabled)
			}
			m := new(dns.Msg).SetReply(r)
			m.Answer = records(t, good)
			m.AuthenticatedData = genuine
			return dns.RcodeSuccess, w.WriteMsg(m)
		})
		for client, want := range map[string]string{
			"": "NOERROR 1+0", "a": "NOERROR ad 1+0", "e": "NOERROR 1+0", "d": "NOERROR ad 1+0", "c": "NOERROR cd 1+0", "cd": "NOERROR ad cd 1+0",
		} {
			r := bits(client)
			if !genuine {
				want = "SERVFAIL 0+0"
				if r.CheckingDisabled {
					want = "SERVFAIL cd 0+0"
				}
				if r.IsEdns0() != nil {
					want += " ede 15"
				}
			}
			before := r.Copy()
			if got := exchangeBits(t, guard.Policy{Mode: guard.Enforce, RequireAuthenticated: true}, r, upstream); got != want {
				t.Errorf("%q, AD of the upstream %v: got %q, want %q", client, genuine, got, want)
			}
			if r.MsgHdr != before.MsgHdr || r.Question[0] != before.Question[0] {
				t.Errorf("%q: the client's query became %v", client, r)
			}
		}
	}
}
