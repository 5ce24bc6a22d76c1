package im

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// DNS looks up what RFC 3861 needs to know. Names are fully qualified. An implementation follows
// CNAME and DNAME records, and gives an error wherever it cannot tell: for SERVFAIL, which is also what
// a validating resolver says to forged data, for REFUSED, for no reply in time.
type DNS interface {
	// SRV returns the SRV records of a name; none and no error where there are none, or no such name.
	SRV(ctx context.Context, name string) ([]SRV, error)
	// Addresses returns the addresses of a name, and whether it is an alias; none and no error where
	// there are none.
	Addresses(ctx context.Context, name string) (addresses []netip.Addr, alias bool, err error)
}

// Resolver finds the servers that an im: or pres: URI leads to (RFC 3861). It holds no state: any
// number of goroutines may share it if they may share what is in it.
type Resolver struct {
	DNS DNS
	// Protocols are those that the client speaks, the one it likes best first.
	Protocols []Protocol
	// ToASCII turns a domain with characters outside ASCII into A-labels (RFC 5891). It is a
	// parameter because its tables are no part of the standard library. Without it such a domain gives
	// ErrIDNA.
	ToASCII func(domain string) (string, error)
	// Rand returns a number from 0 to n-1, for the weights of SRV records; nil stands for math/rand/v2.
	Rand func(n int) int
	// Own has protocols without the labels of RFC 3861 looked for by their own rules, which costs up to
	// three look-ups each: hardly any domain has those labels.
	Own bool
}

// Target is one server to try.
type Target struct {
	Protocol Protocol
	URI      string // the mailbox in the protocol's own scheme, such as "sip:fred@example.com"
	Host     string // fully qualified
	Port     uint16
	Priority uint16
	Weight   uint16
	// Addresses are those of Host; at least one.
	Addresses []netip.Addr
	// Implicit: there is no SRV record; Host is the domain, Port the default of the protocol.
	Implicit bool
	// Alias: an SRV record leads to a CNAME, which RFC 2782 forbids and some clients do not follow.
	Alias bool
}

// Verdict is what came of one protocol.
type Verdict struct {
	Protocol Protocol
	Name     string // the name asked for SRV records, fully qualified; "" where none was
	Err      error  // nil where there are targets, else one of the errors of this package, wrapped
}

// Own is a protocol that the domain serves by the protocol's own rules, not by those of RFC 3861.
type Own struct {
	Protocol Protocol
	Name     string // the name with the records
	SRV      []SRV  // in the order to try
}

// Resolution is what Resolve finds.
type Resolution struct {
	Domain   string    // as asked for: A-labels, lower case, fully qualified; "" where none can be asked for
	Targets  []Target  // in the order to try, all of one protocol unless they are implicit
	Verdicts []Verdict // in the order of Resolver.Protocols, as far as they were tried
	Own      []Own
}

// maxTargets bounds the SRV records that are followed. RFC 3861 section 6 allows a bound from two up.
const maxTargets = 16

// Resolve returns the servers for u in the order to try them. Where there are none the error wraps
// the reason: one of the errors in errors.go. The Resolution says what was found until then.
//
// Protocols are tried in order until one has a server. Where none has SRV records, the addresses of the
// domain count, for each protocol that the domain does not declare absent. That nothing could be told
// of one protocol (ErrTemporary), or that its records lead nowhere (ErrUnreachable), is no absence of
// records: the addresses of the domain are not used then.
func (r *Resolver) Resolve(ctx context.Context, u URI) (Resolution, error) {
	var res Resolution
	if len(r.Protocols) == 0 {
		return res, ErrNoProtocol
	}
	domain, err := r.domain(u)
	if err != nil {
		return res, err
	}
	res.Domain = domain + "."
	for _, p := range r.Protocols {
		v := Verdict{Protocol: p, Err: ErrNoProtocol}
		if p.valid() {
			v.Name, v.Err = r.try(ctx, &res, u, p)
		}
		res.Verdicts = append(res.Verdicts, v)
		if v.Err == nil {
			return res, nil
		}
	}
	err = r.fallBack(ctx, &res, u)
	if r.Own {
		r.findOwn(ctx, &res)
	}
	return res, err
}

