package backend

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/enumim/enumim/e164"
)

// Numbers makes a Backend of a store that knows numbers only. A name with labels left of its digits
// is answered from the number: below a delegation when the number is, else Absent. The apex of a
// whole tree, which has no digits, has Descendants; what is neither digits nor below digits is
// Absent; the store is asked for neither. closer, which may be nil, is called once.
//
// A store with optional capabilities embeds the result in a type that has them.
func Numbers(lookup func(context.Context, e164.Number) (Answer, error), closer func() error) Backend {
	return &numbers{lookup: lookup, close: sync.OnceValue(func() error {
		if closer == nil {
			return nil
		}
		return closer()
	})}
}

type numbers struct {
	lookup func(context.Context, e164.Number) (Answer, error)
	close  func() error
	closed atomic.Bool
}

func (b *numbers) Lookup(ctx context.Context, q Query) (Answer, error) {
	switch {
	case b.closed.Load():
		return Answer{}, ErrClosed
	case !q.Name.Number.IsValid() && q.Name.IsNumber():
		return Answer{Kind: Descendants}, nil
	case !q.Name.Number.IsValid():
		return Answer{Kind: Absent}, nil
	}
	a, err := b.lookup(ctx, q.Name.Number)
	if err == nil && !q.Name.IsNumber() && a.Kind != Delegated && a.Kind != Unknown {
		return Answer{Kind: Absent, Stale: a.Stale}, nil
	}
	return a, err
}

func (b *numbers) Close() error {
	b.closed.Store(true)
	return b.close()
}
