package enumim

import (
	ot "github.com/opentracing/opentracing-go"
	"github.com/opentracing/opentracing-go/ext"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// spanName is what the span of a look-up is called.
const spanName = "enumim lookup"

// kindNames are what spans say that a look-up found.
var kindNames = map[backend.Kind]string{
	backend.Found: "found", backend.Empty: "empty", backend.Descendants: "descendants", backend.Absent: "absent",
	backend.Delegated: "delegated", backend.Renamed: "renamed",
}

// traced is lookup with a span of its own, where the query is one of those that the trace plugin follows.
func (q *query) traced(name e164.Name) error {
	ctx := q.ctx
	q.tracing = true
	defer func() { q.ctx, q.tracing = ctx, false }()
	parent := ot.SpanFromContext(ctx)
	if parent == nil {
		return q.lookup(name)
	}
	t := q.t
	span := parent.Tracer().StartSpan(spanName, ot.ChildOf(parent.Context()))
	defer span.Finish()
	q.ctx = ot.ContextWithSpan(ctx, span)
	err := q.lookup(name)
	span.SetTag("enumim/zone", t.zone)
	span.SetTag("enumim/backend", t.Driver)
	if text := t.Options.Privacy.Of(name.Number, t.Options.DialPlan); text != "" {
		span.SetTag("enumim/number", text)
	}
	if err != nil {
		ext.Error.Set(span, true)
		span.SetTag("enumim/reason", failureOf(err).reason)
		return err
	}
	span.SetTag("enumim/kind", kindNames[q.data.Kind])
	span.SetTag("enumim/stale", q.data.Stale)
	return nil
}
