package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/enumim/enumim/client"
	"github.com/enumim/enumim/corefile"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/explain"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/resolve"
)

// explainFlags are the flags of explain.
type explainFlags struct {
	tree
	corefile string
	service  string
	clients  []string
	offline  bool
	resolver string
	asJSON   bool
	timeout  time.Duration
}

func newExplain() *cobra.Command {
	var f explainFlags
	cmd := &cobra.Command{
		Use:   "explain NUMBER [FILE... | @SERVER]",
		Short: "Tell why a number is answered as it is, and what each client dials",
		Long: `Tell why a number is answered as it is: which entry or block of the data decides
and why the others do not, the records as they are sent, what is questionable about
them, what each client would select and dial, and the servers behind im: URIs (RFC
3861), which are looked up in the DNS.

The data comes from a Corefile (-c), from numbers files and zone files, or, where
neither is given, from the DNS: of @SERVER, else of the system's resolver.`,
		Example: `  enumim explain +12025550100 numbers.txt
  enumim explain +12025550100 -c Corefile
  enumim explain +12025550100 @192.0.2.53 --service im
  enumim explain 4711 dialplan.txt --apex pbx.example.net --dialplan --offline`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("which number? enumim explain NUMBER [FILE... | @SERVER]")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0], args[1:]) },
	}
	f.flags(cmd)
	flags := cmd.Flags()
	flags.StringVarP(&f.corefile, "corefile", "c", "", "the Corefile of the server that answers")
	flags.StringVar(&f.service, "service", "", "the Enumservice that clients look for, such as im; else what each looks for by itself")
	flags.StringSliceVar(&f.clients, "client", nil, "these clients only")
	flags.BoolVar(&f.offline, "offline", false, "do not look up the servers behind im: and pres: URIs")
	flags.StringVar(&f.resolver, "resolver", "", "the server to ask for them; else the system's")
	flags.DurationVar(&f.timeout, "timeout", 5*time.Second, "how long looking up in the DNS may take")
	flags.BoolVar(&f.asJSON, "json", false, "print JSON")
	completeClients(cmd)
	return cmd
}

// explanation is all that is told about a number in one tree.
type explanation struct {
	source string // what answers
	ask    explain.Question
	report *explain.Report // nil for an answer from the DNS, or of other plugins
	live   *resolve.RRset  // nil for an answer from data, or of other plugins
	passed bool            // what does not exist is answered by the next plugin (fallthrough)
	// inspected says what inspects the answer.
	inspected []corefile.Inspection
	// guarded is what the one of inspected makes of the records of report; nil for none of them.
	guarded *explain.Guarded

	findings []enumservice.SetFinding
	dialled  []explain.Dialled
	behind   []behind
}

// records are those that were sent.
func (e *explanation) records() []naptr.Record {
	switch {
	case e.guarded != nil:
		return e.guarded.Records
	case e.report != nil:
		return e.report.Records
	case e.live != nil:
		return e.live.Records
	}
	return nil
}

func (f *explainFlags) run(cmd *cobra.Command, number string, sources []string) error {
	clients, err := profiles(f.clients)
	if err != nil {
		return err
	}
	if err := f.settle(); err != nil {
		return err
	}
	var at string
	for i, s := range sources {
		if server, ok := strings.CutPrefix(s, "@"); ok {
			if at != "" || len(sources) > 1 {
				return fmt.Errorf("%s: give one server, or files, not both", sources[i])
			}
			at = server
		}
	}
	if f.corefile != "" && len(sources) > 0 {
		return errors.New("give a Corefile (-c), files or a server, not several of them")
	}
	ctx := cmd.Context()
	var list []*explanation
	switch {
	case f.corefile != "":
		list, err = f.fromCorefile(cmd, number)
	case len(sources) > 0 && at == "":
		list, err = f.fromFiles(cmd, number, sources)
	default:
		list, err = f.fromDNS(ctx, number, at)
	}
	if err != nil {
		return err
	}
	found := false
	for i, e := range list {
		f.complete(ctx, e, clients)
		found = found || len(e.records()) > 0
		if f.asJSON {
			err = e.writeJSON(cmd.OutOrStdout())
		} else {
			err = e.write(cmd.OutOrStdout(), i > 0)
		}
		if err != nil {
			return err
		}
	}
	if !found {
		return errFindings
	}
	return nil
}

// settle checks what the flags say.
func (f *explainFlags) settle() error {
	if f.resolver != "" {
		if _, err := resolver(f.resolver); err != nil {
			return fmt.Errorf("--resolver %s: %w", f.resolver, err)
		}
	}
	if f.service == "" {
		return nil
	}
	field := f.service
	if len(field) < 4 || !strings.EqualFold(field[:4], "E2U+") {
		field = "E2U+" + field
	}
	services, err := enumservice.ParseServices(nil, field)
	if err == nil && len(services) > 1 {
		err = errors.New("a client looks for one Enumservice")
	}
	if err != nil {
		return fmt.Errorf("--service %s: %w; such as im, sip or pstn:tel", f.service, err)
	}
	f.service = services[0].String()
	return nil
}

// complete adds what follows from the records.
func (f *explainFlags) complete(ctx context.Context, e *explanation, clients []*client.Profile) {
	records := e.records()
	if len(records) == 0 {
		return
	}
	checker := enumservice.CheckerFor(e.ask.Apex, e.ask.DialPlan)
	e.findings = checker.AppendSet(nil, e.ask.Number, records)
	e.dialled = explain.Dial(e.ask, records, f.service, clients)
	if !f.offline {
		e.behind = f.lookBehind(ctx, e)
	}
}

// dialled reads a number that stands in a tree of E.164 numbers or of a dial plan.
func dialled(s string, dialPlan bool) (e164.Number, error) {
	t := tree{dialPlan: dialPlan}
	return t.number(s)
}
