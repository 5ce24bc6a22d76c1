package servers

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// redisProgram returns the server: Redis, or Valkey where that is installed and Redis is not.
func redisProgram(t testing.TB) string {
	t.Helper()
	program := find("redis-server", "valkey-server")
	if program == "" {
		Missing(t, "redis-server", "redis-server")
	}
	return program
}

// Redis starts one Redis (or, where that alone is installed, Valkey) server whose data outlives Stop; args are
// added to its command line. With --tls-cert-file among them it speaks TLS and nothing else, with --requirepass
// it wants that password.
func Redis(t testing.TB, args ...string) *Server {
	t.Helper()
	return (*Network)(nil).Redis(t, args...)
}

// Redis is the function of that name for a server in this network.
func (n *Network) Redis(t testing.TB, args ...string) *Server {
	t.Helper()
	return start(t, kind{program: redisProgram(t), ports: 2, network: n, ready: redisReady(args), command: func(s *Server, ports []string) []string {
		return append(redisArguments(s, ports, args), args...)
	}}, nil)
}

// redisArguments are those of a server whose data outlives kill -9, which is what an append-only file is for:
// it is not waited until that is on the disk.
func redisArguments(s *Server, ports, args []string) []string {
	plain, tls := ports[0], "0"
	if _, ok := has(args, "--tls-cert-file"); ok {
		plain, tls = tls, plain
	}
	return append(append([]string{"--bind"}, s.kind.network.binds()...), "--port", plain, "--tls-port", tls, "--dir", s.Dir, "--unixsocket", filepath.Join(s.base, "socket"), "--daemonize", "no",
		"--save", "", "--appendonly", "yes", "--appendfsync", "no", "--protected-mode", "no")
}

// redisReady returns what asks PING.
func redisReady(args []string) func(*Server) error {
	return func(s *Server) error {
		_, err := s.redis(args, "PING")
		return err
	}
}

// redis sends commands in their inline form to a server, and returns the last reply.
func (s *Server) redis(args []string, commands ...string) (reply string, err error) {
	conn, err := net.DialTimeout("unix", filepath.Join(s.base, "socket"), time.Second)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if password, ok := has(args, "--requirepass"); ok {
		commands = append([]string{"AUTH " + strconv.Quote(password)}, commands...)
	}
	return talk(conn, commands)
}

func talk(conn net.Conn, commands []string) (reply string, err error) {
	conn.SetDeadline(time.Now().Add(2 * time.Second))
	r := bufio.NewReader(conn)
	for _, command := range commands {
		if _, err := io.WriteString(conn, command+"\r\n"); err != nil {
			return "", err
		}
		if reply, err = r.ReadString('\n'); err != nil {
			return "", err
		}
		switch reply = strings.TrimSpace(reply); reply[:1] {
		case "-":
			return "", errors.New(reply)
		case "$":
			n, err := strconv.Atoi(reply[1:])
			if err != nil || n < 0 || n > 1<<20 {
				reply = "" // nil, or nothing that was asked for
				continue
			}
			text := make([]byte, n+2)
			if _, err := io.ReadFull(r, text); err != nil {
				return "", err
			}
			reply = string(text)
		}
	}
	return reply, nil
}

// RedisCluster starts a cluster of n masters without replicas, each with an equal share of the slots, and waits
// until it serves. args are as with Redis; for TLS they must have --tls-cluster yes, too.
func RedisCluster(t testing.TB, n int, args ...string) []*Server {
	t.Helper()
	program := redisProgram(t)
	nodes := make([]*Server, n)
	const slots = 16384
	for i := range nodes {
		k := kind{program: program, ports: 2, ready: redisReady(args), command: func(s *Server, ports []string) []string {
			return append(append(redisArguments(s, ports, args), "--cluster-enabled", "yes", "--cluster-port", ports[1], "--cluster-node-timeout", "2000",
				"--cluster-config-file", filepath.Join(s.Dir, "nodes.conf")), args...)
		}}
		nodes[i] = start(t, k, nil)
		if _, err := nodes[i].redis(args, fmt.Sprintf("CLUSTER ADDSLOTSRANGE %d %d", slots*i/n, slots*(i+1)/n-1),
			fmt.Sprintf("CLUSTER SET-CONFIG-EPOCH %d", i+1)); err != nil {
			t.Fatal(err)
		}
	}
	for _, node := range nodes[1:] {
		if _, err := nodes[0].redis(args, "CLUSTER MEET 127.0.0.1 "+node.kind.fixed[0]+" "+node.kind.fixed[1]); err != nil {
			t.Fatal(err)
		}
	}
	for _, node := range nodes {
		await(t, func() error {
			info, err := node.redis(args, "CLUSTER INFO")
			if err == nil && (!strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, fmt.Sprintf("cluster_known_nodes:%d\r", n))) {
				err = errors.New("the cluster does not serve:\n" + info)
			}
			return err
		})
	}
	return nodes
}

