package redis

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"

	client "github.com/redis/go-redis/v9"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/keyed"
	"github.com/enumim/enumim/e164"
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
	conn    *connection
	marked  bool    // there is a marker
	lengths lengths // as the last whole walk, and what was written since, have them
	at      string  // the generation that lengths are of; "-" for none
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
			meta, err := node.HMGet(ctx, o.meta(), fields...).Result()
			if err != nil {
				return err
			}
			if meta[0] == nil {
				return nil
			}
			w.marked = true
			_, err = readMarker(o.keys, meta)
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
	if w.marked {
		return nil
	}
	err := w.within(ctx, func(ctx context.Context) error {
		_, err := w.node.TxPipelined(ctx, func(p client.Pipeliner) error {
			p.HSetNX(ctx, w.meta(), "history", rand.Text())
			p.HSetNX(ctx, w.meta(), "generation", 1)
			p.HSet(ctx, w.meta(), "format", format)
			return nil
		})
		return err
	})
	w.marked = err == nil
	return err
}

// write makes the changes of a batch in one transaction.
func (w *writer) write(ctx context.Context, batch []backend.Change) error {
	var names []e164.Number
	for i := range batch {
		if n := batch[i].Name.Number; len(names) == 0 || names[len(names)-1] != n {
			names = append(names, n)
		}
		if !batch[i].Name.IsNumber() || !batch[i].Name.Number.IsValid() || batch[i].Kind > backend.Delegation || batch[i].Kind == backend.Wildcard {
			return fmt.Errorf("%w: redis holds numbers, blocks and delegations only", backend.ErrInvalidData)
		}
	}
	keys := make([]string, len(names))
	for i, n := range names {
		keys[i] = w.of(n)
	}
	watched := append(slices.Clone(keys), w.meta())
	for range writeTries {
		err := w.within(ctx, func(ctx context.Context) error {
			return w.node.Watch(ctx, func(tx *client.Tx) error { return w.transact(ctx, tx, names, keys, batch) }, watched...)
		})
		if !errors.Is(err, errRace) {
			return err
		}
	}
	return unavailable("others write the same names all the time")
}

// errRace: another writer came between.
var errRace = fmt.Errorf("%w: another writer came between", backend.ErrUnavailable)

func (w *writer) transact(ctx context.Context, tx *client.Tx, names []e164.Number, keys []string, batch []backend.Change) error {
	var got, meta *client.SliceCmd
	if _, err := tx.Pipelined(ctx, func(p client.Pipeliner) error {
		got, meta = p.MGet(ctx, keys...), p.HMGet(ctx, w.meta(), "generation", "lengths", "lengths_at")
		return nil
	}); err != nil {
		return err
	}
	values := got.Val()
	if len(values) != len(names) || len(meta.Val()) != 3 {
		return errReply("is not what was asked for")
	}
	noted, at, next := w.noted(meta.Val(), batch)
	var set, add, gone, drop []any
	told := make([]any, 0, 2*len(names))
	for i, n := range names {
		first := slices.IndexFunc(batch, func(c backend.Change) bool { return c.Name.Number == n })
		last := first
		for last < len(batch) && batch[last].Name.Number == n {
			last++
		}
		var value []byte
		if old, _ := values[i].(string); old != "" {
			value = []byte(old)
		}
		value = w.changed(n, value, batch[first:last])
		batch = batch[last:]
		told = append(told, "d", n.Digits())
		if len(value) == 0 {
			gone = append(gone, keys[i])
			drop = append(drop, n.Digits())
			continue
		}
		set = append(set, keys[i], value)
		add = append(add, 0, n.Digits())
	}
	_, err := tx.TxPipelined(ctx, func(p client.Pipeliner) error {
		if len(set) > 0 {
			p.MSet(ctx, set...)
			p.Do(ctx, slices.Concat([]any{"ZADD", w.index()}, add)...)
		}
		if len(gone) > 0 {
			p.Do(ctx, slices.Concat([]any{"DEL"}, gone)...)
			p.ZRem(ctx, w.index(), drop...)
		}
		p.XAdd(ctx, &client.XAddArgs{Stream: w.changes(), MaxLen: keptChanges, Approx: true, Values: told})
		p.HIncrBy(ctx, w.meta(), "generation", 1)
		if noted {
			p.HSet(ctx, w.meta(), "lengths", next.String(), "lengths_at", at)
		}
		return nil
	})
	switch {
	case errors.Is(err, client.TxFailedErr):
		return errRace
	case err == nil && noted:
		w.lengths, w.at = next, at
	}
	return err
}

// noted returns the lengths to be noted in the marker with this batch, and the generation that it makes. ok is
// false where it is not known at which lengths blocks and delegations stand: somebody else has written, and
// nothing has been walked since.
func (w *writer) noted(meta []any, batch []backend.Change) (ok bool, at string, next lengths) {
	var text [3]string
	for i := range text {
		text[i], _ = meta[i].(string)
	}
	switch {
	case text[0] != "" && text[0] == text[2]:
		next = parseLengths(text[1])
	case text[0] == w.at:
		next = w.lengths
	default:
		return false, "", 0
	}
	for i := range batch {
		if !batch[i].Delete {
			next.add(&batch[i].Entry)
		}
	}
	generation, err := strconv.ParseUint(cmp.Or(text[0], "0"), 10, 63)
	return err == nil, strconv.FormatUint(generation+1, 10), next
}

// changed returns the value of a name after its changes; empty, when nothing is left.
func (w *writer) changed(n e164.Number, value []byte, changes []backend.Change) []byte {
	var lines []keyed.Line
	if value != nil {
		lines, _ = keyed.Parse(w.codec, n, value)
	}
	lines = slices.DeleteFunc(lines, func(l keyed.Line) bool {
		at := keyed.SlotOf(&l.Entry)
		return l.Broken || slices.ContainsFunc(changes, func(c backend.Change) bool { return keyed.SlotOf(&c.Entry) == at })
	})
	for i := range changes {
		if !changes[i].Delete {
			lines = append(lines, keyed.Line{Entry: changes[i].Entry})
		}
	}
	keyed.Sort(lines)
	var text []byte
	for i := range lines {
		if i > 0 {
			text = append(text, '\n')
		}
		text = w.codec.AppendJSON(text, &lines[i].Entry)
	}
	return text
}
