package backend_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// storeOf is a Store made of a function, which notes what it is asked for.
type storeOf struct {
	find func(context.Context, []e164.Number) ([]backend.Holding, error)

	mu    sync.Mutex
	calls [][]e164.Number
}

func (s *storeOf) Find(ctx context.Context, numbers []e164.Number) ([]backend.Holding, error) {
	s.mu.Lock()
	s.calls = append(s.calls, slices.Clone(numbers))
	s.mu.Unlock()
	return s.find(ctx, numbers)
}

func (s *storeOf) Check(context.Context) (uint32, error) { return 7, nil }
func (s *storeOf) Close() error                          { return nil }

// sizes returns how many numbers each round trip asked for.
func (s *storeOf) sizes() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	var sizes []int
	for _, c := range s.calls {
		sizes = append(sizes, len(c))
	}
	return sizes
}

// held returns what a store says of numbers that are all there, without records.
func held(numbers []e164.Number) []backend.Holding {
	holdings := make([]backend.Holding, len(numbers))
	for i, n := range numbers {
		holdings[i].Entries = []backend.Entry{{Name: e164.Name{Number: n}}}
	}
	return holdings
}

// slow is a store that takes a time for each round trip.
func slow(d time.Duration) *storeOf {
	return &storeOf{find: func(ctx context.Context, numbers []e164.Number) ([]backend.Holding, error) {
		select {
		case <-time.After(d):
			return held(numbers), nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}
}

// asking starts look-ups of as many numbers, one after the other, and returns their errors to come.
func asking(ctx context.Context, b backend.Backend, from, to int) []chan error {
	var results []chan error
	for i := from; i < to; i++ {
		result := make(chan error, 1)
		results = append(results, result)
		go func() {
			a, err := b.Lookup(ctx, ask(i))
			if err == nil && a.Kind != backend.Empty {
				err = fmt.Errorf("kind %v", a.Kind)
			}
			result <- err
		}()
		synctest.Wait()
	}
	return results
}

func TestGatherSendsALoneQueryAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := slow(time.Millisecond)
		b := backend.Gather(s, backend.GatherOptions{Lanes: 2})
		defer b.Close()
		for i := range 3 {
			began := time.Now()
			if err := <-asking(t.Context(), b, i, i+1)[0]; err != nil {
				t.Error(err)
			}
			if took := time.Since(began); took != time.Millisecond {
				t.Errorf("took %v, want the time of one round trip", took)
			}
		}
		if got := s.sizes(); !slices.Equal(got, []int{1, 1, 1}) {
			t.Errorf("round trips for %v numbers, want one each", got)
		}
	})
}

func TestGatherGathersWhileLanesAreBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := slow(time.Millisecond)
		b := backend.Gather(s, backend.GatherOptions{Lanes: 2, Batch: 4})
		defer b.Close()
		results := asking(t.Context(), b, 0, 12)
		results = append(results, asking(t.Context(), b, 11, 12)...) // one number twice
		for _, result := range results {
			if err := <-result; err != nil {
				t.Error(err)
			}
		}
		if got := s.sizes(); !slices.Equal(got, []int{1, 1, 4, 4, 2}) {
			t.Errorf("round trips for %v numbers, want lanes alone, then at most 4 each, no number twice", got)
		}
		for _, call := range s.calls {
			if !slices.IsSorted(call) {
				t.Errorf("numbers do not ascend in a round trip")
			}
		}
	})
}

