package kubernetes

import (
	"context"
	"slices"
	"time"
)

const (
	// proofTime is how long a deletion waits until it is believed. A number denied by mistake is worse than one served too
	// long. The API server marks a definition and deletes its objects at once, and what it says of definitions follows what it
	// says of objects by another way, later where it has much to do. One that is made anew right after that (kubectl replace
	// --force) is there whenever it is asked for; then the watch tells: it ends a second after the old one went, when the API
	// server lets go of all that was the old one's (apiextensions-apiserver, crdHandler.tearDown).
	proofTime = 3 * time.Second
	// proofs is how often it is asked meanwhile. With this, one that is not there for longer than half a second is noticed, and
	// for one that takes less time the end of the watch comes before a deletion is believed, with more than a second to spare.
	proofs = 6
	// againTime is how long deletions are waited for before everything is read again: a list shows that something is gone, and
	// not that it was deleted.
	againTime = 10 * time.Second
)

// deletes reports whether something is gone.
func (e event) deletes() bool { return e.Type == deleted }

// settled is how many of the events that wait come before the first deletion that did not wait for its time.
func (w *watching) settled() int {
	i := slices.IndexFunc(w.waiting, func(e event) bool { return e.deletes() && time.Since(e.heard) < w.proof })
	if i < 0 {
		return len(w.waiting)
	}
	return i
}

// readAgain has everything read again, when no deletion waits any more.
func (w *watching) readAgain() {
	if w.again.IsZero() {
		w.again = time.Now()
	}
}

// isDue reports whether everything is to be read now.
func (w *watching) isDue() bool {
	return !w.again.IsZero() && (time.Since(w.again) > againTime || !slices.ContainsFunc(w.waiting, event.deletes))
}

// stays checks that what the first n of the events that wait are about is still there, and that all of it is the same as before.
func (w *watching) stays(ctx context.Context, n int) error {
	namespaces := w.namespaces
	if n == 0 {
		namespaces = nil // one that is made anew can be told from the old one: it suffices to ask at the end
	}
	uids, err := w.conn.proven(ctx, namespaces)
	if err == nil && n > 0 && !slices.Equal(uids, w.uids) {
		err = errAgain
	}
	if err == nil {
		select {
		case e := <-w.heard: // it may be the end of a watch
			err = w.hear(e)
		default:
		}
	}
	return err
}
