package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/spf13/cobra"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/carry"
	"github.com/enumim/enumim/convert"
)

// carrying is what import and sync are told.
type carrying struct {
	locationFlags
	dryRun, add, shrink, skip bool
	requireEnd                bool
	list, show, asJSON        bool

	left map[carry.Key]bool // entries of the source that cannot be read, and are left alone
}

func (c *carrying) flags(cmd *cobra.Command) {
	c.locationFlags.flags(cmd, "the store to write to")
	f := cmd.Flags()
	f.BoolVar(&c.add, "add", false, "add and change, and delete nothing")
	f.BoolVar(&c.shrink, "allow-shrink", false, "delete more than a fifth of the store and more than 100 entries, or all of it")
	f.BoolVar(&c.skip, "skip", false, "leave out what the store cannot hold, and tell how much that was")
	f.BoolVar(&c.requireEnd, "require-end", false, "refuse files that do not end with their end marker")
	f.BoolVarP(&c.list, "verbose", "v", false, "list what differs, with masked numbers")
	f.BoolVar(&c.show, "show-numbers", false, "list what differs, with the numbers")
	f.BoolVar(&c.asJSON, "json", false, "print the summary as a JSON object")
}

// texts reads files into a tree that a store can hold.
func (c *carrying) texts(cmd *cobra.Command, files []string, from string, o convert.Options) (*convert.Tree, error) {
	var inputs []convert.Input
	var total int64
	for _, file := range files {
		in, size, done, err := c.open(cmd, file)
		if err != nil {
			return nil, err
		}
		defer done()
		if from != "" {
			var ok bool
			if in.From, ok = convert.ParseFormat(from); !ok {
				return nil, fmt.Errorf("--from %s: the formats are numbers, zone, csv and jsonl", from)
			}
		}
		inputs = append(inputs, in)
		if total >= 0 {
			total += size
		}
		if size < 0 {
			total = -1
		}
	}
	b := progress(cmd, "reading", total)
	defer b.Close()
	for i := range inputs {
		if f, ok := inputs[i].Src.(*os.File); ok {
			inputs[i].Src = &seeking{File: f, bar: b}
		} else {
			inputs[i].Src = b.reading(inputs[i].Src)
		}
	}
	t, report, err := convert.Read(cmd.Context(), o, inputs...)
	b.Close()
	tellNotes(cmd, report, "the store", err)
	return t, err
}

// open opens a file, "-" for standard input; size is -1 where it is not known.
func (c *carrying) open(cmd *cobra.Command, file string) (in convert.Input, size int64, done func(), err error) {
	if file == "-" {
		return convert.Input{Src: cmd.InOrStdin(), File: "standard input"}, -1, func() {}, nil
	}
	var one converting
	src, size, done, err := one.input(cmd, file)
	if err != nil {
		return in, 0, nil, err
	}
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		done()
		return in, 0, nil, fmt.Errorf("%s: is a folder", file)
	}
	return convert.Input{Src: src, File: file, From: convert.FormatOf(file), Open: one.o.Open}, size, done, nil
}

// options are those that data is read with that is to go to a store.
func (c *carrying) options(to *location) convert.Options {
	return convert.Options{
		Apex: c.tree, DialPlan: c.dialPlan, TTL: c.ttl, RequireEnd: c.requireEnd, Skip: c.skip,
		Holds: c.codec(to).Check,
	}
}

// gather reads the entries of a store. What cannot be read is refused or, with --skip, kept in mind.
func (c *carrying) gather(cmd *cobra.Command, from *location, o convert.Options) (*convert.Tree, error) {
	all, done, err := from.entries(cmd.Context(), func(e backend.Event) {
		times := ""
		if e.Count > 1 {
			times = fmt.Sprintf(" (%d times)", e.Count)
		}
		w := cmd.ErrOrStderr()
		fmt.Fprintf(w, "%s %s: %s%s\n", styleOf(w).yellow("note:"), printable(from.name), printable(e.Text), times)
	})
	if err != nil {
		return nil, err
	}
	defer done()
	o.File = from.name
	b := counting(cmd, "reading", -1)
	defer b.Close()
	c.left = make(map[carry.Key]bool)
	bad := unread{lines: newDifferences(io.Discard, c), left: c.left}
	t, report, err := convert.Gather(cmd.Context(), o, moving(b, func(yield func(backend.Entry, error) bool) {
		for e, err := range all {
			if err == nil && e.Broken {
				bad.add(carry.KeyOf(&e))
				continue
			}
			if err != nil {
				err = fmt.Errorf("%s: %w", from.name, err)
			}
			if !yield(e, err) {
				return
			}
		}
	}))
	b.Close()
	if err == nil && bad.count > 0 {
		if bad.tell(cmd, from, c.skip); !c.skip {
			return nil, errFindings
		}
	}
	holder := "the store"
	if o.To != convert.Unknown {
		holder = "the output"
	}
	tellNotes(cmd, report, holder, err)
	return t, err
}

