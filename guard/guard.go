package guard

import (
	"sync"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr/rr"
)

// Guard judges replies to queries for names below an apex. It is safe for concurrent use.
type Guard struct {
	apex     e164.Apex
	apexWire string
	policy   Policy
	checker  enumservice.Checker
	severity enumservice.Severity // the least that offends
	clients  enumservice.Clients
	// named: rules are made errors, perhaps such as tell of records beside others.
	named bool
	pool  *sync.Pool // of *judgement
}

// New returns a Guard for the names below apex. The policy's slices and maps are not to be changed
// afterwards.
func New(apex e164.Apex, p Policy) *Guard {
	g := &Guard{apex: apex, policy: p, severity: p.Severity, clients: p.Clients}
	g.checker = enumservice.CheckerFor(apex, p.DialPlan)
	g.apexWire, _ = rr.NameToWire(apex.String()) // "" for the zero Apex, which nothing is below
	if g.severity == 0 {
		g.severity = enumservice.Error
		if p.Clients != 0 {
			g.severity = enumservice.Warning
		}
	}
	if g.clients == 0 {
		g.clients = enumservice.ClientsOf(enumservice.Strict)
	}
	for _, severity := range p.Rules {
		g.named = g.named || severity == enumservice.Error
	}
	g.pool = &sync.Pool{New: func() any { return &judgement{Guard: g} }}
	return g
}

// Concerns reports whether replies to a query of this type can hold what is judged.
func Concerns(qtype uint16) bool { return qtype == dns.TypeNAPTR || qtype == dns.TypeANY }

// Query returns what to ask in place of the client's query r: r itself, or a copy. A validating upstream
// vouches for records where the AD bit is set (RFC 6840 section 5.7), and does not validate where CD is (RFC
// 4035 section 3.2.2). Only to enforce that it does is a client denied what it asked for with CD.
func (g *Guard) Query(r *dns.Msg) *dns.Msg {
	if !g.policy.RequireAuthenticated || r == nil {
		return r
	}
	disabled := r.CheckingDisabled && g.policy.Mode != Enforce
	if r.AuthenticatedData && r.CheckingDisabled == disabled {
		return r
	}
	q := r.Copy()
	q.AuthenticatedData, q.CheckingDisabled = true, disabled
	return q
}

// Judge judges the reply m to the client's query r. It changes neither, and does not panic.
func (g *Guard) Judge(r, m *dns.Msg) Verdict {
	if m == nil || g.policy.Mode == 0 {
		return Verdict{Msg: m}
	}
	if !holds(m.Answer) && !holds(m.Ns) && !holds(m.Extra) {
		return Verdict{Msg: g.Restore(r, m)}
	}
	j := g.pool.Get().(*judgement)
	v := j.judge(r, m)
	j.reset()
	g.pool.Put(j)
	return v
}

// Restore returns the reply m to r, as Judge does where nothing offends, with the bits that the client would
// have seen if its own query had gone out: AD is for those that asked for it (RFC 6840 section 5.8). It
// changes neither.
func (g *Guard) Restore(r, m *dns.Msg) *dns.Msg {
	if !g.policy.RequireAuthenticated || r == nil {
		return m
	}
	authenticated := m.AuthenticatedData && (r.AuthenticatedData || wantsDNSSEC(r))
	if m.AuthenticatedData == authenticated && m.CheckingDisabled == r.CheckingDisabled {
		return m
	}
	out := duplicate(m)
	out.AuthenticatedData, out.CheckingDisabled = authenticated, r.CheckingDisabled
	return out
}
