package remote

import (
	"context"
	"errors"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/remote/snapshot"
	"github.com/enumim/enumim/backend/table"
)

// Open makes the backend that the options ask for of what a driver brings: feed or store, as Mode says; the
// other one may be nil. source names the store in events, without secrets. Open does not wait for the store. It
// fails when the driver does not bring what Mode asks for.
//
// The backend closes a store with itself. A feed has no Close: it lets go of everything when Run returns.
func (o *Options) Open(ctx context.Context, store backend.Store, feed backend.Feed, source string, observe func(backend.Event)) (backend.Backend, error) {
	switch {
	case o.Mode == Store && store == nil, o.Mode == Feed && feed == nil:
		return nil, errors.New("this backend has no mode " + o.Mode.String())
	case o.Mode == Store:
		return backend.Gather(store, backend.GatherOptions{Source: source, Lanes: o.Connections}), nil
	}
	return o.mirror(ctx, feed, source, observe), nil
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
