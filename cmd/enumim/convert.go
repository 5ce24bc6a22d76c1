package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/enumim/enumim/atomicfile"
	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/convert"
	"github.com/enumim/enumim/e164"
)

// converting is the flags of convert.
type converting struct {
	from, to, output, apex, origin string
	ttl                            uint32
	o                              convert.Options
}

func newConvert() *cobra.Command {
	var c converting
	cmd := &cobra.Command{
		Use:   "convert FILE",
		Short: "Convert between numbers file, zone file, CSV and JSON lines",
		Long: `Convert ENUM data between the numbers file, the zone file, CSV and JSON lines,
without loss: what the output cannot hold is refused, with its place and what to
do. FILE may be - for standard input.

The formats are numbers, zone, csv and jsonl. They are told by the extension of
a file's name (.numbers, .zone, .db, .csv, .jsonl) and the content of the input.

Blocks become wildcards in a zone, and further ones that hold up where a name
below a block would hide it from its neighbours (RFC 4592), so that any name
server answers for every number of a block as enumim does.`,
		Example: `  enumim convert --to zone --apex 4.4.e164.arpa --ns ns1.example.net numbers.txt
  enumim convert -o numbers.csv numbers.txt
  enumim convert --to numbers 4.4.e164.arpa.zone > numbers.txt
  mysql -e "..." | enumim convert --from csv --to numbers --require-end -`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd, args[0]) },
	}
	f := cmd.Flags()
	f.StringVar(&c.from, "from", "", "the format of the input: numbers, zone, csv or jsonl")
	f.StringVar(&c.to, "to", "", "the format of the output")
	f.StringVarP(&c.output, "output", "o", "", "the file to write, in one step when it is complete; standard output without")
	f.StringVar(&c.apex, "apex", "", "the domain that the tree of numbers hangs from (default: as the input says, or e164.arpa)")
	f.StringVar(&c.origin, "origin", "", "the same as --apex")
	f.BoolVar(&c.o.DialPlan, "dialplan", false, `numbers are digits of a private dial plan, without "+"`)
	f.Uint32Var(&c.ttl, "ttl", 3600, "the TTL in seconds of records whose input has none")
	f.BoolVar(&c.o.Skip, "skip", false, "leave out what the output cannot hold, and tell how much that was")
	f.BoolVar(&c.o.RequireEnd, "require-end", false, "refuse input that does not end with its end marker")
	f.StringSliceVar(&c.o.NameServers, "ns", nil, "the name servers of a zone made of other data, the primary first")
	f.StringVar(&c.o.Hostmaster, "hostmaster", "", "the mailbox in the SOA of such a zone, as a domain name")
	f.Uint32Var(&c.o.Serial, "serial", 1, "the serial number in the SOA of such a zone")
	cmd.MarkFlagsMutuallyExclusive("apex", "origin")
	for _, flag := range []string{"from", "to"} {
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions([]string{"numbers", "zone", "csv", "jsonl"}, cobra.ShellCompDirectiveNoFileComp)) // the flag is there
	}
	return cmd
}

func (c *converting) run(cmd *cobra.Command, file string) error {
	if err := c.settle(file); err != nil {
		return err
	}
	in, size, closeInput, err := c.input(cmd, file)
	if err != nil {
		return err
	}
	defer closeInput()
	reading := progress(cmd, "reading", size)
	var writing *bar
	c.o.Writing = func(entries int) func(int) {
		reading.Close()
		writing = counting(cmd, "writing", int64(entries))
		return writing.Add
	}
	if src, ok := in.(*os.File); ok {
		in = &seeking{File: src, bar: reading}
	} else {
		in = reading.reading(in)
	}
	var report convert.Report
	err = c.write(cmd.OutOrStdout(), func(w io.Writer) error {
		report, err = convert.Convert(cmd.Context(), w, in, c.o)
		return err
	})
	reading.Close()
	if writing != nil {
		writing.Close()
	}
	s := styleOf(cmd.ErrOrStderr())
	for _, note := range report.Notes {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s %s\n", s.yellow("note:"), note)
	}
	if report.Skipped > 0 && err == nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s %d left out, which the output cannot hold\n", s.yellow("note:"), report.Skipped)
	}
	if faults, ok := errors.AsType[*source.Errors](err); ok {
		fmt.Fprintln(cmd.ErrOrStderr(), faults)
		return errFindings
	}
	if errors.Is(err, convert.ErrNoEnd) {
		fmt.Fprintln(cmd.ErrOrStderr(), err)
		return errFindings
	}
	return err
}

