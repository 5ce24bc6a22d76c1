package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/spf13/cobra"

	"github.com/enumim/enumim/e164"
)

// tree is the flags of commands that turn numbers into names below an apex.
type tree struct {
	apex     string
	dialPlan bool
}

func (t *tree) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&t.apex, "apex", "e164.arpa", "the domain that the tree of numbers hangs from")
	cmd.Flags().BoolVar(&t.dialPlan, "dialplan", false, `numbers are digits of a private dial plan, without "+"`)
}

// parse returns the apex that the flags name.
func (t *tree) parse() (e164.Apex, error) {
	apex, err := e164.ParseApex(t.apex)
	if err != nil {
		return apex, fmt.Errorf("--apex: %w", err)
	}
	if t.dialPlan && apex.Public() {
		return apex, fmt.Errorf("--dialplan: %s holds E.164 numbers only (RFC 6116 section 2); name a private tree with --apex", apex)
	}
	return apex, nil
}

// number reads a number as people write it.
func (t *tree) number(s string) (e164.Number, error) {
	parse := e164.Parse
	if t.dialPlan {
		parse = e164.ParseDigits
	}
	n, err := parse(s)
	switch {
	case errors.Is(err, e164.ErrNoPlus):
		return n, fmt.Errorf("%q: %w; for a private plan use --dialplan", s, err)
	case err != nil:
		return n, fmt.Errorf("%q: %w", s, err)
	}
	return n, nil
}

// below is number and parse together: a number that lies below the apex.
func (t *tree) below(s string) (e164.Apex, e164.Number, error) {
	apex, err := t.parse()
	if err != nil {
		return apex, 0, err
	}
	n, err := t.number(s)
	if err == nil && !n.HasPrefix(apex.Prefix()) {
		err = fmt.Errorf("%s: not below %s, whose numbers begin with %s", s, apex, t.write(apex.Prefix()))
	}
	return apex, n, err
}

// write writes n as the tree's numbers are written.
func (t *tree) write(n e164.Number) string {
	if t.dialPlan {
		return n.Digits()
	}
	return n.String()
}

func newNumber() *cobra.Command {
	var t tree
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "number NAME...",
		Short: "Turn ENUM domains into telephone numbers",
		Long: `Turn ENUM domains into telephone numbers, one a line. Without arguments, or
with "-", names are read from standard input, one a line.`,
		Example: `  enumim number 0.0.1.0.5.5.5.2.0.2.1.e164.arpa
  enumim number --apex e164.example.net 4.8.4.9.4.e164.example.net`,
		RunE: func(cmd *cobra.Command, args []string) error {
			apex, err := t.parse()
			if err != nil {
				return err
			}
			return each(cmd, args, asJSON, func(s string) (pair, error) {
				name, err := apex.Parse(strings.TrimSuffix(s, ".") + ".")
				switch {
				case errors.Is(err, e164.ErrOutside):
					return pair{}, fmt.Errorf("%s: %w %s; name its tree with --apex", s, err, apex)
				case err != nil:
					return pair{}, fmt.Errorf("%s: %w", s, err)
				}
				n, branch := name.Branch()
				if !branch {
					n = name.Number
					if !name.IsNumber() || !n.IsValid() {
						return pair{}, fmt.Errorf("%s: no ENUM domain: below %s one-digit labels are expected, the last digit first (RFC 6116 section 3.2)", s, apex)
					}
				}
				text := t.write(n)
				return pair{Number: text, Name: strings.TrimSuffix(s, ".") + ".", shown: text}, nil
			})
		},
	}
	t.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a line")
	return cmd
}

func newName() *cobra.Command {
	var t tree
	var asJSON, branch bool
	cmd := &cobra.Command{
		Use:   "name NUMBER...",
		Short: "Turn telephone numbers into ENUM domains",
		Long: `Turn telephone numbers into their ENUM domains (RFC 6116 section 3.2), one a
line. Without arguments, or with "-", numbers are read from standard input,
one a line.`,
		Example: `  enumim name +12025550100
  enumim name "+44 20 7946 0148" tel:+44-163-296-0083
  enumim name --apex pbx.example.net --dialplan 4711
  dig NAPTR $(enumim name +12025550100)`,
		RunE: func(cmd *cobra.Command, args []string) error {
			apex, err := t.parse()
			if err != nil {
				return err
			}
			return each(cmd, args, asJSON, func(s string) (pair, error) {
				_, n, err := t.below(s)
				if err != nil {
					return pair{}, err
				}
				name := apex.Domain(n)
				if branch {
					if name, err = apex.BranchDomain(n); err != nil {
						return pair{}, fmt.Errorf("%s: %w", s, err)
					}
				}
				return pair{Number: t.write(n), Name: name, shown: name}, nil
			})
		},
	}
	t.flags(cmd)
	cmd.Flags().BoolVar(&branch, "infrastructure", false, `the name on the branch "i" of RFC 5527`)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a line")
	return cmd
}

// pair is a number and its name, as the user wrote the one that he gave.
type pair struct {
	Number string `json:"number"`
	Name   string `json:"name"`
	shown  string // what the command was asked for
}

// each turns args, or the lines of standard input, and prints what comes of them. It goes on after one
// that is wrong, and then ends with errFindings.
func each(cmd *cobra.Command, args []string, asJSON bool, turn func(string) (pair, error)) error {
	enc := json.NewEncoder(cmd.OutOrStdout())
	wrong := false
	for s, err := range words(cmd.InOrStdin(), args) {
		if err != nil {
			return err
		}
		p, err := turn(s)
		if err != nil {
			fmt.Fprintf(cmd.ErrOrStderr(), "enumim: %s\n", printable(err.Error()))
			wrong = true
			continue
		}
		if asJSON {
			err = enc.Encode(p)
		} else {
			_, err = fmt.Fprintln(cmd.OutOrStdout(), p.shown)
		}
		if err != nil {
			return err
		}
	}
	if wrong {
		return errFindings
	}
	return nil
}

// words lists args, or the lines of in that are not blank where there are none or only "-".
func words(in io.Reader, args []string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if len(args) > 0 && (len(args) > 1 || args[0] != "-") {
			for _, a := range args {
				if !yield(a, nil) {
					return
				}
			}
			return
		}
		lines := bufio.NewScanner(in)
		for lines.Scan() {
			if s := strings.TrimSpace(lines.Text()); s != "" && !yield(s, nil) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield("", fmt.Errorf("standard input: %w", err))
		}
	}
}
