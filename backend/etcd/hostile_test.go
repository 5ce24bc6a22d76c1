package etcd

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	"google.golang.org/grpc"

	"github.com/enumim/enumim/backend"
)

// hostile is a server that speaks gRPC and says what a test wants.
type hostile struct {
	etcdserverpb.UnimplementedKVServer
	etcdserverpb.UnimplementedWatchServer
	answer  func(*etcdserverpb.RangeRequest) *etcdserverpb.RangeResponse
	watch   func(send func(*etcdserverpb.WatchResponse) error)
	fail    func() error                               // nil for never
	stream  func(etcdserverpb.Watch_WatchServer) error // instead of watch
	watches atomic.Int32                               // so far
}

func (h *hostile) Range(_ context.Context, r *etcdserverpb.RangeRequest) (*etcdserverpb.RangeResponse, error) {
	if h.fail != nil {
		if err := h.fail(); err != nil {
			return nil, err
		}
	}
	return h.answer(r), nil
}

func (h *hostile) Watch(s etcdserverpb.Watch_WatchServer) error {
	h.watches.Add(1)
	if h.stream != nil {
		return h.stream(s)
	}
	if h.watch != nil {
		h.watch(s.Send)
	}
	<-s.Context().Done()
	return nil
}

func (h *hostile) listen(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	s := grpc.NewServer(grpc.MaxSendMsgSize(1 << 30))
	etcdserverpb.RegisterKVServer(s, h)
	etcdserverpb.RegisterWatchServer(s, h)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Serve(l)
	}()
	t.Cleanup(func() { s.Stop(); <-done })
	return l.Addr().String()
}

// good answers as an etcd with one number does.
func good(r *etcdserverpb.RangeRequest) *etcdserverpb.RangeResponse {
	reply := &etcdserverpb.RangeResponse{Header: &etcdserverpb.ResponseHeader{Revision: 5}}
	switch {
	case string(r.Key) == defaultPrefix+markerKey:
		reply.Kvs = []*mvccpb.KeyValue{keyValue(defaultPrefix+markerKey, `{"format":1}`)}
	case r.CountOnly:
	default:
		reply.Kvs = []*mvccpb.KeyValue{keyValue(defaultPrefix+"12025550100", value(person("12025550100", "alice")))}
	}
	reply.Count = 1
	return reply
}

// A server that says what no etcd does is refused; it neither ends the process nor makes it hold much memory, and
// what was served stays.
func TestHostileServer(t *testing.T) {
	page := func(more bool, count int64, kvs ...*mvccpb.KeyValue) func(*etcdserverpb.RangeRequest) *etcdserverpb.RangeResponse {
		return func(r *etcdserverpb.RangeRequest) *etcdserverpb.RangeResponse {
			if len(r.RangeEnd) == 0 {
				return good(r)
			}
			reply := &etcdserverpb.RangeResponse{Header: &etcdserverpb.ResponseHeader{Revision: 5}, Count: count, More: more}
			if !r.CountOnly {
				reply.Kvs = kvs
			}
			return reply
		}
	}
	one := func(key string) *mvccpb.KeyValue {
		return keyValue(defaultPrefix+key, value(person("12025550100", "alice")))
	}
	huge := keyValue(defaultPrefix+"1", strings.Repeat("x", largestReply+1))
	for _, test := range []struct {
		name   string
		answer func(*etcdserverpb.RangeRequest) *etcdserverpb.RangeResponse
	}{
		{"nothing", func(*etcdserverpb.RangeRequest) *etcdserverpb.RangeResponse { return &etcdserverpb.RangeResponse{} }},
		{"a marker of another key", func(*etcdserverpb.RangeRequest) *etcdserverpb.RangeResponse {
			return &etcdserverpb.RangeResponse{Kvs: []*mvccpb.KeyValue{one("1")}}
		}},
		{"a marker that is nothing", func(*etcdserverpb.RangeRequest) *etcdserverpb.RangeResponse {
			return &etcdserverpb.RangeResponse{Kvs: []*mvccpb.KeyValue{{}}}
		}},
		{"keys that are nothing", page(false, 1, &mvccpb.KeyValue{})},
		{"keys of others", page(false, 1, keyValue("/other/1", ""))},
		{"keys that are shorter than the prefix", page(false, 1, keyValue("/", ""))},
		{"keys that go down", page(false, 2, one("2"), one("1"))},
		{"more, and nothing", page(true, 1)},
		{"the same page for ever", page(true, 1<<40, one("12025550100"))},
		{"fewer keys than there are", page(false, 2, one("12025550100"))},
		{"fewer keys than it counts", func(r *etcdserverpb.RangeRequest) *etcdserverpb.RangeResponse {
			reply := good(r)
			if r.CountOnly {
				reply.Count = 2
			}
			return reply
		}},
		{"more keys than there are", page(false, 1, one("1"), one("2"))},
		{"a message without end", page(false, 1, huge)},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := &hostile{answer: test.answer}
			b := serve(t, h.listen(t))
			eventually(t, "it is told", func() bool { _, n := b.find(backend.Unavailable); return n > 0 })
			if _, err := b.kind("12025550100"); !errors.Is(err, backend.ErrNotReady) {
				t.Errorf("answered with %v", err)
			}
			if text := b.String(); strings.Contains(text, "2025550") || strings.Contains(text, backend.ErrPanic.Error()) {
				t.Errorf("a number is told, or a panic: %v", b)
			}
		})
	}
}

