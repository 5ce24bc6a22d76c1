package etcd

import (
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"

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
		leader     bool // is the first that is lost
		lose, back func(s *servers.Server)
	}{
		{"killed", false, (*servers.Server).Stop, (*servers.Server).Start},
		{"the leader killed", true, (*servers.Server).Stop, (*servers.Server).Start},
		{"paused", false, (*servers.Server).Pause, (*servers.Server).Resume},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			members := servers.EtcdCluster(t, 3)
			hosts := []string{members[0].Addr, members[1].Addr, members[2].Addr}
			put(t, client(t, hosts[2]), person("12025550100", "alice"))
			leads(t, hosts, map[bool]int{true: 0, false: 2}[test.leader])
			b := serve(t, hosts...)
			b.wants(t, "12025550100", backend.Found)
			b.keeps(t, time.Second, "12025550100", backend.Found) // the watch is heard, too

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
			// Where others have to elect a leader, that may take too long on a busy machine.
			if b.loads() != 1 && !test.leader {
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

// leads makes a member the leader.
func leads(t *testing.T, hosts []string, wanted int) {
	t.Helper()
	eventually(t, "the leader is another", func() bool {
		want, err := client(t, hosts[wanted]).Status(bounded(t), hosts[wanted])
		must(t, err)
		if want.Leader == want.Header.MemberId {
			return true
		}
		for _, host := range hosts {
			c := client(t, host)
			if s, err := c.Status(bounded(t), host); err == nil && s.Leader == s.Header.MemberId {
				_, _ = c.MoveLeader(bounded(t), want.Header.MemberId) // the next status tells whether it did
			}
		}
		return false
	})
}

// While members elect a leader nothing is told and nothing is read again; when they go on without one, it is told.
func TestElectionIsNoOutage(t *testing.T) {
	t.Parallel()
	var none atomic.Bool
	var refused, beats atomic.Int32
	h := &hostile{answer: good,
		fail: func() error {
			if none.Load() {
				refused.Add(1)
				return rpctypes.ErrGRPCNoLeader
			}
			return nil
		},
		stream: func(s etcdserverpb.Watch_WatchServer) error {
			for {
				r, err := s.Recv()
				switch {
				case err != nil:
					return err
				case none.Load():
					return rpctypes.ErrGRPCNoLeader
				case r.GetProgressRequest() == nil:
					continue
				}
				beats.Add(1)
				if err := s.Send(&etcdserverpb.WatchResponse{Header: &etcdserverpb.ResponseHeader{Revision: 5}}); err != nil {
					return err
				}
			}
		},
	}
	b := serve(t, "127.0.0.1:1", h.listen(t)) // of a member that is away less is told
	eventually(t, "the first sign of life was heard", func() bool { return beats.Load() >= 2 })
	none.Store(true)
	eventually(t, "it asks again", func() bool { return refused.Load() >= 2 })
	none.Store(false)
	seen := beats.Load()
	eventually(t, "it goes on", func() bool { return beats.Load() >= seen+2 })
	if _, n := b.find(backend.Unavailable); n > 0 || b.loads() != 1 {
		t.Errorf("told %d times, read %d times", n, b.loads())
	}
	none.Store(true)
	eventually(t, "it is told", func() bool { _, n := b.find(backend.Unavailable); return n > 0 })
	b.keeps(t, 100*time.Millisecond, "12025550100", backend.Found)
}
