package backend_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// fake is a backend made of functions.
type fake struct {
	lookup func(context.Context, backend.Query) (backend.Answer, error)
	check  func(context.Context) error
	close  func() error
}

func (f *fake) Lookup(ctx context.Context, q backend.Query) (backend.Answer, error) {
	return f.lookup(ctx, q)
}

func (f *fake) Close() error {
	if f.close == nil {
		return nil
	}
	return f.close()
}

type checked struct{ *fake }

func (c checked) Check(ctx context.Context) error { return c.check(ctx) }

type localFake struct{ *fake }

func (localFake) Local() {}

// fillerFake is a Local backend that fills answers in place, half of one also before it fails.
type fillerFake struct{ localFake }

func (f fillerFake) Fill(ctx context.Context, q backend.Query, a *backend.Answer) (err error) {
	a.TTL = 1
	*a, err = f.Lookup(ctx, q)
	if err != nil {
		a.TTL = 1
	}
	return err
}

type localChecked struct{ checked }

func (localChecked) Local() {}

var (
	number = e164.MustParse("+12025550100")
	query  = backend.Query{Apex: "e164.arpa.", Name: e164.Name{Number: number}}
	found  = backend.Answer{Kind: backend.Found, TTL: 60, Rules: make([]naptr.Rule, 1)}
)

func ask(n int) backend.Query {
	q := query
	q.Name.Number, _ = e164.ParseDigits(fmt.Sprintf("1202555%04d", 100+n))
	return q
}

func wantErr(t *testing.T, err error, want ...error) {
	t.Helper()
	for _, w := range want {
		if !errors.Is(err, w) {
			t.Errorf("error %v, want %v", err, w)
		}
	}
}