// later is a put of a revision.
func later(key, value string, revision int64) *mvccpb.Event {
	return &mvccpb.Event{Kv: &mvccpb.KeyValue{Key: []byte(key), Value: []byte(value), ModRevision: revision, Version: 2}}
}

// deleted is the deletion of a number.
func deleted(digits string, revision int64) *mvccpb.Event {
	return &mvccpb.Event{Type: mvccpb.DELETE, Kv: &mvccpb.KeyValue{Key: []byte(defaultPrefix + digits), ModRevision: revision}}
}

// The same of a watch.
func TestHostileWatch(t *testing.T) {
	event := func(kv *mvccpb.KeyValue) []*mvccpb.Event { return []*mvccpb.Event{{Kv: kv}} }
	for _, test := range []struct {
		name  string
		watch func(send func(*etcdserverpb.WatchResponse) error)
	}{
		{"an event of nothing", func(send func(*etcdserverpb.WatchResponse) error) {
			send(&etcdserverpb.WatchResponse{Events: event(nil)})
		}},
		{"an event of another key", func(send func(*etcdserverpb.WatchResponse) error) {
			send(&etcdserverpb.WatchResponse{Events: event(keyValue("/x", ""))})
		}},
		{"a message that does not end", func(send func(*etcdserverpb.WatchResponse) error) {
			many := make([]*mvccpb.Event, 100_000)
			for i := range many {
				many[i] = later(defaultPrefix+"1", "", 6)
			}
			for range 100 {
				if send(&etcdserverpb.WatchResponse{Events: many, Fragment: true}) != nil {
					return
				}
			}
		}},
		{"large events that wait for more", func(send func(*etcdserverpb.WatchResponse) error) {
			large := []*mvccpb.Event{later(defaultPrefix+"1", strings.Repeat("x", 8<<20), 6)}
			for range 40 {
				if send(&etcdserverpb.WatchResponse{Events: large, Fragment: true}) != nil {
					return
				}
			}
		}},
		{"an event of before", func(send func(*etcdserverpb.WatchResponse) error) {
			send(&etcdserverpb.WatchResponse{Events: []*mvccpb.Event{deleted("12025550100", 5)}})
		}},
		{"events that go back", func(send func(*etcdserverpb.WatchResponse) error) {
			send(&etcdserverpb.WatchResponse{Events: []*mvccpb.Event{later(defaultPrefix+"1", value(person("1", "x")), 9), deleted("12025550100", 8)}})
		}},
		{"a message that goes back", func(send func(*etcdserverpb.WatchResponse) error) {
			send(&etcdserverpb.WatchResponse{Events: []*mvccpb.Event{later(defaultPrefix+"meta", `{"format":1}`, 9)}})
			send(&etcdserverpb.WatchResponse{Events: []*mvccpb.Event{deleted("12025550100", 8)}})
		}},
		{"life, and an end, again and again", func(send func(*etcdserverpb.WatchResponse) error) {
			send(&etcdserverpb.WatchResponse{})
			time.Sleep(20 * time.Millisecond)
			send(&etcdserverpb.WatchResponse{Canceled: true})
		}},
		{"it ends the watch", func(send func(*etcdserverpb.WatchResponse) error) {
			send(&etcdserverpb.WatchResponse{Canceled: true, CancelReason: "+12025550100"})
		}},
		{"it says nothing", func(func(*etcdserverpb.WatchResponse) error) {}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := &hostile{answer: good, watch: test.watch}
			b := serve(t, h.listen(t))
			b.wants(t, "12025550100", backend.Found)
			time.Sleep(200 * time.Millisecond)
			b.keeps(t, 300*time.Millisecond, "12025550100", backend.Found)
			if n := h.watches.Load(); n > 20 {
				t.Errorf("it was asked %d times within a moment", n)
			}
			if text := b.String(); strings.Contains(text, "2025550") || strings.Contains(text, backend.ErrPanic.Error()) {
				t.Errorf("a number is told, or a panic: %v", b)
			}
		})
	}
}

