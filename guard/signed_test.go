package guard

import (
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/im"
)

// A signed RRset is never thinned out or rewritten for those who check signatures. What betrays is no
// answer for them at all; others get what is left, without signatures and without AD.
func TestSigned(t *testing.T) {
	bad, odd := naptrRR("E2U+im", "!^.*$!im:alice!"), naptrRR("sip+E2U", "!^.*$!sip:bob@example.com!")
	fine, planted := naptrRR("E2U+sip", "!^.*$!sip:alice@example.com!"), naptrRR("E2U+im", "!^.*$!im:alice@evil.example!")
	sig, elsewhere := signature(qname), signature("elsewhere.example.")
	other := signature(qname)
	other.TypeCovered = dns.TypeTXT
	capitals := signature(strings.ToUpper(qname))
	broken := &dns.NAPTR{Hdr: *fine.Header(), Flags: "u", Service: `E2U\300`, Replacement: "."}
	var many []dns.RR
	for i := range maxRecords + 1 {
		record := naptrRR("E2U+sip", "!^.*$!sip:alice@example.com!").(*dns.NAPTR)
		record.Preference = uint16(i)
		many = append(many, record)
	}
	var apart []dns.RR
	for _, record := range many {
		record = dns.Copy(record)
		record.Header().Name = "elsewhere.example."
		apart = append(apart, record)
	}
	var costs []dns.RR
	for range 10 {
		costs = append(costs, naptrRR("E2U+sip", hostilePatterns["digits"]))
	}
	const (
		left    = iota // as it is
		changed        // what is left, unsigned
		gone           // SERVFAIL
	)
	for _, c := range []struct {
		name      string
		policy    Policy
		answer    []dns.RR
		plain     int // for a client that does not validate
		validates int // for one that does
	}{
		{"nothing found", Policy{}, []dns.RR{fine, sig}, left, left},
		{"error", Policy{}, []dns.RR{fine, bad, sig}, changed, left},
		{"error alone", Policy{}, []dns.RR{bad, sig}, gone, left},
		{"error, repair", Policy{Repair: true, Clients: enumservice.AllClients}, []dns.RR{fine, odd, sig}, changed, left},
		{"spelling, repair", Policy{Repair: true, Twins: []im.Protocol{im.XMPP}}, []dns.RR{fine, odd, sig}, left, left},
		{"spelling, mixed TTL, repair", Policy{Repair: true}, []dns.RR{fine, func() dns.RR { r := dns.Copy(odd); r.Header().Ttl = 5; return r }(), sig}, left, left},
		{"service", Policy{Services: []enumservice.Service{{Type: "sip"}}}, []dns.RR{fine, naptrRR("E2U+im", "!^.*$!im:a@example.com!"), sig}, changed, left},
		{"planted", Policy{AllowDomains: []string{"example.com"}}, []dns.RR{fine, planted, sig}, changed, gone},
		{"planted, nodata", Policy{AllowDomains: []string{"example.com"}, Empty: NoData}, []dns.RR{fine, planted, sig}, changed, gone},
		{"not authenticated", Policy{RequireAuthenticated: true}, []dns.RR{fine, sig}, gone, gone},
		{"malformed", Policy{}, []dns.RR{fine, broken, sig}, changed, gone},
		{"too many", Policy{}, append([]dns.RR{sig}, many...), changed, gone},
		{"too many, domains", Policy{DenyDomains: []string{"evil.example"}}, append([]dns.RR{sig}, many...), changed, gone},
		{"too many of another owner", Policy{}, append([]dns.RR{sig}, apart...), changed, changed},
		{"too costly", Policy{}, append([]dns.RR{sig, fine}, costs...), changed, gone},
		{"too costly, domains", Policy{DenyDomains: []string{"evil.example"}}, append([]dns.RR{sig, fine}, costs...), changed, gone},
		{"signature in capitals", Policy{}, []dns.RR{fine, bad, capitals}, changed, left},
		{"signature of others", Policy{}, []dns.RR{fine, bad, elsewhere}, changed, changed},
		{"signature of another type", Policy{}, []dns.RR{fine, bad, other}, changed, changed},
		{"no signature", Policy{}, []dns.RR{fine, bad}, changed, changed},
		{"signature without records", Policy{}, []dns.RR{sig}, left, left},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, bits := range []byte{0, 1, 1 | 2, 4, 8} { // none, OPT, DO, CD, AD
				r, m := fuzzQuery(bits), new(dns.Msg)
				m.SetReply(r)
				m.Answer = c.answer
				m.AuthenticatedData = !c.policy.RequireAuthenticated
				m.Truncated = bits&(2|4) != 0 && c.validates == gone
				c.policy.Mode = Enforce
				v := New(apex(t), c.policy).Judge(r, m)
				want := c.plain
				if bits&(2|4) != 0 {
					want = c.validates
				}
				switch want {
				case left:
					found := len(v.Counts) > 0
					if v.Msg.Rcode != 0 || len(v.Msg.Answer) != len(m.Answer) || v.Msg.AuthenticatedData != m.AuthenticatedData && !c.policy.RequireAuthenticated {
						t.Errorf("query %d: %s: %v", bits, v.Action, v.Msg)
					}
					if bits&(2|4) != 0 && c.plain != left && (v.Action != Signed || !found || v.EDE.Code != dns.ExtendedErrorCodeOther) {
						t.Errorf("query %d: %s: %v, EDE %d", bits, v.Action, v.Counts, v.EDE.Code)
					}
				case changed:
					if v.Action < Repaired || v.Action == Emptied || v.Msg.AuthenticatedData || v.EDE.Code != dns.ExtendedErrorCodeForgedAnswer {
						t.Errorf("query %d: %s, AD %t, EDE %d", bits, v.Action, v.Msg.AuthenticatedData, v.EDE.Code)
					}
					for _, record := range v.Msg.Answer {
						if record == bad || record == planted || record == broken || record == sig || record == capitals {
							t.Errorf("query %d: %v is left", bits, record)
						}
					}
					for _, record := range []dns.RR{elsewhere, other} {
						if slices.Contains(m.Answer, record) && !slices.Contains(v.Msg.Answer, record) {
							t.Errorf("query %d: %v is gone", bits, record)
						}
					}
				case gone:
					if v.Action != Emptied || v.Msg.Rcode != dns.RcodeServerFailure || len(v.Msg.Answer) != 0 || v.Msg.Truncated || v.EDE.Code != dns.ExtendedErrorCodeBlocked {
						t.Errorf("query %d: %s: %v", bits, v.Action, v.Msg)
					}
				}
			}
		})
	}
}

