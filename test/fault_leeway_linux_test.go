package test

import "time"

// within returns how long something may take that a user is promised within d: in the short form three times as long.
func within(d time.Duration) time.Duration {
	if once() {
		return 3 * d
	}
	return d
}

// tries is how often the short form injects a fault where a reply, or recovery, was late: a machine that does many other
// things at once may be what was slow. A reply that is wrong, and a query without a reply, counts at once.
const tries = 3

// leeway is what the bounds of times are multiplied with, and the share of replies that may say that something is at
// fault where nothing is. The last try of the short form is for machines that are busy for long: what takes longer still
// is not their doing.
func leeway(try int) (times int64, share float64) {
	switch {
	case !once():
		return 1, 0
	case try < tries:
		return 3, 0
	}
	return 10, 0.05
}