func TestHandlePassesAnswers(t *testing.T) {
	boom := errors.New("boom")
	f := &fake{lookup: func(_ context.Context, q backend.Query) (backend.Answer, error) {
		if q != query {
			return found, boom
		}
		return found, nil
	}}
	for name, b := range map[string]backend.Backend{"store": f, "local": localFake{f}, "filler": fillerFake{localFake{f}}} {
		h := backend.NewHandle(b, backend.Limits{}, nil)
		defer h.Close()
		a, err := lookup(t.Context(), h, query)
		if err != nil || a.Kind != backend.Found || a.TTL != 60 || len(a.Rules) != 1 {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
		a, err = lookup(t.Context(), h, ask(1))
		wantErr(t, err, boom)
		if a.Kind != backend.Unknown || a.Rules != nil {
			t.Errorf("%s: an answer beside the error: %+v", name, a)
		}
		if !h.Ready() {
			t.Errorf("%s: not ready though there is no Checker", name)
		}
		if h.Backend() != b {
			t.Errorf("%s: another Backend", name)
		}
	}
}

// No answer that a backend gets wrong may reach a client as a denial.
func TestHandleRefusesMalformedAnswers(t *testing.T) {
	ns := backend.RRset{Type: 2, Data: []string{"\x00"}}
	dname := backend.RRset{Type: 39, Data: []string{"\x00"}}
	txt := backend.RRset{Type: 16, Data: []string{"\x00"}}
	rules := make([]naptr.Rule, 1)
	name := query.Name
	above := e164.Name{Number: number.Prefix(4)}
	beside := e164.Name{Number: e164.MustParse("+44")}
	type answer = backend.Answer
	type sets = []backend.RRset
	for _, c := range []struct {
		name string
		a    answer
		ok   bool
	}{
		{"no answer", answer{}, false},
		{"kind out of range", answer{Kind: 99}, false},
		{"found", answer{Kind: backend.Found, Rules: rules}, true},
		{"found, other types", answer{Kind: backend.Found, Sets: sets{txt}}, true},
		{"found by a wildcard", answer{Kind: backend.Found, Rules: rules, Owner: above.Wildcard()}, true},
		{"found at the apex of a zone", answer{Kind: backend.Found, Zone: &backend.Zone{}}, true},
		{"found without records", answer{Kind: backend.Found}, false},
		{"found, owner no wildcard", answer{Kind: backend.Found, Rules: rules, Owner: above}, false},
		{"found, wildcard elsewhere", answer{Kind: backend.Found, Rules: rules, Owner: beside.Wildcard()}, false},
		{"NAPTR among the sets", answer{Kind: backend.Found, Sets: sets{{Type: 35, Data: []string{"x"}}}}, false},
		{"set without records", answer{Kind: backend.Found, Sets: sets{{Type: 16}}}, false},
		{"set without type", answer{Kind: backend.Found, Sets: sets{{Data: []string{"x"}}}}, false},
		{"two DNAMEs", answer{Kind: backend.Found, Sets: sets{{Type: 39, Data: []string{"x", "y"}}}}, false},
		{"empty", answer{Kind: backend.Empty}, true},
		{"empty with rules", answer{Kind: backend.Empty, Rules: rules}, false},
		{"descendants", answer{Kind: backend.Descendants}, true},
		{"descendants with rules", answer{Kind: backend.Descendants, Rules: rules}, false},
		{"descendants with text", answer{Kind: backend.Descendants, Text: "\x01x"}, false},
		{"absent", answer{Kind: backend.Absent}, true},
		{"absent with sets", answer{Kind: backend.Absent, Sets: sets{txt}}, false},
		{"absent with glue", answer{Kind: backend.Absent, Glue: make([]backend.Host, 1)}, false},
		{"delegated", answer{Kind: backend.Delegated, Owner: above, Sets: sets{ns}}, true},
		{"delegated at the name", answer{Kind: backend.Delegated, Owner: name, Sets: sets{ns}}, true},
		{"delegated without NS", answer{Kind: backend.Delegated, Owner: above, Sets: sets{txt}}, false},
		{"delegated elsewhere", answer{Kind: backend.Delegated, Owner: beside, Sets: sets{ns}}, false},
		{"delegated with rules", answer{Kind: backend.Delegated, Owner: above, Sets: sets{ns}, Rules: rules}, false},
		{"renamed", answer{Kind: backend.Renamed, Owner: above, Sets: sets{dname}}, true},
		{"renamed at the name", answer{Kind: backend.Renamed, Owner: name, Sets: sets{dname}}, false},
		{"renamed without DNAME", answer{Kind: backend.Renamed, Owner: above, Sets: sets{ns}}, false},
		{"renamed with rules", answer{Kind: backend.Renamed, Owner: above, Sets: sets{dname}, Rules: rules}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fake{lookup: func(context.Context, backend.Query) (backend.Answer, error) { return c.a, nil }}
			for _, b := range []backend.Backend{f, localFake{f}, fillerFake{localFake{f}}} {
				h := backend.NewHandle(b, backend.Limits{}, nil)
				defer h.Close()
				a, err := lookup(t.Context(), h, query)
				if c.ok && (err != nil || a.Kind != c.a.Kind) {
					t.Errorf("%+v, %v", a, err)
				}
				if !c.ok && (!errors.Is(err, backend.ErrInvalidData) || a.Kind != backend.Unknown) {
					t.Errorf("%+v, %v; want ErrInvalidData", a, err)
				}
			}
		})
	}
}

// nilValue is what a careless driver panics with.
var nilValue any

// lookup asks a handle or a lease.
func lookup(ctx context.Context, l interface {
	Lookup(context.Context, backend.Query, *backend.Answer) error
}, q backend.Query) (a backend.Answer, err error) {
	err = l.Lookup(ctx, q, &a)
	return a, err
}

