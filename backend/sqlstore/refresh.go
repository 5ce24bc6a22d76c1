package sqlstore

import (
	"context"
	"errors"
	"time"

	"github.com/enumim/enumim/backend"
)

const (
	// PollEvery is how often changes are looked for where nothing tells of them.
	PollEvery = 900 * time.Millisecond
	// PollPatience is how long a server may take to say what changed.
	PollPatience = 10 * time.Second
	// ReadPatience is how long it may take to send the first rows of a tree, which it may have to sort, or the next.
	ReadPatience = time.Minute
	// ReadSome is after how many rows the time is looked at.
	ReadSome = 256
	// RefusedPause is the least time between two readings of a tree that is refused.
	RefusedPause = 10 * time.Second
)

// Fresh is how long data that is read every so often is current: until the next reading ends, which takes its time.
func Fresh(every time.Duration) time.Duration {
	return every + max(every/2, 3*backend.FreshEvery)
}

// Repeat reads again and again, where nothing tells what changed, until it fails.
func Repeat(ctx context.Context, every time.Duration, read func(context.Context) error) error {
	for {
		// What was refused will be again until somebody has looked at it: there is no hurry.
		if err := read(ctx); err != nil && !errors.Is(err, backend.ErrShrunk) {
			return Ended(ctx, err)
		}
		if err := Pause(ctx, every); err != nil {
			return err
		}
	}
}

// Pause waits, or returns the error of a context that ended.
func Pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Ended returns the error of a context that ended instead of what it led to.
func Ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
