package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/convert"
	"github.com/enumim/enumim/corefile"
	"github.com/enumim/enumim/e164"
)

// location is where entries are: a file, or the store of a backend.
type location struct {
	file   string // "" for a store
	name   string // as messages show it: without options, which tell how the store is reached
	opener backend.Opener
	apexes []e164.Apex
}

// locationFlags say what the tree of a store is, and which Corefile knows one.
type locationFlags struct {
	corefile, zone string
	apex           string
	dialPlan       bool
	ttl            uint32

	tree e164.Apex // the zero Apex where no flag tells it
}

func (f *locationFlags) flags(cmd *cobra.Command, role string) {
	fl := cmd.Flags()
	fl.StringVarP(&f.corefile, "corefile", "c", "", "the Corefile whose backend is "+role+"; it is not named among the arguments then")
	fl.StringVar(&f.zone, "zone", "", "the `zone` of the enumim directive in the Corefile, where it has several")
	fl.StringVar(&f.apex, "apex", "", "the domain that the tree of numbers hangs from; others are refused")
	fl.BoolVar(&f.dialPlan, "dialplan", false, `numbers are digits of a private dial plan, without "+"`)
	fl.Uint32Var(&f.ttl, "ttl", 3600, "the TTL in seconds of records that have none")
	cmd.MarkFlagsMutuallyExclusive("corefile", "apex")
	cmd.MarkFlagsMutuallyExclusive("corefile", "dialplan")
	cmd.MarkFlagsMutuallyExclusive("corefile", "ttl")
}

// settle reads the flags, and the place that the Corefile tells, nil where none is named.
func (f *locationFlags) settle() (*location, error) {
	if f.ttl > notation.MaxTTL {
		return nil, fmt.Errorf("--ttl %d: at most %d, which is a week", f.ttl, notation.MaxTTL)
	}
	if f.apex != "" {
		var err error
		if f.tree, err = e164.ParseApex(f.apex); err != nil {
			return nil, fmt.Errorf("--apex %s: %w", f.apex, err)
		}
	}
	if f.dialPlan && f.tree.Public() {
		return nil, fmt.Errorf("--dialplan: %w", convert.ErrPublic)
	}
	if f.corefile == "" {
		if f.zone != "" {
			return nil, errors.New("--zone names a zone of a Corefile: use it with -c")
		}
		return nil, nil //nolint:nilnil // there is none, and nothing is wrong with that
	}
	return f.fromCorefile()
}

// fromCorefile returns the backend of an enumim directive, whose tree the flags take over.
func (f *locationFlags) fromCorefile() (*location, error) {
	in, err := os.Open(f.corefile)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	servers, err := corefile.Read(f.corefile, in)
	if err != nil {
		return nil, err
	}
	var zone e164.Apex
	if f.zone != "" {
		if zone, err = e164.ParseApex(f.zone); err != nil {
			return nil, fmt.Errorf("--zone %s: %w", f.zone, err)
		}
	}
	var found []*corefile.Block
	var zones []string
	for _, s := range servers {
		for _, b := range s.Blocks {
			if b.Opener == nil || f.zone != "" && !slices.Contains(b.Apexes, zone) {
				continue
			}
			// The same tree may be served on several addresses.
			if !slices.ContainsFunc(found, func(o *corefile.Block) bool { return o.Driver == b.Driver && o.Opener.Key() == b.Opener.Key() }) {
				found = append(found, b)
				zones = append(zones, b.Apexes[0].String())
			}
		}
	}
	switch {
	case len(found) == 0 && f.zone != "":
		return nil, fmt.Errorf("%s has no enumim directive with a backend for %s", f.corefile, zone)
	case len(found) == 0:
		return nil, fmt.Errorf("%s has no enumim directive with a backend", f.corefile)
	case len(found) > 1:
		return nil, fmt.Errorf("%s has %d backends: name one with --zone: %s", f.corefile, len(found), strings.Join(zones, ", "))
	}
	b := found[0]
	f.dialPlan, f.ttl = b.Options.DialPlan, min(b.Options.TTL, notation.MaxTTL)
	if len(b.Apexes) == 1 {
		f.tree = b.Apexes[0]
	}
	return &location{name: fmt.Sprintf("backend %s of %s", b.Driver, b.Pos), opener: b.Opener, apexes: b.Apexes}, nil
}