func TestHandleTurnsPanicsIntoErrors(t *testing.T) {
	var m map[string]int
	for name, misdeed := range map[string]func(){
		"value":           func() { panic("+12025550100") },
		"runtime error":   func() { m["x"] = 1 },
		"nil":             func() { panic(nilValue) },
		"runtime.Goexit":  runtime.Goexit,
		"error with data": func() { panic(fmt.Errorf("number %s", number)) },
	} {
		t.Run(name, func(t *testing.T) {
			f := &fake{
				lookup: func(context.Context, backend.Query) (backend.Answer, error) { misdeed(); return found, nil },
				close:  func() error { panic("close") },
			}
			backends := []backend.Backend{f}
			if name != "runtime.Goexit" {
				backends = append(backends, localFake{f}, fillerFake{localFake{f}})
			}
			for _, b := range backends {
				h := backend.NewHandle(b, backend.Limits{}, nil)
				for range 2 {
					_, err := lookup(t.Context(), h, query)
					wantErr(t, err, backend.ErrPanic)
					if strings.Contains(err.Error(), "2025550100") {
						t.Errorf("the error tells the number: %v", err)
					}
					if name != "runtime.Goexit" && !strings.Contains(err.Error(), "TestHandleTurnsPanicsIntoErrors") {
						t.Errorf("the error does not say where: %v", err)
					}
				}
				wantErr(t, h.Close(), backend.ErrPanic)
				f.close = func() error { runtime.Goexit(); return nil }
				h = backend.NewHandle(b, backend.Limits{}, nil)
				wantErr(t, h.Close(), backend.ErrPanic)
				wantErr(t, h.Close(), backend.ErrPanic)
				f.close = func() error { panic("close") }
			}
		})
	}
}

func TestHandleDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var release = make(chan struct{})
		f := &fake{lookup: func(ctx context.Context, q backend.Query) (backend.Answer, error) {
			if q == query { // this one honours its context
				<-ctx.Done()
				return backend.Answer{}, ctx.Err()
			}
			<-release
			return found, nil
		}}
		h := backend.NewHandle(f, backend.Limits{InFlight: 2}, nil)
		start := time.Now()
		for _, q := range []backend.Query{query, ask(1)} {
			before := time.Now()
			_, err := lookup(t.Context(), h, q)
			wantErr(t, err, backend.ErrUnavailable, context.DeadlineExceeded)
			if took := time.Since(before); took != 500*time.Millisecond {
				t.Errorf("took %v", took)
			}
		}
		// What hangs past its deadline still counts against the cap, and is not joined.
		_, err := lookup(t.Context(), h, ask(1))
		wantErr(t, err, backend.ErrUnavailable)
		if time.Since(start) != 1500*time.Millisecond {
			t.Errorf("a second look-up joined one that had timed out: %v", time.Since(start))
		}
		_, err = lookup(t.Context(), h, ask(2))
		wantErr(t, err, backend.ErrBusy)
		close(release)
		synctest.Wait()
		if _, err = lookup(t.Context(), h, ask(2)); err != nil {
			t.Errorf("after they have returned: %v", err)
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestHandleCapsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		f := &fake{lookup: func(context.Context, backend.Query) (backend.Answer, error) { <-release; return found, nil }}
		h := backend.NewHandle(f, backend.Limits{}, nil)
		defer h.Close()
		var wg sync.WaitGroup
		for i := range 256 {
			wg.Go(func() {
				if _, err := lookup(t.Context(), h, ask(i)); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		start := time.Now()
		_, err := lookup(t.Context(), h, ask(256))
		wantErr(t, err, backend.ErrBusy)
		if time.Since(start) != 0 {
			t.Error("ErrBusy came late")
		}
		close(release)
		wg.Wait()
		if _, err := lookup(t.Context(), h, ask(256)); err != nil {
			t.Errorf("when there is room again: %v", err)
		}
	})
}

// A caller that leaves must not fail those that wait for the same answer.
func TestHandleSingleFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		f := &fake{lookup: func(ctx context.Context, q backend.Query) (backend.Answer, error) {
			asked.Add(1)
			select {
			case <-time.After(300 * time.Millisecond):
				return found, nil
			case <-ctx.Done():
				return backend.Answer{}, ctx.Err()
			}
		}}
		h := backend.NewHandle(f, backend.Limits{}, nil)
		defer h.Close()
		first, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := lookup(first, h, query)
			wantErr(t, err, backend.ErrUnavailable, context.Canceled)
		})
		synctest.Wait()
		for range 100 {
			wg.Go(func() {
				if a, err := lookup(t.Context(), h, query); err != nil || a.Kind != backend.Found {
					t.Errorf("%+v, %v", a, err)
				}
			})
		}
		wg.Go(func() {
			short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			_, err := lookup(short, h, query)
			wantErr(t, err, backend.ErrUnavailable, context.DeadlineExceeded)
		})
		synctest.Wait()
		cancel()
		wg.Wait()
		if n := asked.Load(); n != 1 {
			t.Errorf("the backend was asked %d times", n)
		}
		if _, err := lookup(t.Context(), h, query); err != nil || asked.Load() != 2 {
			t.Errorf("a later look-up is its own: %v, asked %d times", err, asked.Load())
		}
		_, err := lookup(first, h, query)
		wantErr(t, err, backend.ErrUnavailable, context.Canceled)
		if asked.Load() != 2 {
			t.Error("a caller that had left was answered")
		}
	})
}

