package test

import (
	"sync/atomic"
	"time"
)

// history is the latest version that was answered of each number. Not each store makes a change visible at once, so that a
// reply says nothing about other numbers; but the answers about one do not go back, stale ones neither, whatever fails.
type history struct {
	seen []atomic.Uint32 // nil where two instances of a server may answer
	back atomic.Bool     // the store has older data than it had
}

// oldest returns the oldest version that may answer a query that is sent now.
func (q query) oldest() uint32 {
	low := q.low.Load()
	if q.i >= 0 && q.seen != nil && !q.back.Load() {
		low = max(low, q.seen[q.i].Load())
	}
	return low
}

// saw notes that a version was answered.
func (q query) saw(v uint32) {
	if q.i < 0 || q.seen == nil || q.back.Load() {
		return
	}
	for low := q.seen[q.i].Load(); v > low && !q.seen[q.i].CompareAndSwap(low, v); low = q.seen[q.i].Load() {
	}
}

// goesBack lets answers be as old as version v again: the store will be. Queries that were sent before are answered then.
func (l *lane) goesBack(v uint32) {
	l.back.Store(true)
	l.low.Store(v)
	time.Sleep(steady)
}

// goesOn ends that.
func (l *lane) goesOn() {
	if !l.back.Load() {
		return
	}
	for i := range l.seen {
		l.seen[i].Store(0)
	}
	l.back.Store(false)
}
