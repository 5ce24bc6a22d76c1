package backend_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/enumim/enumim/backend"
)

// patchy is a store that fails for some numbers, and checks well.
type patchy struct {
	*remoteFake
	bad func(n int) bool
}

func (p patchy) Lookup(_ context.Context, q backend.Query) (backend.Answer, error) {
	for n := range 400 {
		if q == ask(n) && p.bad(n) {
			time.Sleep(p.took)
			return backend.Answer{}, fmt.Errorf("%w: status 500", backend.ErrUnavailable)
		}
	}
	return found, nil
}

// TestHandleBadNumbers: numbers for which a store fails, asked far more often than all others, take it from nobody: one that
// costs time, or a whole block that does not. Neither the log nor the store is flooded.
func TestHandleBadNumbers(t *testing.T) {
	for _, tt := range []struct {
		name  string
		bad   int // how many numbers
		took  time.Duration
		other time.Duration // how often others are asked for
		told  []backend.EventKind
	}{
		{"one", 1, 0, 100 * time.Millisecond, nil},
		{"one, and hardly others", 1, 0, 10 * time.Second, nil},
		{"one that is slow", 1, 450 * time.Millisecond, 100 * time.Millisecond, nil},
		{"one that is too slow, and hardly others", 1, time.Second, 10 * time.Second, nil},
		{"a block", 300, 0, 100 * time.Millisecond, nil},
		{"a block, and hardly others", 300, 0, 10 * time.Second, []backend.EventKind{backend.Unavailable}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &remoteFake{took: tt.took}
				h := backend.NewHandle(patchy{f, func(n int) bool { return n < tt.bad }}, backend.Limits{}, f.observe)
				defer h.Close()
				time.Sleep(5 * time.Second)
				before, began := len(f.checked()), time.Now()
				var asking sync.WaitGroup
				for i := range 50 * 60 { // fifty a second
					asking.Go(func() {
						if _, err := lookup(t.Context(), h, ask(i%tt.bad)); !errors.Is(err, backend.ErrUnavailable) {
							t.Errorf("a bad number: %v", err)
						}
					})
					time.Sleep(20 * time.Millisecond)
					if time.Since(began)%tt.other != 40*time.Millisecond { // not when checks are made
						continue
					}
					if _, err := lookup(t.Context(), h, ask(399)); err != nil {
						t.Errorf("after %v: %v", time.Since(began), err)
					}
				}
				asking.Wait()
				if n := len(f.checked()) - before; n > 61 {
					t.Errorf("%d checks in a minute", n)
				}
				f.want(t, "then", tt.told...)
			})
		})
	}
}

// TestHandleTellsOfUseless: a store that checks well and answers no look-up, as one whose table may not be read, is
// told of once, and when it answers, that is told as well.
func TestHandleTellsOfUseless(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &remoteFake{}
		h := backend.NewHandle(f, backend.Limits{}, f.observe)
		defer h.Close()
		time.Sleep(time.Second)
		f.set(nil, fmt.Errorf("%w: permission denied", backend.ErrUnavailable), 0)
		for i := range 60 {
			fail(t, h, i%2+1)
			time.Sleep(time.Second)
		}
		f.want(t, "refused", backend.Unavailable)
		f.set(nil, nil, 0)
		if _, err := lookup(t.Context(), h, query); err != nil {
			t.Error("mended, and not asked")
		}
		time.Sleep(10 * time.Second)
		f.want(t, "mended", backend.Unavailable, backend.Recovered)
	})
}
