package enumim

import (
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/coredns/coredns/plugin/metrics"
	"github.com/coredns/coredns/plugin/pkg/transport"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/harvest"
)

// walker replies to queries of who walks the tree, where that is watched; it reports whether it did.
//
// The address of a query over UDP may be forged, so that somebody else would be refused for it. Such a client is asked
// to come over TCP, with a reply that is hardly larger than the query.
func (q *query) walker() bool {
	if q.client, q.watched = q.t.watch.Client(address(q.w.RemoteAddr()), q.proven()); !q.watched {
		return false
	}
	switch q.t.watch.Verdict(q.client, time.Now()) {
	case harvest.Answer:
		return false
	case harvest.Prove:
		q.reply.msg.Truncated = true
		q.ede = extended{code: edeWalker.code}
	case harvest.Refuse:
		q.refuse(edeWalker)
	}
	q.result = resultWalker
	return true
}

// note tells the watch what stands at the name that was asked for.
func (q *query) note(name e164.Name) {
	_, branch := name.Branch()
	if q.t.watch == nil || !branch && !name.IsNumber() || q.number.Len() <= q.t.apex.Prefix().Len() {
		return // labels beside digits tell nothing about numbers
	}
	kind := harvest.Number
	switch q.data.Kind {
	case backend.Descendants:
		kind = harvest.Beginning
	case backend.Absent:
		kind = harvest.Nothing
	}
	d := q.t.watch.Note(q.client, q.number, kind, time.Now())
	if d == 0 || !q.t.quiet.ok() {
		return
	}
	what := "refused"
	if !q.proven() {
		what = "asked to come over TCP"
	}
	network := harvest.Network(address(q.w.RemoteAddr()))
	log.Warningf("zone %s: %s asks for neighbours of numbers, as those who collect them do: %s for %v; where that is right, write: harvest refuse except %s",
		q.t.zone, network, what, d, network)
}

// proven reports whether the address of the client cannot be forged.
func (q *query) proven() bool {
	if q.t.Options.GenuineSources {
		return true
	}
	switch unwrapped(q.w.RemoteAddr()).(type) {
	case *net.TCPAddr:
		return true
	case *net.UDPAddr:
		server := metrics.WithServer(q.ctx)
		return strings.HasPrefix(server, transport.QUIC) || strings.HasPrefix(server, transport.HTTPS3) // it begins with a handshake
	}
	return false
}

// address returns the address of a client, invalid where it has none.
func address(a net.Addr) netip.Addr {
	switch a := unwrapped(a).(type) {
	case *net.TCPAddr:
		return a.AddrPort().Addr()
	case *net.UDPAddr:
		return a.AddrPort().Addr()
	}
	return netip.Addr{}
}

// unwrapped returns what a wraps, such as the address that a proxy told.
func unwrapped(a net.Addr) net.Addr {
	if wrapper, ok := a.(interface{ Unwrap() net.Addr }); ok {
		if inner := wrapper.Unwrap(); inner != nil {
			return inner
		}
	}
	return a
}
