package anonymous

import (
	"slices"
	"testing"
	"time"
)

// An answer is never kept for longer than its alias resolves, whenever in the epoch it is given, and at least half a
// period is left then.
func TestTTLEndsBeforeAlias(t *testing.T) {
	for _, period := range []time.Duration{time.Hour, 24 * time.Hour, time.Duration(DefaultPeriod), 7*time.Hour + 13*time.Second} {
		p := Period(period)
		begin := time.Unix(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC).Unix()/p.seconds()*p.seconds(), 0)
		if p.Epoch(begin) != p.Epoch(begin.Add(-time.Second))+1 {
			t.Errorf("%v: no epoch begins at %v", period, begin)
		}
		for _, after := range []time.Duration{0, time.Second, period / 2, period - time.Second, period - 1} {
			at := begin.Add(after)
			epoch, kept := p.Epoch(at), time.Duration(p.TTL(at))*time.Second
			if epoch != p.Epoch(begin) {
				t.Errorf("%v: %v after its begin the epoch is over", period, after)
			}
			if kept < period/2-time.Second || kept > period {
				t.Errorf("%v: kept for %v when asked %v after the begin", period, kept, after)
			}
			// Whoever asks when the answer has gone from all caches resolves the alias still: for as long again.
			for _, later := range []time.Duration{kept, 2*kept - 2*time.Second} {
				now := p.Epoch(at.Add(later))
				if epoch != now && epoch != now-1 || at.Add(later).After(p.Ends(epoch)) {
					t.Errorf("%v: %v after the begin plus %v the alias does not resolve", period, after, later)
				}
			}
		}
		// Who resolves has a clock, and a list, from up to an hour before or a whole period after.
		for _, off := range []time.Duration{-time.Hour, -time.Second, 0, period - time.Second, period} {
			if !slices.Contains(p.Resolving(begin.Add(off)), p.Epoch(begin)) {
				t.Errorf("%v: an alias of the begin does not resolve %v after it", period, off)
			}
		}
		for _, off := range []time.Duration{-time.Hour - time.Second, 2 * period} {
			if slices.Contains(p.Resolving(begin.Add(off)), p.Epoch(begin)) {
				t.Errorf("%v: an alias of the begin resolves %v after it", period, off)
			}
		}
		if end := p.Ends(p.Epoch(begin)); !end.Equal(begin.Add(2 * period)) {
			t.Errorf("%v: an alias of %v ends at %v", period, begin, end)
		}
	}
}
