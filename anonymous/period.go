package anonymous

import "time"

// Period is how long an epoch lasts: a number has one alias in each. An alias is handed out in its epoch and resolves in the
// next one, too. It has whole seconds.
type Period time.Duration

// DefaultPeriod is 30 days.
const DefaultPeriod = Period(30 * 24 * time.Hour)

func (p Period) seconds() int64 { return int64(time.Duration(p) / time.Second) }

// Epoch returns the epoch that t is in, counted from the beginning of 1970.
func (p Period) Epoch(t time.Time) int64 { return t.Unix() / p.seconds() }

// ahead is how long before an epoch its aliases resolve: who hands them out may have a clock that is ahead, and a list of
// all aliases is made before it is needed.
const ahead = time.Hour

// Resolving returns the epochs whose aliases resolve at t: that of t, the one before, and the next one in the hour before it.
func (p Period) Resolving(t time.Time) []int64 {
	epoch := p.Epoch(t)
	epochs := []int64{epoch, epoch - 1}
	for next := epoch + 1; next <= p.Epoch(t.Add(ahead)); next++ {
		epochs = append(epochs, next)
	}
	return epochs
}

// Ends returns when aliases of the epoch stop resolving: when the next one ends.
func (p Period) Ends(epoch int64) time.Time { return time.Unix((epoch+2)*p.seconds(), 0).UTC() }

// TTL returns the most seconds that an answer given at t may be kept: half of the time for which its aliases still resolve,
// and so half of a period at least. The other half is for who takes an alias from a cache at the last moment and uses it for
// a while.
func (p Period) TTL(t time.Time) uint32 {
	return uint32((p.Ends(p.Epoch(t)).Unix() - t.Unix()) / 2)
}