// locate reads argument number i, from 1.
func (f *locationFlags) locate(i int, arg string) (*location, error) {
	text := strings.TrimLeft(arg, " \t")
	blank := strings.IndexAny(text, " \t")
	if blank < 0 || !slices.Contains(backend.Names(), text[:blank]) {
		return &location{file: arg, name: arg}, nil
	}
	driver, rest := text[:blank], text[blank:]
	p := &location{name: driver + " " + strings.TrimSpace(strings.SplitN(rest, "{", 2)[0])}
	if p.apexes = f.apexes(); len(p.apexes) == 0 && !f.dialPlan {
		public, _ := e164.ParseApex("e164.arpa.")
		p.apexes = []e164.Apex{public}
	}
	var err error
	_, p.opener, err = corefile.ParseBackend(arg, backend.Config{Apexes: p.apexes, DialPlan: f.dialPlan, TTL: f.ttl})
	if err != nil {
		return nil, fmt.Errorf("argument %d: %w%s", i, err, lineHint(arg))
	}
	return p, nil
}

func (f *locationFlags) apexes() []e164.Apex {
	if f.tree == (e164.Apex{}) {
		return nil
	}
	return []e164.Apex{f.tree}
}

// codec returns what a store of the place holds entries to.
func (f *locationFlags) codec(p *location) *notation.Codec {
	return &notation.Codec{Apexes: p.apexes, DialPlan: f.dialPlan, TTL: f.ttl}
}

// writable says why the place is no store that can be written to.
func (p *location) writable() error {
	if p.file != "" {
		return fmt.Errorf("%s: is no store such as 'bolt numbers.bolt'%s; enumim export and convert write files", p.file, known(p.file))
	}
	if _, ok := p.opener.(backend.WriterOpener); !ok {
		return fmt.Errorf("%s: this backend cannot be written to", p.name)
	}
	return nil
}

// writer opens the store for writing.
func (p *location) writer(ctx context.Context) (backend.Writer, error) {
	if err := p.writable(); err != nil {
		return nil, err
	}
	w, err := p.opener.(backend.WriterOpener).OpenWriter(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.name, err)
	}
	return w, nil
}

// written reads all of a store by what writes to it, which knows one that was never filled.
func (p *location) written(ctx context.Context, w backend.Writer) (all iter.Seq2[backend.Entry, error], done func(), err error) {
	done = func() { _ = w.Close() } // it was only read
	if a, ok := w.(backend.Absenter); ok {
		if err := a.Absent(); err != nil {
			done()
			return nil, nil, fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return w.Walk(ctx), done, nil
}

// entries opens the store for reading all of it, which must have been filled. done gives it back; found gets what a
// backend that leaves something out, or reads it as an error, says of that.
func (p *location) entries(ctx context.Context, found func(backend.Event)) (all iter.Seq2[backend.Entry, error], done func(), err error) {
	if _, ok := p.opener.(backend.WriterOpener); ok {
		w, err := p.writer(ctx)
		if err == nil {
			return p.written(ctx, w)
		}
		if !errors.Is(err, backend.ErrReadOnly) {
			return nil, nil, err
		}
	}
	store, err := openBackend(ctx, p.opener, found)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", p.name, err)
	}
	walker, ok := backend.As[backend.Walker](store)
	if !ok {
		_ = store.Close() // it was not used
		return nil, nil, fmt.Errorf("%s: this backend cannot list its entries", p.name)
	}
	return func(yield func(backend.Entry, error) bool) {
		for _, apex := range p.apexes {
			for e, err := range walker.Walk(ctx, apex.String()) {
				if !yield(e, err) {
					return
				}
			}
		}
	}, func() { _ = store.Close() }, nil
}
