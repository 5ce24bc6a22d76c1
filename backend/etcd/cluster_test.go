package etcd

import (
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/test/servers"
)

// With one member of three gone, killed or silent, changes go on to be seen within 10 seconds; with two gone
// answers stay, and it is told that nobody knows whether they are right.
func TestMembersAreLost(t *testing.T) {
	if testing.Short() {
		t.Skip("three members, twice")
	}
	for _, test := range []struct {
		name       string
		lose, back func(s *servers.Server)
	}{
		{"killed", (*servers.Server).Stop, (*servers.Server).Start},
		{"paused", (*servers.Server).Pause, (*servers.Server).Resume},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			members := servers.EtcdCluster(t, 3)
			hosts := []string{members[0].Addr, members[1].Addr, members[2].Addr}
			put(t, client(t, hosts[2]), person("12025550100", "alice"))
			b := serve(t, hosts...)
			b.wants(t, "12025550100", backend.Found)

			test.lose(members[0]) // the feed is there: it begins with the first
			c := client(t, hosts[1:]...)
			start := time.Now()
			eventually(t, "the other two elect a leader", func() bool {
				_, err := c.Put(bounded(t), defaultPrefix+"12025550101", value(person("12025550101", "bob")))
				return err == nil
			})
			b.wants(t, "12025550101", backend.Found)
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("seen after %v", took)
			}
			if b.loads() != 1 {
				t.Errorf("read %d times", b.loads())
			}
			told := func() int { _, n := b.find(backend.Unavailable); return n }
			before := told()
			test.lose(members[1])
			start = time.Now()
			eventually(t, "it is told", func() bool { return told() > before })
			if took := time.Since(start); took > 15*time.Second {
				t.Errorf("told after %v", took)
			}
			b.keeps(t, 500*time.Millisecond, "12025550101", backend.Found)
			test.back(members[1])
			test.back(members[0])
			eventually(t, "they agree again", func() bool {
				_, err := c.Put(bounded(t), defaultPrefix+"12025550102", value(person("12025550102", "carol")))
				return err == nil
			})
			b.wants(t, "12025550102", backend.Found)
		})
	}
}
