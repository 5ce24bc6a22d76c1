package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"iter"
	"slices"

	client "github.com/redis/go-redis/v9"

	"github.com/enumim/enumim/backend"
)

const (
	// batchNames is how many names are written in one transaction, at most.
	batchNames = 500
	// keptChanges is about how many changes the stream keeps; feeds that are farther behind read all again.
	keptChanges = 4096
	// writeTries bounds how often a transaction is begun again that another writer came into.
	writeTries = 20
)

// writer writes a tree.
type writer struct {
	reader
	conn   *connection
	marked bool // there is a marker
	whole  bool // and the index is known to be whole
	// reindexes says that there may be names that the index does not have.
	reindexes bool
	lengths   lengths // as the last whole walk, and what was written since, have them
	at        string  // the generation that lengths are of; "-" for none
}

// writer connects to a tree. It changes nothing: that is for Write, and the marker comes last, so that a tree which
// is filled for the first time is served when it is complete.
func (o *options) writer(ctx context.Context) (*writer, error) {
	conn := o.connect(2)
	w := &writer{conn: conn, at: "-"}
	err := conn.call(ctx, func(ctx context.Context) error {
		node, err := conn.node(ctx, o.keys)
		if err != nil {
			return err
		}
		w.reader = reader{keys: o.keys, node: node, codec: &o.Codec}
		return w.within(ctx, func(ctx context.Context) error {
			var meta *client.SliceCmd
			var first *client.StringSliceCmd
			if err := together(ctx, node, func(p client.Pipeliner) error {
				meta, first = p.HMGet(ctx, o.meta(), fields...), o.first(ctx, p)
				return nil
			}); err != nil {
				return err
			}
			w.reindexes = len(first.Val()) == 0
			if meta.Val()[0] == nil {
				return nil
			}
			w.marked, w.whole = true, slices.Equal(first.Val(), []string{wholeIndex}) && meta.Val()[len(fields)-1] != nil
			w.reindexes = !w.whole
			_, err := readMarker(o.keys, meta.Val())
			return err
		})
	})
	if err != nil {
		_ = conn.Close() // never fails
		return nil, classify(ctx, err)
	}
	return w, nil
}

// Absent implements backend.Absenter.
func (w *writer) Absent() error {
	if w.marked {
		return nil
	}
	return errNoTree(w.keys)
}

// Walk implements backend.Writer. Redis has no snapshots: what others write meanwhile may be seen or not. Names
// that are missing in the index are found all the same.
func (w *writer) Walk(ctx context.Context) iter.Seq2[backend.Entry, error] {
	return func(yield func(backend.Entry, error) bool) {
		at, err := w.generation(ctx)
		if err != nil {
			yield(backend.Entry{}, err)
			return
		}
		names, err := w.names(ctx)
		if err != nil {
			yield(backend.Entry{}, err)
			return
		}
		var all lengths
		for v, err := range w.values(ctx, names) {
			if err != nil {
				yield(backend.Entry{}, err)
				return
			}
			lines, _ := v.lines(w.codec)
			for i := range lines {
				all.add(&lines[i].Entry)
				if !yield(lines[i].Entry, nil) {
					return
				}
			}
		}
		w.lengths, w.at = all, at
	}
}

// generation returns the text of the generation; "" for none.
func (w *writer) generation(ctx context.Context) (text string, err error) {
	err = w.within(ctx, func(ctx context.Context) error {
		text, err = w.node.HGet(ctx, w.meta(), "generation").Result()
		if errors.Is(err, client.Nil) {
			return nil
		}
		return err
	})
	return text, err
}

// Write implements backend.Writer: batches of whole names, each a transaction with its changes of the index, the
// stream and the generation. At a name that is written, what cannot be read goes.
func (w *writer) Write(ctx context.Context, changes iter.Seq2[backend.Change, error], done func(int)) error {
	if err := w.reindex(ctx); err != nil {
		return err
	}
	var batch []backend.Change
	names := 0
	flush := func() error {
		if err := w.write(ctx, batch); err != nil {
			return err
		}
		done(len(batch))
		batch, names = batch[:0], 0
		return nil
	}
	for c, err := range changes {
		if err != nil {
			return err
		}
		if len(batch) == 0 || batch[len(batch)-1].Name != c.Name {
			if names == batchNames {
				if err := flush(); err != nil {
					return err
				}
			}
			names++
		}
		batch = append(batch, c)
	}
	if len(batch) > 0 {
		if err := flush(); err != nil {
			return err
		}
	}
	return w.mark(ctx)
}

// Atomic implements backend.Writer: each batch is, the whole is not.
func (w *writer) Atomic() bool { return false }

// Close implements backend.Writer.
func (w *writer) Close() error { return w.conn.Close() }

// mark makes what was written a tree, if it is none yet.
func (w *writer) mark(ctx context.Context) error {
	if w.marked && w.whole {
		return nil
	}
	err := w.within(ctx, func(ctx context.Context) error {
		return together(ctx, w.node, func(p client.Pipeliner) error {
			p.HSetNX(ctx, w.meta(), "history", rand.Text())
			p.HSetNX(ctx, w.meta(), "generation", 1)
			p.ZAdd(ctx, w.index(), client.Z{Member: wholeIndex})
			p.HSet(ctx, w.meta(), "format", format, "index", wholeIndex)
			return nil
		})
	})
	w.marked = err == nil
	w.whole = err == nil
	return err
}

// reindex puts all names into an index that may have lost them, or never had them. Those that others delete meanwhile
// are taken for lost then, until they are written or deleted again.
func (w *writer) reindex(ctx context.Context) error {
	if !w.reindexes {
		return nil
	}
	names, err := w.names(ctx)
	if err != nil {
		return err
	}
	for page := range slices.Chunk(names, pageNames) {
		members := make([]client.Z, len(page))
		for i, n := range page {
			members[i].Member = n.Digits()
		}
		if err := w.within(ctx, func(ctx context.Context) error { return w.node.ZAdd(ctx, w.index(), members...).Err() }); err != nil {
			return err
		}
	}
	w.reindexes = false
	return nil
}
