package resolve

import (
	"context"
	"fmt"
	"iter"
	"net"

	"github.com/miekg/dns"
)

// Transfer asks a server for a whole zone (AXFR, RFC 5936), over TCP or, of a server with TLS, over
// that (RFC 9103). It yields the records as they come, the SOA record first and, other than on the
// wire, only once. An error comes last, with a nil record: what was yielded is then not the whole zone.
// Each message has c.Timeout; ctx bounds the whole.
func (c *Client) Transfer(ctx context.Context, zone string, server Server) iter.Seq2[dns.RR, error] {
	return func(yield func(dns.RR, error) bool) {
		if err := c.transfer(ctx, zone, server, yield); err != nil {
			yield(nil, err)
		}
	}
}

// transfer returns nil when the zone was yielded whole, or yield wants no more.
func (c *Client) transfer(ctx context.Context, zone string, server Server, yield func(dns.RR, error) bool) error {
	q := &query{name: dns.Fqdn(zone), qtype: dns.TypeAXFR}
	if err := q.pack(); err != nil {
		return err
	}
	fail := func(err error) error {
		return &ServerError{Server: server, Err: fmt.Errorf("%w: %w", ErrTransfer, err)}
	}
	transport := max(server.Transport, TCP)
	try, cancel := context.WithTimeout(ctx, c.timeout())
	defer cancel()
	conn, err := c.dial(try, server, transport)
	if err != nil {
		return fail(networkError(ctx, err))
	}
	defer conn.Close()
	var last *dns.SOA
	for messages := 0; ; messages++ {
		m, err := c.message(ctx, conn, q, messages)
		if err != nil {
			return fail(err)
		}
		if err := checkRcode(server, m); err != nil {
			return err
		}
		if m.Rcode != dns.RcodeSuccess {
			return &ServerError{Server: server, Rcode: m.Rcode, Err: ErrRcode}
		}
		if messages == 0 && (len(m.Answer) == 0 || m.Answer[0].Header().Rrtype != dns.TypeSOA) {
			return fail(fmt.Errorf("%w: it does not begin with a SOA record", ErrMalformed))
		}
		for i, rr := range m.Answer {
			soa, ok := rr.(*dns.SOA)
			if ok && last != nil && dns.CanonicalName(soa.Hdr.Name) == dns.CanonicalName(last.Hdr.Name) {
				if soa.Serial != last.Serial || i != len(m.Answer)-1 {
					return fail(fmt.Errorf("%w: it changed on the way", ErrMalformed))
				}
				return nil
			}
			if ok && last == nil {
				last = soa
			}
			if !yield(rr, nil) {
				return nil
			}
		}
	}
}

// message reads the next message of a transfer, after sending the query before the first.
func (c *Client) message(ctx context.Context, conn net.Conn, q *query, n int) (*dns.Msg, error) {
	try, cancel := context.WithTimeout(ctx, c.timeout())
	defer cancel()
	defer within(try, conn)()
	if n == 0 {
		if err := writeMessage(conn, q.wire); err != nil {
			return nil, networkError(ctx, err)
		}
	}
	wire, err := readMessage(conn)
	if err != nil {
		return nil, networkError(ctx, err)
	}
	// Only the first message has to repeat the question (RFC 5936 section 2.2.2).
	if n > 0 && len(wire) >= headerSize && wire[4]|wire[5] == 0 {
		if string(wire[:2]) != string(q.wire[:2]) {
			return nil, ErrMalformed
		}
		return unpack(wire)
	}
	if !q.answers(wire) {
		return nil, fmt.Errorf("%w: it answers another question", ErrMalformed)
	}
	return unpack(wire)
}
