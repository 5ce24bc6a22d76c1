// Package additional finds what an answer with im: and pres: URIs may bring along in its additional
// section: the SRV records of RFC 3861 for the URIs' domains, and the addresses of the servers they
// name. It asks through a function, keeps what it finds, and lets nobody wait longer than is agreed.
//
// The package knows miekg/dns and not CoreDNS.
package additional

import (
	"context"
	"time"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/im"
)

// DefaultWait is how long an answer waits for what is not known yet, where Options say nothing else.
const DefaultWait = 100 * time.Millisecond

// Options are what the operator says of additional records. The zero value is ready for use.
type Options struct {
	// Protocols are looked for in this order; none stands for SIP and XMPP.
	Protocols []im.Protocol
	// Wait is how long an answer waits for records that are not known yet; 0 stands for DefaultWait, a negative one
	// for not at all. What is found later serves the next answer.
	Wait time.Duration
}

// Ask asks for the records of a name and type, with the AD bit set in the query. It honours ctx as far
// as it can; a nil message without an error is no answer.
type Ask func(ctx context.Context, name string, qtype uint16) (*dns.Msg, error)

// Finder finds and keeps records. It is made by New and safe for concurrent use.
type Finder struct {
	options Options
}

// New returns a Finder. Close ends it.
func New(o Options) *Finder { return &Finder{options: o} }

// Find returns the records for the domains of uris, as whole RRsets with the most useful first, and waits
// at most Options.Wait for them. ask is used for what is not known, also after Find has returned.
// With authentic only those are returned that the answers to ask were authentic for (AD). The records
// are the caller's.
func (f *Finder) Find(ctx context.Context, uris []im.URI, authentic bool, ask Ask) []dns.RR { return nil }

// Close ends what is under way and waits for it a moment. Find returns nothing afterwards.
func (f *Finder) Close() {}
