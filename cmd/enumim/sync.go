package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/enumim/enumim/convert"
)

// syncing is the flags of sync.
type syncing struct {
	carrying
	check, empty bool
}

func newSync() *cobra.Command {
	c := &syncing{}
	cmd := &cobra.Command{
		Use:   "sync FROM STORE",
		Short: "Make one store hold what another holds, or compare them",
		Long: `Make STORE hold exactly what FROM holds, and tell what differed. FROM is a store or
a file, STORE a store, as for enumim import; with -c, STORE is the backend of a
Corefile.

With --check nothing is written, and the exit code is 1 where something differs:
that a copy is one can be watched so. What cannot be read in FROM is an error;
with --skip it is left as it is in STORE. A FROM without entries is refused: it
may have been wiped.`,
		Example: `  enumim sync 'postgres db.example.net/enum { user enumim }' 'bolt numbers.bolt'
  enumim sync --check --json numbers.txt -c Corefile
  enumim sync 'redis 10.0.0.5:6379' 'redis 10.0.1.5:6379'`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd, args) },
	}
	c.flags(cmd)
	cmd.Flags().BoolVar(&c.check, "check", false, "compare only, with exit code 1 where something differs")
	cmd.Flags().BoolVar(&c.dryRun, "dry-run", false, "tell what would change, and write nothing")
	cmd.Flags().BoolVar(&c.empty, "allow-empty", false, "take a FROM without entries for what is meant; with --allow-shrink it deletes all")
	return cmd
}

func (c *syncing) run(cmd *cobra.Command, args []string) error {
	to, err := c.settle()
	if err != nil {
		return err
	}
	if (to == nil) != (len(args) == 2) {
		return errors.New("sync needs two places: enumim sync 'redis 10.0.0.5:6379' 'bolt numbers.bolt', or -c Corefile for the second")
	}
	if to == nil {
		if to, err = c.locate(2, args[1]); err != nil {
			return err
		}
	}
	if err := to.writable(); err != nil {
		return err
	}
	from, err := c.locate(1, args[0])
	if err != nil {
		return err
	}
	if from.opener != nil && from.opener.Key() == to.opener.Key() {
		return errors.New("both places are the same store")
	}
	var t *convert.Tree
	if from.file != "" {
		t, err = c.texts(cmd, []string{from.file}, "", c.options(to))
	} else {
		t, err = c.gather(cmd, from, c.options(to))
	}
	if err != nil {
		return faulty(cmd, err)
	}
	if t.Len() == 0 && len(c.left) == 0 && !c.empty {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: has no entries: was it wiped? If not, --allow-empty takes it as it is\n", printable(from.name))
		return errFindings
	}
	if c.check {
		// Whether writing would be refused is not what was asked.
		c.dryRun, c.shrink = true, true
	}
	s, err := c.carry(cmd, t, to)
	if total := s.Total(); err == nil && c.check && total.Changes() > 0 {
		return errFindings
	}
	return err
}
