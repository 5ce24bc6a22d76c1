package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/miekg/dns"
	"github.com/spf13/cobra"

	"github.com/enumim/enumim/atomicfile"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/lint"
)

// lintFlags are what enumim lint is told.
type lintFlags struct {
	include, generate bool
	origin            string
	apexes            []string
	private, dialPlan bool
	clients           []string
	severity          string
	most              int
	asJSON            bool
	fix               bool
	output            string
	rules             bool
	explain           string

	threshold enumservice.Severity
}

func newLint() *cobra.Command {
	f := &lintFlags{}
	cmd := &cobra.Command{
		Use:   "lint FILE...|ZONE [@SERVER]...",
		Short: "Look for what is wrong with numbers files and zones, and mend it",
		Long: `Look for what is wrong with numbers files and zone files, told apart by content, or with a live zone, which
is fetched by a zone transfer: the faults of the text, records that some client cannot use, and what only the
data as a whole shows, such as a block that nothing reaches. Numbers files that are named together belong
together. A name that is no file is a zone; "-" is standard input.

Each finding is a line: the place, the severity, the code of the rule, what is wrong, in brackets the clients it
hurts, in parentheses the repair. With --fix, what can be mended without changing what a client that follows RFC 6116 dials is written back into the files: of what
--severity and --client let through, and nothing else. All else in them stays as it is: comments, order, layout;
what is left is told. Files that they include are looked at and not written, and neither is a signed zone. The
serial of a zone is yours to raise.

The exit code is 1 where something as severe as --severity says was found, 2 where something could not be read.`,
		Example: `  enumim lint numbers.txt
  enumim lint --client kamailio,asterisk --severity error 4.4.e164.arpa.zone
  enumim lint --fix numbers.txt more-numbers.txt
  enumim lint --fix -o - zone.db > mended.db
  enumim lint 4.4.e164.arpa @192.0.2.53
  enumim lint --json - < numbers.txt
  enumim lint --explain R05`,
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.include, "include", false, "read what $INCLUDE names, in the folder of a file and below")
	flags.BoolVar(&f.generate, "generate", false, "allow $GENERATE in zone files")
	flags.StringVar(&f.origin, "origin", "", "`domain` that completes relative names of zone files before the first $ORIGIN")
	flags.StringSliceVar(&f.apexes, "apex", nil, "trees that numbers files are for, as in the Corefile")
	flags.BoolVar(&f.private, "private", false, "judge as a tree that only one network sees")
	flags.BoolVar(&f.dialPlan, "dialplan", false, `numbers are digits of a private dial plan, without "+"`)
	flags.StringSliceVar(&f.clients, "client", nil, "only what hurts one of these clients, such as kamailio,asterisk")
	flags.StringVar(&f.severity, "severity", "warning", "leave out what is less severe: error, warning or info")
	flags.IntVar(&f.most, "max", 100, "print so many findings of a rule and count the rest; 0 prints all")
	flags.BoolVar(&f.asJSON, "json", false, "one JSON object a finding")
	flags.BoolVar(&f.fix, "fix", false, "mend what can be mended without changing what it says")
	flags.StringVarP(&f.output, "output", "o", "", "write the mended text of the one file here instead; - is standard output")
	flags.BoolVar(&f.rules, "rules", false, "list all rules")
	flags.StringVar(&f.explain, "explain", "", "tell about the rule with this `code`")
	completeClients(cmd)
	_ = cmd.RegisterFlagCompletionFunc("severity", cobra.FixedCompletions([]string{"error", "warning", "info"}, cobra.ShellCompDirectiveNoFileComp)) // the flag is there
	return cmd
}

func (f *lintFlags) run(cmd *cobra.Command, args []string) error {
	switch {
	case f.rules:
		return printRules(cmd, f.asJSON, nil)
	case f.explain != "":
		return f.tell(cmd)
	case len(args) == 0:
		return errors.New("lint needs files or a zone: enumim lint numbers.txt; see enumim lint --help")
	}
	o, err := f.options()
	if err != nil {
		return err
	}
	if f.output != "" && (!f.fix || len(args) != 1) {
		return errors.New("--output takes the mended text of one file: use it with --fix and one file")
	}
	sources, done, err := lintSources(cmd, args)
	defer done()
	if err != nil {
		return err
	}
	if f.fix && slices.ContainsFunc(sources, func(s lintSource) bool { return s.Live }) {
		return errors.New("--fix mends files: a live zone is mended where its file is")
	}
	l, report, err := look(cmd, o, sources)
	if err != nil {
		return err
	}
	var failed error
	if f.fix {
		// What is left is told.
		failed = f.mend(cmd, l, sources)
		o.Fix = false
		if _, report, err = look(cmd, o, sources); err != nil {
			return err
		}
	}
	out := cmd.OutOrStdout()
	if f.fix && out != cmd.ErrOrStderr() && (f.output == "-" || sources[0].path == "") {
		out = cmd.ErrOrStderr() // the mended text goes where findings usually do
	}
	if err := f.print(out, report); err != nil {
		return err
	}
	f.summary(cmd, report)
	switch {
	case failed != nil:
		return failed
	case report.Worst() >= f.threshold:
		return errFindings
	}
	return nil
}

