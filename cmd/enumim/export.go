package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/enumim/enumim/atomicfile"
	"github.com/enumim/enumim/convert"
)

// exporting is the flags of export.
type exporting struct {
	carrying
	to, output string
	empty      bool
	o          convert.Options
}

func newExport() *cobra.Command {
	c := &exporting{}
	cmd := &cobra.Command{
		Use:   "export STORE",
		Short: "Write what a store holds to a file",
		Long: `Write all entries of the store of a backend as a numbers file, a zone file, CSV
or JSON lines, sorted by number and with a mark at the end that says that it is
complete. STORE is a backend as for enumim import, or that of a Corefile with -c.

An entry that cannot be read is an error, and left out with --skip. A store
without entries is one, too: it may have been wiped.`,
		Example: `  enumim export 'bolt numbers.bolt' > numbers.txt
  enumim export -c Corefile -o backup.jsonl
  enumim export --to zone --apex 4.4.e164.arpa --ns ns1.example.net 'redis 10.0.0.5:6379' -o 4.4.zone`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd, args) },
	}
	c.locationFlags.flags(cmd, "the store to read")
	f := cmd.Flags()
	f.StringVar(&c.to, "to", "", "the format: numbers, zone, csv or jsonl (default: as the extension of -o says, or numbers)")
	f.StringVarP(&c.output, "output", "o", "", "the file to write, in one step when it is complete; standard output without")
	f.BoolVar(&c.skip, "skip", false, "leave out what the output cannot hold or what cannot be read, and tell how much that was")
	f.BoolVar(&c.empty, "allow-empty", false, "write a file without entries where the store has none")
	f.StringSliceVar(&c.o.NameServers, "ns", nil, "the name servers of a zone, the primary first")
	f.StringVar(&c.o.Hostmaster, "hostmaster", "", "the mailbox in the SOA of a zone, as a domain name")
	f.Uint32Var(&c.o.Serial, "serial", 1, "the serial number in the SOA of a zone")
	completeFormats(cmd, "to")
	return cmd
}

func (c *exporting) run(cmd *cobra.Command, args []string) error {
	from, err := c.settle()
	if err != nil {
		return err
	}
	if (from == nil) != (len(args) == 1) {
		return errors.New("export needs one store: enumim export 'bolt numbers.bolt', or -c Corefile")
	}
	if from == nil {
		if from, err = c.locate(1, args[0]); err != nil {
			return err
		}
	}
	if from.file != "" {
		return fmt.Errorf("%s: is no store such as 'bolt numbers.bolt'%s; enumim convert turns files into each other", from.file, known(from.file))
	}
	if c.o.To = convert.FormatOf(c.output); c.to != "" {
		var ok bool
		if c.o.To, ok = convert.ParseFormat(c.to); !ok {
			return fmt.Errorf("--to %s: the formats are numbers, zone, csv and jsonl", c.to)
		}
	}
	if c.o.To == convert.Unknown {
		c.o.To = convert.Numbers
	}
	c.o.Apex, c.o.DialPlan, c.o.TTL, c.o.Skip = c.tree, c.dialPlan, c.ttl, c.skip
	c.o.Tabs = strings.EqualFold(filepath.Ext(c.output), ".tsv")
	c.show = true // the data is what was asked for
	t, err := c.gather(cmd, from, c.o)
	if err != nil {
		return faulty(cmd, err)
	}
	if t.Len() == 0 && !c.empty {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: the store has no entries: was it wiped? If not, --allow-empty writes a file without any\n", printable(from.name))
		return errFindings
	}
	return c.write(cmd, t)
}

// write writes the file.
func (c *exporting) write(cmd *cobra.Command, t *convert.Tree) error {
	b := counting(cmd, "writing", int64(t.Len()))
	defer b.Close()
	t.Writing(b.Add)
	fill := func(w io.Writer) error {
		report, err := t.Write(cmd.Context(), w, c.o.To)
		report.Skipped = 0 // which was told
		tellNotes(cmd, report, "the output", err)
		return err
	}
	var err error
	if c.output == "" || c.output == "-" {
		err = fill(cmd.OutOrStdout())
	} else {
		err = atomicfile.Write(c.output, fill)
	}
	return faulty(cmd, err)
}
