package enumim

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/coredns/coredns/plugin"
	"github.com/coredns/coredns/plugin/metadata"
	"github.com/miekg/dns"

	"github.com/enumim/enumim/guard"
)

// slow is a writer that counts, and that others may write through at the same time.
type slow struct {
	writer
	n    atomic.Int32
	call func() // before it has written
}

func (w *slow) WriteMsg(*dns.Msg) error {
	if w.call != nil {
		w.call()
	}
	runtime.Gosched()
	w.n.Add(1)
	return nil
}

// A query gets one reply from a plugin that writes from several goroutines, and none from one that writes when it
// has returned: by then others read the metadata.
func TestConcurrentWrites(t *testing.T) {
	for range 200 {
		w, ctx := &slow{}, metadata.ContextWithMetadata(context.Background())
		var late sync.WaitGroup
		g := inspecting(guard.Annotate, telling(guard.Told, counts...), func(_ context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
			var beside sync.WaitGroup
			for range 3 {
				beside.Go(func() { w.WriteMsg(new(dns.Msg).SetReply(r)) })
			}
			late.Go(func() { w.WriteMsg(new(dns.Msg).SetReply(r)) })
			beside.Wait()
			return dns.RcodeSuccess, nil
		})
		if _, err := g.ServeDNS(ctx, w, query1(number1, dns.TypeNAPTR)); err != nil {
			t.Error(err)
		}
		metadata.SetValueFunc(ctx, "test/late", nil)
		late.Wait()
		if n := w.n.Load(); n != 1 {
			t.Fatalf("%d replies", n)
		}
	}
}

// What a plugin leaves behind writes nothing, whether it was on its way or not.
func TestLateWrite(t *testing.T) {
	for range 200 {
		w, ctx := &slow{}, metadata.ContextWithMetadata(context.Background())
		var late sync.WaitGroup
		g := inspecting(guard.Annotate, telling(guard.Told, counts...), func(_ context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
			late.Go(func() { w.WriteMsg(new(dns.Msg).SetReply(r)) })
			return dns.RcodeServerFailure, nil
		})
		rcode, _ := g.ServeDNS(ctx, w, query1(number1, dns.TypeNAPTR))
		metadata.SetValueFunc(ctx, "test/late", nil)
		late.Wait()
		if written := w.n.Load() == 1; written != plugin.ClientWrite(rcode) {
			t.Fatalf("%d replies, and the server is told %d", w.n.Load(), rcode)
		}
	}
}

// A writer in front that writes to this one again does not wait for itself.
func TestWriterInFrontWritesAgain(t *testing.T) {
	w := &slow{}
	g := inspecting(guard.Enforce, stub{}, func(_ context.Context, inner dns.ResponseWriter, r *dns.Msg) (int, error) {
		m := new(dns.Msg).SetReply(r)
		w.call = func() {
			if n, err := inner.Write([]byte("more")); n != 4 || err != nil || inner.WriteMsg(m) != nil {
				t.Error("not taken")
			}
		}
		return dns.RcodeSuccess, inner.WriteMsg(m)
	})
	if _, err := g.ServeDNS(context.Background(), w, query1(number1, dns.TypeNAPTR)); err != nil || w.n.Load() != 1 {
		t.Errorf("error %v, %d replies", err, w.n.Load())
	}
}
