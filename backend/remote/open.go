package remote

import (
	"context"
	"errors"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/remote/snapshot"
	"github.com/enumim/enumim/backend/table"
)

// Parts are what a driver brings for Open: a store or a feed, as Mode says, and what there is to know of them.
type Parts struct {
	Store backend.Store
	Feed  backend.Feed
	// Source names the store in events, without secrets.
	Source string
	// Data is the canonical form of all that says which data a feed brings, without secrets: where the store is,
	// and what is read of it, as whom. A snapshot of other data is refused.
	Data string
	// Fresh is how long data is current after a feed said so; 0 is for a feed that says so each
	// backend.FreshEvery.
	Fresh time.Duration
	// Form is the form that suits where the data of a feed comes from.
	Form backend.Form
}

// Open makes the backend that the options ask for. It does not wait for the store. It fails when the driver does
// not bring what Mode asks for.
//
// The backend closes a store with itself. A feed has no Close: it lets go of everything when Run returns.
func (o *Options) Open(ctx context.Context, p Parts, observe func(backend.Event)) (backend.Backend, error) {
	switch {
	case o.Mode == Store && p.Store == nil, o.Mode == Feed && p.Feed == nil:
		return nil, errors.New("this backend has no mode " + o.Mode.String())
	case o.Mode == Store:
		return backend.Gather(p.Store, backend.GatherOptions{Source: p.Source, Lanes: o.Connections}), nil
	}
	return o.mirror(ctx, p, observe), nil
}

// mirror keeps what the feed delivers in memory.
func (o *Options) mirror(ctx context.Context, p Parts, observe func(backend.Event)) backend.Backend {
	share := o.Shrink
	if share < 0 {
		share = 1 // nothing can lose more
	}
	m := table.MirrorOptions{
		Options: table.Options{Form: p.Form, Apexes: o.Apexes, ShrinkShare: share},
		Source:  p.Source, Observe: observe, Stale: o.Stale, Fresh: p.Fresh,
	}
	if o.Snapshot != "" {
		m.Keeper = snapshot.New(o.Snapshot, p.Data, &o.Codec)
	}
	return table.Mirror(ctx, p.Feed, m)
}
