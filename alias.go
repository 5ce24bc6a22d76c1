package enumim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr/rr"
)

// renamed adds the DNAME above a name and the CNAME made from it (RFC 6672 section 3.1).
func (q *query) renamed(a *backend.Answer, name e164.Name, owner string) (target string, err error) {
	labels := name.Depth() - a.Owner.Depth()
	at := above(owner, labels)
	i := indexType(a.Sets, dns.TypeDNAME)
	if i < 0 || len(a.Sets[i].Data) != 1 {
		return "", fmt.Errorf("%w: renamed without one DNAME", backend.ErrInvalidData)
	}
	records, err := q.appendSet(nil, a, &a.Sets[i], at)
	if err != nil {
		return "", err
	}
	dname, ok := records[0].(*dns.DNAME)
	if !ok {
		return "", fmt.Errorf("%w: renamed without one DNAME", backend.ErrInvalidData)
	}
	if !q.reply.holds(at, dns.TypeDNAME) { // a target may lie below the same DNAME again
		q.reply.msg.Answer = append(q.reply.msg.Answer, dname)
	}
	q.synthesized = "dname"
	q.result = resultFound
	target = owner[:len(owner)-len(at)]
	if dname.Target != "." {
		target += dname.Target
	}
	if _, err = rr.NameToWire(target); err != nil { // it can only be too long
		q.result = resultYXDomain
		q.reply.msg.Rcode = dns.RcodeYXDomain
		return "", nil
	}
	q.reply.msg.Answer = append(q.reply.msg.Answer, &dns.CNAME{
		Hdr:    dns.RR_Header{Name: owner, Rrtype: dns.TypeCNAME, Class: dns.ClassINET, Ttl: dname.Hdr.Ttl},
		Target: target,
	})
	if q.qtype == dns.TypeCNAME {
		return "", nil
	}
	return target, nil
}

// delegated adds the referral to the name servers below a zone cut; DS belongs to this side of it (RFC
// 4035 section 3.1.4.1).
func (q *query) delegated(a *backend.Answer, name e164.Name, owner string, step int) (err error) {
	at := above(owner, name.Depth()-a.Owner.Depth())
	if q.qtype == dns.TypeDS && name == a.Owner {
		before := len(q.reply.msg.Answer)
		if err = q.addType(a, a.Sets, owner, dns.TypeDS); err != nil || len(q.reply.msg.Answer) > before {
			q.result = resultFound
			return err
		}
		q.result = resultNoData
		return q.negative(a, name, owner)
	}
	q.result = resultReferral
	msg := &q.reply.msg
	msg.Authoritative = step > 0 // an alias before the cut is ours
	opt := q.r.IsEdns0()
	for i := range a.Sets {
		set := &a.Sets[i]
		if set.Type == dns.TypeNS || set.Type == dns.TypeDS && opt != nil && opt.Do() {
			if msg.Ns, err = q.appendSet(msg.Ns, a, set, at); err != nil {
				return err
			}
		}
	}
	if err = q.glue(a, at, true); err != nil {
		return err
	}
	q.needed = len(msg.Extra)
	return q.glue(a, at, false)
}

// glue adds the addresses of the name servers within the zone that is cut off at a name, which nobody
// finds elsewhere (RFC 9471 section 3.1), or of those outside of it.
func (q *query) glue(a *backend.Answer, at string, within bool) error {
	for i := range a.Glue {
		host := &a.Glue[i]
		name, err := rr.NameFromWire(host.Name)
		if err != nil {
			return fmt.Errorf("%w: glue: %w", backend.ErrInvalidData, err)
		}
		if dns.IsSubDomain(at, name) != within {
			continue
		}
		for j := range host.Sets {
			if q.reply.msg.Extra, err = q.appendSet(q.reply.msg.Extra, a, &host.Sets[j], name); err != nil {
				return err
			}
		}
	}
	return nil
}

// maxAdditional is how many names get their addresses into the additional section.
const maxAdditional = 8

// additional adds the addresses of the hosts that the answer's records from index from on name, where
// the zone has them (RFC 1034 section 4.3.2 step 6).
func (q *query) additional(a *backend.Answer, from int) error {
	if a.Zone == nil {
		return nil
	}
	var hosts []string
	for _, record := range q.reply.msg.Answer[from:] {
		var host string
		switch record := record.(type) {
		case *dns.NS:
			host = record.Ns
		case *dns.MX:
			host = record.Mx
		case *dns.SRV:
			host = record.Target
		default:
			return nil
		}
		again := slices.ContainsFunc(hosts, func(h string) bool { return strings.EqualFold(h, host) })
		if len(hosts) < maxAdditional && !again && q.forest.match(host) == q.t {
			hosts = append(hosts, host)
		}
	}
	for _, host := range hosts {
		name, err := q.t.apex.Parse(host)
		if err != nil {
			continue
		}
		if err := q.lookup(name); err != nil || q.data.Kind != backend.Found {
			continue // addresses are a courtesy
		}
		found := &q.data
		for _, typ := range []uint16{dns.TypeA, dns.TypeAAAA} {
			i := indexType(found.Sets, typ)
			if i < 0 {
				continue
			}
			if q.reply.msg.Extra, err = q.appendSet(q.reply.msg.Extra, found, &found.Sets[i], host); err != nil {
				return err
			}
		}
	}
	return nil
}
