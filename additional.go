package enumim

import (
	"context"
	"net"
	"net/netip"
	"sync"

	"github.com/coredns/coredns/core/dnsserver"
	"github.com/miekg/dns"

	"github.com/enumim/enumim/additional"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/guard"
	"github.com/enumim/enumim/im"
	"github.com/enumim/enumim/naptr/rr"
)

// accompany adds what comes along with the im: and pres: URIs of the answer's records from index from on.
func (q *query) accompany(from int) {
	check := enumservice.CheckerFor(q.t.apex, q.t.Options.DialPlan)
	var uris []im.URI
	var text []byte
	for _, record := range q.reply.msg.Answer[from:] {
		naptr, ok := record.(*dns.NAPTR)
		if !ok {
			break
		}
		octets, err := rr.From(naptr)
		if err != nil {
			continue
		}
		if text, ok = check.URI(text[:0], q.number, octets); !ok {
			continue
		}
		if uri, err := im.Parse(string(text)); err == nil {
			uris = append(uris, uri)
		}
	}
	records := q.t.companions(q.ctx, q.w, q.r, uris, false)
	q.reply.msg.Extra = append(q.reply.msg.Extra, records...)
	q.accompanied = len(records) > 0
}

// outOfBand marks the context of queries that are asked for the sake of another answer.
type outOfBand struct{}

// maxLoop is how often a query may lead to another one within the server, as in the file plugin.
const maxLoop = 8

// companions returns the records that the answer to r may bring along for uris, as whole RRsets with the most
// useful first; nil where the block has no such option. With authentic all of them are.
//
// Who sets DO gets none: validating resolvers take nothing from this section that is not signed and from the
// zone they asked, and plugins in front (dnssec) still need room for their signatures when the size of the
// answer has been settled.
//
// They are a courtesy, which must not cost the answer: a panic here is counted, and nothing comes along.
func (b *block) companions(ctx context.Context, w dns.ResponseWriter, r *dns.Msg, uris []im.URI, authentic bool) (records []dns.RR) {
	if b.finder == nil || len(uris) == 0 || len(r.Question) != 1 || !guard.Concerns(r.Question[0].Qtype) {
		return nil
	}
	if opt := r.IsEdns0(); opt != nil && opt.Do() {
		return nil
	}
	server, ok := ctx.Value(dnsserver.Key{}).(*dnsserver.Server)
	loop, _ := ctx.Value(dnsserver.LoopKey{}).(int)
	if !ok || loop >= maxLoop || ctx.Value(outOfBand{}) != nil {
		return nil
	}
	defer func() {
		if recover() != nil {
			panics.Inc()
			records = nil
		}
	}()
	var ask additional.Ask // nil: only what is known comes along
	if remote := overDatagram(w.RemoteAddr()); remote.AddrPort().Addr().IsValid() {
		ask = asker{server: server, loop: loop + 1, local: overDatagram(w.LocalAddr()), remote: remote}.ask
	}
	records, outcome := b.finder.Find(ctx, uris, authentic, ask)
	additionals.WithLabelValues(outcome.String()).Inc()
	return records
}

// asker asks the server itself, through all of its plugins, on behalf of a client. Without a client's address,
// as when cache refreshes what it holds, nothing is asked: acl and view would judge for nobody.
//
// The context of the client's query stays behind, as the look-up may outlive it: the metadata in it is a map
// that others write, and its trace ends with the answer. The server collects metadata, and begins a trace,
// for this query as for any other. To acl, and to a view that goes by addresses, it is the client's own: what
// the client must not ask, it does not bring about. It has no TSIG, so that a tsig that requires one refuses
// it. What is found then serves other clients of the block as well.
type asker struct {
	server        *dnsserver.Server
	loop          int
	local, remote net.Addr
}

func (a asker) ask(ctx context.Context, name string, qtype uint16) (*dns.Msg, error) {
	ctx = context.WithValue(ctx, dnsserver.Key{}, a.server)
	ctx = context.WithValue(ctx, dnsserver.LoopKey{}, a.loop)
	ctx = context.WithValue(ctx, outOfBand{}, true)
	r := new(dns.Msg).SetQuestion(name, qtype)
	r.AuthenticatedData = true // asks a validating upstream to tell (RFC 6840 section 5.7)
	r.SetEdns0(maxUDP, false)
	w := &catcher{local: a.local, remote: a.remote}
	a.server.ServeDNS(ctx, w, r)
	return w.take(), nil
}

// catcher is the response writer of a query that no client sent. It keeps the first reply, until that is taken:
// plugins may write later, and from several goroutines.
type catcher struct {
	local, remote net.Addr

	mu    sync.Mutex
	reply *dns.Msg
	taken bool
}

// take returns the reply that was written. What is written later is lost.
func (c *catcher) take() *dns.Msg {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.taken = true
	return c.reply
}

// LocalAddr implements dns.ResponseWriter.
func (c *catcher) LocalAddr() net.Addr { return c.local }

// RemoteAddr implements dns.ResponseWriter.
func (c *catcher) RemoteAddr() net.Addr { return c.remote }

// WriteMsg implements dns.ResponseWriter.
func (c *catcher) WriteMsg(m *dns.Msg) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reply == nil && !c.taken {
		c.reply = m
	}
	return nil
}

// Write implements dns.ResponseWriter.
func (c *catcher) Write(b []byte) (int, error) {
	m := new(dns.Msg)
	if err := m.Unpack(b); err != nil {
		return 0, err
	}
	return len(b), c.WriteMsg(m)
}

// Close implements dns.ResponseWriter.
func (c *catcher) Close() error { return nil }

// TsigStatus implements dns.ResponseWriter.
func (c *catcher) TsigStatus() error { return nil }

// TsigTimersOnly implements dns.ResponseWriter.
func (c *catcher) TsigTimersOnly(bool) {}

// Hijack implements dns.ResponseWriter.
func (c *catcher) Hijack() {}

// overDatagram returns a copy of an address as one of UDP: plugins such as forward ask as they were asked, and
// what comes along is no larger than a datagram.
func overDatagram(addr net.Addr) *net.UDPAddr {
	if a, ok := addr.(interface{ AddrPort() netip.AddrPort }); ok {
		return net.UDPAddrFromAddrPort(a.AddrPort())
	}
	return &net.UDPAddr{}
}
