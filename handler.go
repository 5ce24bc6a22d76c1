package enumim

import (
	"context"
	"sync"

	"github.com/coredns/coredns/plugin/metadata"
	"github.com/coredns/coredns/plugin/metrics"
	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/harvest"
)

// ServeDNS implements plugin.Handler. It writes one reply to each query that it does not pass on. It
// returns an rcode that makes the server write only where it has written nothing itself.
func (e Enumim) ServeDNS(ctx context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
	if malformed(r) {
		return dns.RcodeFormatError, nil
	}
	if rcode, ok := e.answer(ctx, w, r); ok {
		return rcode, nil
	}
	if e.Next != nil {
		return e.inspectors.pass(ctx, pluginName, e.Next, w, r)
	}
	if r.Opcode != dns.OpcodeQuery {
		return dns.RcodeNotImplemented, nil
	}
	return notOurs(w, r)
}

// malformed reports whether a query has not one question (RFC 9619), or more than one OPT (RFC 6891 section
// 6.1.1).
func malformed(r *dns.Msg) bool {
	return r.Opcode == dns.OpcodeQuery && (len(r.Question) != 1 || twoOPT(r))
}

// notOurs refuses a query that nobody here answers.
func notOurs(w dns.ResponseWriter, r *dns.Msg) (int, error) {
	q := &query{r: r, w: w}
	q.refuse(edeNotOurs)
	q.finish()
	return dns.RcodeSuccess, q.write()
}

// answer answers a query for one of the trees. ok is false for other queries, and for those that fall
// through.
//
// Nobody else may be there to recover from a panic: the cache plugin runs what follows it in
// goroutines of its own. What other plugins panic with in write is theirs, but must not lead to a
// second reply.
func (e Enumim) answer(ctx context.Context, w dns.ResponseWriter, r *dns.Msg) (rcode int, ok bool) {
	if r.Opcode != dns.OpcodeQuery || r.Question[0].Qclass != dns.ClassINET {
		return 0, false
	}
	t := e.forest.match(r.Question[0].Name)
	if t == nil {
		return 0, false
	}
	// A query is kept on the heap: the server gives each one a goroutine, and one that outgrows the
	// stack it begins with costs more than the answer.
	q := queries.Get().(*query)
	q.ctx, q.w, q.r, q.forest, q.t = ctx, w, r, e.forest, t
	q.name, q.qtype = r.Question[0].Name, r.Question[0].Qtype
	defer func() {
		if v := recover(); v != nil {
			rcode, ok = q.recovered(v), true
			return
		}
		*q = query{scratch: q.scratch}
		queries.Put(q)
	}()
	q.resolve()
	q.finish()
	q.count()
	if metadata.ValueFuncs(ctx) != nil {
		q.tell()
	}
	if q.result == resultFallthrough {
		return 0, false
	}
	if err := q.write(); err != nil && t.quiet.ok() {
		log.Errorf("zone %s: the reply could not be written: %s", t.zone, masked(err.Error()))
	}
	return dns.RcodeSuccess, true
}

// queries are free for use. What a reply consists of is not among what is used again: other plugins may
// keep it.
var queries = sync.Pool{New: func() any { return new(query) }}

// query is one question on its way to a reply.
type query struct {
	ctx    context.Context
	w      dns.ResponseWriter
	r      *dns.Msg
	forest *forest
	t      *tree
	name   string // as asked
	qtype  uint16

	reply       *reply
	needed      int            // how many records of the additional section the client cannot do without
	accompanied bool           // some come along from elsewhere
	data        backend.Answer // of the name looked up last
	result      result
	number      e164.Number // what was asked for; aliases do not change it
	at          e164.Name   // what was looked up last, where aliases led to
	synthesized string      // how the records came about, where they do not stand at the name
	stale       bool
	tracing     bool // the look-up under way has its span
	ede         extended
	writing     bool
	client      harvest.Client // who asks, where it is watched
	watched     bool
	disguise    disguise

	scratch scratch
}

// recovered deals with a panic; it returns the rcode for the server.
func (q *query) recovered(v any) int {
	panics.Inc()
	q.t.tally.count(metrics.WithServer(q.ctx), q.t.zone, resultServFail)
	if q.t.quiet.ok() {
		log.Errorf("zone %s: recovered from a panic (%T) while answering", q.t.zone, v)
	}
	if q.writing {
		return dns.RcodeSuccess
	}
	return q.confess()
}