// Events that wait to be applied are bounded in octets, in one message or many: the queue is not emptied first.
func TestEventsAreBounded(t *testing.T) {
	for _, fragment := range []bool{false, true} {
		f := opener(t, []string{"localhost:1"}).feed(nil)
		f.sink, f.state, f.marker = taking{}, newState(), &marker{}
		w := &watch{feed: f, member: &member{cluster: f.cluster}, heard: make(chan heard, 100)}
		text := strings.Repeat("x", largestReply/8)
		for i := range 100 {
			w.heard <- heard{reply: &etcdserverpb.WatchResponse{Fragment: fragment,
				Events: []*mvccpb.Event{later(defaultPrefix+"1", text, int64(i+1))}}}
		}
		err := w.hear(t.Context(), <-w.heard)
		for fragment && err == nil && len(w.heard) > 0 {
			err = w.hear(t.Context(), <-w.heard)
		}
		if left := len(w.heard); left < 80 || fragment != errors.Is(err, errAgain) {
			t.Errorf("in parts %t: %d messages of 100 are left, %v", fragment, left, err)
		}
	}
}

// taking is a sink that takes everything.
type taking struct{}

func (taking) Replace(iter.Seq2[backend.Entry, error]) error   { return nil }
func (taking) Apply([]backend.Change) error                    { return nil }
func (taking) ApplyLate([]backend.Change, time.Duration) error { return nil }

// A member is one connection: where that ends nothing goes on over another, which may lead to other data.
func TestMemberIsOneConnection(t *testing.T) {
	t.Parallel()
	p := newProxy(t, (&hostile{answer: good}).listen(t))
	c := opener(t, []string{p.addr()}).cluster()
	m, _, err := c.connect(t.Context())
	must(t, err)
	defer m.Close()
	if _, _, err := m.count(t.Context(), "a", "b", 0); err != nil {
		t.Fatal(err)
	}
	p.cut()
	p.mend()
	for until := time.Now().Add(2 * time.Second); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		if _, _, err := m.count(t.Context(), "a", "b", 0); !errors.Is(err, backend.ErrUnavailable) {
			t.Fatalf("it goes on: %v", err)
		}
	}
	if p.count() != 1 {
		t.Errorf("%d connections were made", p.count())
	}
}

// A member that has no tree, or says what none does, does not keep a feed from the others.
func TestOtherMembersAreAsked(t *testing.T) {
	odd := &hostile{answer: func(*etcdserverpb.RangeRequest) *etcdserverpb.RangeResponse { return &etcdserverpb.RangeResponse{} }}
	wiped := &hostile{answer: func(*etcdserverpb.RangeRequest) *etcdserverpb.RangeResponse {
		return &etcdserverpb.RangeResponse{Header: &etcdserverpb.ResponseHeader{Revision: 1}}
	}}
	for name, h := range map[string]*hostile{"odd": odd, "wiped": wiped} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := serve(t, h.listen(t), (&hostile{answer: good}).listen(t))
			b.wants(t, "12025550100", backend.Found)
		})
	}
}

// Close returns at once whatever the feed waits for, and leaves no goroutine.
func TestCloseLeavesNothing(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // it accepts, in the kernel, and says nothing
	must(t, err)
	defer silent.Close()
	h := &hostile{answer: good}
	for _, host := range []string{silent.Addr().String(), h.listen(t), "127.0.0.1:1"} {
		before := runtime.NumGoroutine()
		b := serve(t, host)
		time.Sleep(300 * time.Millisecond) // it is somewhere on its way
		start := time.Now()
		must(t, b.Close())
		if took := time.Since(start); took > time.Second {
			t.Errorf("Close takes %v", took)
		}
		eventually(t, fmt.Sprint("no goroutines are left of ", before), func() bool { return runtime.NumGoroutine() <= before })
	}
}
