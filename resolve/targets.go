package resolve

import (
	"context"
	"net/netip"

	"github.com/miekg/dns"
	"golang.org/x/net/idna"

	"github.com/enumim/enumim/im"
)

// Targets finds the servers behind an im: or pres: URI (RFC 3861), for the protocols in their order, and
// the protocols that its domain serves by their own rules. Errors are those of im.Resolver.Resolve.
func (c *Client) Targets(ctx context.Context, u im.URI, protocols ...im.Protocol) (im.Resolution, []*Exchange, error) {
	s := c.session()
	defer s.close()
	r := im.Resolver{DNS: lookups{s}, Protocols: protocols, ToASCII: idna.Lookup.ToASCII, Own: true}
	res, err := r.Resolve(ctx, u)
	return res, s.trail, err
}

// lookups is a session as package im asks it.
type lookups struct{ s *session }

func (l lookups) SRV(ctx context.Context, name string) ([]im.SRV, error) {
	found, err := l.s.find(ctx, name, dns.TypeSRV)
	if err != nil {
		return nil, err
	}
	var list []im.SRV
	for _, r := range found.records {
		if s, ok := r.RR.(*dns.SRV); ok {
			list = append(list, im.SRV{Priority: s.Priority, Weight: s.Weight, Port: s.Port, Target: dns.CanonicalName(s.Target)})
		}
	}
	return list, nil
}

func (l lookups) Addresses(ctx context.Context, name string) (addresses []netip.Addr, alias bool, err error) {
	var failed error
	for _, qtype := range []uint16{dns.TypeA, dns.TypeAAAA} {
		found, err := l.s.find(ctx, name, qtype)
		if err != nil {
			failed = err
			continue
		}
		alias = found.owner != dns.CanonicalName(name)
		for _, r := range found.records {
			var ip []byte
			switch rr := r.RR.(type) {
			case *dns.A:
				ip = rr.A
			case *dns.AAAA:
				ip = rr.AAAA
			}
			if a, ok := netip.AddrFromSlice(ip); ok {
				addresses = append(addresses, a.Unmap())
			}
		}
	}
	if len(addresses) > 0 {
		return addresses, alias, nil
	}
	return nil, alias, failed
}