// settle works out what the flags leave open.
func (c *converting) settle(file string) error {
	var ok bool
	c.o.File = file
	if file == "-" {
		c.o.File = "standard input"
	}
	const known = "the formats are numbers, zone, csv and jsonl"
	if c.o.From = convert.FormatOf(file); c.from != "" {
		if c.o.From, ok = convert.ParseFormat(c.from); !ok {
			return fmt.Errorf("--from %s: %s", c.from, known)
		}
	}
	if c.o.To = convert.FormatOf(c.output); c.to != "" {
		if c.o.To, ok = convert.ParseFormat(c.to); !ok {
			return fmt.Errorf("--to %s: %s", c.to, known)
		}
	}
	c.o.Tabs = strings.EqualFold(filepath.Ext(c.output), ".tsv")
	if c.o.To == convert.Unknown && strings.EqualFold(filepath.Ext(c.output), ".txt") {
		c.o.To = convert.Numbers
	}
	if c.o.To == convert.Unknown {
		return fmt.Errorf("--to is missing: %s", known)
	}
	if apex := c.apex + c.origin; apex != "" {
		var err error
		if c.o.Apex, err = e164.ParseApex(apex); err != nil {
			return fmt.Errorf("--apex %s: %w", apex, err)
		}
	}
	if c.o.DialPlan && c.o.Apex.Public() {
		return fmt.Errorf("--dialplan: %w", convert.ErrPublic)
	}
	if c.ttl > 1<<31-1 {
		return fmt.Errorf("--ttl %d: at most %d (RFC 2181 section 8)", c.ttl, 1<<31-1)
	}
	c.o.TTL = c.ttl
	return nil
}

// input opens what is to be read; size is -1 where it is not known.
func (c *converting) input(cmd *cobra.Command, file string) (in io.Reader, size int64, done func(), err error) {
	if file == "-" {
		return cmd.InOrStdin(), -1, func() {}, nil
	}
	// As the server does it, files that are included lie in the folder of the file or below.
	folder, err := os.OpenRoot(filepath.Dir(file))
	if err != nil {
		return nil, 0, nil, err
	}
	c.o.Open = func(name string) (io.ReadCloser, error) { return folder.Open(filepath.FromSlash(name)) }
	f, err := os.Open(file)
	if err != nil {
		_ = folder.Close() // nothing was opened in it
		return nil, 0, nil, err
	}
	size = -1
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		size = info.Size()
	}
	return f, size, func() {
		_ = f.Close() // it was only read
		_ = folder.Close()
	}, nil
}

// seeking is a file whose octets move a bar, once.
type seeking struct {
	*os.File
	bar  *bar
	most int64 // octets that the bar was told of
}

// Read implements io.Reader.
func (s *seeking) Read(p []byte) (int, error) {
	n, err := s.File.Read(p)
	if at, seekErr := s.File.Seek(0, io.SeekCurrent); seekErr == nil && at > s.most {
		s.bar.Add(int(at - s.most))
		s.most = at
	}
	return n, err
}

// write has fill write the output: to a file in one step, so that it never holds half of it.
func (c *converting) write(stdout io.Writer, fill func(io.Writer) error) error {
	if c.output == "" || c.output == "-" {
		return fill(stdout)
	}
	return atomicfile.Write(c.output, fill)
}
