package file

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/master"
	"github.com/enumim/enumim/backend/file/numbers"
	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/e164"
)

// Locate implements backend.Locator: it reads the files anew, as they are now. A file that cannot be read,
// or that has faults, which may then not be the one that is served, knows no places.
func (s *store) Locate(ctx context.Context, apex string, entries []backend.Entry) ([]string, error) {
	l := &locator{options: s.options, apex: apex, places: make([]string, len(entries)), wanted: make(map[entryKey][]int)}
	for i := range entries {
		key := keyOf(&entries[i])
		l.wanted[key] = append(l.wanted[key], i)
	}
	for _, path := range s.options.paths {
		if err := l.read(ctx, path); err != nil && ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return l.places, nil
}

// entryKey is what two entries that take each other's place have in common.
type entryKey struct {
	kind     backend.EntryKind
	name     e164.Name
	min, max int
}

func keyOf(e *backend.Entry) entryKey { return entryKey{e.Kind, e.Name, e.Min, e.Max} }

// locator looks for the places of entries.
type locator struct {
	options *options
	apex    string
	wanted  map[entryKey][]int
	places  []string
}

// read notes the places of the entries that are wanted in one file.
func (l *locator) read(ctx context.Context, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	found := make(map[int]string)
	var at source.Place // of the next entry
	lint := &source.Lint{Placed: func(places, _ []source.Place) { at = places[0] }}
	add := func(e *backend.Entry, _ int) error {
		for _, i := range l.wanted[keyOf(e)] {
			if found[i] == "" {
				found[i] = fmt.Sprintf("%s:%d", at.File, at.Line)
			}
		}
		return nil
	}
	var open func(string) (io.ReadCloser, error)
	if l.options.include {
		root, err := os.OpenRoot(filepath.Dir(path))
		if err != nil {
			return err
		}
		defer root.Close()
		open = func(name string) (io.ReadCloser, error) { return root.Open(filepath.FromSlash(name)) }
	}
	is := FormatOf(bufio.NewReaderSize(f, headSize))
	if _, err = f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if is == ZoneFile {
		err = l.zone(ctx, f, path, open, lint, add)
	} else {
		_, err = numbers.Read(f, numbers.Options{
			File: path, Apexes: l.options.apexes, DialPlan: l.options.dialPlan, Open: open, Stop: ctx.Err, Lint: lint,
		}, add)
	}
	if err != nil {
		return err
	}
	for i, place := range found {
		if l.places[i] == "" {
			l.places[i] = place
		}
	}
	return nil
}

// errOtherZone: the zone file is not for the apex that was asked for.
var errOtherZone = errors.New("zone of another apex")

func (l *locator) zone(ctx context.Context, f io.Reader, path string, open func(string) (io.ReadCloser, error), lint *source.Lint, add func(*backend.Entry, int) error) error {
	o := master.Options{File: path, Open: open, Stop: ctx.Err, Generate: l.options.generate, Unordered: true, Lint: lint}
	if len(l.options.apexes) == 1 {
		o.Origin = l.options.apexes[0].String()
	}
	_, apex, _, err := master.Read(f, o, add)
	if err == nil && apex.String() != l.apex {
		return errOtherZone
	}
	return err
}
