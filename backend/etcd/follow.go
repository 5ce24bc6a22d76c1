package etcd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/keyed"
)

const (
	// beatEvery is how often cluster and watch are asked for a sign of life.
	beatEvery = backend.FreshEvery / 2
	// silence is how long they may take: after both nothing dead goes unnoticed.
	silence = 5 * time.Second
	// mostEvents is how many events are gathered into one change.
	mostEvents = 10_000
	// mostParts is how many events a message in parts may have; a larger one is not worth more than a full read.
	mostParts = 1_000_000
	// mostOctets is about how many octets events may have that wait to be applied.
	mostOctets = 16 << 20
	// eventSize is what an event takes beside key and value, about.
	eventSize = 200
)

// follow watches the tree from what is known on, until something fails. worked says that data was found current.
//
// The watch of the client is not used: it reconnects by itself, and goes on at a revision, whatever became of
// the history before it.
func (f *feed) follow(ctx context.Context, m *member) (worked bool, err error) {
	ctx, cancel := context.WithCancel(clientv3.WithRequireLeader(ctx))
	var owned sync.WaitGroup
	defer owned.Wait()
	defer cancel()
	stream, err := etcdserverpb.NewWatchClient(m.ActiveConnection()).Watch(ctx, grpc.MaxCallRecvMsgSize(largestReply))
	if err != nil {
		return false, classify(ctx, err)
	}
	create := &etcdserverpb.WatchCreateRequest{
		Key: []byte(m.prefix), RangeEnd: []byte(m.prefix + markerKey + "\x00"),
		StartRevision: f.applied + 1, ProgressNotify: true, Fragment: true,
	}
	if err := stream.Send(&etcdserverpb.WatchRequest{RequestUnion: &etcdserverpb.WatchRequest_CreateRequest{CreateRequest: create}}); err != nil {
		return false, classify(ctx, err)
	}
	w := &watch{feed: f, member: m, heard: make(chan heard, 16), beats: make(chan beat), asks: make(chan struct{}, 1), moved: make(chan struct{})}
	owned.Go(func() { w.receive(ctx, stream) })
	owned.Go(func() { w.ask(ctx, stream) })
	owned.Go(func() { w.look(ctx) })
	err = w.run(ctx)
	return w.worked, err
}

// watch is a watch under way.
type watch struct {
	*feed
	member *member
	heard  chan heard
	beats  chan beat
	asks   chan struct{}
	moved  chan struct{} // closed when the name of the member leads elsewhere
	worked bool

	parts []*mvccpb.Event // of a message that came in parts
	size  int             // of the events that were heard and not applied, in octets
	last  int64           // revision of the last event that was heard
}

type heard struct {
	reply *etcdserverpb.WatchResponse
	err   error
}

type beat struct {
	marker *marker
	err    error
}

