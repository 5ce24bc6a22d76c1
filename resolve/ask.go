package resolve

import (
	"context"
	"errors"
	"time"

	"github.com/miekg/dns"
)

// ask asks the servers in order until one answers, those that did not reply again. The answer has
// the rcode NOERROR or NXDOMAIN and is not a referral.
func (s *session) ask(ctx context.Context, name string, qtype uint16) (*Exchange, *dns.Msg, error) {
	if len(s.c.Servers) == 0 {
		return nil, nil, ErrNoServer
	}
	done := make([]bool, len(s.c.Servers))
	var failed error
	for range s.c.attempts() {
		for i, server := range s.c.Servers {
			if done[i] {
				continue
			}
			x, m, err := s.askServer(ctx, server, name, qtype)
			if err == nil {
				return x, m, nil
			}
			if ended(ctx) != nil || errors.Is(err, ErrName) {
				return nil, nil, err
			}
			done[i] = final(err)
			// What a server said tells more than the silence of another.
			if failed == nil || done[i] && !final(failed) {
				failed = err
			}
		}
	}
	return nil, nil, failed
}

// askServer asks one server once: over TCP where the reply does not fit, without EDNS where it knows
// none.
func (s *session) askServer(ctx context.Context, server Server, name string, qtype uint16) (*Exchange, *dns.Msg, error) {
	q := &query{name: name, qtype: qtype, edns: true, pad: server.Transport == TLS}
	transport := server.Transport
	for {
		if err := q.pack(); err != nil {
			return nil, nil, err
		}
		x := &Exchange{Server: server, Transport: transport, Name: name, Type: qtype, EDNS: q.edns}
		s.trail = append(s.trail, x)
		begin := time.Now()
		reply, strays, err := s.roundTrip(ctx, server, transport, q)
		x.Time, x.Strays, x.Err = time.Since(begin), strays, err
		if err != nil {
			return x, nil, err
		}
		x.Size = len(reply)
		if truncated(reply) {
			x.Header = dns.MsgHdr{Response: true, Truncated: true, Rcode: int(reply[3] & 0xf)}
			if transport != UDP {
				x.Err = &ServerError{Server: server, Err: ErrTruncated}
				return x, nil, x.Err
			}
			transport = TCP
			continue
		}
		m, err := unpack(reply)
		if err != nil {
			x.Err = &ServerError{Server: server, Err: err}
			return x, nil, x.Err
		}
		x.read(m)
		if q.edns && refusesEDNS(m) {
			q.edns = false
			continue
		}
		if x.Err = checkAnswer(server, m); x.Err != nil {
			return x, nil, x.Err
		}
		return x, m, nil
	}
}

// read takes over what there is to tell of a reply.
func (x *Exchange) read(m *dns.Msg) {
	x.Header = m.MsgHdr
	x.EDE = extendedErrors(m)
	for _, rr := range m.Answer {
		x.Records = append(x.Records, &Record{RR: rr})
	}
}

// checkAnswer returns the error of a reply that does not tell what exists.
func checkAnswer(server Server, m *dns.Msg) error {
	if err := checkRcode(server, m); err != nil {
		return err
	}
	if m.Rcode == dns.RcodeSuccess && len(m.Answer) == 0 && !m.Authoritative && has(m.Ns, dns.TypeNS) && !has(m.Ns, dns.TypeSOA) {
		return &ServerError{Server: server, Err: ErrReferral}
	}
	return nil
}

func has(section []dns.RR, rrtype uint16) bool {
	for _, rr := range section {
		if rr.Header().Rrtype == rrtype {
			return true
		}
	}
	return false
}
