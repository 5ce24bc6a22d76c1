package test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"github.com/enumim/enumim/test/proxy"
	"github.com/enumim/enumim/test/servers"
)

const etcdPrefix = "/enumim/"

// etcd returns a client of those servers of the scene that are given, as administrators have it; all where none is.
func (s *scene) etcd(t testing.TB, user string, some ...*servers.Server) (c *clientv3.Client, bounded func() context.Context) {
	t.Helper()
	if len(some) == 0 {
		some = s.servers()
	}
	config := clientv3.Config{DialTimeout: 5 * time.Second, Logger: zap.NewNop(), Username: user, Password: user}
	for _, server := range some {
		config.Endpoints = append(config.Endpoints, server.Addr)
	}
	c, err := clientv3.New(config)
	if err != nil {
		t.Fatal(err)
	}
	var ends []context.CancelFunc
	t.Cleanup(func() {
		for _, end := range ends {
			end()
		}
		_ = c.Close()
	})
	return c, func() context.Context {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		ends = append(ends, cancel)
		return ctx
	}
}

func must(t testing.TB, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// noSpace sets or takes away the alarm that etcd's quota is used up.
func (s *scene) noSpace(t testing.TB, do etcdserverpb.AlarmRequest_AlarmAction) {
	c, bounded := s.etcd(t, "")
	for _, server := range s.servers() {
		status, err := c.Status(bounded(), server.Addr)
		must(t, err)
		_, err = etcdserverpb.NewMaintenanceClient(c.ActiveConnection()).Alarm(bounded(),
			&etcdserverpb.AlarmRequest{Action: do, MemberID: status.Header.MemberId, Alarm: etcdserverpb.AlarmType_NOSPACE})
		must(t, err)
	}
}

// etcdFaults befall etcd, without that it is only killed or frozen.
var etcdFaults = []fault{
	{id: "F13", name: "NOSPACE alarm", to: only("etcd"), spares: true, inject: func(t testing.TB, s *scene) func() {
		s.noSpace(t, etcdserverpb.AlarmRequest_ACTIVATE)
		return func() { s.noSpace(t, etcdserverpb.AlarmRequest_DEACTIVATE) }
	}},
	{id: "F13", name: "authentication wanted", to: only("etcd"), spares: true, lasts: 4 * time.Second, seen: "wants a user", inject: func(t testing.TB, s *scene) func() {
		c, bounded := s.etcd(t, "")
		_, err := c.UserAdd(bounded(), "root", "root")
		if err != nil && !strings.Contains(err.Error(), "already exists") {
			t.Fatal(err)
		}
		_, err = c.UserGrantRole(bounded(), "root", "root")
		must(t, err)
		_, err = c.AuthEnable(bounded())
		must(t, err)
		return func() {
			root, bounded := s.etcd(t, "root")
			_, err := root.AuthDisable(bounded())
			must(t, err)
		}
	}},
	{id: "F13", name: "a lease ends", to: only("etcd"), spares: true, seen: "is not taken", inject: func(t testing.TB, s *scene) func() {
		c, bounded := s.etcd(t, "")
		lease, err := c.Grant(bounded(), 600)
		must(t, err)
		all, err := c.Get(bounded(), etcdPrefix+"0", clientv3.WithRange(etcdPrefix+":"))
		must(t, err)
		for _, kv := range all.Kvs {
			_, err := c.Put(bounded(), string(kv.Key), string(kv.Value), clientv3.WithLease(lease.ID))
			must(t, err)
		}
		_, err = c.Revoke(bounded(), lease.ID)
		must(t, err)
		return s.taken(t)
	}},
	{id: "F10", name: "prefix deleted", to: only("etcd"), spares: true, seen: "no enumim data", inject: func(t testing.TB, s *scene) func() {
		c, bounded := s.etcd(t, "")
		_, err := c.Delete(bounded(), etcdPrefix, clientv3.WithPrefix())
		must(t, err)
		return s.rewritten(t)
	}},
	{id: "F14", name: "older snapshot restored", to: only("etcd"), spares: true, seen: "etcd is older than what is served", inject: func(t testing.TB, s *scene) func() {
		s.restored(t)
		return func() {
			c, bounded := s.etcd(t, "")
			_, err := c.Put(bounded(), etcdPrefix+"meta", fmt.Sprintf(`{"format":1,"history":"restored %d"}`, s.lane.high.Load()))
			must(t, err)
			s.lane.put(t)
		}
	}},
}

// clusterFaults befall some members of three. The server under test is told of all, the first one first.
var clusterFaults = []fault{
	members("F12", "one killed", 1, (*servers.Server).Stop, (*servers.Server).Start),
	members("F12", "two killed", 2, (*servers.Server).Stop, (*servers.Server).Start),
	members("F12", "one frozen", 1, (*servers.Server).Pause, (*servers.Server).Resume),
	members("F12", "in a minority", 2, (*servers.Server).Pause, (*servers.Server).Resume),
	{id: "F13", name: "compacted while away", spares: true, inject: func(t testing.TB, s *scene) func() {
		mend := s.onTheWay(proxy.Fault{Refuse: true, Reset: true})
		s.lane.put(t)
		c, bounded := s.etcd(t, "")
		at, err := c.Get(bounded(), etcdPrefix+"meta")
		must(t, err)
		_, err = c.Compact(bounded(), at.Header.Revision)
		must(t, err)
		return mend
	}},
}

// members is a fault of the first of the members.
func members(id, name string, n int, lose, back func(*servers.Server)) fault {
	return fault{id: id, name: name, spares: true, inject: func(t testing.TB, s *scene) func() {
		lost := s.servers()[:n]
		for _, m := range lost {
			lose(m)
		}
		return func() {
			for _, m := range lost {
				back(m)
			}
		}
	}}
}

// TestClusterFaults is TestFaults for a cluster of etcd.
func TestClusterFaults(t *testing.T) {
	var proxies []*proxy.Proxy
	w := way{name: "etcd cluster", feed: true, start: func(t testing.TB) *place {
		all := servers.EtcdCluster(t, 3)
		p := &place{line: "etcd " + all[0].Addr + " " + all[1].Addr + " " + all[2].Addr, servers: all}
		proxies = throughProxies(t, p)
		return p
	}}
	s := newScene(t, w, sceneSize)
	s.proxies = proxies
	for _, f := range clusterFaults {
		t.Run(f.id+"/"+strings.ReplaceAll(f.name, " ", "-"), func(t *testing.T) { s.run(t, f) })
	}
	s.ends(t)
}
