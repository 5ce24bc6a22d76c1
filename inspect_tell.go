package enumim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/coredns/coredns/plugin/metadata"
	"github.com/coredns/coredns/plugin/metrics"

	"github.com/enumim/enumim/guard"
)

// tell tells the operator of a verdict: metrics and metadata of all that was found, and now and then a line of
// what is to be told by the policy. None of them holds a number or a URI.
func (w *inspectWriter) tell(v *guard.Verdict) {
	zone := w.i.zone
	guardResponses.WithLabelValues(metrics.WithServer(w.ctx), zone, v.Action.String()).Inc()
	for _, c := range v.Counts {
		guardFindings.WithLabelValues(zone, c.Rule, c.Severity.String()).Add(float64(c.N))
	}
	if metadata.ValueFuncs(w.ctx) != nil {
		action, counts := v.Action, v.Counts
		metadata.SetValueFunc(w.ctx, "enumim/guard", action.String)
		metadata.SetValueFunc(w.ctx, "enumim/findings", func() string { return rules(counts, ",", false) })
	}
	tell := v.Counts
	if i := slices.IndexFunc(tell, func(c guard.Count) bool { return !c.Tell }); i >= 0 {
		tell = tell[:i]
	}
	if len(tell) == 0 || !w.i.quiet.ok() {
		return
	}
	say := log.Infof
	if v.Action > guard.Signed { // records are not what others sent
		say = log.Warningf
	}
	say("zone %s: inspected a reply (%s): %s", zone, v.Action, rules(tell, ", ", true))
}

// rules lists what was found, with how often where that is more than once and is asked for.
func rules(counts []guard.Count, separator string, times bool) string {
	list := make([]string, len(counts))
	for i, c := range counts {
		list[i] = c.Rule
		if times && c.N > 1 {
			list[i] += fmt.Sprintf(" (%d times)", c.N)
		}
	}
	return strings.Join(list, separator)
}