// domain returns the domain of u as DNS has it, without the final dot.
func (r *Resolver) domain(u URI) (string, error) {
	domain := u.Domain
	switch {
	case domain == "":
		return "", ErrNoDomain
	case u.Caution.Has(Address):
		return "", ErrAddress
	case u.Caution.Has(NotFQDN):
		return "", ErrNotFQDN
	}
	if u.Caution.Has(EncodedDomain) {
		plain, ok := decode(domain)
		if !ok {
			return "", ErrDomain
		}
		domain = plain
	}
	for i := range len(domain) {
		if domain[i] < 0x80 {
			continue
		}
		if r.ToASCII == nil {
			return "", ErrIDNA
		}
		ascii, err := r.ToASCII(domain)
		if err != nil {
			return "", ErrIDNA // its error repeats the domain
		}
		domain = ascii
		break
	}
	return strings.ToLower(domain), nil
}

// try looks a protocol up by its SRV records.
func (r *Resolver) try(ctx context.Context, res *Resolution, u URI, p Protocol) (name string, err error) {
	name = "_" + u.Scheme + "._" + p.String() + "." + res.Domain
	if len(name) > maxDomain+1 {
		return "", ErrLongName
	}
	set, err := r.DNS.SRV(ctx, name)
	if err != nil {
		return name, fmt.Errorf("%w: %w", ErrTemporary, err)
	}
	if len(set) == 0 {
		return name, ErrNoSRV
	}
	if set = available(set); len(set) == 0 {
		return name, ErrAbsent
	}
	failed := ErrUnreachable
	set = order(set, r.Rand)
	for _, s := range set[:min(len(set), maxTargets)] {
		addresses, alias, err := r.DNS.Addresses(ctx, s.Target)
		switch {
		case err != nil:
			failed = fmt.Errorf("%w: %w", ErrTemporary, err)
		case len(addresses) > 0:
			res.Targets = append(res.Targets, Target{
				Protocol: p, URI: p.uri(u, res.Domain[:len(res.Domain)-1]), Host: s.Target, Port: s.Port,
				Priority: s.Priority, Weight: s.Weight, Addresses: addresses, Alias: alias,
			})
		}
	}
	if len(res.Targets) == 0 {
		return name, failed
	}
	return name, nil
}

// available leaves out the records whose target says that there is no service.
func available(set []SRV) []SRV {
	var out []SRV
	for _, s := range set {
		if s.Target != "." {
			out = append(out, s)
		}
	}
	return out
}

// fallBack uses the addresses of the domain as an implicit SRV record (RFC 3861 section 4), where that
// is allowed.
func (r *Resolver) fallBack(ctx context.Context, res *Resolution, u URI) error {
	var without []Protocol
	var worst error
	for _, v := range res.Verdicts {
		switch {
		case errors.Is(v.Err, ErrNoSRV):
			without = append(without, v.Protocol)
		case errors.Is(v.Err, ErrTemporary):
			return v.Err
		case errors.Is(v.Err, ErrUnreachable):
			worst = v.Err
		case worst == nil:
			worst = v.Err
		}
	}
	if len(without) == 0 || errors.Is(worst, ErrUnreachable) {
		return worst
	}
	addresses, _, err := r.DNS.Addresses(ctx, res.Domain)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrTemporary, err)
	case len(addresses) == 0:
		return ErrNoServer
	}
	for _, p := range without {
		res.Targets = append(res.Targets, Target{
			Protocol: p, URI: p.uri(u, res.Domain[:len(res.Domain)-1]), Host: res.Domain, Port: p.Port(),
			Addresses: addresses, Implicit: true,
		})
	}
	return nil
}

// findOwn looks the protocols that have no SRV records by RFC 3861 up by their own rules. What cannot
// be told is left out: it is a hint.
func (r *Resolver) findOwn(ctx context.Context, res *Resolution) {
	for _, v := range res.Verdicts {
		if !errors.Is(v.Err, ErrNoSRV) {
			continue
		}
		for _, prefix := range protocols[v.Protocol].own {
			name := prefix + res.Domain
			if len(name) > maxDomain+1 {
				continue
			}
			set, err := r.DNS.SRV(ctx, name)
			if set = available(set); err == nil && len(set) > 0 {
				res.Own = append(res.Own, Own{v.Protocol, name, order(set, r.Rand)})
			}
		}
	}
}
