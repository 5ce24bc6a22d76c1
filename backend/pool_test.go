package backend_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/enumim/enumim/backend"
)

// opener opens backends that count how many of them are open.
type opener struct {
	key   string
	delay time.Duration
	fail  func() error

	opens, closes atomic.Int32
	mu            sync.Mutex
	observe       func(backend.Event)
}

func (o *opener) Key() string {
	if o.key == "panic" {
		panic("key")
	}
	return o.key
}

func (o *opener) Open(ctx context.Context, observe func(backend.Event)) (backend.Backend, error) {
	o.opens.Add(1)
	o.mu.Lock()
	o.observe = observe
	o.mu.Unlock()
	select {
	case <-time.After(o.delay):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if o.fail != nil {
		if err := o.fail(); err != nil {
			return nil, err
		}
	}
	observe(backend.Event{Kind: backend.Loaded})
	return &fake{
		lookup: func(context.Context, backend.Query) (backend.Answer, error) { return found, nil },
		close:  func() error { o.closes.Add(1); return nil },
	}, nil
}

func (o *opener) want(t *testing.T, opens, closes int32) {
	t.Helper()
	synctest.Wait()
	if a, b := o.opens.Load(), o.closes.Load(); a != opens || b != closes {
		t.Errorf("opened %d and closed %d times, want %d and %d", a, b, opens, closes)
	}
}

func acquire(t *testing.T, p *backend.Pool, o backend.Opener) *backend.Lease {
	t.Helper()
	l, err := p.Acquire(t.Context(), "fake", o, backend.Limits{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestPoolShares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p backend.Pool
		o := &opener{delay: time.Second}
		leases := make([]*backend.Lease, 10)
		var wg sync.WaitGroup
		for i := range leases {
			wg.Go(func() { leases[i] = acquire(t, &p, o) })
		}
		wg.Wait()
		o.want(t, 1, 0)
		for _, l := range leases {
			if l.Backend() != leases[0].Backend() {
				t.Error("two backends")
			}
			if _, err := lookup(t.Context(), l, query); err != nil || !l.Ready() {
				t.Error(err)
			}
		}
		// The same limits, written out, are the same; others, another key or driver are not.
		same, _ := p.Acquire(t.Context(), "fake", o, backend.Limits{Timeout: 500 * time.Millisecond, InFlight: 256}, nil)
		limits, _ := p.Acquire(t.Context(), "fake", o, backend.Limits{InFlight: 1}, nil)
		driver, _ := p.Acquire(t.Context(), "other", o, backend.Limits{}, nil)
		key := acquire(t, &p, &opener{key: "k"})
		if same.Backend() != leases[0].Backend() {
			t.Error("the default limits written out are others")
		}
		for _, l := range []*backend.Lease{limits, driver, key} {
			if l.Backend() == leases[0].Backend() {
				t.Error("one backend for two configurations")
			}
		}
		for _, l := range append(leases[1:], same) {
			l.Release()
			l.Release()
			if _, err := lookup(t.Context(), l, query); !errors.Is(err, backend.ErrClosed) || l.Ready() {
				t.Errorf("after Release: %v", err)
			}
		}
		time.Sleep(time.Minute)
		if _, err := lookup(t.Context(), leases[0], query); err != nil {
			t.Errorf("the last lease: %v", err)
		}
		o.want(t, 3, 0)
		leases[1].Release() // again, must not count twice
		o.want(t, 3, 0)
		leases[0].Release()
		o.want(t, 3, 1)
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		o.want(t, 3, 3)
	})
}

// A reload acquires before it releases. What was given up altogether is opened anew, however soon, as its data
// may be from before.
func TestPoolAcrossReloads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p backend.Pool
		o := &opener{}
		before := acquire(t, &p, o)
		l := acquire(t, &p, o)
		before.Release()
		time.Sleep(time.Minute)
		o.want(t, 1, 0)
		l.Release()
		l = acquire(t, &p, o)
		o.want(t, 2, 1)
		l.Release()
		if err := p.Flush(); err != nil {
			t.Error(err)
		}
		o.want(t, 2, 2)
		l = acquire(t, &p, o)
		if err := p.Flush(); err != nil { // what is leased stays
			t.Error(err)
		}
		if _, err := lookup(t.Context(), l, query); err != nil {
			t.Error(err)
		}
		o.want(t, 3, 2)
		p.Close()
		if _, err := lookup(t.Context(), l, query); !errors.Is(err, backend.ErrClosed) || l.Ready() {
			t.Errorf("after Close of the pool: %v", err)
		}
		l.Release()
		o.want(t, 3, 3)
		acquire(t, &p, o) // the pool can be used again
		p.Close()
		o.want(t, 4, 4)
	})
}