// A signed set that betrays does not come by way of the additional section either, and what is there costs
// nobody the answer.
func TestSignedAdditional(t *testing.T) {
	fine, planted := naptrRR("E2U+sip", "!^.*$!sip:alice@example.com!"), naptrRR("E2U+im", "!^.*$!im:alice@evil.example!")
	r := fuzzQuery(1 | 2)
	m := new(dns.Msg).SetReply(r)
	m.Answer, m.Extra = []dns.RR{fine}, []dns.RR{planted, signature(qname), opt()}
	v := New(apex(t), Policy{Mode: Enforce, DenyDomains: []string{"evil.example"}}).Judge(r, m)
	if v.Action != Withheld || len(v.Msg.Answer) != 1 || len(v.Msg.Extra) != 1 || v.Msg.Extra[0].Header().Rrtype != dns.TypeOPT {
		t.Errorf("%s: %v", v.Action, v.Msg)
	}
}

// To know whether a validating upstream vouches for an answer it has to be asked (RFC 6840 section 5.7), and
// nothing of that shows in the reply (section 5.8).
func TestAuthenticated(t *testing.T) {
	fine := naptrRR("E2U+sip", "!^.*$!sip:alice@example.com!")
	for _, mode := range []Mode{Observe, Annotate, Enforce} {
		for bits := range byte(16) {
			r := fuzzQuery(bits)
			before := r.Copy()
			g := New(apex(t), Policy{Mode: mode, RequireAuthenticated: true})
			q := g.Query(r)
			if r.String() != before.String() {
				t.Fatal("the query of the client is another one now")
			}
			if !q.AuthenticatedData || q.CheckingDisabled != (r.CheckingDisabled && mode != Enforce) {
				t.Errorf("mode %d, query %d: AD %t, CD %t", mode, bits, q.AuthenticatedData, q.CheckingDisabled)
			}
			if q != r && len(q.Extra) > 0 && q.Extra[0] == r.Extra[0] {
				t.Error("a record of the client's query is in the other")
			}
			m := new(dns.Msg).SetReply(q)
			m.Answer, m.AuthenticatedData, m.CheckingDisabled = []dns.RR{fine}, true, q.CheckingDisabled
			v := g.Judge(r, m)
			asked := r.AuthenticatedData || bits&3 == 3
			if v.Action > Told || v.Msg.AuthenticatedData != asked || v.Msg.CheckingDisabled != r.CheckingDisabled || !m.AuthenticatedData {
				t.Errorf("mode %d, query %d: %s: AD %t, CD %t", mode, bits, v.Action, v.Msg.AuthenticatedData, v.Msg.CheckingDisabled)
			}
			m.Answer = nil // so with a reply in which nothing is to be judged
			if v = g.Judge(r, m); v.Action != Passed || v.Msg.AuthenticatedData != asked {
				t.Errorf("mode %d, query %d: nothing: %s: AD %t", mode, bits, v.Action, v.Msg.AuthenticatedData)
			}
			m.Answer, m.AuthenticatedData = []dns.RR{fine}, false
			v = g.Judge(r, m)
			if r.CheckingDisabled && mode != Enforce {
				if tells(v, RuleUnauthenticated) {
					t.Errorf("mode %d, query %d: a client that wants no validation is told that there was none", mode, bits)
				}
			} else if !tells(v, RuleUnauthenticated) || (v.Action == Emptied) != (mode == Enforce) {
				t.Errorf("mode %d, query %d: %s: %v", mode, bits, v.Action, v.Counts)
			}
		}
	}
	if r := query(); New(apex(t), Policy{Mode: Enforce}).Query(r) != r {
		t.Error("another query without need")
	}
}

