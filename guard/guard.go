package guard

import (
	"github.com/miekg/dns"

	"github.com/enumim/enumim/e164"
)

// Guard judges replies to queries for names below an apex. It is safe for concurrent use.
type Guard struct {
	apex   e164.Apex
	policy Policy
}

// New returns a Guard for the names below apex. The policy's slices and maps are not to be changed
// afterwards.
func New(apex e164.Apex, p Policy) *Guard { return &Guard{apex: apex, policy: p} }

// Concerns reports whether replies to a query of this type can hold what is judged.
func Concerns(qtype uint16) bool { return qtype == dns.TypeNAPTR || qtype == dns.TypeANY }

// Query returns what to ask in place of the client's query r: r itself, or a copy.
func (g *Guard) Query(r *dns.Msg) *dns.Msg { return r }

// Judge judges the reply m to the client's query r. It changes neither, and does not panic.
func (g *Guard) Judge(r, m *dns.Msg) Verdict { return Verdict{Msg: m} }
