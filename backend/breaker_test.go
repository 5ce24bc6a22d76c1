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
		what  string // "check", "fast", "slow", "same": a slow look-up of the name before, or "late": one that entered at the very beginning
		err   error
		state condition
	}
	for _, tt := range []struct {
		name  string
		steps []step
	}{
		{"a store that is not there at first", []step{{"check", away, down}, {"check", nil, trying}, {"check", nil, up}}},
		{"a store that is there at first", []step{{"check", nil, up}, {"fast", nil, up}}},
		{"a look-up before the first check", []step{{"fast", nil, up}}},
		{"three slow failures", []step{{"check", nil, up}, {"slow", away, up}, {"slow", away, up}, {"slow", away, down}}},
		{"of one number", []step{{"check", nil, up}, {"slow", away, up}, {"same", away, up}, {"same", away, up}, {"same", away, up}, {"check", nil, up}, {"same", away, up}}},
		{"of one number, when checks fail", []step{{"check", nil, up}, {"slow", away, up}, {"same", away, up}, {"check", away, up}, {"check", away, down}}},
		{"fast failures alone", []step{{"check", nil, up}, {"fast", away, up}, {"fast", away, up}, {"fast", away, up}, {"fast", away, up}, {"check", nil, up}, {"fast", away, up}}},
		{"fast failures and a check", []step{{"check", nil, up}, {"fast", away, up}, {"fast", away, up}, {"check", away, down}}},
		{"one of each", []step{{"check", nil, up}, {"fast", away, up}, {"check", away, up}, {"fast", away, up}, {"slow", away, up}, {"check", away, down}}},
		{"any error of a check counts", []step{{"check", nil, up}, {"check", ErrPanic, up}, {"check", ErrInvalidData, up}, {"check", ErrPanic, down}}},
		{"in a row", []step{{"check", nil, up}, {"slow", away, up}, {"slow", away, up}, {"fast", nil, up}, {"slow", away, up}, {"fast", ErrInvalidData, up}, {"slow", away, up}, {"slow", away, up}, {"slow", away, down}}},
		{"checks do not make look-ups faster", []step{{"check", nil, up}, {"slow", away, up}, {"check", nil, up}, {"slow", away, up}, {"check", nil, up}, {"slow", away, down}}},
		{"what says nothing", []step{{"check", nil, up}, {"slow", away, up}, {"slow", ErrBusy, up}, {"slow", ErrPanic, up}, {"slow", away, up}, {"slow", errors.New("x"), up}, {"slow", away, down}}},
		{"a look-up does not end an outage", []step{{"check", away, down}, {"late", nil, down}, {"check", nil, trying}, {"fast", nil, up}}},
		{"the first failure of a try", []step{{"check", away, down}, {"check", nil, trying}, {"slow", away, down}, {"check", nil, trying}, {"check", away, down}}},
		{"a bad number in a try", []step{{"check", away, down}, {"check", nil, trying}, {"fast", away, trying}, {"same", away, trying}, {"fast", nil, up}}},
		{"failures from before a try", []step{{"check", away, down}, {"check", nil, trying}, {"late", away, trying}, {"late", away, trying}, {"fast", nil, up}, {"late", away, up}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := breaker{wake: make(chan struct{}, 1)}
			began, _ := b.enter()
			var q Query
			for i, s := range tt.steps {
				before := b.now()
				if s.what != "same" {
					q.Apex = fmt.Sprint("apex", i)
				}
				switch since, _ := b.enter(); s.what {
				case "check":
					b.checked(s.err)
				case "late":
					b.judge(began, q, true, s.err)
				default:
					b.judge(since, q, s.what != "fast", s.err)
				}
				now := b.now()
				state, cause := now.state, now.cause
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
				if woken != (state != before.state || now.shaken && !before.shaken) {
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
			b.judge(0, Query{}, true, away)
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
