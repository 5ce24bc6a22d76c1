package remote

import (
	"context"
	"errors"
	"sync"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/remote/snapshot"
	"github.com/enumim/enumim/backend/table"
)

// Open makes the backend that the options ask for of what a driver brings: feed or store, as Mode says; the
// other one may be nil. source names the store in events, without secrets. ended, which may be nil, is called
// once when nothing of the backend runs any more. Open does not wait for the store. It fails when the driver
// does not bring what Mode asks for.
func (o *Options) Open(ctx context.Context, store backend.Store, feed backend.Feed, source string, observe func(backend.Event), ended func()) (backend.Backend, error) {
	switch {
	case o.Mode == Store && store == nil, o.Mode == Feed && feed == nil:
		return nil, errors.New("this backend has no mode " + o.Mode.String())
	case o.Mode == Store:
		b := backend.Gather(store, backend.GatherOptions{Source: source, Lanes: o.Connections})
		return &stored{b, ending(b, ended)}, nil
	}
	b := o.mirror(ctx, feed, source, observe)
	filler, _ := b.(backend.Filler)
	return &mirrored{b, filler, ending(b, ended)}, nil
}

// mirror keeps what the feed delivers in memory.
func (o *Options) mirror(ctx context.Context, feed backend.Feed, source string, observe func(backend.Event)) backend.Backend {
	share := o.Shrink
	if share < 0 {
		share = 1 // nothing can lose more
	}
	m := table.MirrorOptions{
		Options: table.Options{Apexes: o.Apexes, ShrinkShare: share},
		Source:  source, Observe: observe, Stale: o.Stale,
	}
	if o.Snapshot != "" {
		m.Keeper = snapshot.New(o.Snapshot, source, &o.Codec)
	}
	return table.Mirror(ctx, feed, m)
}

// ending returns a function that closes b and then what it was made of, once.
func ending(b backend.Backend, ended func()) func() error {
	return sync.OnceValue(func() error {
		err := b.Close()
		if ended != nil {
			ended()
		}
		return err
	})
}

// stored is a store as a backend.
type stored struct {
	backend.Backend
	close func() error
}

// Unwrap is for backend.As.
func (b *stored) Unwrap() backend.Backend { return b.Backend }

// Close implements backend.Backend.
func (b *stored) Close() error { return b.close() }

// mirrored is a feed as a backend. It is itself the Filler: the handle asks for that without unwrapping.
type mirrored struct {
	backend.Backend
	filler backend.Filler
	close  func() error
}

// Unwrap is for backend.As.
func (b *mirrored) Unwrap() backend.Backend { return b.Backend }

// Local marks the mirror as a backend that never waits.
func (b *mirrored) Local() {}

// Fill implements backend.Filler.
func (b *mirrored) Fill(ctx context.Context, q backend.Query, a *backend.Answer) error {
	return b.filler.Fill(ctx, q, a)
}

// Close implements backend.Backend.
func (b *mirrored) Close() error { return b.close() }
