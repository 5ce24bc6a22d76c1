package main

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/carry"
)

// shelf is a driver whose stores are in memory, by name: 'shelf NAME { steps }'. Those with the option steps
// write change by change.
type shelf struct {
	mu     sync.Mutex
	stores map[string]map[carry.Key]backend.Entry
	// stop, where it is set, is called before each change.
	stop func(n int) error
}

var shelves = &shelf{stores: map[string]map[carry.Key]backend.Entry{}}

func init() { backend.Register("shelf", shelves) }

type shelfOpener struct {
	*shelf
	name  string
	steps bool
}

func (s *shelf) Parse(c backend.Config) (backend.Opener, error) {
	o := &shelfOpener{shelf: s}
	if len(c.Args) != 1 {
		return nil, c.Errorf(c.Pos, "a shelf has one name")
	}
	o.name = c.Args[0]
	for _, opt := range c.Options {
		if opt.Name != "steps" {
			return nil, c.UnknownOption(opt, "steps")
		}
		o.steps = true
	}
	return o, nil
}

func (o *shelfOpener) Key() string { return o.name }
func (o *shelfOpener) Open(context.Context, func(backend.Event)) (backend.Backend, error) {
	return nil, errors.ErrUnsupported
}

func (o *shelfOpener) OpenWriter(context.Context) (backend.Writer, error) {
	if o.name == "down" {
		return nil, backend.ErrUnavailable
	}
	return o, nil
}
func (o *shelfOpener) Atomic() bool { return !o.steps }
func (o *shelfOpener) Close() error { return nil }

func (o *shelfOpener) Walk(ctx context.Context) iter.Seq2[backend.Entry, error] {
	return func(yield func(backend.Entry, error) bool) {
		o.mu.Lock()
		held := o.stores[o.name]
		keys := slices.SortedFunc(maps.Keys(held), carry.Key.Compare)
		o.mu.Unlock()
		for _, k := range keys {
			if !yield(held[k], ctx.Err()) {
				return
			}
		}
	}
}

func (o *shelfOpener) Write(ctx context.Context, changes iter.Seq2[backend.Change, error], done func(int)) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	held := maps.Clone(o.stores[o.name])
	if held == nil {
		held = map[carry.Key]backend.Entry{}
	}
	n := 0
	for c, err := range changes {
		if o.stop != nil {
			if err := o.stop(n); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
		if n++; c.Delete {
			delete(held, carry.KeyOf(&c.Entry))
		} else {
			held[carry.KeyOf(&c.Entry)] = c.Entry
		}
		if o.steps {
			o.stores[o.name] = maps.Clone(held)
			done(1)
		}
	}
	o.stores[o.name] = held
	if !o.steps {
		done(n)
	}
	return ctx.Err()
}

// breaks makes an entry of a store one that cannot be read.
func (s *shelf) breaks(t *testing.T, store string, kind backend.EntryKind) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range slices.SortedFunc(maps.Keys(s.stores[store]), carry.Key.Compare) {
		if e := s.stores[store][k]; e.Kind == kind {
			s.stores[store][k] = backend.Entry{Kind: e.Kind, Name: e.Name, Min: e.Min, Max: e.Max, Broken: true}
			return
		}
	}
	t.Fatal("the store has no such entry")
}
