package etcd

import (
	"context"
	"fmt"
	"iter"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/keyed"
)

// reading is a full read: what it yields, and what it finds on the way.
type reading struct {
	feed     *feed
	member   *member
	state    *state
	marker   *marker // at the revision
	seen     witness
	revision int64
	strange  int // keys that are no numbers
}

// entries yields all entries at one revision; an error, where they are not all or too few.
func (r *reading) entries(ctx context.Context) iter.Seq2[backend.Entry, error] {
	return func(yield func(backend.Entry, error) bool) {
		if err := r.read(ctx, yield); err != nil {
			yield(backend.Entry{}, err)
		}
	}
}

func (r *reading) read(ctx context.Context, yield func(backend.Entry, error) bool) error {
	total, read := int64(0), int64(0)
	for p := range r.member.pages(ctx) {
		if p.err != nil {
			return p.err
		}
		if r.revision == 0 {
			r.revision, total = p.revision, p.total
		}
		if read += int64(len(p.kvs)); read > total {
			return errOdd
		}
		for _, kv := range p.kvs {
			if kv.ModRevision > r.seen.revision {
				r.seen = witnessOf(kv)
			}
			n, ok := keyed.NumberOf(kv.Key[len(r.member.prefix):])
			if !ok {
				r.strange++
				continue
			}
			if !within(r.feed.codec.Apexes, n) {
				continue
			}
			r.state.keys++
			lines, fault := keyed.Parse(r.feed.codec, n, kv.Value)
			shown := r.state.Put(n, lines, fault)
			for i := range shown {
				if !yield(shown[i].Entry, nil) {
					return nil
				}
			}
		}
	}
	return r.end(ctx, total, read)
}

// end checks that the tree is whole: all its keys, and the marker among them.
func (r *reading) end(ctx context.Context, total, read int64) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if read != total {
		return fmt.Errorf("%w: etcd sent %d keys of %d", backend.ErrUnavailable, read, total)
	}
	at, err := r.member.marker(ctx, r.revision)
	if err != nil {
		return r.member.failed(ctx, err)
	}
	r.marker = at
	if at.witness.revision > r.seen.revision {
		r.seen = at.witness
	}
	if g := &r.feed.guard; !g.allows(r.state.keys) {
		return r.feed.hold(g.refuse(r.state.keys))
	}
	return nil
}
