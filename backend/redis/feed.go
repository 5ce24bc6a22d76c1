package redis

import (
	"context"
	"errors"
	"fmt"
	"time"

	client "github.com/redis/go-redis/v9"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/keyed"
)

const (
	// blockTime is how long Redis lets us wait for a change.
	blockTime = 2 * time.Second
	// pollTime is how often a tree that was refused is looked at.
	pollTime = time.Second
	// againTime is the pause before a tree is read again of which only this can be made.
	againTime = 200 * time.Millisecond
)

// feed mirrors a tree: it notes where the stream of changes ends, reads all, and then again what changed since, so
// that what it delivers is the tree of one moment. From there it follows the stream.
type feed struct {
	*options
	tell func(backend.Event)
	seen position  // of what the sink took last; the zero position before
	look time.Time // when to look whether the name of the server leads elsewhere
}

func (o *options) feed(observe func(backend.Event)) *feed {
	return &feed{options: o, tell: o.teller(observe)}
}

// Run implements backend.Feed.
func (f *feed) Run(ctx context.Context, sink backend.Sink) error {
	conn := f.connect(2)
	defer conn.Close() // never fails
	defer context.AfterFunc(ctx, func() { _ = conn.UniversalClient.Close() })()
	f.look = f.Until()
	for {
		f.moved(ctx, conn)
		err := f.once(ctx, conn, sink)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errAgain):
			err = pause(ctx, againTime)
		}
		if err != nil {
			return err
		}
	}
}

// once reads the whole tree and follows it, until it is to be read again.
func (f *feed) once(ctx context.Context, conn *connection, sink backend.Sink) error {
	node, err := conn.node(ctx, f.keys)
	if err != nil {
		return err
	}
	m := &mirrored{feed: f, sink: sink, state: keyed.NewState(), reader: reader{keys: f.keys, node: node, codec: &f.Codec}}
	switch err := m.load(ctx); {
	case errors.Is(err, backend.ErrShrunk):
		return m.untilChanged(ctx)
	case err != nil:
		return err
	}
	return m.follow(ctx, conn)
}

// moved reports whether the server was left, since its name leads elsewhere. It is not asked while a tree is read, which would
// be of two servers then.
func (f *feed) moved(ctx context.Context, conn *connection) bool {
	if !f.named() || time.Now().Before(f.look) {
		return false
	}
	f.look = f.Until()
	return conn.leave(ctx, f.options)
}

// mirrored is a tree as its sink has it.
type mirrored struct {
	reader
	feed  *feed
	sink  backend.Sink
	state *keyed.State
	at    position
}

// position is a place in the life of a tree.
type position struct {
	marker
	last string // id of the last change; "" for none
}

// follow delivers what changes until the tree is to be read again.
func (m *mirrored) follow(ctx context.Context, conn *connection) error {
	var refresh <-chan time.Time
	if m.feed.refresh > 0 {
		timer := time.NewTimer(m.feed.refresh)
		defer timer.Stop()
		refresh = timer.C
	}
	for {
		if err := m.wait(ctx); err != nil {
			return err
		}
		changes, err := m.changed(ctx)
		if err != nil {
			return err
		}
		if err := m.sink.Apply(changes); err != nil {
			return fmt.Errorf("%w: %w", errAgain, err)
		}
		m.feed.seen = m.at
		m.report()
		if m.feed.moved(ctx, conn) {
			return nil
		}
		select {
		case <-refresh:
			return nil
		default:
		}
	}
}

// wait returns when something changed, or nothing has for a while.
func (m *mirrored) wait(ctx context.Context) error {
	within, cancel := context.WithTimeout(ctx, blockTime+connectTime)
	defer cancel()
	last := m.at.last
	if last == "" {
		last = "0-0"
	}
	_, err := m.node.XRead(within, &client.XReadArgs{Streams: []string{m.changes(), last}, Count: 1, Block: blockTime}).Result()
	if errors.Is(err, client.Nil) {
		return nil
	}
	return classify(within, err)
}

// untilChanged waits until the tree is another than the one that was refused, or it is time to read all again.
func (m *mirrored) untilChanged(ctx context.Context) error {
	until := time.Now().Add(max(m.feed.refresh, time.Minute))
	for time.Now().Before(until) {
		if err := pause(ctx, pollTime); err != nil {
			return err
		}
		at, _, err := m.position(ctx)
		if err != nil || at != m.at {
			return err
		}
	}
	return nil
}

// report tells of what was read and cannot be served.
func (m *mirrored) report() {
	found := m.state.Findings()
	if found.Broken > 0 {
		m.feed.tell(backend.Event{Kind: backend.Finding, Rule: "redis-value", Text: "values that cannot be read, such as: " + found.Fault.Error(), Count: found.Broken})
	}
	if found.Hidden > 0 {
		m.feed.tell(backend.Event{Kind: backend.Finding, Rule: "redis-hidden", Text: "names that a delegation hides", Count: found.Hidden})
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
