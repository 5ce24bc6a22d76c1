package backend

import (
	"errors"
	"fmt"
	"testing"
)

// TestBreaker: what becomes of a store through look-ups and checks, one after the other.
func TestBreaker(t *testing.T) {
	away := fmt.Errorf("%w: reset", ErrUnavailable)
	type step struct {
		what  string // "check", "look-up", or "late": a look-up that entered at the very beginning
		err   error
		state condition
	}
	for _, tt := range []struct {
		name  string
		steps []step
	}{
		{"a store that is not there at first", []step{{"check", away, down}, {"check", nil, trying}, {"check", nil, up}}},
		{"a store that is there at first", []step{{"check", nil, up}, {"look-up", nil, up}}},
		{"a look-up before the first check", []step{{"look-up", nil, up}}},
		{"three failures", []step{{"check", nil, up}, {"look-up", away, up}, {"look-up", away, up}, {"look-up", away, down}}},
		{"checks count", []step{{"check", nil, up}, {"look-up", away, up}, {"check", away, up}, {"look-up", away, down}}},
		{"any error of a check counts", []step{{"check", nil, up}, {"check", ErrPanic, up}, {"check", ErrInvalidData, up}, {"check", ErrPanic, down}}},
		{"in a row", []step{{"check", nil, up}, {"look-up", away, up}, {"look-up", away, up}, {"check", nil, up}, {"look-up", away, up}, {"look-up", ErrInvalidData, up}, {"look-up", away, up}, {"look-up", away, up}, {"look-up", away, down}}},
		{"what says nothing", []step{{"check", nil, up}, {"look-up", away, up}, {"look-up", ErrBusy, up}, {"look-up", ErrPanic, up}, {"look-up", away, up}, {"look-up", errors.New("x"), up}, {"look-up", away, down}}},
		{"a look-up does not end an outage", []step{{"check", away, down}, {"late", nil, down}, {"check", nil, trying}, {"look-up", nil, up}}},
		{"the first failure of a try", []step{{"check", away, down}, {"check", nil, trying}, {"look-up", away, down}, {"check", nil, trying}, {"check", away, down}}},
		{"failures from before a try", []step{{"check", away, down}, {"check", nil, trying}, {"late", away, trying}, {"late", away, trying}, {"look-up", nil, up}, {"late", away, up}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := breaker{wake: make(chan struct{}, 1)}
			began, _ := b.enter()
			for i, s := range tt.steps {
				before, _, _ := b.now()
				switch since, _ := b.enter(); s.what {
				case "check":
					b.checked(s.err)
				case "look-up":
					b.judge(since, s.err)
				case "late":
					b.judge(began, s.err)
				}
				state, _, cause := b.now()
				if state != s.state {
					t.Fatalf("step %d, %s %v: %v, want %v", i, s.what, s.err, state, s.state)
				}
				if _, err := b.enter(); (err != nil) != (state == down) {
					t.Errorf("step %d: a look-up may enter: %t", i, err)
				}
				if state == down && (cause == nil || s.err != nil && cause != s.err) {
					t.Errorf("step %d: cause %v", i, cause)
				}
				woken := len(b.wake) > 0
				if woken != (state != before) {
					t.Errorf("step %d: the prober was woken: %t", i, woken)
				}
				if woken {
					<-b.wake
				}
			}
		})
	}
	t.Run("without prober", func(t *testing.T) {
		var b breaker
		for range 10 {
			b.judge(0, away)
		}
		if _, err := b.enter(); err != nil {
			t.Error("nothing would ever end the outage")
		}
	})
}

// TestBreakerTellsWhy: look-ups that are not made fail with what the store failed with: a data base that nobody has
// filled is not ready, and not out of reach.
func TestBreakerTellsWhy(t *testing.T) {
	for cause, want := range map[error]error{
		ErrNotReady: ErrNotReady,
		fmt.Errorf("%w: no route", ErrUnavailable): ErrUnavailable,
		errors.New("closed the connection"):        ErrUnavailable,
	} {
		b := breaker{wake: make(chan struct{}, 1)}
		b.checked(cause)
		if _, err := b.enter(); !errors.Is(err, want) || !errors.Is(err, cause) {
			t.Errorf("after %v: %v", cause, err)
		}
	}
}
