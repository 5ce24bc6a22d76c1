package backend

import (
	"context"
	"errors"
)

// Errors of backends, wrapped with what happened. Their texts, and what wraps them, never contain a
// number, a URI or a secret.
var (
	// ErrClosed: the backend was closed.
	ErrClosed = errors.New("backend is closed")
	// ErrNotReady: no complete data was loaded yet.
	ErrNotReady = errors.New("backend has no data yet")
	// ErrUnavailable: the store cannot be reached or did not answer in time.
	ErrUnavailable = errors.New("backend is unavailable")
	// ErrReadOnly is of OpenWriter: as it is configured, the store is only read. Open reads it.
	ErrReadOnly = errors.New("what an operator's own statement reads is not written to")
	// ErrBusy: the most look-ups that may be under way are under way.
	ErrBusy = errors.New("backend is busy")
	// ErrInvalidData: what the store returned for this name cannot be served.
	ErrInvalidData = errors.New("backend returned invalid data")
	// ErrStale: the data could not be refreshed for longer than allowed.
	ErrStale = errors.New("backend data is stale past its bound")
	// ErrShrunk: a refresh lost a suspicious share of the data and was held back.
	ErrShrunk = errors.New("refresh lost too much of the data")
	// ErrPanic: the backend panicked; the panic was turned into this error.
	ErrPanic = errors.New("backend panicked")
)

// errLate is context.DeadlineExceeded in words for who reads the log.
var errLate error = lateError{}

type lateError struct{}

func (lateError) Error() string { return "no reply within the timeout of a look-up" }

// Is makes it a context.DeadlineExceeded to errors.Is.
func (lateError) Is(target error) bool { return target == context.DeadlineExceeded }

// inWords returns err, or what is to be read in its place.
func inWords(err error) error {
	if err == context.DeadlineExceeded { //nolint:errorlint // one that is wrapped has words of its own
		return errLate
	}
	return err
}
