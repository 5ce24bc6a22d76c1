package sqlstore

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
)

// What is read again and again is current until the next reading ends, and survives one that fails.
func TestFresh(t *testing.T) {
	for _, refresh := range []time.Duration{30 * time.Second, defaultRefresh, mostRefresh} {
		if fresh := Fresh(refresh); fresh < refresh+15*time.Second || fresh > 2*refresh {
			t.Errorf("read every %v: current for %v", refresh, fresh)
		}
	}
}

// A tree that is refused is read again when its time comes; what fails otherwise is told.
func TestRepeat(t *testing.T) {
	times := 0
	err := Repeat(t.Context(), time.Millisecond, func(context.Context) error {
		if times++; times < 3 {
			return backend.ErrShrunk
		}
		return backend.ErrUnavailable
	})
	if !errors.Is(err, backend.ErrUnavailable) || times != 3 {
		t.Errorf("%v after %d readings", err, times)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Repeat(ctx, time.Hour, func(context.Context) error { return backend.ErrUnavailable }); !errors.Is(err, context.Canceled) {
		t.Errorf("when it is ended: %v", err)
	}
}
