package test

import (
	"fmt"
	"testing"
	"time"
)

// mostLeft is how many goroutines, and how many descriptors, a server may hold more after all faults of a scene than after
// the first one: a pool has four connections at most, of which one stood then, and some have a goroutine of their own. So one
// that stays of each outage is seen after six of them.
const mostLeft = 5

// least returns the least that the server holds within a second: queries that wait, and scrapes, come and go.
func (d *daemon) least(tb testing.TB) usage {
	tb.Helper()
	least := d.usage(tb)
	for until := time.Now().Add(time.Second); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		u := d.usage(tb)
		least.goroutines, least.files, least.heap = min(least.goroutines, u.goroutines), min(least.files, u.files), min(least.heap, u.heap)
	}
	return least
}

// warms notes what the server holds after the first outage.
func (s *scene) warms(t testing.TB) {
	t.Helper()
	if s.warm.goroutines == 0 {
		s.warm = s.least(t)
	}
}

// ends holds the server to what has to be after all faults of a scene: nothing of them stays, and the log tells no number
// and no secret.
func (s *scene) ends(t testing.TB, secrets ...string) {
	t.Helper()
	if s.warm.goroutines > 0 {
		eventually(t, func() error {
			u := s.least(t)
			if u.goroutines > s.warm.goroutines+mostLeft || u.files > s.warm.files+mostLeft || u.heap > s.warm.heap+4<<20 {
				return fmt.Errorf("%s: the server holds %v, after the first fault %v\n%s", s.name, u, s.warm, s.fetch(t, s.pprof+"/debug/pprof/goroutine?debug=1"))
			}
			t.Logf("after the first fault: %v; after the last one: %v", s.warm, u)
			return nil
		})
	}
	s.load.stop(t)
	s.tellsNoNumber(t, []*lane{s.lane})
	for _, secret := range append(secrets, s.lane.store.secret) {
		s.keepsSecret(t, secret)
	}
}