// moving moves a bar with the entries.
func moving(b *bar, all iter.Seq2[backend.Entry, error]) iter.Seq2[backend.Entry, error] {
	const step = 1024
	return func(yield func(backend.Entry, error) bool) {
		n := 0
		for e, err := range all {
			if n++; n == step {
				b.Add(n)
				n = 0
			}
			if !yield(e, err) {
				return
			}
		}
		b.Add(n)
	}
}

// watched is a Writer whose entries move a bar while they are listed.
type watched struct {
	backend.Writer
	bar *bar
}

// Walk implements backend.Writer.
func (w watched) Walk(ctx context.Context) iter.Seq2[backend.Entry, error] {
	return moving(w.bar, w.Writer.Walk(ctx))
}

// Absent implements backend.Absenter.
func (w watched) Absent() error {
	if a, ok := w.Writer.(backend.Absenter); ok {
		return a.Absent()
	}
	return nil
}

// carry writes a tree to a store, and reports.
func (c *carrying) carry(cmd *cobra.Command, t *convert.Tree, to *location) (carry.Summary, error) {
	ctx := cmd.Context()
	w, err := to.writer(ctx)
	if err != nil {
		return carry.Summary{}, err
	}
	return c.into(cmd, t, to, w)
}

func (c *carrying) into(cmd *cobra.Command, t *convert.Tree, to *location, w backend.Writer) (s carry.Summary, err error) {
	defer func() {
		if closeErr := w.Close(); err == nil && closeErr != nil {
			err = fmt.Errorf("%s: %w", to.name, closeErr)
		}
	}()
	comparing := counting(cmd, "comparing", int64(t.Len()))
	writing := &bar{}
	p := newDifferences(cmd.OutOrStdout(), c)
	o := carry.Options{
		Add: c.add, Shrink: c.shrink, DryRun: c.dryRun, Each: p.each(),
		Writing: func(changes int) func(int) {
			comparing.Close()
			// One more than there are: what is left when all are sent is the store's to do.
			writing = counting(cmd, "writing", int64(changes)+1)
			return func(n int) {
				writing.Add(n)
				if changes -= n; changes == 0 {
					writing.Title("finishing")
				}
			}
		},
	}
	if len(c.left) > 0 {
		o.Keep = func(k carry.Key) bool { return c.left[k] }
	}
	s, err = carry.Carry(cmd.Context(), t.Entries(cmd.Context()), watched{w, comparing}, o)
	comparing.Close()
	writing.Close()
	if _, unfinished := errors.AsType[*carry.WriteError](err); !unfinished && (err == nil || refused(err)) {
		if told := p.summary(&s, err == nil && !c.dryRun, to); told != nil && err == nil {
			err = told
		}
	}
	if err == nil && !c.dryRun && s.Total().Shrinks() {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s servers may hold so many deletions back, and go on with what they have: see shrink of their backend\n", styleOf(cmd.ErrOrStderr()).yellow("note:"))
	}
	return s, c.explain(cmd, to, err)
}

// refused reports whether an error is about the data, and not about how it is written.
func refused(err error) bool {
	return errors.Is(err, backend.ErrShrunk) || errors.Is(err, carry.ErrConflict)
}

// explain tells of errors that are about the data, and says of others what to do.
func (c *carrying) explain(cmd *cobra.Command, to *location, err error) error {
	name := printable(to.name)
	broken, unfinished := errors.AsType[*carry.WriteError](err)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, backend.ErrShrunk) && !unfinished:
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: refused: %v; if that is meant, use --allow-shrink\n", name, err)
		return errFindings
	case errors.Is(err, carry.ErrConflict):
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: refused: %v; without --add they would be deleted\n", name, err)
		return errFindings
	case unfinished && cmd.Context().Err() != nil && broken.Atomic:
		return fmt.Errorf("stopped: nothing was changed in %s", name)
	case unfinished && cmd.Context().Err() != nil:
		return fmt.Errorf("stopped: %d of %d changes were written to %s; the same command again goes on from there", broken.Done, broken.All, name)
	case cmd.Context().Err() != nil:
		return err
	}
	return fmt.Errorf("%s: %w", name, err)
}

// tellNotes tells what there is to know about data that was read.
func tellNotes(cmd *cobra.Command, report convert.Report, holder string, err error) {
	s := styleOf(cmd.ErrOrStderr())
	for _, note := range report.Notes {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s %s\n", s.yellow("note:"), printable(note))
	}
	if report.Skipped > 0 && err == nil {
		for _, one := range report.Left.List {
			fmt.Fprintf(cmd.ErrOrStderr(), "left out: %s\n", printable(one.Error()))
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "%s %d left out, which %s cannot hold\n", s.yellow("note:"), report.Skipped, holder)
	}
}

// faulty tells the faults of data, and makes the error of the command of them.
func faulty(cmd *cobra.Command, err error) error {
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
