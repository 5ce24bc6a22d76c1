package remote

import (
	"context"

	"github.com/enumim/enumim/backend"
)

// Open makes the backend that the options ask for of what a driver brings: feed or store, as Mode says; the
// other one may be nil. source names the store in events, without secrets. close, which may be nil, is called
// once when nothing of the backend runs any more. Open does not wait for the store.
func (o *Options) Open(ctx context.Context, store backend.Store, feed backend.Feed, source string, observe func(backend.Event), close func() error) (backend.Backend, error) {
	panic("not written")
}