func TestHandleClose(t *testing.T) {
	boom := errors.New("boom")
	for _, mode := range []string{"local", "honours ctx", "hangs"} {
		t.Run(mode, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				closes := 0
				f := &fake{
					lookup: func(ctx context.Context, _ backend.Query) (backend.Answer, error) {
						switch mode {
						case "local":
							return found, nil
						case "hangs":
							<-release
							return found, nil
						}
						<-ctx.Done()
						return backend.Answer{}, ctx.Err()
					},
					close: func() error { closes++; return boom },
				}
				var h *backend.Handle
				var wg sync.WaitGroup
				if mode == "local" {
					h = backend.NewHandle(localFake{f}, backend.Limits{}, nil)
				} else {
					h = backend.NewHandle(f, backend.Limits{}, nil)
					wg.Go(func() {
						_, err := lookup(t.Context(), h, query)
						wantErr(t, err, backend.ErrClosed)
					})
				}
				synctest.Wait()
				start := time.Now()
				wantErr(t, h.Close(), boom)
				wg.Wait()
				wantErr(t, h.Close(), boom)
				if closes != 1 {
					t.Errorf("the backend was closed %d times", closes)
				}
				if took := time.Since(start); mode == "hangs" && took != 500*time.Millisecond || mode != "hangs" && took != 0 {
					t.Errorf("Close took %v", took)
				}
				_, err := lookup(t.Context(), h, query)
				wantErr(t, err, backend.ErrClosed)
				if h.Ready() {
					t.Error("ready after Close")
				}
				close(release)
			})
		})
	}
}

func TestHandleReadyOfLocal(t *testing.T) {
	var state error
	f := &fake{check: func(ctx context.Context) error {
		if _, ok := ctx.Deadline(); !ok {
			t.Error("no deadline")
		}
		if state == backend.ErrPanic {
			panic("x")
		}
		return state
	}}
	h := backend.NewHandle(localChecked{checked{f}}, backend.Limits{}, nil)
	defer h.Close()
	for _, c := range []struct {
		err  error
		want bool
	}{{nil, true}, {backend.ErrNotReady, false}, {backend.ErrPanic, false}, {nil, true}} {
		state = c.err
		if got := h.Ready(); got != c.want {
			t.Errorf("Check %v: ready %v", c.err, got)
		}
	}
}

func TestHandleLocalDoesNotAllocate(t *testing.T) {
	f := &fake{lookup: func(context.Context, backend.Query) (backend.Answer, error) { return found, nil }}
	h := backend.NewHandle(localFake{f}, backend.Limits{}, nil)
	defer h.Close()
	ctx := t.Context()
	var a backend.Answer
	if n := testing.AllocsPerRun(100, func() { h.Lookup(ctx, query, &a) }); n != 0 {
		t.Errorf("%v allocations a look-up", n)
	}
}

func BenchmarkHandle(b *testing.B) {
	f := &fake{lookup: func(context.Context, backend.Query) (backend.Answer, error) { return found, nil }}
	for name, be := range map[string]backend.Backend{"local": localFake{f}, "store": f} {
		b.Run(name, func(b *testing.B) {
			h := backend.NewHandle(be, backend.Limits{}, nil)
			defer h.Close()
			b.ReportAllocs()
			var a backend.Answer
			for b.Loop() {
				h.Lookup(b.Context(), query, &a)
			}
		})
	}
}