// faulty are what a round trip for several may come to, and what each caller is told.
func TestGatherTellsFaultsToAll(t *testing.T) {
	tests := []struct {
		name string
		find func(context.Context, []e164.Number) ([]backend.Holding, error)
		want error
	}{
		{"too few", func(_ context.Context, n []e164.Number) ([]backend.Holding, error) { return held(n[1:]), nil }, backend.ErrInvalidData},
		{"too many", func(_ context.Context, n []e164.Number) ([]backend.Holding, error) {
			return held(append(slices.Clone(n), n...)), nil
		}, backend.ErrInvalidData},
		{"an error", func(context.Context, []e164.Number) ([]backend.Holding, error) { return nil, backend.ErrUnavailable }, backend.ErrUnavailable},
		{"a panic", func(context.Context, []e164.Number) ([]backend.Holding, error) { panic("+441632960083") }, backend.ErrPanic},
		{"an end", func(context.Context, []e164.Number) ([]backend.Holding, error) { runtime.Goexit(); return nil, nil }, backend.ErrPanic},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				gate, bad := make(chan struct{}), atomic.Bool{}
				bad.Store(true)
				s := &storeOf{}
				s.find = func(ctx context.Context, n []e164.Number) ([]backend.Holding, error) {
					switch {
					case len(n) == 1 && n[0] == ask(0).Name.Number:
						<-gate
						return held(n), nil
					case bad.Load():
						return tt.find(ctx, n)
					}
					return held(n), nil
				}
				b := backend.Gather(s, backend.GatherOptions{Lanes: 1})
				defer b.Close()
				first := asking(t.Context(), b, 0, 1)
				others := asking(t.Context(), b, 1, 5)
				close(gate)
				if err := <-first[0]; err != nil {
					t.Errorf("the round trip before: %v", err)
				}
				for _, result := range others {
					wantErr(t, <-result, tt.want)
				}
				if got := s.sizes(); !slices.Equal(got, []int{1, 4}) {
					t.Errorf("round trips for %v numbers, want no other try", got)
				}
				bad.Store(false)
				if err := <-asking(t.Context(), b, 6, 7)[0]; err != nil {
					t.Errorf("after the fault: %v", err)
				}
			})
		})
	}
}

// TestGatherConfinesBadNumbers: what is wrong with one number is told to those who ask for it, however the
// store tells, and costs a bounded number of round trips.
func TestGatherConfinesBadNumbers(t *testing.T) {
	bad := fmt.Errorf("%w: a row", backend.ErrInvalidData)
	tests := []struct {
		name     string
		together bool // the store fails for all numbers of a round trip with a bad one
		isBad    func(i int) bool
		trips    int
	}{
		{"its own error", false, func(i int) bool { return i == 5 }, 3},
		{"an error of all", true, func(i int) bool { return i == 5 }, 3 + 2*6},
		{"errors of several", true, func(i int) bool { return i%13 == 5 }, 3 + 2*6*5},
		{"all bad", true, func(int) bool { return true }, 3 + 2*(16+6)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				gate := make(chan struct{})
				s := &storeOf{}
				s.find = func(_ context.Context, numbers []e164.Number) ([]backend.Holding, error) {
					<-gate
					holdings := held(numbers)
					for i := range 65 {
						at := slices.Index(numbers, ask(i).Name.Number)
						switch {
						case at < 0 || !tt.isBad(i):
						case tt.together:
							return nil, bad
						default:
							holdings[at].Err = bad
						}
					}
					return holdings, nil
				}
				b := backend.Gather(s, backend.GatherOptions{Lanes: 1})
				defer b.Close()
				results := asking(t.Context(), b, 0, 65)
				close(gate)
				synctest.Wait()
				if err := <-asking(t.Context(), b, 5, 6)[0]; !errors.Is(err, backend.ErrInvalidData) {
					t.Errorf("a bad number alone: %v", err)
				}
				for i, result := range results {
					err := <-result
					if tt.isBad(i) != errors.Is(err, backend.ErrInvalidData) || !tt.isBad(i) && err != nil {
						t.Errorf("number %d: %v", i, err)
					}
				}
				if got := len(s.sizes()); got > tt.trips {
					t.Errorf("%d round trips, want at most %d", got, tt.trips)
				}
			})
		})
	}
}

