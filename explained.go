package enumim

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/client"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/explain"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/status"
)

// Explain implements status.Server: for each tree that is asked for the number.
func (s shown) Explain(ctx context.Context, number string) ([]status.Explanation, error) {
	var list []status.Explanation
	var wrong error
	for _, b := range s.blocks {
		for _, t := range b.trees {
			n, err := t.number(number)
			switch {
			case err != nil:
				wrong = err
			case n.HasPrefix(t.apex.Prefix()) && s.asks(t, t.apex.Domain(n)):
				list = append(list, s.explain(ctx, t, n))
			}
		}
	}
	switch {
	case len(list) > 0:
		return list, nil
	case wrong != nil:
		return nil, wrong // which does not tell the number
	}
	return nil, errors.New("no tree of this server holds such numbers")
}

// number reads a number as the tree's numbers are written.
func (t *tree) number(s string) (e164.Number, error) {
	if t.Options.DialPlan {
		return e164.ParseDigits(s)
	}
	return e164.Parse(s)
}

// asks reports whether the tree is the nearest above a name in its server block.
func (g *generation) asks(t *tree, name string) bool {
	for _, b := range g.blocks {
		for _, other := range b.trees {
			if b.config == t.config && len(other.zone) > len(t.zone) && dns.IsSubDomain(other.zone, name) {
				return false
			}
		}
	}
	return true
}

// guards returns the enumim_guard in front of the tree that inspects answers for a name, and by which zone; nil for none.
func (g *generation) guards(t *tree, name string) (nearest *block, by e164.Apex) {
	for _, b := range g.blocks {
		if b.config != t.config || b.Directive != guardName {
			continue
		}
		for _, zone := range b.Inspect.Zones {
			if dns.IsSubDomain(zone.String(), name) && (nearest == nil || len(zone.String()) > len(by.String())) {
				nearest, by = b, zone
			}
		}
	}
	return nearest, by
}

// explain tells how the tree answers for a number now.
func (g *generation) explain(ctx context.Context, t *tree, n e164.Number) (e status.Explanation) {
	q := explain.Question{Apex: t.apex, Number: n, DialPlan: t.Options.DialPlan, Form: t.Options.Form, Twins: t.Options.Twins, Uniform: t.Options.Harvest.Uniform}
	q.Hides = t.hides()
	fail := func(err error) {
		e = status.Explanation{View: explain.ViewOf(q, nil, nil, nil), Fault: masked(err.Error())}
		e.Result = resultServFail.String()
	}
	defer func() {
		if recover() != nil { // what a backend tells of its entries no handle guards
			panics.Inc()
			fail(backend.ErrPanic)
		}
		e.Source, e.Servers = fmt.Sprintf("%s: %s %s, backend %s", t.Pos, pluginName, t.apex, t.Driver), t.askedAt()
	}()
	report, err := explain.Of(ctx, t.explained(), q)
	if err != nil {
		fail(err)
		return e
	}
	var guarded *explain.Guarded
	records := report.Records
	guarding, zone := g.guards(t, t.apex.Domain(n))
	if guarding != nil && len(records) > 0 {
		if guarded, err = report.Judge(zone, guarding.Inspect.Policy); err != nil {
			fail(err)
			return e
		}
		records = guarded.Records
	}
	passed := report.Kind == backend.Absent && t.Options.Fall.Through(t.apex.Domain(n))
	e.View = explained(q, records)
	report.View(&e.View, passed, guarded)
	e.Sentence = report.Sentence(passed)
	e.Traced = slices.ContainsFunc(report.Hops, func(h explain.Hop) bool { return h.Traced })
	if guarded != nil {
		e.Guard = &status.Guard{Zone: zone.String(), Mode: guarding.Inspect.Mode(), Action: guarded.Action.String()}
		for _, c := range guarded.Told {
			e.Guard.Told = append(e.Guard.Told, c.Rule)
		}
	}
	return e
}

// explained is what follows from records that are sent.
func explained(q explain.Question, records []naptr.Record) explain.View {
	if len(records) == 0 {
		return explain.ViewOf(q, nil, nil, nil)
	}
	checker := enumservice.CheckerFor(q.Apex, q.DialPlan)
	findings := checker.AppendSet(nil, q.Number, records)
	return explain.ViewOf(q, records, findings, explain.Dial(q, records, "", slices.Collect(client.Profiles())))
}

// explained returns what answers for the tree now as a backend that can be explained: look-ups go the way of queries. It
// does not tell places, for which all of the data would be read.
func (t *tree) explained() backend.Backend {
	now, zone := t.answering()
	if now == nil {
		return asBackend{t}
	}
	if tracer, ok := backend.As[backend.Tracer](now.Backend()); ok {
		return traced{asBackend{t}, tracer, zone}
	}
	return asBackend{t}
}

// asBackend is a tree as a backend.
type asBackend struct{ t *tree }

// Lookup implements backend.Backend.
func (b asBackend) Lookup(ctx context.Context, q backend.Query) (a backend.Answer, err error) {
	err = b.t.lookup(ctx, q.Name, &a)
	return a, err
}

// Close implements backend.Backend: the tree's source is not closed here.
func (asBackend) Close() error { return nil }

// traced is a tree as a backend that tells its entries, which it knows by an apex.
type traced struct {
	asBackend
	tracer backend.Tracer
	zone   string
}

// Trace implements backend.Tracer, with the time of a look-up.
func (b traced) Trace(ctx context.Context, q backend.Query) ([]backend.Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, b.t.Limits.Timeout)
	defer cancel()
	return b.tracer.Trace(ctx, backend.Query{Apex: b.zone, Name: q.Name})
}
