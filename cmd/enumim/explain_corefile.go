package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/corefile"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/explain"
)

// asked is a number that is asked of the servers of a Corefile.
type asked struct {
	number  string    // as given
	want    e164.Apex // the only one to look at; the zero Apex for all
	servers []corefile.Server
	notes   io.Writer
	seen    bool  // there is such a zone
	wrong   error // why the number does not fit
}

// fromCorefile explains the number in each tree of the Corefile that is asked for it, and where its answers are
// inspected.
func (f *explainFlags) fromCorefile(cmd *cobra.Command, number string) ([]*explanation, error) {
	a := asked{number: number, notes: cmd.ErrOrStderr()}
	if cmd.Flags().Changed("apex") {
		var err error
		if a.want, err = e164.ParseApex(f.apex); err != nil {
			return nil, fmt.Errorf("--apex: %w", err)
		}
	}
	in, err := os.Open(f.corefile)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	if a.servers, err = corefile.Read(f.corefile, in); err != nil {
		return nil, err
	}
	var list []*explanation
	for i := range a.servers {
		of, err := a.explain(cmd.Context(), &a.servers[i])
		if err != nil {
			return nil, err
		}
		list = append(list, of...)
	}
	switch {
	case len(list) > 0:
		return list, nil
	case !a.seen:
		return nil, fmt.Errorf("%s has no enumim directive for such numbers", f.corefile)
	case a.wrong != nil:
		return nil, a.wrong
	}
	return nil, fmt.Errorf("%s has no tree that is asked for the number", f.corefile)
}

// explain explains the number in one server block.
func (a *asked) explain(ctx context.Context, server *corefile.Server) (list []*explanation, err error) {
	for _, t := range server.Trees() {
		n, ok := a.below(t.Apex, t.Options.DialPlan)
		if !ok {
			continue
		}
		if !slices.Contains(corefile.Asked(a.servers, t.Apex.Domain(n)), t) {
			fmt.Fprintf(a.notes, "note: %s: no query for the number gets to %s\n", t.Pos, t.Apex)
			continue
		}
		e, err := explainTree(ctx, t, n)
		if err != nil {
			return nil, err
		}
		for _, i := range a.inspected(server, t.Apex.Domain(n)) {
			if i.Directive == t.Directive && !e.passed {
				continue // enumim_guard alone sees the answers of enumim
			}
			e.inspected = append(e.inspected, i)
			if len(e.report.Records) == 0 {
				continue
			}
			if e.guarded, err = e.report.Judge(i.Zone, i.Inspect.Policy); err != nil {
				return nil, i.Errorf("%s: %w", i.Directive, err)
			}
		}
		list = append(list, e)
	}
	if len(list) > 0 {
		return list, nil
	}
	for _, i := range server.Inspections() {
		n, ok := a.below(i.Zone, i.Options.DialPlan)
		if !ok {
			continue
		}
		name := i.Zone.Domain(n)
		all := a.inspected(server, name)
		told := slices.ContainsFunc(list, func(e *explanation) bool { return e.ask.Apex.Domain(n) == name })
		if told || !slices.Contains(all, i) {
			continue
		}
		list = append(list, &explanation{
			source:    fmt.Sprintf("%s: %s %s, answered by other plugins", i.Pos, i.Directive, i.Zone),
			ask:       explain.Question{Apex: i.Zone, Number: n, DialPlan: i.Options.DialPlan},
			inspected: all,
		})
	}
	return list, nil
}

// below reads the number as one of a zone, and reports whether it is one.
func (a *asked) below(zone e164.Apex, dialPlan bool) (e164.Number, bool) {
	if a.want.String() != "" && zone != a.want {
		return 0, false
	}
	a.seen = true
	n, err := dialled(a.number, dialPlan)
	if err != nil {
		a.wrong = err
		return 0, false
	}
	return n, n.HasPrefix(zone.Prefix())
}

// inspected returns what inspects the answers that a server block gives for a name.
func (a *asked) inspected(server *corefile.Server, name string) []corefile.Inspection {
	mine := server.Inspections()
	return slices.DeleteFunc(corefile.Inspected(a.servers, name), func(i corefile.Inspection) bool { return !slices.Contains(mine, i) })
}

// hides says which aliases a server gives now. failed, if it is called, is told why there is no key.
func hides(o *corefile.Anonymize, dialPlan bool, failed func(error)) explain.Hides {
	return func(name e164.Name, asked e164.Number) *explain.Disguise {
		n, hidden := o.Alias(name, asked)
		if !hidden {
			return nil
		}
		keys, err := readKeys(o.Keys)
		if err != nil {
			failed(err)
			return nil
		}
		return explain.DisguiseOf(keys[0], o.Period, n, dialPlan, time.Now())
	}
}

// explainTree explains a number in one tree of a Corefile.
func explainTree(ctx context.Context, t corefile.Tree, n e164.Number) (*explanation, error) {
	store, err := openBackend(ctx, t.Opener, nil)
	if err != nil {
		return nil, t.Errorf("backend %s: %w", t.Driver, err)
	}
	defer store.Close()
	q := explain.Question{Apex: t.Apex, Number: n, DialPlan: t.Options.DialPlan, Form: t.Options.Form, Twins: t.Options.Twins, Uniform: t.Options.Harvest.Uniform}
	var noKey error
	if o := t.Options.Anonymize; o != nil {
		q.Hides = hides(o, q.DialPlan, func(err error) { noKey = err })
	}
	report, err := explain.Of(ctx, store, q)
	if err != nil {
		return nil, t.Errorf("backend %s: %w", t.Driver, err)
	}
	if noKey != nil {
		return nil, t.Errorf("anonymize: %w", noKey)
	}
	return &explanation{
		source: fmt.Sprintf("%s: enumim %s, backend %s", t.Pos, t.Apex, t.Driver),
		ask:    q, report: report,
		passed: report.Kind == backend.Absent && t.Options.Fall.Through(t.Apex.Domain(n)),
	}, nil
}