func TestPoolOpenErrors(t *testing.T) {
	boom := errors.New("boom")
	for name, c := range map[string]struct {
		fail func() error
		want error
	}{
		"error":          {func() error { return boom }, boom},
		"panic":          {func() error { panic("x") }, backend.ErrPanic},
		"runtime.Goexit": {func() error { runtime.Goexit(); return nil }, backend.ErrPanic},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var p backend.Pool
				o := &opener{fail: c.fail, delay: time.Second}
				var wg sync.WaitGroup
				for range 5 {
					wg.Go(func() {
						_, err := p.Acquire(t.Context(), "fake", o, backend.Limits{}, nil)
						wantErr(t, err, c.want)
					})
				}
				wg.Wait()
				o.want(t, 1, 0)
				o.fail = nil
				acquire(t, &p, o)
				o.want(t, 2, 0)
				p.Close()
			})
		})
	}
	var p backend.Pool
	_, err := p.Acquire(t.Context(), "fake", &opener{key: "panic"}, backend.Limits{}, nil)
	wantErr(t, err, backend.ErrPanic)
	_, err = p.Acquire(t.Context(), "fake", nothing{}, backend.Limits{}, nil)
	wantErr(t, err, backend.ErrInvalidData)
}

type nothing struct{}

func (nothing) Key() string { return "" }
func (nothing) Open(context.Context, func(backend.Event)) (backend.Backend, error) {
	return nil, nil
}

func TestPoolAcquireHonoursContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p backend.Pool
		o := &opener{delay: time.Minute}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := p.Acquire(short, "fake", o, backend.Limits{}, nil)
			wantErr(t, err, context.DeadlineExceeded)
		})
		wg.Go(func() { acquire(t, &p, o) }) // who stays is not disturbed
		wg.Wait()
		o.want(t, 1, 0)
		p.Close()

		// When all have left, Open ends.
		o = &opener{delay: time.Minute}
		start := time.Now()
		short, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := p.Acquire(short, "fake", o, backend.Limits{}, nil)
		wantErr(t, err, context.DeadlineExceeded)
		p.Close()
		if took := time.Since(start); took != time.Second {
			t.Errorf("Open was not cancelled: %v", took)
		}

		// Close of the pool ends Open too, and who waits for it is told.
		o = &opener{delay: time.Minute}
		wg.Go(func() {
			if _, err := p.Acquire(t.Context(), "fake", o, backend.Limits{}, nil); err == nil {
				t.Error("no error")
			}
		})
		synctest.Wait()
		p.Close()
		wg.Wait()
	})
}

// A store with a lock on its data cannot be opened before it is closed.
func TestPoolOpensAfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p backend.Pool
		var open atomic.Bool
		o := openFunc(func() (backend.Backend, error) {
			if open.Swap(true) {
				t.Error("opened while it was open")
			}
			return &fake{close: func() error {
				time.Sleep(10 * time.Second)
				open.Store(false)
				return nil
			}}, nil
		})
		acquire(t, &p, o).Release() // which takes a while to close
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := p.Acquire(short, "fake", o, backend.Limits{}, nil)
		wantErr(t, err, context.DeadlineExceeded)
		acquire(t, &p, o)
		p.Close()
	})
}

type openFunc func() (backend.Backend, error)

func (openFunc) Key() string { return "" }
func (f openFunc) Open(context.Context, func(backend.Event)) (backend.Backend, error) {
	return f()
}

