package guard

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/enumservice"
)

// mixer makes answers of good records and of all that the rules are there for.
type mixer struct {
	*rand.Rand
	bad             []dns.RR
	codes, patterns []string
}

func newMixer(t testing.TB) *mixer {
	x := new(mixer)
	for _, a := range ruleAnswers(t) {
		if a.qname == qname && len(a.rrs) < 20 {
			x.bad = append(x.bad, a.rrs...)
		}
	}
	x.patterns = slices.Sorted(maps.Keys(hostilePatterns))
	for f := range enumservice.Findings() {
		x.codes = append(x.codes, f.Code)
	}
	return x
}

// record returns one that a hostile server may send.
func (x *mixer) record() dns.RR {
	owner := []string{qname, qname, qname, "3.8.0.0.6.9.2.3.6.1.4.4.E164.ARPA.", "elsewhere.example."}[x.IntN(5)]
	switch x.IntN(34) {
	case 5, 6:
		record := naptrRR("e2u+sip+im", hostilePatterns[x.patterns[x.IntN(len(x.patterns))]])
		record.(*dns.NAPTR).Preference = uint16(x.IntN(60))
		return record
	case 7, 8, 9:
		record := dns.Copy(x.bad[x.IntN(len(x.bad))])
		record.Header().Name = fmt.Sprintf("n%d.%s", x.IntN(30), qname)
		return record
	case 0:
		return signature(owner)
	case 1:
		return &dns.CNAME{Hdr: dns.RR_Header{Name: qname, Rrtype: dns.TypeCNAME, Class: 1, Ttl: 5}, Target: owner}
	case 2:
		return &dns.RFC3597{Hdr: dns.RR_Header{Name: owner, Rrtype: dns.TypeNAPTR, Class: 1}, Rdata: []string{"", "00640064", "0064000a0175074532552b73697000", "zz"}[x.IntN(4)]}
	case 3:
		return nil
	case 4:
		return good()[x.IntN(6)]
	}
	record := dns.Copy(x.bad[x.IntN(len(x.bad))]).(*dns.NAPTR)
	record.Hdr.Name = owner
	if x.IntN(3) == 0 {
		record.Order, record.Preference = uint16(90+10*x.IntN(3)), uint16(10*x.IntN(5))
	}
	if x.IntN(4) == 0 {
		record.Hdr.Ttl = []uint32{0, 60, 1 << 31, 90000}[x.IntN(4)]
	}
	if x.IntN(10) == 0 {
		record.Regexp = []string{"!^.*$!im:mallory@evil.example!", `!^.*$!im:m\300@example.com!`, `!^(.*)$!im:\\1@xn--bcher-kva.example!`}[x.IntN(3)]
	}
	return record
}

// policy returns one that does not speak against good records.
func (x *mixer) policy() Policy {
	p := fuzzPolicy(x.Uint32())
	if x.IntN(3) == 0 {
		p.Rules = map[string]enumservice.Severity{}
		for range x.IntN(8) {
			code := x.codes[x.IntN(len(x.codes))]
			if f, _ := enumservice.Get(code); !besides[code] && f.Repair != enumservice.Renumber && !setWide[code] {
				p.Rules[code] = enumservice.Severity(x.IntN(4))
			}
		}
	}
	return p
}

// setWide are the codes of findings on sets as a whole: made errors, they name good records, too.
var setWide = map[string]bool{
	"S09": true, "S10": true, "O07": true, "O08": true, "Z01": true, "Z02": true, "Z03": true, "Z05": true, "Z06": true, "Z07": true,
	"Z08": true, "Z09": true, "N01": true, "N02": true, "N03": true, "N04": true, "N05": true, "T01": true, "T02": true, "T03": true,
}

// Good records survive whatever stands beside them.
func TestGoodRecordsSurvive(t *testing.T) {
	rounds := 10000
	if testing.Short() {
		rounds = 1000
	}
	x := newMixer(t)
	for seed := range uint64(rounds) {
		x.Rand = rand.New(rand.NewPCG(seed, 5))
		planted := good()
		x.Shuffle(len(planted), func(i, k int) { planted[i], planted[k] = planted[k], planted[i] })
		planted = planted[:1+x.IntN(len(planted))]
		m := new(dns.Msg).SetReply(query())
		m.Answer = slices.Clone(planted)
		most := 8
		if x.IntN(10) == 0 {
			most = maxRecords - len(planted)
		}
		for range x.IntN(most) {
			m.Answer = append(m.Answer, x.record())
		}
		x.Shuffle(len(m.Answer), func(i, k int) { m.Answer[i], m.Answer[k] = m.Answer[k], m.Answer[i] })
		for range x.IntN(3) {
			m.Ns, m.Extra = append(m.Ns, x.record()), append(m.Extra, x.record())
		}
		if x.IntN(2) == 0 {
			m.Extra = append(m.Extra, opt())
		}
		m.AuthenticatedData, m.Truncated, m.Authoritative = x.IntN(2) == 0, x.IntN(9) == 0, x.IntN(2) == 0
		r, p := fuzzQuery(byte(x.Uint32())), x.policy()
		p.RequireAuthenticated = m.AuthenticatedData && x.IntN(2) == 0
		if err := hold(New(apex(t), p), r, m, planted); err != nil {
			t.Fatalf("seed %d: %v\npolicy %+v", seed, err, p)
		}
	}
}

// A second guard leaves what a first one sends as it is, and nothing lives longer for being mended.
func TestJudgeTwice(t *testing.T) {
	rounds := 10000
	if testing.Short() {
		rounds = 1000
	}
	x := newMixer(t)
	for seed := range uint64(rounds) {
		x.Rand = rand.New(rand.NewPCG(seed, 9))
		r, m := answered()
		for range 1 + x.IntN(5) {
			record := dns.Copy(x.bad[x.IntN(len(x.bad))]).(*dns.NAPTR)
			if seed < uint64(len(x.bad)) {
				record = dns.Copy(x.bad[seed]).(*dns.NAPTR)
			}
			record.Hdr.Name, record.Hdr.Ttl = qname, []uint32{30, 3600}[x.IntN(2)]
			if x.IntN(2) == 0 {
				record.Order, record.Preference = uint16(90+10*x.IntN(3)), uint16(10*x.IntN(5))
			}
			m.Answer = append(m.Answer, record)
		}
		if other := x.record(); records([]dns.RR{other}) == 1 && sameName(other.Header().Name, qname) {
			m.Answer = append(m.Answer, other)
		}
		p := x.policy()
		p.Mode, p.RequireAuthenticated = Enforce, false
		g := New(apex(t), p)
		v := g.Judge(r, m)
		if again := g.Judge(r, v.Msg); v.Action >= Repaired && again.Msg != v.Msg {
			t.Fatalf("seed %d: %s %v to\n%v, then %s to\n%v\npolicy %+v", seed, v.Action, m.Answer, v.Msg.Answer, again.Action, again.Msg.Answer, p)
		}
		if v.Action != Repaired {
			continue
		}
		for _, record := range v.Msg.Answer {
			least := slices.MinFunc(m.Answer, func(a, b dns.RR) int { return int(a.Header().Ttl) - int(b.Header().Ttl) })
			if !slices.Contains(m.Answer, record) && record.Header().Ttl > least.Header().Ttl {
				t.Fatalf("seed %d: %v of %v\npolicy %+v", seed, record, m.Answer, p)
			}
		}
	}
}