// Sentinel starts a master "mymaster", a replica and a sentinel, and returns them in this order, when the
// sentinel knows the replica and the replica has the data of the master. The sentinel fails over by itself, half
// a second after it last heard of the master. args are as with Redis, and those of master and replica; their
// password is not that of the sentinel, which has none.
func Sentinel(t testing.TB, args ...string) (master, replica, sentinel *Server) {
	t.Helper()
	if password, ok := has(args, "--requirepass"); ok {
		args = append(args, "--masterauth", password)
	}
	master = Redis(t, args...)
	host, port, _ := net.SplitHostPort(master.Addr)
	replica = Redis(t, append(args, "--replicaof", host+" "+port, "--repl-diskless-sync-delay", "0")...)

	k := kind{program: redisProgram(t), ports: 1, command: func(s *Server, ports []string) []string {
		return []string{filepath.Join(s.Dir, "sentinel.conf"), "--sentinel", "--port", ports[0], "--bind", "127.0.0.1", "--dir", s.Dir, "--protected-mode", "no"}
	}, ready: func(s *Server) error {
		_, err := s.sentinel("PING")
		return err
	}}
	sentinel = start(t, k, func(s *Server) error {
		var config strings.Builder
		fmt.Fprintf(&config, "sentinel monitor mymaster %s %s 1\nsentinel down-after-milliseconds mymaster 60000\nsentinel failover-timeout mymaster 3000\n", host, port)
		if password, ok := has(args, "--requirepass"); ok {
			fmt.Fprintf(&config, "sentinel auth-pass mymaster %q\n", password)
		}
		if _, ok := has(args, "--tls-cert-file"); ok {
			config.WriteString("tls-replication yes\n")
			for _, name := range []string{"tls-cert-file", "tls-key-file", "tls-ca-cert-file"} {
				value, _ := has(args, "--"+name)
				fmt.Fprintf(&config, "%s %q\n", name, value)
			}
		}
		return os.WriteFile(filepath.Join(s.Dir, "sentinel.conf"), []byte(config.String()), 0o600)
	})
	await(t, func() error {
		info, err := replica.redis(args, "INFO replication")
		if err == nil && !strings.Contains(info, "master_link_status:up") {
			err = errors.New("the replica has no master:\n" + info)
		}
		return err
	})
	await(t, func() error {
		info, err := sentinel.sentinel("INFO sentinel")
		if err == nil && !strings.Contains(info, "status=ok,address="+master.Addr+",slaves=1") {
			err = errors.New("the sentinel does not know of master and replica:\n" + info)
		}
		return err
	})
	// Not before: on a machine that is busy it might have failed over by now.
	if _, err := sentinel.sentinel("SENTINEL SET mymaster down-after-milliseconds 500"); err != nil {
		t.Fatal(err)
	}
	return master, replica, sentinel
}

func (s *Server) sentinel(commands ...string) (string, error) {
	conn, err := net.DialTimeout("tcp", s.Addr, time.Second)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	return talk(conn, commands)
}

// await fails the test unless ok returns nil in time.
func await(t testing.TB, ok func() error) {
	t.Helper()
	var err error
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
		if err = ok(); err == nil {
			return
		}
	}
	t.Fatal(err)
}
