package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/enumim/enumim/anonymous"
	"github.com/enumim/enumim/e164"
)

// aliasFlags are the flags of alias.
type aliasFlags struct {
	tree
	corefile     string
	keys         string
	period       time.Duration
	within       []string
	at           string
	list, asJSON bool
}

func newAlias() *cobra.Command {
	f := &aliasFlags{}
	cmd := &cobra.Command{
		Use:   "alias SOURCE [ALIAS...]",
		Short: "Tell whose number and mailbox an alias stands for",
		Long: `Tell which number, and which mailboxes, an alias stands for that a server with the
option anonymize answers in place of mailboxes (RFC 5028 section 3): for the
gateway, whose messages come addressed to aliases. ALIAS is one as it stands in the
URI, or the URI. Without ALIAS, or with "-", they are read from standard input, one
a line, and all are resolved in one go.

SOURCE is a numbers file or zone file, or a store as for enumim export, with --keys;
or else -c names the Corefile of the server, which tells all.

An alias leads to its number only by trying all numbers, with each key and for the
epoch that is now and the one before, in its last hour for the next one, too.
--list prints all aliases instead, for programs that look them up by themselves.`,
		Example: `  enumim alias -c Corefile im:a-ut347nillemurxad@example.com
  enumim alias --keys file:alias.keys numbers.txt < aliases.txt
  enumim alias -c Corefile --list --json > aliases.jsonl
  enumim alias -c Corefile --at 2026-06-30 a-ut347nillemurxad`,
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	f.flags(cmd)
	flags := cmd.Flags()
	flags.StringVarP(&f.corefile, "corefile", "c", "", "the Corefile of the server; SOURCE is not named then")
	flags.StringVar(&f.keys, "keys", "", "where the keys are: `file:PATH` or env:NAME")
	flags.DurationVar(&f.period, "period", time.Duration(anonymous.DefaultPeriod), "how long an alias is handed out")
	flags.StringSliceVar(&f.within, "numbers", nil, "try only numbers that begin with one of these")
	flags.StringVar(&f.at, "at", "", "resolve what did so at that `time`, such as 2026-06-30 or 2026-06-30T12:00:00Z (default: now)")
	flags.BoolVar(&f.list, "list", false, "print all aliases that resolve")
	flags.BoolVar(&f.asJSON, "json", false, "print JSON, one object a line")
	for _, name := range []string{"keys", "period", "apex", "dialplan"} {
		cmd.MarkFlagsMutuallyExclusive("corefile", name)
	}
	return cmd
}

// aliasJSON is what --json prints. The names are stable.
type aliasJSON struct {
	Alias  string    `json:"alias"`
	Number string    `json:"number"`
	URIs   []string  `json:"uris"`  // im: URIs of the number, in the order to try them
	Zone   string    `json:"zone"`  // that the number is in
	Until  time.Time `json:"until"` // when the alias stops resolving
}

func (f *aliasFlags) run(cmd *cobra.Command, args []string) error {
	now := time.Now()
	if f.at != "" {
		var err error
		if now, err = moment(f.at); err != nil {
			return err
		}
	}
	trees, args, err := f.trees(cmd, args)
	if err != nil {
		return err
	}
	out := &aliasOutput{w: bufio.NewWriter(cmd.OutOrStdout()), asJSON: f.asJSON}
	if f.list {
		if len(args) > 0 {
			return errors.New("--list prints all aliases: name none, or leave --list out")
		}
		for _, t := range trees {
			if err := t.list(cmd, now, out); err != nil {
				return err
			}
		}
		return out.w.Flush()
	}
	asked, err := readAliases(cmd.InOrStdin(), args)
	if err != nil {
		return err
	}
	for _, t := range trees {
		if err := t.resolve(cmd, now, asked, out); err != nil {
			return err
		}
	}
	if err := out.w.Flush(); err != nil {
		return err
	}
	for _, a := range asked {
		switch {
		case len(a.found) == 0:
			err = errFindings
			fmt.Fprintf(cmd.ErrOrStderr(), "enumim: %s: %s\n", printable(a.text), a.why)
		case len(a.found) > 1:
			fmt.Fprintf(cmd.ErrOrStderr(), "%s %s: several trees with one key have its number: give each a key of its own\n",
				styleOf(cmd.ErrOrStderr()).yellow("note:"), printable(a.text))
		}
	}
	return err
}

// moment reads a day or a time.
func moment(s string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil && t.Unix() >= 0 {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("--at %s: expected a day such as 2026-06-30, or a time such as 2026-06-30T12:00:00Z", s)
}

// askedAlias is an alias as it was given.
type askedAlias struct {
	anonymous.Alias
	text, domain string
	why          string   // nothing is found
	found        []string // what it stands for, in each tree that says something else
}

// readAliases reads all aliases that are asked for.
func readAliases(in io.Reader, args []string) (list []askedAlias, err error) {
	for s, err := range words(in, args) {
		if err != nil {
			return nil, err
		}
		a, domain, err := anonymous.Parse(s)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", s, err)
		}
		list = append(list, askedAlias{Alias: a, text: s, domain: domain, why: "no number has this alias"})
	}
	return list, nil
}

// aliasOutput prints what aliases stand for.
type aliasOutput struct {
	w      *bufio.Writer
	asJSON bool
}

func (o *aliasOutput) print(t *aliasTree, a anonymous.Alias, n e164.Number, epoch int64, uris []string) error {
	number := t.write(n)
	if !o.asJSON {
		_, err := fmt.Fprintf(o.w, "%s\t%s\t%s\n", a, number, printable(strings.Join(uris, " ")))
		return err
	}
	return json.NewEncoder(o.w).Encode(aliasJSON{a.String(), number, uris, t.apex.String(), t.period.Ends(epoch)})
}

// resolve prints what the aliases stand for that belong to numbers of the tree, unless another tree said the same.
func (t *aliasTree) resolve(cmd *cobra.Command, now time.Time, asked []askedAlias, out *aliasOutput) error {
	ctx := cmd.Context()
	store, numbers, err := t.open(cmd)
	if err != nil {
		return err
	}
	defer store.Close()
	wanted := make([]anonymous.Alias, len(asked))
	for i := range asked {
		wanted[i] = asked[i].Alias
	}
	found, err := t.search(now).Find(ctx, numbers, wanted)
	if err != nil {
		return err
	}
	for i := range asked {
		a := &asked[i]
		m, ok := found[a.Alias]
		if !ok {
			continue
		}
		uris, err := t.mailboxes(ctx, store, m.Number, a.domain)
		if err != nil {
			return err
		}
		if len(uris) == 0 {
			a.why = "its number has no such mailbox"
			continue
		}
		what := t.write(m.Number) + " " + strings.Join(uris, " ")
		if slices.Contains(a.found, what) {
			continue
		}
		a.found = append(a.found, what)
		if err := out.print(t, a.Alias, m.Number, m.Epoch, uris); err != nil {
			return err
		}
	}
	return nil
}

// list prints all aliases of the tree that resolve.
func (t *aliasTree) list(cmd *cobra.Command, now time.Time, out *aliasOutput) error {
	ctx := cmd.Context()
	store, numbers, err := t.open(cmd)
	if err != nil {
		return err
	}
	defer store.Close()
	aliases := t.search(now).Aliases()
	for _, n := range numbers {
		uris, err := t.mailboxes(ctx, store, n, "")
		if err != nil {
			return err
		}
		if len(uris) == 0 {
			continue
		}
		aliases(n, func(a anonymous.Alias, epoch int64) {
			if err == nil {
				err = out.print(t, a, n, epoch, uris)
			}
		})
		if err = errors.Join(err, context.Cause(ctx)); err != nil {
			return err
		}
	}
	return nil
}