// Caddy throws the new instance of a failed reload away without telling it.
func TestPoolReleasePending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p backend.Pool
		o, changed := &opener{}, &opener{key: "changed"}
		old := acquire(t, &p, o)
		old.Confirm()
		shared, fresh := acquire(t, &p, o), acquire(t, &p, changed)
		p.ReleasePending()
		time.Sleep(time.Minute)
		o.want(t, 1, 0)
		changed.want(t, 1, 1)
		if _, err := lookup(t.Context(), old, query); err != nil {
			t.Errorf("the old instance: %v", err)
		}
		for _, l := range []*backend.Lease{shared, fresh} {
			_, err := lookup(t.Context(), l, query)
			wantErr(t, err, backend.ErrClosed)
		}
		p.Close()
	})
}

// Each event is told once, to who opened the backend, whoever uses it; what a backend does that nobody uses is
// not told. Closed is the last, before the same backend can be opened again.
func TestPoolTellsWhoOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p backend.Pool
		o := &opener{}
		var told []string
		observer := func(name string) *backend.Lease {
			l, err := p.Acquire(t.Context(), "fake", o, backend.Limits{}, func(e backend.Event) {
				if e.Kind == backend.Closed {
					name += " closed"
				}
				told = append(told, name)
			})
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		first := observer("first") // which hears of the loading
		second := observer("second")
		first.Release()
		o.observe(backend.Event{Kind: backend.Refused})
		late := o.observe
		second.Release()
		late(backend.Event{Kind: backend.Loaded}) // nobody uses it
		third := observer("third")
		late(backend.Event{Kind: backend.Loaded})
		third.Release()
		p.Flush()
		acquire(t, &p, o) // which does not want to know
		p.Close()
		want := []string{"first", "first", "first closed", "third", "third closed"}
		if !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
	})
}

// A backend that did not open is closed as well: it may have told something.
func TestPoolTellsOfTheEndOfWhatDidNotOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p backend.Pool
		var told []backend.EventKind
		_, err := p.Acquire(t.Context(), "fake", &opener{fail: func() error { return errors.New("boom") }}, backend.Limits{},
			func(e backend.Event) { told = append(told, e.Kind) })
		synctest.Wait()
		if err == nil || !slices.Equal(told, []backend.EventKind{backend.Closed}) {
			t.Errorf("told %v, %v", told, err)
		}
	})
}

func TestPoolReleasesLostLeases(t *testing.T) {
	var p backend.Pool
	o := &opener{}
	func() {
		l, err := p.Acquire(t.Context(), "fake", o, backend.Limits{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		l.Confirm()
		if !l.Ready() {
			t.Error("not ready")
		}
	}()
	deadline := time.Now().Add(10 * time.Second)
	for o.closes.Load() == 0 && time.Now().Before(deadline) {
		runtime.GC()
		time.Sleep(time.Millisecond)
		p.Flush()
	}
	if o.closes.Load() != 1 {
		t.Error("a lease that was lost keeps its backend open")
	}
}

func TestPoolTellsCloseErrors(t *testing.T) {
	boom := errors.New("boom")
	var p backend.Pool
	var told error
	_, err := p.Acquire(t.Context(), "fake", openFunc(func() (backend.Backend, error) {
		return &fake{close: func() error { return boom }}, nil
	}), backend.Limits{}, func(e backend.Event) { told = e.Err })
	wantErr(t, err, nil)
	wantErr(t, p.Close(), boom)
	wantErr(t, told, boom)
}

// Acquire, look-up, release, flush and events at once, for the race detector.
func TestPoolConcurrently(t *testing.T) {
	var p backend.Pool
	o := &opener{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				l, err := p.Acquire(t.Context(), "fake", o, backend.Limits{}, func(backend.Event) {})
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := lookup(t.Context(), l, query); err != nil && !errors.Is(err, backend.ErrBusy) {
					t.Error(err)
				}
				l.Confirm()
				l.Release()
			}
		})
	}
	wg.Go(func() {
		for range 100 {
			p.Flush()
			runtime.Gosched()
		}
	})
	wg.Wait()
	p.Close()
	if a, b := o.opens.Load(), o.closes.Load(); a != b {
		t.Errorf("%d opened, %d closed", a, b)
	}
}
