package table

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/enumim/enumim/backend"
)

// setBack returns a time that was noted before the wall clock was set forward by some seconds, or back by fewer than
// none: its wall clock reads other than it would now, and its monotonic clock as before. Package time has no word for that.
func setBack(t *testing.T, at time.Time, seconds int64) time.Time {
	t.Helper()
	is := at
	*(*int64)(unsafe.Pointer(&is)) -= seconds << 30
	if d := at.Round(0).Sub(is.Round(0)); at.Sub(is) != 0 || d != time.Duration(seconds)*time.Second {
		t.Fatalf("times are made otherwise now: %v, %v", at.Sub(is), d)
	}
	return is
}

// TestWallClockSet: data is stale, and too old, when so much time went by, whatever the wall clock was set to since; what
// is saved and told of it has the time as the clock is now. The time of synctest has no monotonic clock: this is real time.
func TestWallClockSet(t *testing.T) {
	for name, seconds := range map[string]int64{
		"a day forward": 86400, "a day back": -86400, "ten years forward": 315360000, "ten years back": -315360000,
	} {
		t.Run(name, func(t *testing.T) {
			feed, kept := newPlaying(), &memory{}
			m := Mirror(t.Context(), feed, MirrorOptions{Fresh: time.Hour, Stale: 2 * time.Hour, Keeper: kept}).(*mirror)
			feed.steps <- replace(numbersFrom(1)...)
			feed.steps <- func(backend.Sink) error { return nil } // taken when that is done
			set := func(current time.Time) {
				m.mu.Lock()
				m.current = current
				m.mu.Unlock()
				m.age()
			}
			noted := setBack(t, m.current, seconds)
			about := func(what string, got time.Time) {
				t.Helper()
				if d := time.Since(got.Round(0)); d < -time.Minute || d > time.Minute {
					t.Errorf("%s: it was current %v ago", what, d)
				}
			}
			if set(noted); m.aged.Load() != fresh {
				t.Error("data that was just delivered is not current")
			}
			about("State", m.State().Current)
			m.keep.due(true)
			if err := m.Close(); err != nil {
				t.Error(err)
			}
			_, _, current := kept.saved()
			about("what is saved", current)
			m.closed = false
			if set(noted.Add(-time.Hour)); m.aged.Load() != stale {
				t.Error("data of an hour is not stale")
			}
			if set(noted.Add(-2 * time.Hour)); m.aged.Load() != expired {
				t.Error("data of two hours is not too old")
			}
			m.clock.Stop()
		})
	}
}

// TestSuspended: the time that the machine was suspended counts for the age of data, within a minute after it goes on.
func TestSuspended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed := newPlaying()
		m := Mirror(t.Context(), feed, MirrorOptions{Fresh: 5 * time.Minute}).(*mirror)
		defer m.Close()
		feed.do(replace(numbersFrom(1)...))
		slept := m.asleep()
		suspend := func(d time.Duration) {
			m.mu.Lock()
			defer m.mu.Unlock()
			slept += d
			now := slept
			m.asleep = func() time.Duration { return now }
		}
		suspend(10 * time.Minute)
		time.Sleep(lookEvery)
		synctest.Wait()
		if a, err := asked(t, m); err != nil || !a.Stale {
			t.Errorf("after ten minutes: %+v, %v", a, err)
		}
		suspend(time.Hour)
		time.Sleep(lookEvery)
		synctest.Wait()
		if _, err := asked(t, m); !errors.Is(err, backend.ErrStale) {
			t.Errorf("after an hour more: %v", err)
		}
		feed.do(confirm)
		if a, err := asked(t, m); err != nil || a.Stale {
			t.Errorf("confirmed: %+v, %v", a, err)
		}
	})
}
