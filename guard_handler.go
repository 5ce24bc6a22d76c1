package enumim

import (
	"context"

	"github.com/coredns/coredns/plugin"
	"github.com/miekg/dns"
)

// guardName is the second directive, and the name that other plugins know its handler by.
const guardName = "enumim_guard"

// Guard inspects the answers of the plugins behind it and gives none of its own. It stands before the
// cache plugin, which keeps no Extended DNS Errors. The zero value passes everything on.
type Guard struct {
	// Next is the plugin whose answers are inspected.
	Next plugin.Handler

	inspectors *inspectors
	state      *generation
}

// Name implements plugin.Handler.
func (g Guard) Name() string { return guardName }

// Ready implements ready.Readiness, as that of Enumim does for both.
func (g Guard) Ready() bool { return g.state.ready() }

// ServeDNS implements plugin.Handler.
func (g Guard) ServeDNS(ctx context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
	if malformed(r) {
		return dns.RcodeFormatError, nil // which question a server behind would answer nobody knows
	}
	return g.inspectors.pass(ctx, guardName, g.Next, w, r)
}
