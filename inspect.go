package enumim

import (
	"context"

	"github.com/coredns/coredns/plugin"
	"github.com/miekg/dns"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/guard"
)

// judge is what a guard.Guard does.
type judge interface {
	Query(r *dns.Msg) *dns.Msg
	Judge(r, m *dns.Msg) guard.Verdict
	Restore(r, m *dns.Msg) *dns.Msg
}

// inspection is one zone whose answers are inspected, when others give them.
type inspection struct {
	*block
	judge
	zone     string
	quiet    limiter
	panicked limiter // of its own: what is found all the time must not hide a bug
}

// enforces reports whether what offends is not to get through.
func (i *inspection) enforces() bool { return i.Inspect.Policy.Mode == guard.Enforce }

// inspectors finds the inspection of a name. The nil inspectors inspect nothing.
type inspectors struct {
	zones   map[string]*inspection
	lengths []int // of the zones, descending
}

// inspectorsOf returns the inspections of blocks, nil where none of them inspects.
func inspectorsOf(blocks []*block) *inspectors {
	var all *inspectors
	for _, b := range blocks {
		if b.Inspect == nil {
			continue
		}
		if all == nil {
			all = &inspectors{zones: make(map[string]*inspection)}
		}
		for _, zone := range b.Inspect.Zones {
			all.add(b, zone)
		}
	}
	return all
}

func (all *inspectors) add(b *block, zone e164.Apex) {
	i := &inspection{block: b, judge: guard.New(zone, b.Inspect.Policy), zone: zone.String()}
	b.inspections = append(b.inspections, i)
	all.zones[i.zone] = i
	all.lengths = withLength(all.lengths, len(i.zone))
}

// match returns the inspection of the answers to a query; nil for none. It does not allocate.
func (all *inspectors) match(r *dns.Msg) *inspection {
	if all == nil || len(r.Question) != 1 || r.Opcode != dns.OpcodeQuery {
		return nil
	}
	// Class ANY gets here with the plugins chaos and forward, and has servers answer records of class IN.
	if q := &r.Question[0]; (q.Qclass == dns.ClassINET || q.Qclass == dns.ClassANY) && guard.Concerns(q.Qtype) {
		return nearest(all.zones, all.lengths, q.Name)
	}
	return nil
}

// pass gives a query to the next plugin, and inspects what that answers.
func (all *inspectors) pass(ctx context.Context, name string, next plugin.Handler, w dns.ResponseWriter, r *dns.Msg) (rcode int, err error) {
	i := all.match(r)
	if i == nil {
		return plugin.NextOrFailure(name, next, ctx, w, r)
	}
	inspected := newInspectWriter(ctx, w, r, i)
	if name == pluginName {
		inspected.most = maxCourtesy
	}
	defer func() { // after a panic, too
		if inspected.end() && !plugin.ClientWrite(rcode) {
			rcode = dns.RcodeSuccess // else the server would write a second reply
		}
	}()
	return plugin.NextOrFailure(name, next, ctx, inspected, i.Query(r))
}