// confess writes SERVFAIL with the reason, which the server by itself would not tell. Where that panics as well, the
// server replies, unless the reply may be on its way.
func (q *query) confess() (rcode int) {
	defer func() {
		if recover() != nil && !q.writing {
			rcode = dns.RcodeServerFailure
		}
	}()
	q.begin()
	q.reply.msg.Rcode, q.reply.msg.Authoritative = dns.RcodeServerFailure, false
	q.ede = edeInternal
	q.finish()
	_ = q.write() // the panic is told already
	return dns.RcodeSuccess
}

// tell leaves what was found for other plugins, such as log, to use.
func (q *query) tell() {
	zone, result, synthesized := q.t.zone, q.result.String(), q.synthesized
	number, dialPlan, privacy := q.number, q.t.Options.DialPlan, q.t.Options.Privacy
	metadata.SetValueFunc(q.ctx, "enumim/number", func() string { return privacy.Of(number, dialPlan) })
	metadata.SetValueFunc(q.ctx, "enumim/zone", func() string { return zone })
	metadata.SetValueFunc(q.ctx, "enumim/result", func() string { return result })
	metadata.SetValueFunc(q.ctx, "enumim/synthesized", func() string { return synthesized })
}

// add puts what a says of name, spelled owner, into the reply. A target that is not empty is where an
// alias leads.
func (q *query) add(a *backend.Answer, name e164.Name, owner string, step int) (target string, err error) {
	switch a.Kind {
	case backend.Found:
		return q.found(a, name, owner)
	case backend.Delegated:
		return "", q.delegated(a, name, owner, step)
	case backend.Renamed:
		return q.renamed(a, name, owner)
	case backend.Absent:
		if q.t.isApex(name) {
			return q.found(a, name, owner) // an apex exists, however empty the tree
		}
		if q.forest.exists(owner) || q.t.Options.Harvest.Uniform {
			break
		}
		if step == 0 && q.t.Options.Fall.Through(q.name) {
			q.result = resultFallthrough
			return "", nil
		}
		q.result = resultNXDomain
		q.reply.msg.Rcode = dns.RcodeNameError
		return "", q.negative(a, name, owner)
	}
	if q.t.isApex(name) {
		return q.found(a, name, owner)
	}
	q.result = resultNoData
	return "", q.negative(a, name, owner)
}

// found adds the records of the type that was asked for, or the alias that stands instead of them.
func (q *query) found(a *backend.Answer, name e164.Name, owner string) (target string, err error) {
	if a.Owner != (e164.Name{}) {
		q.synthesized = "wildcard"
	}
	before := len(q.reply.msg.Answer)
	sets := a.Sets
	if q.t.isApex(name) {
		sets = q.apexSets(a)
	}
	switch {
	case q.qtype == dns.TypeNAPTR && len(a.Rules) > 0:
		err = q.addRules(a, name, owner)
	case q.qtype == dns.TypeANY:
		err = q.addAny(a, sets, name, owner)
	default:
		err = q.addType(a, sets, owner, q.qtype)
	}
	if err != nil {
		return "", err
	}
	if len(q.reply.msg.Answer) > before {
		q.result = resultFound
		if q.t.finder != nil {
			q.accompany(before)
		}
		return "", q.additional(a, before)
	}
	if i := indexType(sets, dns.TypeCNAME); i >= 0 && q.qtype != dns.TypeANY {
		if err = q.addSet(a, &sets[i], owner); err != nil {
			return "", err
		}
		q.result = resultFound
		alias, ok := q.reply.msg.Answer[before].(*dns.CNAME)
		if !ok {
			return "", backend.ErrInvalidData
		}
		return alias.Target, nil
	}
	q.result = resultNoData
	return "", q.negative(a, name, owner)
}

// negative adds the SOA, with the TTL that the denial may be kept for (RFC 2308 section 3).
func (q *query) negative(a *backend.Answer, name e164.Name, owner string) error {
	soa := new(dns.SOA)
	apex := above(owner, name.Depth()-q.t.apex.Prefix().Len())
	if err := q.t.soa(q.ctx, soa, a.Zone, apex); err != nil {
		return err
	}
	soa.Hdr.Ttl = q.ttl(min(soa.Hdr.Ttl, soa.Minttl))
	q.reply.msg.Ns = append(q.reply.msg.Ns, soa)
	return nil
}
