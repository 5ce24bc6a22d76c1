package redis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	client "github.com/redis/go-redis/v9"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/keyed"
	"github.com/enumim/enumim/e164"
)

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
	err := together(ctx, tx, func(p client.Pipeliner) error {
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