// TestGatherRemembersBadNumbers: a number that failed takes no others along while it is remembered; what was
// mended is seen at once where a lane is free, and else within a second.
func TestGatherRemembersBadNumbers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mended atomic.Bool
		s := &storeOf{find: func(_ context.Context, numbers []e164.Number) ([]backend.Holding, error) {
			time.Sleep(time.Millisecond)
			if !mended.Load() && slices.Contains(numbers, ask(1).Name.Number) {
				return nil, backend.ErrInvalidData
			}
			return held(numbers), nil
		}}
		b := backend.Gather(s, backend.GatherOptions{Lanes: 1})
		defer b.Close()
		wantErr(t, <-asking(t.Context(), b, 1, 2)[0], backend.ErrInvalidData)
		// busy asks for other numbers, then for the bad one while they are under way, and returns its error.
		busy := func() error {
			others := asking(t.Context(), b, 2, 6)
			result := <-asking(t.Context(), b, 1, 2)[0]
			for _, other := range others {
				if err := <-other; err != nil {
					t.Errorf("beside a bad number: %v", err)
				}
			}
			synctest.Wait() // then the lane is free
			return result
		}
		before := len(s.sizes())
		wantErr(t, busy(), backend.ErrInvalidData)
		if n := len(s.sizes()) - before; n != 2 {
			t.Errorf("%d round trips beside a bad number that is known, want 2", n)
		}
		mended.Store(true)
		wantErr(t, busy(), backend.ErrInvalidData)
		time.Sleep(time.Second)
		if err := busy(); err != nil {
			t.Errorf("a second after it was mended: %v", err)
		}

		mended.Store(false)
		wantErr(t, <-asking(t.Context(), b, 1, 2)[0], backend.ErrInvalidData)
		mended.Store(true)
		if err := <-asking(t.Context(), b, 1, 2)[0]; err != nil {
			t.Errorf("alone, once mended: %v", err)
		}
		if err := busy(); err != nil {
			t.Errorf("after it was answered alone: %v", err)
		}
	})
}

// TestGatherPartsInTime: however slow the store and however many numbers are bad, who asks is told that data is
// bad, not that the store is away.
func TestGatherPartsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &storeOf{find: func(ctx context.Context, numbers []e164.Number) ([]backend.Holding, error) {
			select {
			case <-time.After(20 * time.Millisecond):
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			if len(numbers) > 1 || numbers[0] != ask(0).Name.Number {
				return nil, backend.ErrInvalidData
			}
			return held(numbers), nil
		}}
		b := backend.Gather(s, backend.GatherOptions{Lanes: 1})
		defer b.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		for i, result := range asking(ctx, b, 0, 65) {
			if err := <-result; i > 0 {
				wantErr(t, err, backend.ErrInvalidData)
			}
		}
	})
}

func TestGatherContexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := slow(time.Hour)
		b := backend.Gather(s, backend.GatherOptions{Lanes: 1})
		defer b.Close()
		within := func(d time.Duration) context.Context {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			t.Cleanup(cancel)
			return ctx
		}
		began := time.Now()
		first := asking(within(time.Second), b, 0, 1)
		short := asking(within(2*time.Second), b, 1, 2)
		long := asking(within(5*time.Second), b, 2, 3)
		gone := asking(within(time.Second/2), b, 3, 4)
		for _, tt := range []struct {
			result chan error
			after  time.Duration
		}{{gone[0], time.Second / 2}, {first[0], time.Second}, {short[0], 2 * time.Second}, {long[0], 5 * time.Second}} {
			err := <-tt.result
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != tt.after {
				t.Errorf("after %v: %v, want the end of its own time after %v", time.Since(began), err, tt.after)
			}
		}
		if got := s.sizes(); !slices.Equal(got, []int{1, 2}) {
			t.Errorf("round trips for %v numbers, want none for who left before", got)
		}
	})
}

