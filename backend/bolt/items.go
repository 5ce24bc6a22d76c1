package bolt

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// walkTime bounds how long a walk may hold on to old pages, which makes the file grow beside changes.
const walkTime = 30 * time.Minute

// items reads the entries of a snapshot in the order of Walk, which is that of their keys.
type items struct {
	cursors [2]cursor
	heads   [2]item
	there   [2]bool
	last    [2][]byte
}

// items returns the entries from a number on. It is to be called guarded, and its methods, too.
func (s *snapshot) items(from e164.Number) (*items, error) {
	r := &items{}
	for i, t := range []*tree{&s.numbers, &s.prefixes} {
		r.cursors[i].pages = &s.pages
		if err := r.cursors[i].seek(t, appendKey(nil, backend.Number, from, 0, 0)); err != nil {
			return nil, err
		}
		if err := r.advance(i); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *items) advance(i int) (err error) {
	r.heads[i], r.there[i], err = r.cursors[i].next()
	if err != nil || !r.there[i] {
		return err
	}
	if r.last[i] != nil && bytes.Compare(r.heads[i].key, r.last[i]) <= 0 {
		return damaged("keys out of order")
	}
	r.last[i] = r.heads[i].key
	return nil
}

// next returns the next item. ok is false at the end.
func (r *items) next() (it item, ok bool, err error) {
	i := 0
	if !r.there[0] || r.there[1] && bytes.Compare(r.heads[1].key, r.heads[0].key) < 0 {
		i = 1
	}
	if !r.there[i] {
		return item{}, false, nil
	}
	it = r.heads[i]
	return it, true, r.advance(i)
}

// walkBatch is how many entries are read before they are given away.
const walkBatch = 256

// walk lists the entries that begin with a number. The snapshot must be held until it ends.
func (s *snapshot) walk(ctx context.Context, prefix e164.Number) iter.Seq2[backend.Entry, error] {
	return func(yield func(backend.Entry, error) bool) {
		late := time.Now().Add(walkTime)
		var r *items
		var batch []backend.Entry
		for {
			batch = batch[:0]
			var more bool
			err := ctx.Err()
			if err == nil && time.Now().After(late) {
				err = fmt.Errorf("%w: whoever reads has taken longer than %v", backend.ErrUnavailable, walkTime)
			}
			if err == nil {
				err = guarded(func() (err error) {
					if r == nil {
						if r, err = s.items(prefix); err != nil {
							return err
						}
					}
					batch, more, err = r.entries(batch, prefix)
					return err
				})
			}
			for _, e := range batch {
				if !yield(e, nil) {
					return
				}
			}
			if err != nil {
				yield(backend.Entry{}, err)
				return
			}
			if !more {
				return
			}
		}
	}
}

// entries appends a batch of entries that begin with a number. more is false at the end.
func (r *items) entries(batch []backend.Entry, prefix e164.Number) (_ []backend.Entry, more bool, err error) {
	for len(batch) < walkBatch {
		it, ok, err := r.next()
		if err != nil || !ok {
			return batch, false, err
		}
		e, known, err := parseEntry(it.key, it.value)
		if !known {
			return batch, false, err
		}
		if !e.Name.Number.HasPrefix(prefix) {
			return batch, false, nil
		}
		batch = append(batch, e)
	}
	return batch, true, nil
}