// Beyond a few, signatures are not told apart: they sign nothing, and go with what is changed.
func TestManySignatures(t *testing.T) {
	fine, bad := naptrRR("E2U+sip", "!^.*$!sip:alice@example.com!"), naptrRR("E2U+im", "!^.*$!im:alice!")
	r := fuzzQuery(1 | 2)
	m := new(dns.Msg).SetReply(r)
	m.Answer = []dns.RR{fine, bad}
	for range maxSignatures {
		m.Answer = append(m.Answer, signature("elsewhere.example."))
	}
	m.Answer = append(m.Answer, signature(qname), signature("elsewhere.example."))
	v := New(apex(t), Policy{Mode: Enforce}).Judge(r, m)
	if v.Action != Withheld || !slices.Equal(v.Msg.Answer, append([]dns.RR{fine}, m.Answer[2:2+maxSignatures]...)) {
		t.Errorf("%s: %d records of %d", v.Action, len(v.Msg.Answer), len(m.Answer))
	}
}

// What somebody vouches for is not rewritten for looks or to add to it: that would cost it the AD bit.
func TestAuthenticatedStays(t *testing.T) {
	odd, bad := naptrRR("E2U+IM", "!^.*$!im:alice@example.com!"), naptrRR("E2U+sip", "!^.*$!sip:!")
	p := Policy{Mode: Enforce, Repair: true, Twins: []im.Protocol{im.XMPP}}
	r, m := answered(odd)
	m.AuthenticatedData = true
	if v := New(apex(t), p).Judge(r, m); v.Msg != m || v.Action != Passed {
		t.Errorf("%s: %v", v.Action, v.Msg)
	}
	m.Answer = append(m.Answer, bad) // its AD is lost anyway
	if v := New(apex(t), p).Judge(r, m); written(v.Msg.Answer) != "E2U+im !^.*$!im:alice@example.com!, E2U+xmpp !^.*$!xmpp:alice@example.com!" || v.Msg.AuthenticatedData {
		t.Errorf("%s: %v", v.Action, v.Msg)
	}
}