// TestGatherCancels: a round trip that nobody waits for any more ends, and its lane with it.
func TestGatherCancels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := slow(time.Minute)
		b := backend.Gather(s, backend.GatherOptions{Lanes: 1})
		defer b.Close()
		first := asking(t.Context(), b, 0, 1)
		ctx, cancel := context.WithCancel(t.Context())
		leaving, staying := asking(ctx, b, 1, 3), asking(t.Context(), b, 3, 4)
		if err := <-first[0]; err != nil { // then the others are under way
			t.Error(err)
		}
		synctest.Wait()
		cancel()
		for _, result := range leaving {
			wantErr(t, <-result, backend.ErrUnavailable, context.Canceled)
		}
		if err := <-staying[0]; err != nil {
			t.Errorf("who stays is disturbed by those who leave: %v", err)
		}

		first = asking(t.Context(), b, 0, 1)
		ctx, cancel = context.WithCancel(t.Context())
		leaving = asking(ctx, b, 1, 3)
		if err := <-first[0]; err != nil {
			t.Error(err)
		}
		synctest.Wait()
		cancel()
		for _, result := range leaving {
			wantErr(t, <-result, context.Canceled)
		}
		began := time.Now()
		if err := <-asking(t.Context(), b, 4, 5)[0]; err != nil || time.Since(began) != time.Minute {
			t.Errorf("the next query: %v after %v, want the lane to be free at once", err, time.Since(began))
		}
	})
}

func TestGatherClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := slow(time.Minute)
		b := backend.Gather(s, backend.GatherOptions{Lanes: 1, Batch: 2})
		first := asking(t.Context(), b, 0, 1)
		others := asking(t.Context(), b, 1, 6)
		if err := <-first[0]; err != nil {
			t.Error(err)
		}
		synctest.Wait() // two are under way, three wait
		began := time.Now()
		if err := b.Close(); err != nil || time.Since(began) != 0 {
			t.Errorf("Close: %v after %v", err, time.Since(began))
		}
		for _, result := range others {
			wantErr(t, <-result, backend.ErrClosed)
		}
		wantErr(t, <-asking(t.Context(), b, 7, 8)[0], backend.ErrClosed)
		if got := s.sizes(); !slices.Equal(got, []int{1, 2}) {
			t.Errorf("round trips for %v numbers, want none after Close", got)
		}
		// That no goroutine is left synctest.Test itself finds out.
	})
}

func TestGatherClosesThoughItsStoreHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		s := &storeOf{find: func(_ context.Context, n []e164.Number) ([]backend.Holding, error) { <-gate; return held(n), nil }}
		b := backend.Gather(s, backend.GatherOptions{Lanes: 1})
		ctx, cancel := context.WithCancel(t.Context())
		asking(t.Context(), b, 0, 1)
		asking(ctx, b, 1, 2)
		cancel()
		b.Close()
		close(gate)
	})
}

func TestGatherState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var err error
		s := &storeOf{find: func(_ context.Context, n []e164.Number) ([]backend.Holding, error) { return held(n), err }}
		b := backend.Gather(s, backend.GatherOptions{Source: "db.example.net:5432/enum"})
		defer b.Close()
		state := func() backend.State { return b.(backend.Stater).State() }
		want := backend.State{Source: "db.example.net:5432/enum", Entries: -1, Broken: -1}
		if got := state(); got != want {
			t.Errorf("at first %+v, want %+v", got, want)
		}
		if e := b.(backend.Checker).Check(t.Context()); e != nil {
			t.Error(e)
		}
		want.Serial, want.Current, want.Up = 7, time.Now(), true
		if got := state(); !got.Current.Equal(want.Current) || got.Serial != 7 || !got.Up {
			t.Errorf("after a check %+v, want %+v", got, want)
		}
		if serial, e := b.(backend.Serialer).Serial(t.Context(), "e164.arpa."); serial != 7 || e != nil {
			t.Errorf("serial %d, %v", serial, e)
		}
		time.Sleep(time.Minute)
		err = backend.ErrUnavailable
		<-asking(t.Context(), b, 0, 1)[0]
		if got := state(); got.Up || !got.Current.Equal(want.Current) {
			t.Errorf("when it went away %+v", got)
		}
		for i := range 20 { // it fails for one number
			if err = nil; i%2 == 0 {
				err = backend.ErrUnavailable
			}
			<-asking(t.Context(), b, 0, 1)[0]
			if got := state(); i > 0 && !got.Up {
				t.Errorf("half of the look-ups are answered: %+v", got)
			}
			time.Sleep(100 * time.Millisecond)
		}
		err = backend.ErrUnavailable
		time.Sleep(time.Second)
		<-asking(t.Context(), b, 0, 1)[0]
		if got := state(); got.Up {
			t.Errorf("when it went away again %+v", got)
		}
	})
}

