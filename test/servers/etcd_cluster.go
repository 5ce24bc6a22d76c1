package servers

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// EtcdCluster starts a cluster of n members and waits until all of them serve. A member that is started again is
// not waited for longer than until it listens: without a majority it serves nobody.
func EtcdCluster(t testing.TB, n int) []*Server {
	t.Helper()
	program := find("etcd")
	if program == "" {
		Missing(t, "etcd", "etcd-server")
	}
	peers, held, err := freePorts(n)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { held.Close() })
	var all []string
	for i, port := range peers {
		all = append(all, fmt.Sprintf("n%d=http://127.0.0.1:%s", i, port))
	}
	members := make([]*Server, n)
	for i := range members {
		members[i] = start(t, kind{program: program, ports: 3, ready: listens, command: func(s *Server, ports []string) []string {
			client, peer := "http://127.0.0.1:"+ports[0], "http://127.0.0.1:"+peers[i]
			return []string{
				"--name", fmt.Sprint("n", i), "--data-dir", s.Dir, "--listen-client-urls", client, "--advertise-client-urls", client,
				"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", strings.Join(all, ","),
				"--listen-metrics-urls", "http://127.0.0.1:" + ports[2], "--heartbeat-interval", "50", "--election-timeout", "250",
				"--logger", "zap", "--log-level", "warn",
			}
		}}, nil)
	}
	for _, m := range members {
		await(t, func() error { return etcdReady(m) })
	}
	return members
}

func listens(s *Server) error {
	conn, err := net.DialTimeout("tcp", s.Addr, time.Second)
	if err == nil {
		conn.Close()
	}
	return err
}
