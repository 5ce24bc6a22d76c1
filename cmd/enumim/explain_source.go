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

	"github.com/coredns/caddy/caddyfile"
	"github.com/spf13/cobra"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file"
	"github.com/enumim/enumim/backend/file/master"
	"github.com/enumim/enumim/corefile"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/explain"
)

// fromCorefile explains the number in each tree of the Corefile that it may lie in.
func (f *explainFlags) fromCorefile(cmd *cobra.Command, number string) ([]*explanation, error) {
	want, err := f.parse()
	if err != nil {
		return nil, err
	}
	in, err := os.Open(f.corefile)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	servers, err := caddyfile.Parse(f.corefile, in, nil)
	if err != nil {
		return nil, err
	}
	var list []*explanation
	seen := false
	var wrong error // why the number does not fit
	for _, server := range servers {
		d := caddyfile.NewDispenserTokens(f.corefile, server.Tokens["enumim"])
		blocks, err := corefile.Parse(&d, corefile.Place{Keys: server.Keys, Root: rootOf(f.corefile, server)})
		if err != nil {
			return nil, err
		}
		for _, b := range blocks {
			for _, apex := range b.Apexes {
				if cmd.Flags().Changed("apex") && apex != want {
					continue
				}
				seen = true
				n, err := dialled(number, b.Options.DialPlan)
				if err != nil {
					wrong = err
					continue
				}
				if !n.HasPrefix(apex.Prefix()) || nested(blocks, apex, n) {
					continue
				}
				e, err := explainBlock(cmd.Context(), b, apex, n)
				if err != nil {
					return nil, err
				}
				list = append(list, e)
			}
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
	return nil, fmt.Errorf("%s has no tree that the number lies in", f.corefile)
}

// rootOf returns the folder that relative paths of a server block start from: that of its root directive,
// else the working directory.
func rootOf(path string, server caddyfile.ServerBlock) string {
	d := caddyfile.NewDispenserTokens(path, server.Tokens["root"])
	if d.Next() && d.NextArg() {
		return d.Val()
	}
	return ""
}

// nested reports whether another tree of the server block, which lies in the one of apex, holds the number.
func nested(blocks []*corefile.Block, apex e164.Apex, n e164.Number) bool {
	for _, b := range blocks {
		for _, other := range b.Apexes {
			if other != apex && strings.HasSuffix(other.String(), "."+apex.String()) && n.HasPrefix(other.Prefix()) &&
				strings.HasSuffix(apex.Domain(n), "."+other.String()) {
				return true
			}
		}
	}
	return false
}

// explainBlock explains a number in one tree of an enumim block.
func explainBlock(ctx context.Context, b *corefile.Block, apex e164.Apex, n e164.Number) (*explanation, error) {
	store, err := openBackend(ctx, b.Opener)
	if err != nil {
		return nil, fmt.Errorf("%s:%d: backend %s: %w", b.Pos.File, b.Pos.Line, b.Driver, err)
	}
	defer store.Close()
	q := explain.Question{Apex: apex, Number: n, DialPlan: b.Options.DialPlan, Form: b.Options.Form}
	report, err := explain.Of(ctx, store, q)
	if err != nil {
		return nil, fmt.Errorf("%s:%d: backend %s: %w", b.Pos.File, b.Pos.Line, b.Driver, err)
	}
	return &explanation{
		source: fmt.Sprintf("%s:%d: enumim %s, backend %s", b.Pos.File, b.Pos.Line, apex, b.Driver),
		ask:    q, report: report,
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
