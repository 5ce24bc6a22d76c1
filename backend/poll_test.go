package backend_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/enumim/enumim/backend"
)

// remoteFake is a store whose checks and look-ups come to what the test sets, after a time. It ignores
// contexts where it hangs.
type remoteFake struct {
	mu              sync.Mutex
	check, lookup   error
	took            time.Duration
	checks, lookups []time.Time
	events          []backend.Event
}

func (f *remoteFake) set(check, lookup error, took time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.check, f.lookup, f.took = check, lookup, took
}

func (f *remoteFake) Check(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.checks = append(f.checks, time.Now())
	return f.check
}

func (f *remoteFake) Lookup(context.Context, backend.Query) (backend.Answer, error) {
	f.mu.Lock()
	f.lookups = append(f.lookups, time.Now())
	err, took := f.lookup, f.took
	f.mu.Unlock()
	time.Sleep(took)
	if err != nil {
		return backend.Answer{}, err
	}
	return found, nil
}

func (f *remoteFake) Close() error { return nil }

func (f *remoteFake) State() backend.State { return backend.State{Source: "db.example.net:5432"} }

func (f *remoteFake) observe(e backend.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.events = append(f.events, e)
}

// checked returns when checks were made.
func (f *remoteFake) checked() []time.Time {
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.checks)
}

// told returns the events, and how many look-ups came to the store.
func (f *remoteFake) told() (kinds []backend.EventKind, lookups int) {
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.events {
		kinds = append(kinds, e.Kind)
	}
	return kinds, len(f.lookups)
}

func (f *remoteFake) want(t *testing.T, when string, want ...backend.EventKind) {
	t.Helper()
	if got, _ := f.told(); !slices.Equal(got, want) {
		t.Errorf("%s: events %v, want %v", when, got, want)
	}
}

// fail makes n look-ups that fail, one after the other.
func fail(t *testing.T, h *backend.Handle, n int) {
	t.Helper()
	for i := range n {
		if _, err := lookup(t.Context(), h, ask(i)); !errors.Is(err, backend.ErrUnavailable) {
			t.Errorf("look-up %d: %v", i, err)
		}
	}
}

func TestHandleProbesAStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := errors.New("down")
		f := &remoteFake{check: down}
		h := backend.NewHandle(f, backend.Limits{}, f.observe)
		defer h.Close()
		if h.Ready() {
			t.Error("ready before the first check")
		}
		time.Sleep(time.Minute)
		f.want(t, "down", backend.Unavailable)
		if h.Ready() || f.events[0].Err != down || f.events[0].Source != "db.example.net:5432" {
			t.Errorf("down: ready %v, events %+v", h.Ready(), f.events)
		}
		checks := f.checked()
		for i, pause := 1, 100*time.Millisecond; i < len(checks); i++ {
			if got := checks[i].Sub(checks[i-1]); got > pause {
				t.Errorf("pause %d: %v, want %v at most", i, got, pause)
			}
			pause = min(2*pause, time.Second)
		}
		if n := len(checks); n < 80 || n > 240 {
			t.Errorf("%d checks in a minute", n)
		}
		f.set(nil, nil, 0)
		time.Sleep(12 * time.Second) // nobody asks, so checks must show it
		f.want(t, "up", backend.Unavailable, backend.Recovered)
		if !h.Ready() {
			t.Error("not ready after a check that succeeded")
		}
		before := len(f.checked())
		time.Sleep(time.Minute)
		if n := len(f.checked()) - before; n < 6 || n > 12 {
			t.Errorf("%d checks in a minute while the store answers", n)
		}
		f.set(backend.ErrUnavailable, nil, 0)
		time.Sleep(11 * time.Second)
		f.want(t, "down again", backend.Unavailable, backend.Recovered, backend.Unavailable)
		if !h.Ready() {
			t.Error("an outage made all servers unready")
		}
		h.Close()
		n := len(f.checked())
		time.Sleep(time.Minute)
		if len(f.checked()) != n {
			t.Error("checks go on after Close")
		}
	})
}

// TestLateInWords: that a store did not answer in time is said in words that tell of what.
func TestLateInWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &remoteFake{}
		h := backend.NewHandle(f, backend.Limits{}, f.observe)
		defer h.Close()
		synctest.Wait()
		f.set(nil, context.DeadlineExceeded, 0)
		_, err := lookup(t.Context(), h, query)
		if !errors.Is(err, backend.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) ||
			err.Error() != "backend is unavailable: no reply within the timeout of a look-up" {
			t.Error(err)
		}
	})
}

