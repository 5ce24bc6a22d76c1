package redis

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"iter"

	client "github.com/redis/go-redis/v9"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/keyed"
	"github.com/enumim/enumim/backend/table"
	"github.com/enumim/enumim/e164"
)

// followed is the script that reads what changed.
//
//go:embed follow.lua
var followed string

const (
	// mostChanges is how many changes, and about how many names, are read at once.
	mostChanges = 1000
	// mostNames is how many names may have changed before all is read again.
	mostNames = 500_000
)

// errCut: what changed since cannot be told any more.
var errCut = fmt.Errorf("%w: the stream of changes does not go on from what is known", errAgain)

// load reads the whole tree and delivers it. Values are read one page after the other, while others write: what
// changed since the beginning stands in the stream, and is read again before anything is delivered.
//
// The result is the tree of one moment, the one of the last script. Each name that has a value then is in it: it
// was there from the beginning, and SCAN tells of it; or it came later, and the stream does. And it has the value
// of that moment: what changed after it was read stands in the stream behind where reading began. All that is
// needed for this is that who writes a value adds to the stream in the same transaction. Who does not is seen when
// all is read again (option refresh).
func (m *mirrored) load(ctx context.Context) error {
	var err error
	var kept trace
	if m.at, kept, err = m.position(ctx); err != nil {
		return err
	}
	back := m.at.precedes(m.feed.seen, kept)
	names, err := m.names(ctx)
	if err != nil {
		return err
	}
	staged := table.New(table.Options{ShrinkShare: 1})
	if err := staged.Replace(m.shown(ctx, names)); err != nil {
		return err
	}
	changes, err := m.changed(ctx)
	switch {
	case errors.Is(err, errCut):
		return unavailable("the stream of changes was cut while the tree was read: more is written than it keeps; raise MAXLEN, or write more slowly")
	case err != nil:
		return err
	}
	if err := staged.Apply(changes); err != nil {
		return err
	}
	if err := m.sink.Replace(staged.Walk(ctx, "")); err != nil {
		return err
	}
	m.feed.seen = m.at
	if back {
		m.feed.tell(older)
	}
	m.report()
	return m.evicts(ctx)
}

// shown yields the entries of the names that no delegation hides: names are ascending, so that a delegation comes
// before what is below it.
func (m *mirrored) shown(ctx context.Context, names []e164.Number) iter.Seq2[backend.Entry, error] {
	return func(yield func(backend.Entry, error) bool) {
		for v, err := range m.values(ctx, names) {
			if err != nil {
				yield(backend.Entry{}, err)
				return
			}
			lines, fault := v.lines(m.codec)
			shown := m.state.Put(v.number, lines, fault)
			for i := range shown {
				if !yield(shown[i].Entry, nil) {
					return
				}
			}
		}
	}
}

// position reads where the tree is, and what its stream has of what was seen.
func (m *mirrored) position(ctx context.Context) (at position, kept trace, err error) {
	seen := cmp.Or(m.feed.seen.last, "0-0")
	var meta *client.SliceCmd
	var last, oldest, same *client.XMessageSliceCmd
	var info *client.StringCmd
	var first *client.StringSliceCmd
	err = m.within(ctx, func(ctx context.Context) error {
		return together(ctx, m.node, func(p client.Pipeliner) error {
			info = p.Info(ctx, "replication")
			meta = p.HMGet(ctx, m.meta(), fields...)
			last = p.XRevRangeN(ctx, m.changes(), "+", "-", 1)
			oldest = p.XRangeN(ctx, m.changes(), "-", "+", 1)
			same = p.XRangeN(ctx, m.changes(), seen, seen, 1)
			first = m.first(ctx, p)
			return nil
		})
	})
	if err != nil {
		return at, kept, err
	}
	if err := orphan(info.Val()); err != nil {
		return at, kept, err
	}
	if at.marker, err = readMarker(m.keys, meta.Val()); err != nil {
		return at, kept, err
	}
	if !isWhole(meta.Val(), first.Val()) {
		return at, kept, errNoIndex(m.keys)
	}
	if entries := last.Val(); len(entries) > 0 {
		at.last = entries[0].ID
	}
	if entries := oldest.Val(); len(entries) > 0 {
		kept.first = entries[0].ID
	}
	kept.there = len(same.Val()) > 0
	return at, kept, nil
}

// changed reads what changed up to now, and notes that. errAgain is for a stream that does not go on from where it
// was: it was cut past there, or this is another server, or the same with less than it had.
func (m *mirrored) changed(ctx context.Context) ([]backend.Change, error) {
	now := make(map[e164.Number]any)
	for more := true; more; {
		var err error
		if more, err = m.read(ctx, now); err != nil {
			return nil, err
		}
		if len(now) > mostNames {
			return nil, errCut
		}
	}
	var changes []backend.Change
	for n, value := range now {
		var cut, again bool
		lines, fault := named{n, value}.lines(m.codec)
		changes, cut, again = m.state.Change(changes, n, lines, fault)
		if again {
			return nil, errAgain
		}
		if !cut {
			continue
		}
		below, err := m.below(ctx, n)
		if err != nil {
			return nil, err
		}
		if below {
			return nil, errAgain
		}
	}
	return changes, nil
}

// read reads the next part of the stream, and what stands now at the names in it.
func (m *mirrored) read(ctx context.Context, now map[e164.Number]any) (more bool, err error) {
	var parts []any
	err = m.within(ctx, func(ctx context.Context) (err error) {
		parts, err = m.node.Eval(ctx, followed, []string{m.meta(), m.changes(), m.index()},
			m.prefix, m.at.last, mostChanges, keyed.MaxValue).Slice()
		return err
	})
	if err != nil {
		return false, err
	}
	if len(parts) != 5 {
		return false, errReply("is not what was asked for")
	}
	meta, _ := parts[0].([]any)
	marker, err := readMarker(m.keys, meta)
	if err != nil {
		return false, err
	}
	first, _ := parts[1].(string)
	last, ok := parts[2].(string)
	values, _ := parts[4].([]any)
	switch {
	case !ok || len(values)%2 != 0:
		return false, errReply("is not what was asked for")
	case first != m.at.last: // also when there was no stream, and now is
		return false, errCut
	case marker.history != m.at.history, marker.generation < m.at.generation:
		return false, fmt.Errorf("%w: the data is of another time", errAgain)
	}
	m.at = position{marker, last}
	for i := 0; i < len(values); i += 2 {
		digits, _ := values[i].(string)
		if n, ok := numberOf(digits); ok {
			now[n] = values[i+1]
		}
	}
	return parts[3] == int64(1), nil
}

// below tells whether there are names below n.
func (m *mirrored) below(ctx context.Context, n e164.Number) (bool, error) {
	var names []string
	err := m.within(ctx, func(ctx context.Context) (err error) {
		names, err = m.span(ctx, "("+n.Digits(), "("+n.Digits()+":", 1)
		return err
	})
	return len(names) > 0, err
}