// receive passes on what the watch says.
func (w *watch) receive(ctx context.Context, stream etcdserverpb.Watch_WatchClient) {
	for {
		reply, err := stream.Recv()
		select {
		case w.heard <- heard{reply, err}:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// ask asks watch and cluster for a sign of life, each time it is told to.
func (w *watch) ask(ctx context.Context, stream etcdserverpb.Watch_WatchClient) {
	for {
		select {
		case <-w.asks:
		case <-ctx.Done():
			return
		}
		var b beat
		b.err = stream.Send(&etcdserverpb.WatchRequest{RequestUnion: &etcdserverpb.WatchRequest_ProgressRequest{ProgressRequest: &etcdserverpb.WatchProgressRequest{}}})
		if b.err == nil {
			b.marker, b.err = w.member.marker(ctx, 0)
		}
		select {
		case w.beats <- b:
		case <-ctx.Done():
			return
		}
	}
}

func (w *watch) run(ctx context.Context) error {
	next := time.NewTimer(0)
	defer next.Stop()
	late := time.NewTimer(silence)
	defer late.Stop()
	var spoke, answered, waiting bool // since the last question
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.moved:
			return errMoved
		case <-next.C:
			if time.Now().After(w.resync) {
				return errAgain
			}
			spoke, answered, waiting = false, false, true
			late.Reset(silence)
			w.asks <- struct{}{}
		case <-late.C:
			if waiting {
				return errDead
			}
		case h := <-w.heard:
			if err := w.hear(ctx, h); err != nil {
				return err
			}
			spoke = true
			late.Reset(silence) // whoever speaks lives, however long it took to take what was said
		case b := <-w.beats:
			switch {
			case b.err != nil && !errors.Is(b.err, backend.ErrUnavailable) && !errors.Is(b.err, backend.ErrInvalidData):
				return classify(ctx, b.err)
			case b.err != nil:
				return b.err
			case b.marker.History != w.marker.History:
				return errAgain
			}
			answered = true
		}
		if waiting && spoke && answered {
			if err := w.sink.Apply(nil); err != nil { // a new run has to bring a tree first
				return fmt.Errorf("%w: %w", errAgain, err)
			}
			waiting, w.worked = false, true
			next.Reset(beatEvery)
		}
	}
}

// hear takes a message of the watch, and those that are there already.
func (w *watch) hear(ctx context.Context, h heard) error {
	var events []*mvccpb.Event
	for {
		if h.err != nil {
			return classify(ctx, h.err)
		}
		switch r := h.reply; {
		case r.CompactRevision != 0:
			return errCompacted
		case r.Canceled:
			// The reason is not passed on: it may repeat the key.
			return fmt.Errorf("%w: etcd ended the watch", backend.ErrUnavailable)
		case !w.asked(r.Events):
			return errOdd
		case r.Fragment:
			if w.parts = append(w.parts, r.Events...); len(w.parts) > mostParts || w.size > largestReply {
				return errAgain
			}
		case len(r.Events) > 0:
			events = append(append(events, w.parts...), r.Events...)
			w.parts = nil
		}
		if len(events) < mostEvents && w.size < mostOctets {
			select {
			case h = <-w.heard:
				continue
			default:
			}
		}
		if len(events) == 0 {
			return nil
		}
		return w.apply(events)
	}
}

// asked reports whether the events are what was asked for: of keys with the prefix, later than what is known, and in
// their order. An event of before would put a number back to where it was.
func (w *watch) asked(events []*mvccpb.Event) bool {
	for _, e := range events {
		kv := e.GetKv()
		if kv == nil || !strings.HasPrefix(string(kv.Key), w.member.prefix) || kv.ModRevision <= w.applied || kv.ModRevision < w.last {
			return false
		}
		w.last = kv.ModRevision
		w.size += len(kv.Key) + len(kv.Value) + eventSize
	}
	return true
}

// apply publishes events together.
func (w *watch) apply(events []*mvccpb.Event) error {
	names, err := w.sort(events)
	if err != nil {
		w.state = nil // else the same events would come again
		return err
	}
	if len(names) > 0 {
		st := w.state
		w.state = nil // until the change has come to be
		changes, again := st.take(w.codec, len(w.member.prefix), names)
		if again || !w.guard.allows(st.keys) {
			return errAgain // a full read is held to the guard
		}
		if err := w.sink.Apply(changes); err != nil {
			return fmt.Errorf("%w: %w", errAgain, err)
		}
		w.state = st
		w.guard.passed(st.keys)
		w.findings(st.Findings())
	}
	w.seen = witnessOfEvent(events[len(events)-1])
	w.applied = w.seen.revision
	w.size = 0
	return nil
}

// sort returns the events of names. One of the marker says that the tree is gone, or another.
func (w *watch) sort(events []*mvccpb.Event) (names []*mvccpb.Event, err error) {
	strange := 0
	for _, e := range events {
		rest := e.Kv.Key[len(w.member.prefix):]
		switch _, ok := keyed.NumberOf(rest); {
		case ok:
			names = append(names, e)
		case string(rest) != markerKey:
			strange++
		case e.Type == mvccpb.DELETE:
			return nil, errNoMarker(w.member.prefix)
		default:
			at, err := parseMarker(e.Kv)
			if err != nil {
				return nil, err
			}
			if at.History != w.marker.History {
				return nil, errAgain
			}
		}
	}
	w.finding("key", strange, "keys with the prefix are no numbers", nil)
	return names, nil
}
