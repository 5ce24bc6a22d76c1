// Package additional finds what an answer with im: and pres: URIs may bring along in its additional
// section: the SRV records of RFC 3861 for the URIs' domains, and the addresses of the servers they
// name. It asks through a function, keeps what it finds, and lets nobody wait longer than is agreed.
//
// Whose domains those are strangers decide, so all is bounded: what is kept, how many look-ups are under
// way, how many begin in a second, and how soon one is repeated.
//
// The package knows miekg/dns and not CoreDNS.
package additional

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/im"
)

// DefaultWait is how long an answer waits for what is not known yet, where Options say nothing else.
const DefaultWait = 100 * time.Millisecond

// Bounds of one answer.
const (
	maxNames  = 4    // for SRV records
	maxHosts  = 4    // of one SRV RRset; RFC 3861 section 6 wants two of a client
	maxOctets = 4096 // of all records; UDP carries much less
)

// maxName is the longest domain name in presentation form (RFC 1035 section 2.3.4); no octet of a host name is
// escaped.
const maxName = 254

// Options are what the operator says of additional records. The zero value is ready for use.
type Options struct {
	// Protocols are looked for in this order; none stands for SIP and XMPP.
	Protocols []im.Protocol
	// Wait is how long an answer waits for records that are not known yet; 0 stands for DefaultWait, a negative one
	// for not at all. What is found later serves the next answer.
	Wait time.Duration
}

// Ask asks for the records of a name and type, with the AD bit set in the query. It honours ctx as far
// as it can; a nil message without an error is no answer. The message is not changed.
type Ask func(ctx context.Context, name string, qtype uint16) (*dns.Msg, error)

// Finder finds and keeps records. It is made by New and safe for concurrent use.
type Finder struct {
	options Options
	ctx     context.Context // of the look-ups; ended by Close
	cancel  context.CancelFunc

	mu       sync.Mutex
	known    cache
	underWay map[key]*lookup
	running  int // goroutines
	pace     pace
	closed   bool
	idle     chan struct{} // closed when nothing runs after Close
}

// New returns a Finder. Close ends it; one that was never asked needs no Close.
func New(o Options) *Finder {
	if len(o.Protocols) == 0 {
		o.Protocols = []im.Protocol{im.SIP, im.XMPP}
	}
	o.Wait = cmp.Or(o.Wait, DefaultWait)
	f := &Finder{options: o, underWay: make(map[key]*lookup), idle: make(chan struct{})}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	return f
}

// Find returns the records for the domains of uris, as whole RRsets with the most useful first, and waits
// at most Options.Wait for them. ask is used for what is not known, also after Find has returned; with nil no
// look-up begins.
// With authentic only those are returned that the answers to ask were authentic for (AD). The records
// are the caller's.
func (f *Finder) Find(ctx context.Context, uris []im.URI, authentic bool, ask Ask) ([]dns.RR, Outcome) {
	names := f.names(uris)
	if len(names) == 0 {
		return nil, Unasked
	}
	ctx, cancel := context.WithTimeout(ctx, f.options.Wait)
	defer cancel()
	servers := make([]*lookup, len(names))
	for i, name := range names {
		servers[i] = f.look(key{name, dns.TypeSRV}, ask)
	}
	b := basket{authentic: authentic}
	addresses := make([][]*lookup, len(names))
	for i, server := range servers { // the addresses of all are asked for before any is waited for
		if !server.await(ctx) {
			continue
		}
		for _, host := range server.hosts() {
			addresses[i] = append(addresses[i], f.look(key{host, dns.TypeA}, ask), f.look(key{host, dns.TypeAAAA}, ask))
		}
	}
	for i, server := range servers {
		if b.add(ctx, server) {
			for _, address := range addresses[i] {
				b.add(ctx, address)
			}
		}
	}
	return b.records, b.outcome()
}

// Close ends what is under way and waits for it a moment. Find returns nothing afterwards.
func (f *Finder) Close() {
	f.cancel()
	f.mu.Lock()
	if !f.closed {
		f.closed, f.known = true, cache{}
		if f.running == 0 {
			close(f.idle)
		}
	}
	f.mu.Unlock()
	select {
	case <-f.idle:
	case <-time.After(closeTime):
	}
}

// names returns what to ask SRV records for: the protocols of the first domains, in order (RFC 3861 section
// 3). What im.Resolver has no look-up for has none here.
func (f *Finder) names(uris []im.URI) []string {
	var names []string
	for _, u := range uris {
		const unusable = im.Address | im.NotFQDN | im.EncodedDomain
		if u.Domain == "" || u.Caution&unusable != 0 {
			continue
		}
		for _, p := range f.options.Protocols {
			name := dns.CanonicalName("_" + u.Scheme + "._" + p.String() + "." + u.Domain)
			if len(name) <= maxName && len(names) < maxNames && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
