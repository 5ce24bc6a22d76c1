// Package enumim is a CoreDNS plugin that serves ENUM (RFC 6116): telephone numbers to im:, sip:,
// xmpp: and other URIs, from any store that keeps the contract of package backend.
package enumim

import (
	"github.com/coredns/coredns/plugin"
	clog "github.com/coredns/coredns/plugin/pkg/log"
)

// pluginName is the directive in a Corefile, and the name that other plugins know this one by.
const pluginName = "enumim"

var log = clog.NewWithPlugin(pluginName)

// Enumim answers the queries of one server block: below the apexes of all its enumim blocks that have a
// backend. It inspects what others answer for the zones of those that say so. It is made by the plugin's
// setup; the zero value knows no zone and passes everything on.
type Enumim struct {
	// Next is the plugin that gets what is not answered here; nil at the end of the chain.
	Next plugin.Handler

	forest     *forest
	inspectors *inspectors
	state      *generation
}

// Name implements plugin.Handler.
func (e Enumim) Name() string { return pluginName }

// Ready implements ready.Readiness: it reports whether every backend of the whole Corefile can
// answer. The ready plugin asks only the last enumim it meets, so each speaks for all. It does not
// block.
func (e Enumim) Ready() bool { return e.state.ready() }
