package file

import (
	"context"
	"slices"
	"time"

	"github.com/enumim/enumim/backend"
)

// How long things take that are no business of the configuration.
const (
	// settleTime is for how long a file that was changed in place has to rest before it is read.
	settleTime = 200 * time.Millisecond
	// gather is for how long after a look notifications are gathered: one change of a file brings
	// several, and the first is answered at once.
	gather = 5 * time.Millisecond
	// retryTime is after how long a file that could not be read is tried again, or ten times as long as the round took.
	retryTime = time.Second
	// restlessTime is after how long a file that never rests is told of.
	restlessTime = time.Minute
)

// run loads the files, closes first, and then loads each change until ctx ends.
func (l *loader) run(ctx context.Context, first chan<- struct{}) {
	for l.round(ctx) && pause(ctx, l.rest) {
	}
	close(first)
	if l.o.reload == 0 || ctx.Err() != nil {
		return
	}
	n := l.notify()
	defer n.close()
	timer := time.NewTimer(0)
	defer timer.Stop()
	var looked time.Time
	rest := gather
	next := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			began := time.Now()
			n.arm(l.watched())
			l.tellNotifier(n.fault)
			wait := l.o.reload
			if l.round(ctx) {
				wait = min(wait, l.rest)
			}
			if l.unread {
				wait = min(wait, max(retryTime, 10*time.Since(began)))
			}
			if n.arm(l.watched()) { // what it has found included
				wait = min(wait, gather) // nobody told of changes before
			}
			looked = time.Now()
			// In a folder where others write all the time, looking takes a tenth of the time at most.
			rest = max(gather, min(10*looked.Sub(began), settleTime))
			next = looked.Add(wait)
			timer.Reset(wait)
			continue
		case e := <-n.events():
			n.forget(e)
		case <-n.errors(): //nolint:errcheck // whatever it says, the answer is to look
			// Events were lost, so anything may have changed.
		}
		if soon := looked.Add(rest); soon.Before(next) {
			next = soon
			timer.Reset(time.Until(soon))
		}
	}
}

// watched are the paths of all files, included ones too.
func (l *loader) watched() []string {
	paths := slices.Clone(l.o.paths)
	for _, f := range l.files {
		for _, i := range f.included {
			paths = append(paths, i.path)
		}
	}
	return paths
}

// pause waits for d; false means that ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// tellNotifier tells once that the files are looked at at intervals only.
func (l *loader) tellNotifier(fault string) {
	if fault != "" && fault != l.notifyFault {
		l.observe(backend.Event{
			Kind: backend.Finding, Rule: "file-poll-only", Count: 1,
			Text: "cannot be notified of changes (" + fault + "): the files are looked at every " + l.o.reload.String(),
		})
	}
	l.notifyFault = fault
}