// TestGatherConcurrently: whoever asks when, and leaves when, gets what belongs to the number asked for.
func TestGatherConcurrently(t *testing.T) {
	s := &storeOf{}
	s.find = func(_ context.Context, numbers []e164.Number) ([]backend.Holding, error) {
		if rand.IntN(10) == 0 {
			time.Sleep(time.Duration(rand.IntN(300)) * time.Microsecond)
		}
		holdings := held(numbers)
		for i, n := range numbers {
			holdings[i].Entries[0].TTL = uint32(n >> 4)
			holdings[i].Entries[0].Sets = []backend.RRset{{Type: 16, Data: []string{n.Digits()}}}
		}
		return holdings, nil
	}
	b := backend.Gather(s, backend.GatherOptions{Batch: 16})
	var asked sync.WaitGroup
	for range 64 {
		asked.Go(func() {
			for range 200 {
				q := ask(rand.IntN(300))
				ctx, cancel := t.Context(), func() {}
				if rand.IntN(5) == 0 {
					ctx, cancel = context.WithTimeout(ctx, time.Duration(rand.IntN(200))*time.Microsecond)
				}
				a, err := b.Lookup(ctx, q)
				cancel()
				switch {
				case err != nil && !errors.Is(err, backend.ErrUnavailable):
					t.Error(err)
				case err == nil && a.Sets[0].Data[0] != q.Name.Number.Digits():
					t.Error("the answer is of another number")
				}
			}
		})
	}
	asked.Wait()
	b.Close()
}

// BenchmarkGather compares a look-up with the bare call of a store that takes no time.
func BenchmarkGather(b *testing.B) {
	entries := held([]e164.Number{number})
	store := &instant{entries}
	b.Run("bare", func(b *testing.B) {
		b.ReportAllocs()
		numbers := []e164.Number{number}
		for b.Loop() {
			h, _ := store.Find(b.Context(), numbers)
			_, _ = backend.Decide(number, &h[0])
		}
	})
	b.Run("gathered", func(b *testing.B) {
		b.ReportAllocs()
		g := backend.Gather(store, backend.GatherOptions{})
		defer g.Close()
		for b.Loop() {
			_, _ = g.Lookup(b.Context(), query)
		}
	})
}

type instant struct{ holdings []backend.Holding }

func (s *instant) Find(context.Context, []e164.Number) ([]backend.Holding, error) {
	return s.holdings, nil
}
func (s *instant) Check(context.Context) (uint32, error) { return 0, nil }
func (s *instant) Close() error                          { return nil }

// TestGatherThroughput: under load, look-ups for one lane's round trip come to many times what they would one by one.
func TestGatherThroughput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := slow(time.Millisecond)
		b := backend.Gather(s, backend.GatherOptions{})
		defer b.Close()
		const askers, each, lanes = 256, 20, 4
		began := time.Now()
		var asked sync.WaitGroup
		for i := range askers {
			asked.Go(func() {
				for k := range each {
					if _, err := b.Lookup(t.Context(), ask(i*each+k)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		asked.Wait()
		alone := askers * each / lanes * time.Millisecond
		if took := time.Since(began); took > alone/10 {
			t.Errorf("%d look-ups took %v; one by one they take %v", askers*each, took, alone)
		}
	})
}
