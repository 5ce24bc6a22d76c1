package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file"
	"github.com/enumim/enumim/backend/file/master"
	"github.com/enumim/enumim/corefile"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/explain"
)

// fromCorefile explains the number in each tree of the Corefile that is asked for it.
func (f *explainFlags) fromCorefile(cmd *cobra.Command, number string) ([]*explanation, error) {
	var want e164.Apex // the zero Apex is none of a Corefile
	if cmd.Flags().Changed("apex") {
		var err error
		if want, err = e164.ParseApex(f.apex); err != nil {
			return nil, fmt.Errorf("--apex: %w", err)
		}
	}
	in, err := os.Open(f.corefile)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	servers, err := corefile.Read(f.corefile, in)
	if err != nil {
		return nil, err
	}
	var list []*explanation
	seen := false
	var wrong error // why the number does not fit
	for _, server := range servers {
		for _, t := range server.Trees() {
			if want.String() != "" && t.Apex != want {
				continue
			}
			seen = true
			n, err := dialled(number, t.Options.DialPlan)
			if err != nil {
				wrong = err
				continue
			}
			if !n.HasPrefix(t.Apex.Prefix()) {
				continue
			}
			if !slices.Contains(corefile.Asked(servers, t.Apex.Domain(n)), t) {
				fmt.Fprintf(cmd.ErrOrStderr(), "note: %s: no query for the number gets to %s\n", t.Pos, t.Apex)
				continue
			}
			e, err := explainTree(cmd.Context(), t, n)
			if err != nil {
				return nil, err
			}
			list = append(list, e)
		}
	}
	switch {
	case len(list) > 0:
		return list, nil
	case !seen:
		return nil, fmt.Errorf("%s has no enumim directive for such numbers", f.corefile)
	case wrong != nil:
		return nil, wrong
	}
	return nil, fmt.Errorf("%s has no tree that is asked for the number", f.corefile)
}

// explainTree explains a number in one tree of a Corefile.
func explainTree(ctx context.Context, t corefile.Tree, n e164.Number) (*explanation, error) {
	store, err := openBackend(ctx, t.Opener)
	if err != nil {
		return nil, t.Errorf("backend %s: %w", t.Driver, err)
	}
	defer store.Close()
	q := explain.Question{Apex: t.Apex, Number: n, DialPlan: t.Options.DialPlan, Form: t.Options.Form}
	report, err := explain.Of(ctx, store, q)
	if err != nil {
		return nil, t.Errorf("backend %s: %w", t.Driver, err)
	}
	return &explanation{
		source: fmt.Sprintf("%s: enumim %s, backend %s", t.Pos, t.Apex, t.Driver),
		ask:    q, report: report,
		passed: report.Kind == backend.Absent && t.Options.Fall.Through(t.Apex.Domain(n)),
	}, nil
}

// openBackend opens a backend and waits for its data.
func openBackend(ctx context.Context, opener backend.Opener) (backend.Backend, error) {
	var mu sync.Mutex
	var refused []error
	store, err := opener.Open(ctx, func(e backend.Event) {
		if e.Err != nil && (e.Kind == backend.Refused || e.Kind == backend.Unavailable) {
			err := e.Err
			if !strings.HasPrefix(err.Error(), e.Source) { // faults in a file tell their places
				err = fmt.Errorf("%s: %w", e.Source, err)
			}
			mu.Lock()
			refused = append(refused, err)
			mu.Unlock()
		}
	})
	if err != nil {
		return nil, err
	}
	checker, ok := backend.As[backend.Checker](store)
	if !ok {
		return store, nil
	}
	if err = checker.Check(ctx); err == nil {
		return store, nil
	}
	_ = store.Close() // that it has no data is what matters
	mu.Lock()
	defer mu.Unlock()
	if len(refused) > 0 {
		return nil, errors.Join(refused...)
	}
	return nil, err
}

// fromFiles explains the number by data files, as a server that has no other data would answer.
func (f *explainFlags) fromFiles(cmd *cobra.Command, number string, paths []string) ([]*explanation, error) {
	for _, p := range paths {
		switch ext := strings.ToLower(filepath.Ext(p)); {
		case p == "-":
			return nil, errors.New("-: standard input can be read once only; give a file")
		case ext == ".csv" || ext == ".json" || ext == ".jsonl":
			return nil, fmt.Errorf("%s: is no data file of a server; enumim convert makes one of it", p)
		}
	}
	if !cmd.Flags().Changed("apex") {
		if err := f.learnApex(paths); err != nil {
			return nil, err
		}
	}
	apex, n, err := f.below(number)
	if err != nil {
		return nil, err
	}
	for i, p := range paths {
		if paths[i], err = filepath.Abs(p); err != nil {
			return nil, err
		}
	}
	driver, err := backend.Lookup("file")
	if err != nil {
		return nil, err
	}
	options := []backend.Option{{Name: "reload", Args: []string{"0"}}, {Name: "include"}, {Name: "generate"}}
	opener, err := driver.Parse(backend.Config{Args: paths, Options: options, Apexes: []e164.Apex{apex}, DialPlan: f.dialPlan})
	if err != nil {
		return nil, err
	}
	ctx := cmd.Context()
	store, err := openBackend(ctx, opener)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	q := explain.Question{Apex: apex, Number: n, DialPlan: f.dialPlan}
	report, err := explain.Of(ctx, store, q)
	if err != nil {
		return nil, err
	}
	return []*explanation{{source: strings.Join(relative(paths), ", "), ask: q, report: report}}, nil
}

// learnApex takes the apex from the first zone file among the files, which says itself what it is for.
func (f *explainFlags) learnApex(paths []string) error {
	for _, path := range paths {
		is, err := formatOf(path)
		if err != nil {
			return err
		}
		if is != file.ZoneFile {
			continue
		}
		in, err := os.Open(path)
		if err != nil {
			return err
		}
		defer in.Close()
		_, apex, _, err := master.Read(in, master.Options{
			File: path, Generate: true, Unordered: true,
			Open: func(name string) (io.ReadCloser, error) {
				return os.OpenInRoot(filepath.Dir(path), filepath.FromSlash(name))
			},
		}, func(*backend.Entry, int) error { return nil })
		f.apex = apex.String()
		return err
	}
	return nil
}

func formatOf(path string) (file.Format, error) {
	in, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	return file.FormatOf(bufio.NewReader(in)), nil
}

// relative writes paths as short as they can be written.
func relative(paths []string) []string {
	here, err := os.Getwd()
	if err != nil {
		return paths
	}
	list := slices.Clone(paths)
	for i, p := range list {
		if short, err := filepath.Rel(here, p); err == nil && !strings.HasPrefix(short, "..") {
			list[i] = short
		}
	}
	return list
}