// TestHandleBreaks: after three failures in a row look-ups no longer wait for a store that is away, and
// within two seconds after it answers they are answered.
func TestHandleBreaks(t *testing.T) {
	for _, tt := range []struct {
		name       string
		check, err error
		took       time.Duration
	}{
		{"fails", backend.ErrUnavailable, backend.ErrUnavailable, 0},
		{"fails late", context.DeadlineExceeded, context.DeadlineExceeded, 499 * time.Millisecond},
		{"ignores its context", context.DeadlineExceeded, nil, 700 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &remoteFake{}
				h := backend.NewHandle(f, backend.Limits{}, f.observe)
				defer h.Close()
				time.Sleep(2 * time.Second)
				before := len(f.checked())
				f.set(tt.check, tt.err, tt.took)
				fail(t, h, 3)
				_, asked := f.told()
				began := time.Now()
				if len(f.checked()) == before {
					t.Error("the store is not checked at once")
				}
				fail(t, h, 100)
				if _, now := f.told(); now != asked || time.Since(began) != 0 {
					t.Errorf("%d look-ups reached a store that is down, in %v", now-asked, time.Since(began))
				}
				time.Sleep(time.Minute)
				f.want(t, "down", backend.Unavailable)
				f.set(nil, nil, 0)
				time.Sleep(2 * time.Second)
				if _, err := lookup(t.Context(), h, query); err != nil {
					t.Errorf("two seconds after it answers: %v", err)
				}
				f.want(t, "up", backend.Unavailable, backend.Recovered)
			})
		})
	}
}

// TestHandleIsNotBrokenByOthers: what is no outage, or is over, does not keep look-ups from the store.
func TestHandleIsNotBrokenByOthers(t *testing.T) {
	for _, tt := range []struct {
		name string
		errs []error // of one look-up after the other; nil is success
	}{
		{"bad data", []error{backend.ErrInvalidData, backend.ErrInvalidData, backend.ErrInvalidData, backend.ErrInvalidData}},
		{"busy", []error{backend.ErrBusy, backend.ErrBusy, backend.ErrBusy, backend.ErrBusy}},
		{"successes between", []error{backend.ErrUnavailable, backend.ErrUnavailable, nil, backend.ErrUnavailable, backend.ErrUnavailable, nil}},
		{"answers between", []error{backend.ErrUnavailable, backend.ErrUnavailable, backend.ErrInvalidData, backend.ErrUnavailable}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &remoteFake{}
				h := backend.NewHandle(f, backend.Limits{}, f.observe)
				defer h.Close()
				synctest.Wait()
				for _, err := range tt.errs {
					f.set(nil, err, 0)
					if _, got := lookup(t.Context(), h, query); !errors.Is(got, err) {
						t.Errorf("%v, want %v", got, err)
					}
				}
				f.want(t, "then")
				if _, n := f.told(); n != len(tt.errs) {
					t.Errorf("%d look-ups reached the store, want %d", n, len(tt.errs))
				}
			})
		})
	}
	t.Run("callers that leave", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := &remoteFake{took: 300 * time.Millisecond}
			h := backend.NewHandle(f, backend.Limits{}, f.observe)
			defer h.Close()
			for i := range 10 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
				_, err := lookup(ctx, h, ask(i))
				wantErr(t, err, context.DeadlineExceeded)
				cancel()
			}
			time.Sleep(time.Second)
			f.want(t, "then")
		})
	})
}

// TestHandleDoesNotFlap: a store whose checks succeed and whose look-ups fail is told of once, and few
// look-ups wait for it.
func TestHandleDoesNotFlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &remoteFake{}
		h := backend.NewHandle(f, backend.Limits{}, f.observe)
		defer h.Close()
		synctest.Wait()
		f.set(nil, nil, time.Second) // of which the handle waits for half
		asked := 0
		for began := time.Now(); time.Since(began) < time.Minute; asked++ {
			_, err := lookup(t.Context(), h, ask(asked%300))
			wantErr(t, err, backend.ErrUnavailable)
			time.Sleep(10 * time.Millisecond)
		}
		f.want(t, "stalled", backend.Unavailable)
		if _, n := f.told(); n > 120 || n > asked/10 {
			t.Errorf("%d of %d look-ups waited", n, asked)
		}
		f.set(nil, nil, 0)
		time.Sleep(2 * time.Second)
		if _, err := lookup(t.Context(), h, query); err != nil {
			t.Error(err)
		}
		f.want(t, "answers", backend.Unavailable, backend.Recovered)
	})
}

// TestHandleHerd: however many ask for the same at once, the store is asked once; also where it fails.
func TestHandleHerd(t *testing.T) {
	for _, err := range []error{nil, backend.ErrUnavailable} {
		synctest.Test(t, func(t *testing.T) {
			f := &remoteFake{lookup: err, took: 100 * time.Millisecond}
			h := backend.NewHandle(f, backend.Limits{}, f.observe)
			defer h.Close()
			var asked sync.WaitGroup
			for range 10_000 {
				asked.Go(func() {
					if _, got := lookup(t.Context(), h, query); !errors.Is(got, err) {
						t.Errorf("%v, want %v", got, err)
					}
				})
			}
			asked.Wait()
			if _, n := f.told(); n != 1 {
				t.Errorf("%d look-ups for 10,000 equal queries", n)
			}
		})
	}
}

