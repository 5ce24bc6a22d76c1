package redis

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	client "github.com/redis/go-redis/v9"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/keyed"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
)

// find is the script that reads what decides about numbers.
//
//go:embed find.lua
var find string

// findScript is called by its sum; only a server that has not seen it is sent the text.
var findScript = client.NewScript(find)

// store asks Redis as queries come. All is read by one script: what it returns is the tree of one moment.
type store struct {
	keys
	conn   atomic.Pointer[connection]
	codec  *notation.Codec
	token  string        // of this store alone
	calls  atomic.Uint64 // so far
	closed atomic.Bool
	tell   func(backend.Event)
	past   past

	stop context.CancelFunc // of what goes on beside look-ups
	work sync.WaitGroup
}

func (o *options) store(observe func(backend.Event)) *store {
	s := &store{keys: o.keys, codec: &o.Codec, token: rand.Text(), tell: o.teller(observe)}
	s.conn.Store(o.connect(o.Connections))
	beside, stop := context.WithCancel(context.Background())
	if s.stop = stop; o.named() {
		s.work.Go(func() { s.follow(beside, o) })
	}
	return s
}

// Find implements backend.Store.
func (s *store) Find(ctx context.Context, numbers []e164.Number) ([]backend.Holding, error) {
	r, err := s.ask(ctx, numbers)
	if err != nil {
		return nil, err
	}
	at := make(map[e164.Number][]keyed.Line, len(r.values)/2)
	for i := 0; i+1 < len(r.values); i += 2 {
		digits, _ := r.values[i].(string)
		n, ok := numberOf(digits)
		if !ok {
			return nil, errReply("is not what was asked for")
		}
		value, ok := r.values[i+1].(string)
		if !ok {
			at[n] = keyed.Anything(n) // of another type, too large, or gone in spite of the index
			continue
		}
		at[n], _ = keyed.Parse(s.codec, n, []byte(value))
	}
	holdings := make([]backend.Holding, len(numbers))
	for i, n := range numbers {
		h := &holdings[i]
		for l := 1; l <= n.Len(); l++ {
			lines := at[n.Prefix(l)]
			for j := range lines {
				h.Entries = append(h.Entries, lines[j].Entry)
			}
		}
		below, _ := r.below[i].(int64)
		if below < 0 {
			h.Err = fmt.Errorf("%w: redis: the index is not there, or not as it was: did Redis evict it?", backend.ErrInvalidData)
		}
		h.Below = below > 0
	}
	return holdings, nil
}

// Check implements backend.Store.
func (s *store) Check(ctx context.Context) (uint32, error) {
	r, err := s.ask(ctx, nil)
	return r.marker.serial(), err
}

// Close implements backend.Store.
func (s *store) Close() error {
	s.closed.Store(true)
	s.stop()
	s.work.Wait()
	return s.conn.Load().Close()
}

// reply is what the script returns.
type reply struct {
	marker marker
	below  []any // for each number, in their order: 1 if something lies below it, -1 if nobody knows
	values []any // digits and the value there, by turns; the value is no string where it is a fault, as named has it
}

// ask runs the script, and tells where what it says is older than what was said before.
func (s *store) ask(ctx context.Context, numbers []e164.Number) (reply, error) {
	before := s.past.last()
	r, err := s.fetch(ctx, s.conn.Load(), numbers)
	if err == nil && s.past.note(before, r.marker) {
		s.tell(older)
	}
	return r, err
}

// fetch runs the script.
func (s *store) fetch(ctx context.Context, conn *connection, numbers []e164.Number) (r reply, err error) {
	if s.closed.Load() {
		return r, backend.ErrClosed
	}
	// A reply does not say of itself which call it is to, and something between that mixes up connections would have
	// numbers denied.
	token := s.token + strconv.FormatUint(s.calls.Add(1), 10)
	args := make([]any, 3, len(numbers)+3)
	args[0], args[1], args[2] = s.prefix, keyed.MaxValue, token
	for _, n := range numbers {
		args = append(args, n.Digits())
	}
	var parts []any
	err = conn.call(ctx, func(ctx context.Context) error {
		node, err := conn.node(ctx, s.keys)
		if err != nil {
			return err
		}
		parts, err = findScript.Run(ctx, node, []string{s.meta(), s.index()}, args...).Slice()
		return conn.followed(ctx, err)
	})
	switch {
	case s.closed.Load():
		return r, backend.ErrClosed
	case errors.Is(err, client.Nil):
		return r, errNoTree(s.keys)
	case err != nil:
		return r, classify(ctx, err)
	}
	if len(parts) != 4 || parts[3] != token {
		return r, errReply("is not what was asked for")
	}
	meta, _ := parts[0].([]any)
	if r.marker, err = readMarker(s.keys, meta); err != nil {
		return r, err
	}
	r.below, _ = parts[1].([]any)
	r.values, _ = parts[2].([]any)
	if len(r.below) != len(numbers) || len(r.values)%2 != 0 {
		return r, fmt.Errorf("%w: of %d numbers", errReply("is not what was asked for"), len(numbers))
	}
	return r, nil
}
