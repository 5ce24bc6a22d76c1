package enumim

import (
	"time"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// maxChain is how many aliases (CNAME, DNAME) are followed in one answer; the client follows the rest.
const maxChain = 8

// resolve looks the name up, follows aliases within the tree, and fills the reply.
func (q *query) resolve() {
	q.begin()
	if q.refuseType() || q.t.watch != nil && q.walker() {
		return
	}
	owner := q.name
	name, err := q.t.apex.Parse(owner)
	if err != nil { // a name that the wire cannot carry
		q.fail(err)
		return
	}
	if q.qtype == dns.TypeDS && q.t.isApex(name) {
		if name, err = q.parent(name); err != nil {
			q.fail(err) // whether there is a DS only the parent knows
			return
		}
	}
	q.number = name.Number
	if n, ok := name.Branch(); ok {
		q.number = n
	}
	for step := range maxChain + 1 {
		if err := q.lookup(name); err != nil {
			q.fail(err)
			return
		}
		if q.watched && step == 0 {
			q.note(name)
		}
		q.at, q.stale = name, q.stale || q.data.Stale
		target, err := q.add(&q.data, name, owner, step)
		if err != nil {
			q.fail(err)
			return
		}
		if target == "" || q.forest.match(target) != q.t || q.reply.passed(target) {
			break
		}
		owner = target
		if name, err = q.t.apex.Parse(owner); err != nil {
			q.fail(err)
			return
		}
	}
	if q.stale {
		q.ede = edeStale
		if q.reply.msg.Rcode == dns.RcodeNameError {
			q.ede = edeStaleNXDomain
		}
	}
}

// parent turns to the tree above for the DS of an apex, where that tree delegates it: DS belongs to the
// upper side of a zone cut (RFC 4035 section 3.1.4.1). It returns the name as the tree has it.
func (q *query) parent(apex e164.Name) (e164.Name, error) {
	child := q.t
	t := q.forest.match(above(q.name, 1))
	if t == nil || t.zone == child.zone {
		return apex, nil
	}
	name, err := t.apex.Parse(q.name)
	if err != nil {
		return apex, nil
	}
	q.t = t
	if err := q.lookup(name); err != nil {
		return name, err
	}
	if q.data.Kind == backend.Delegated && q.data.Owner == name {
		return name, nil
	}
	q.t = child
	return apex, nil
}

// lookup asks the backend; the answer is in q.data.
//
// What is called from here goes deep, below plugins in front that need much stack themselves: 100 octets
// more can make each query's stack grow once more, which costs a third of the whole query.
func (q *query) lookup(name e164.Name) error {
	b := q.t.block
	if b.traced && !q.tracing {
		return q.traced(name)
	}
	if f := q.t.before.Load(); f != nil {
		return q.t.handedOver(q.ctx, f, name, &q.data)
	}
	switch {
	case b.source == nil:
		return backend.ErrNotReady
	case !b.local:
		return q.measured(name)
	}
	return b.source.Lookup(q.ctx, backend.Query{Apex: q.t.zone, Name: name}, &q.data)
}

// measured is lookup in a store.
func (q *query) measured(name e164.Name) error {
	began := time.Now()
	err := q.t.source.Lookup(q.ctx, backend.Query{Apex: q.t.zone, Name: name}, &q.data)
	q.t.duration.Observe(time.Since(began).Seconds())
	return err
}