func TestHandleSurvivesBadChecks(t *testing.T) {
	for name, misdeed := range map[string]func(){
		"panic":          func() { panic("x") },
		"runtime.Goexit": runtime.Goexit,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var fine atomic.Bool
				f := &fake{check: func(context.Context) error {
					if !fine.Load() {
						misdeed()
					}
					return nil
				}}
				var events []backend.Event
				h := backend.NewHandle(checked{f}, backend.Limits{}, func(e backend.Event) { events = append(events, e) })
				defer h.Close()
				time.Sleep(11 * time.Second)
				synctest.Wait()
				if h.Ready() || len(events) != 1 || !errors.Is(events[0].Err, backend.ErrPanic) {
					t.Errorf("ready %v, events %+v", h.Ready(), events)
				}
				fine.Store(true)
				time.Sleep(12 * time.Second)
				synctest.Wait()
				if !h.Ready() || len(events) != 2 {
					t.Errorf("ready %v, events %+v", h.Ready(), events)
				}
			})
		})
	}
}

// TestHandleSurvivesHangingChecks: a check that hangs fails, and keeps nobody from finding out that the store
// answers again; few of them are under way, however long it lasts.
func TestHandleSurvivesHangingChecks(t *testing.T) {
	for _, tt := range []struct {
		name   string
		hang   int32 // checks that hang: the second and those after it
		checks int32 // the first after them; where all hang, how many there are
		up     bool
	}{
		{"one", 1, 3, true},
		{"three", 3, 5, true},
		{"all", math.MaxInt32, 5, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				var checks, after atomic.Int32
				f := &fake{check: func(context.Context) error {
					switch n := checks.Add(1); {
					case n > 1 && n-1 <= tt.hang:
						<-release
					case n > 1:
						after.CompareAndSwap(0, n)
					}
					return nil
				}}
				var events []backend.Event
				h := backend.NewHandle(checked{f}, backend.Limits{}, func(e backend.Event) { events = append(events, e) })
				defer h.Close()
				time.Sleep(time.Minute)
				synctest.Wait()
				if len(events) == 0 || !errors.Is(events[0].Err, context.DeadlineExceeded) || (len(events) == 2) != tt.up {
					t.Errorf("hanging: events %+v", events)
				}
				got := after.Load()
				if !tt.up {
					got = checks.Load()
				}
				if got != tt.checks {
					t.Errorf("%d checks, want %d", got, tt.checks)
				}
				close(release)
				time.Sleep(12 * time.Second)
				synctest.Wait()
				if !h.Ready() || len(events) != 2 {
					t.Errorf("returned: ready %v, events %+v", h.Ready(), events)
				}
			})
		})
	}
}

// mute is a store that panics when it is to tell its state.
type mute struct{ *remoteFake }

func (mute) State() backend.State { panic("mute") }

// A panic where a store tells its name must not end the server: the event is told without.
func TestPollGuardsState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &remoteFake{}
		f.set(backend.ErrUnavailable, backend.ErrUnavailable, 0)
		h := backend.NewHandle(mute{f}, backend.Limits{}, f.observe)
		defer h.Close()
		time.Sleep(time.Second)
		synctest.Wait()
		f.mu.Lock()
		defer f.mu.Unlock()
		if len(f.events) != 1 || f.events[0].Kind != backend.Unavailable || f.events[0].Source != "" {
			t.Errorf("events %+v", f.events)
		}
	})
}

// TestHandleTellsReasons: what keeps a store down is told again when it changes, and is no flood when it changes all
// the time.
func TestHandleTellsReasons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reason := func(n int) error { return fmt.Errorf("%w: reason %d", backend.ErrUnavailable, n) }
		f := &remoteFake{}
		h := backend.NewHandle(f, backend.Limits{}, f.observe)
		defer h.Close()
		synctest.Wait()
		f.set(reason(1), nil, 0)
		time.Sleep(time.Minute)
		f.set(reason(2), nil, 0)
		time.Sleep(5 * time.Second)
		for n := range 100 {
			f.set(reason(2+n%2), nil, 0)
			time.Sleep(time.Second)
		}
		f.set(nil, nil, 0)
		time.Sleep(time.Minute)
		synctest.Wait()
		var texts []string
		changes := 0
		for _, e := range f.events {
			if e.Kind != backend.Unavailable {
				texts = append(texts, "recovered")
				continue
			}
			changes++
			if len(texts) < 2 {
				texts = append(texts, e.Err.Error())
			}
		}
		want := []string{reason(1).Error(), reason(2).Error(), "recovered"}
		if !slices.Equal(texts, want) || changes < 7 || changes > 13 {
			t.Errorf("%q, and %d events", texts, changes)
		}
	})
}
