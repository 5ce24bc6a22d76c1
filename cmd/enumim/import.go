package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/enumim/enumim/enumservice"
)

// importing is the flags of import.
type importing struct {
	carrying
	from, lint string
}

func newImport() *cobra.Command {
	c := &importing{}
	cmd := &cobra.Command{
		Use:   "import FILE... STORE",
		Short: "Make a store hold what files hold",
		Long: `Make the store of a backend hold exactly what the files hold: entries are added,
changed and deleted, and those that are the same are not written. A second
time there is nothing to do.

FILE is a numbers file, a zone file, CSV or JSON lines, told by its extension
and content; - is standard input. Files that are named together belong
together; a zone file is imported alone. STORE is a backend as the Corefile
has it, as one argument: 'bolt numbers.bolt', or
'postgres db.example.net/enum { user enumim; password file:/etc/enumim/pw }'.
With -c it is the backend of a Corefile instead.

Nothing is written when the files have faults, when more than a fifth of the
store and more than 100 entries would be deleted (--allow-shrink), or when
enumim lint finds something as severe as --lint says. Where the store takes all changes at once,
servers see all or none of them, and an import that is interrupted changes
nothing; another store is completed by the same command again.`,
		Example: `  enumim import numbers.txt 'bolt /var/lib/enumim/numbers.bolt'
  enumim import --dry-run --verbose numbers.csv -c Corefile
  enumim import --add more.txt 'postgres db.example.net/enum { user enumim }'
  mysql -e "..." | enumim import --from csv - 'redis 10.0.0.5:6379'`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd, args) },
	}
	c.flags(cmd)
	f := cmd.Flags()
	f.BoolVar(&c.dryRun, "dry-run", false, "tell what would change, and write nothing")
	f.StringVar(&c.from, "from", "", "the format of the files: numbers, zone, csv or jsonl")
	f.StringVar(&c.lint, "lint", "error", "refuse what enumim lint finds that is as severe: error or warning; off does not look")
	completeFormats(cmd, "from")
	_ = cmd.RegisterFlagCompletionFunc("lint", cobra.FixedCompletions([]string{"off", "error", "warning"}, cobra.ShellCompDirectiveNoFileComp)) // the flag is there
	return cmd
}

// completeFormats tells a shell what a flag takes.
func completeFormats(cmd *cobra.Command, flags ...string) {
	for _, flag := range flags {
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions([]string{"numbers", "zone", "csv", "jsonl"}, cobra.ShellCompDirectiveNoFileComp)) // the flag is there
	}
}

func (c *importing) run(cmd *cobra.Command, args []string) error {
	to, err := c.settle()
	if err != nil {
		return err
	}
	files := args
	if to == nil {
		last := len(args) - 1
		if last == 0 {
			return errors.New("import needs files and a store: enumim import numbers.txt 'bolt numbers.bolt', or -c Corefile for the store")
		}
		if to, err = c.locate(last+1, args[last]); err != nil {
			return err
		}
		files = args[:last]
	}
	if err := to.writable(); err != nil {
		return err
	}
	for i, file := range files {
		if at := slices.Index(files, file); at < i {
			return fmt.Errorf("argument %d: %s is argument %d, too", i+1, file, at+1)
		}
		p, err := c.locate(i+1, file)
		if err != nil {
			return err
		}
		if p.file == "" {
			return fmt.Errorf("argument %d: a store among the files: enumim sync copies one store to another", i+1)
		}
	}
	threshold, err := c.threshold()
	if err != nil {
		return err
	}
	t, err := c.texts(cmd, files, c.from, c.options(to))
	if err != nil {
		return faulty(cmd, err)
	}
	if threshold > 0 {
		if err := c.judge(cmd, t, files, threshold); err != nil {
			return err
		}
	}
	_, err = c.carry(cmd, t, to)
	return err
}

// threshold is how severe findings must be to refuse the import; 0 for that nobody looks.
func (c *importing) threshold() (enumservice.Severity, error) {
	switch c.lint {
	case "off":
		return 0, nil
	case "error":
		return enumservice.Error, nil
	case "warning":
		return enumservice.Warning, nil
	}
	return 0, fmt.Errorf("--lint: expected off, error or warning, got %q", c.lint)
}
