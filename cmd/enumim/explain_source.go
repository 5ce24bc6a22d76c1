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
	"time"

	"github.com/spf13/cobra"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file"
	"github.com/enumim/enumim/backend/file/master"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/explain"
)

// How long a backend may take until it has data, and how often it is asked: one that mirrors a store reads all
// of it first.
const (
	mirrorWait = 2 * time.Minute
	mirrorPoll = 10 * time.Millisecond
)

// mirrors reports whether a backend answers from memory what it reads from a store.
func mirrors(b backend.Backend) bool {
	_, local := backend.As[backend.Local](b)
	_, told := backend.As[backend.Stater](b)
	return local && told
}

// feeding reports whether a backend that has data from before, a snapshot, waits for what its store holds now.
func feeding(b backend.Backend) bool {
	teller, ok := backend.As[backend.Stater](b)
	return ok && mirrors(b) && !teller.State().Up
}

// openBackend opens a backend and waits for its data. found, which may be nil, gets what deserves a look in it.
func openBackend(ctx context.Context, opener backend.Opener, found func(backend.Event)) (backend.Backend, error) {
	var mu sync.Mutex
	var refused []error
	store, err := opener.Open(ctx, func(e backend.Event) {
		if e.Kind == backend.Finding && found != nil {
			mu.Lock()
			found(e)
			mu.Unlock()
		}
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
	wait, cancel := context.WithTimeout(ctx, mirrorWait)
	defer cancel()
	tick := time.NewTicker(mirrorPoll)
	defer tick.Stop()
	for {
		err = checker.Check(wait)
		mu.Lock()
		failed := errors.Join(refused...)
		mu.Unlock()
		if err == nil && (failed != nil || !feeding(store)) {
			return store, nil
		}
		if err == nil {
			select {
			case <-tick.C:
				continue
			case <-wait.Done():
				return store, nil
			}
		}
		if failed != nil {
			err = failed
		} else if errors.Is(err, backend.ErrNotReady) && mirrors(store) {
			select {
			case <-tick.C:
				continue
			case <-wait.Done():
			}
		}
		_ = store.Close() // that it has no data is what matters
		return nil, err
	}
}

// fromFiles explains the number by data files, as a server that has no other data would answer.
func (f *explainFlags) fromFiles(cmd *cobra.Command, number string, paths []string) ([]*explanation, error) {
	opener, apex, err := f.files(cmd, paths)
	if err != nil {
		return nil, err
	}
	_, n, err := f.below(number)
	if err != nil {
		return nil, err
	}
	ctx := cmd.Context()
	store, err := openBackend(ctx, opener, nil)
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

// files returns what opens data files as a server does, and the apex, which a zone file among them tells.
func (t *tree) files(cmd *cobra.Command, paths []string) (backend.Opener, e164.Apex, error) {
	var none e164.Apex
	for _, p := range paths {
		switch ext := strings.ToLower(filepath.Ext(p)); {
		case isStore(p):
			return nil, none, storeAsFile(p, "use the Corefile of its server with -c")
		case p == "-":
			return nil, none, errors.New("-: standard input can be read once only; give a file")
		case ext == ".csv" || ext == ".json" || ext == ".jsonl":
			return nil, none, fmt.Errorf("%s: is no data file of a server; enumim convert makes one of it", p)
		}
	}
	if !cmd.Flags().Changed("apex") {
		if err := t.learnApex(paths); err != nil {
			return nil, none, err
		}
	}
	apex, err := t.parse()
	if err != nil {
		return nil, none, err
	}
	for i, p := range paths {
		if paths[i], err = filepath.Abs(p); err != nil {
			return nil, none, err
		}
	}
	driver, err := backend.Lookup("file")
	if err != nil {
		return nil, none, err
	}
	options := []backend.Option{{Name: "reload", Args: []string{"0"}}, {Name: "include"}, {Name: "generate"}}
	opener, err := driver.Parse(backend.Config{Args: paths, Options: options, Apexes: []e164.Apex{apex}, DialPlan: t.dialPlan})
	return opener, apex, err
}

// learnApex takes the apex from the first zone file among the files, which says itself what it is for.
func (t *tree) learnApex(paths []string) error {
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
		t.apex = apex.String()
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
