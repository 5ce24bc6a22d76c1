package backend

import "time"

// reasonEvery is the least time between two events of one outage that tell of another reason, but for the first.
const reasonEvery = 10 * time.Second

// Reason keeps what was told of an outage, whose reason may change while it lasts: a store that was killed comes back
// and refuses the password. Each reason is told, and one that changes all the time is no flood. The zero value is ready
// for use; it is not safe for concurrent use.
type Reason struct {
	told    string
	changed time.Time // when another reason was told last
}

// News reports whether err is to be told: what an outage begins with, and another reason than the one that was told
// last, at most one in ten seconds. down says whether the outage was told.
func (r *Reason) News(err error, down bool) bool {
	text := ""
	if err != nil {
		text = err.Error()
	}
	var changed time.Time
	if down {
		changed = time.Now()
		if text == r.told || !r.changed.IsZero() && changed.Sub(r.changed) < reasonEvery {
			return false
		}
	}
	r.told, r.changed = text, changed
	return true
}