// look reads the sources.
func look(cmd *cobra.Command, o lint.Options, sources []lintSource) (*lint.Linter, *lint.Report, error) {
	b := progress(cmd, "reading", sizeOf(sources))
	defer b.Close()
	o.Progress = b.Add
	l := lint.New(o)
	for _, s := range sources {
		if err := l.Read(cmd.Context(), s.Source); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", printable(s.Name), err)
		}
	}
	return l, l.Finish(), nil
}

// options turns the flags into those of package lint.
func (f *lintFlags) options() (o lint.Options, err error) {
	o = lint.Options{
		Checker: enumservice.Checker{Private: f.private, DialPlan: f.dialPlan},
		Include: f.include, Generate: f.generate, Most: f.most, Fix: f.fix,
	}
	if f.origin != "" {
		o.Origin = dns.Fqdn(f.origin)
		if _, ok := dns.IsDomainName(f.origin); !ok || strings.ContainsAny(f.origin, " \t\r\n") {
			return o, fmt.Errorf("--origin: %q is no domain name", f.origin)
		}
	}
	for _, name := range f.apexes {
		apex, err := e164.ParseApex(name)
		if err != nil {
			return o, fmt.Errorf("--apex: %w", err)
		}
		o.Apexes = append(o.Apexes, apex)
	}
	for _, name := range f.clients {
		c, ok := enumservice.ParseClient(strings.ToLower(name))
		if !ok {
			return o, fmt.Errorf("--client: %q is no client that is known; known: %s", name, clientNames(enumservice.AllClients, ", "))
		}
		o.Clients |= enumservice.ClientsOf(c)
	}
	for _, s := range []enumservice.Severity{enumservice.Info, enumservice.Warning, enumservice.Error} {
		if f.severity == s.String() {
			f.threshold = s
		}
	}
	if f.threshold == 0 {
		return o, fmt.Errorf("--severity: expected error, warning or info, got %q", f.severity)
	}
	o.Least = f.threshold
	if f.most < 0 {
		return o, errors.New("--max: expected 0 or more")
	}
	return o, nil
}

func clientNames(set enumservice.Clients, between string) string {
	var names []string
	for c := range set.All() {
		names = append(names, c.String())
	}
	return strings.Join(names, between)
}

func sizeOf(sources []lintSource) (sum int64) {
	for _, s := range sources {
		sum += s.size
	}
	return sum
}

// mend writes the mended texts and puts them in the place of those that were read.
func (f *lintFlags) mend(cmd *cobra.Command, l *lint.Linter, sources []lintSource) error {
	var failed error
	for i := range sources {
		s := &sources[i]
		fixed, err := l.Fix(cmd.Context(), s.Source)
		if err == nil {
			err = f.write(cmd, s, fixed)
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", printable(s.Name), err))
			continue
		}
		s.Open = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(fixed.Text)), nil }
		tellFixed(cmd, s.Name, fixed)
	}
	return failed
}

// write writes one mended text.
func (f *lintFlags) write(cmd *cobra.Command, s *lintSource, fixed lint.Fixed) error {
	text := func(w io.Writer) error {
		_, err := w.Write(fixed.Text)
		return err
	}
	switch {
	case f.output == "-" || f.output == "" && s.path == "":
		return text(cmd.OutOrStdout())
	case f.output != "":
		var was fs.FileInfo
		if info, err := os.Stat(f.output); err == nil && fixed.File != nil && os.SameFile(info, fixed.File) {
			was = fixed.File
		}
		return atomicfile.Replace(f.output, was, text)
	case fixed.Entries == 0:
		return nil
	}
	return atomicfile.Replace(s.path, fixed.File, text)
}
