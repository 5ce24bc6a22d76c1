package etcd

import (
	"context"
	"errors"
	"io"
	"iter"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/test/servers"
)

// cutter passes connections on to a server and ends each when so many octets of replies have passed.
type cutter struct {
	addr   string
	passed int // of the connection that had most
	mu     sync.Mutex
}

func newCutter(t testing.TB, to string, after int, reset bool) *cutter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	c := &cutter{addr: l.Addr().String()}
	var owned sync.WaitGroup
	t.Cleanup(owned.Wait)
	t.Cleanup(func() { l.Close() })
	owned.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				in.Close()
				continue
			}
			owned.Go(func() { io.Copy(out, in); out.Close() })
			owned.Go(func() {
				n, _ := io.CopyN(in, out, int64(after))
				c.mu.Lock()
				c.passed = max(c.passed, int(n))
				c.mu.Unlock()
				if reset {
					in.(*net.TCPConn).SetLinger(0)
				}
				in.Close()
				out.Close()
			})
		}
	})
	return c
}

// whole is a sink that takes complete trees alone.
type whole struct {
	t       testing.TB
	want    int
	took    int // trees
	current int // times that it was said that nothing changed
	done    func()
}

func (w *whole) Replace(entries iter.Seq2[backend.Entry, error]) error {
	n := 0
	for _, err := range entries {
		if err != nil {
			return err
		}
		n++
	}
	if n != w.want {
		w.t.Errorf("a tree of %d entries was delivered, there are %d", n, w.want)
	}
	w.took++
	return nil
}

func (w *whole) Apply(changes []backend.Change) error {
	if len(changes) != 0 {
		w.t.Errorf("%d changes were delivered, there are none", len(changes))
	}
	w.current++
	w.done()
	return nil
}

func (w *whole) ApplyLate([]backend.Change, time.Duration) error { panic("etcd has no lag") }

// Wherever what a real etcd says ends, by an end or a reset of the connection, no part of the tree is delivered, nothing
// is taken for a change, and the feed says that it failed.
func TestCutAtEachOctet(t *testing.T) {
	s := servers.Etcd(t)
	put(t, client(t, s.Addr), append(people(3), blockOf("4420794", 12, 12, "office"))...)
	before := runtime.NumGoroutine()
	run := func(t testing.TB, after int, reset bool) (w *whole, passed int, err error) {
		c := newCutter(t, s.Addr, after, reset)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		w = &whole{t: t, want: 4, done: cancel}
		err = opener(t, []string{c.addr}).feed(nil).Run(ctx, w)
		if errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("cut after %d octets: the feed hangs", after)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		return w, c.passed, err
	}
	whole, _, _ := run(t, 1<<30, false)
	if whole.took != 1 || whole.current != 1 {
		t.Fatalf("without a cut: %+v", whole)
	}
	step := 5
	if testing.Short() {
		step = 53
	}
	cuts, trees := 0, 0
	for after := 0; ; after += step {
		var w, passed, err = run(t, after, after/step%2 == 0)
		cuts++
		trees += w.took
		if w.current > 0 {
			break // what comes after says only that nothing changes
		}
		if !errors.Is(err, backend.ErrUnavailable) {
			t.Errorf("cut after %d octets: %v", after, err)
		}
		if passed > 1<<20 {
			t.Fatal("it never ends")
		}
	}
	t.Logf("%d cuts, in %d of them after the tree", cuts, trees)
	if trees == 0 || cuts-trees < 10 {
		t.Errorf("of %d cuts %d were after the tree", cuts, trees)
	}
	eventually(t, "no goroutines are left", func() bool { return runtime.NumGoroutine() <= before+2*cuts+10 })
}
