package redis

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	client "github.com/redis/go-redis/v9"

	"github.com/enumim/enumim/backend/keyed"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
)

const (
	scanCount = 5000 // keys that Redis looks at in one step of SCAN
	pageNames = 500  // values of one round trip
)

// reader reads a whole tree, name by name.
type reader struct {
	keys
	node  *client.Client
	codec *notation.Codec
}

// names returns all names, of keys and of the index, ascending. What Redis threw away is in the index. And SCAN tells
// of the keys of one node: in a Cluster that moves a slot it misses some and says nothing, while asking for a name
// that was moved is an error. A name that is there from the beginning to the end is among them: SCAN
// promises that of keys. Of others it may, and it tells some twice.
func (r *reader) names(ctx context.Context) ([]e164.Number, error) {
	var names []e164.Number
	for cursor, first := uint64(0), true; first || cursor != 0; first = false {
		var keys []string
		err := r.within(ctx, func(ctx context.Context) (err error) {
			keys, cursor, err = r.node.Scan(ctx, cursor, r.pattern(), scanCount).Result()
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			if n, ok := r.number(key); ok {
				names = append(names, n)
			}
		}
	}
	names, err := r.indexed(ctx, names)
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// indexed appends the names of the index.
func (r *reader) indexed(ctx context.Context, names []e164.Number) ([]e164.Number, error) {
	for from := "-"; ; {
		var page []string
		err := r.within(ctx, func(ctx context.Context) (err error) {
			page, err = r.span(ctx, from, "+", scanCount)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, digits := range page {
			if n, ok := numberOf(digits); ok {
				names = append(names, n)
			}
		}
		if len(page) < scanCount {
			return names, nil
		}
		from = "(" + page[len(page)-1]
	}
}

// span returns names of the index; ZRANGEBYLEX is older than the ZRANGE that replaces it.
func (r *reader) span(ctx context.Context, from, to string, count int) ([]string, error) {
	return r.node.Do(ctx, "ZRANGEBYLEX", r.index(), from, to, "LIMIT", 0, count).StringSlice()
}

// first asks for the first member of the index, whatever it is.
func (k keys) first(ctx context.Context, p client.Pipeliner) *client.StringSliceCmd {
	return p.ZRangeByLex(ctx, k.index(), &client.ZRangeBy{Min: "-", Max: "+", Count: 1})
}

// values yields what stands at the names, in their order, as named has it. Names where nothing is are left out. A page ahead is fetched while one is used.
func (r *reader) values(ctx context.Context, names []e164.Number) iter.Seq2[named, error] {
	type page struct {
		names  []e164.Number
		values []any
		err    error
	}
	return func(yield func(named, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		ahead := make(chan page)
		go func() {
			defer close(ahead)
			for part := range slices.Chunk(names, pageNames) {
				values, err := r.page(ctx, part)
				select {
				case ahead <- page{part, values, err}:
				case <-ctx.Done():
					return
				}
				if err != nil {
					return
				}
			}
		}()
		defer func() {
			cancel()
			for range ahead { // until the goroutine has ended
			}
		}()
		for p := range ahead {
			if p.err != nil {
				yield(named{}, p.err)
				return
			}
			for i, v := range p.values {
				if v != nil && !yield(named{p.names[i], v}, nil) {
					return
				}
			}
		}
		if ctx.Err() != nil {
			yield(named{}, ctx.Err())
		}
	}
}

// named is a name and what stands there: a string, nil for nothing, or one of the numbers below.
type named struct {
	number e164.Number
	value  any
}

// What a value is that is no string.
const (
	otherType int64 = iota // a key of another type
	tooLarge               // a value that is not read
	evicted                // no key at a name of the index
)

var faults = [...]error{
	otherType: errors.New("the key is not a string"),
	tooLarge:  fmt.Errorf("larger than %d octets", keyed.MaxValue),
	evicted:   errors.New("the name is in the index, but there is no key: did Redis evict it, or did who deleted it forget ZREM?"),
}

// lines returns what stands at the name, as keyed.Parse does; none where nothing is.
func (v named) lines(c *notation.Codec) (lines []keyed.Line, fault error) {
	switch text := v.value.(type) {
	case nil:
		return nil, nil
	case string:
		return keyed.Parse(c, v.number, []byte(text))
	case int64:
		if 0 <= text && text < int64(len(faults)) {
			return keyed.Anything(v.number), faults[text]
		}
	}
	return keyed.Anything(v.number), faults[otherType]
}

// page reads some values. MGET takes a key of another type for one that is not there.
func (r *reader) page(ctx context.Context, names []e164.Number) ([]any, error) {
	keys := make([]string, len(names))
	for i, n := range names {
		keys[i] = r.of(n)
	}
	var values []any
	err := r.within(ctx, func(ctx context.Context) (err error) {
		values, err = r.node.MGet(ctx, keys...).Result()
		return err
	})
	switch half := len(names) / 2; {
	case errors.Is(err, errTooLarge) && half > 0:
		left, err := r.page(ctx, names[:half])
		if err != nil {
			return nil, err
		}
		right, err := r.page(ctx, names[half:])
		return append(left, right...), err
	case errors.Is(err, errTooLarge):
		return []any{tooLarge}, nil
	case err != nil:
		return nil, err
	case len(values) != len(names):
		return nil, errReply("is not what was asked for")
	}
	if !slices.ContainsFunc(values, isNil) {
		return values, nil
	}
	return values, r.missing(ctx, keys, values)
}

// missing looks at the keys without value, in one moment: whether they are of another type, or missing in spite of the
// index.
func (r *reader) missing(ctx context.Context, keys []string, values []any) error {
	types := make([]*client.StatusCmd, len(keys))
	scores := make([]*client.FloatCmd, len(keys))
	err := r.within(ctx, func(ctx context.Context) error {
		err := together(ctx, r.node, func(p client.Pipeliner) error {
			for i, key := range keys {
				if values[i] == nil {
					types[i] = p.Type(ctx, key)
					scores[i] = p.ZScore(ctx, r.index(), strings.TrimPrefix(key, r.prefix))
				}
			}
			return nil
		})
		if errors.Is(err, client.Nil) { // of a name that is not in the index
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	for i, cmd := range types {
		switch {
		case cmd == nil, cmd.Val() == "string": // it came meanwhile
		case cmd.Val() != "none":
			values[i] = otherType
		case scores[i].Err() == nil:
			values[i] = evicted
		}
	}
	return nil
}

// within makes one call, with the time that one has.
func (r *reader) within(ctx context.Context, do func(context.Context) error) error {
	within, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	err := do(within)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return classify(within, err)
}

func isNil(v any) bool { return v == nil }
