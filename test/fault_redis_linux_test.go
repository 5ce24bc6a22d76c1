package test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/enumim/enumim/test/servers"
)

var (
	// Those whose servers all take commands; of Sentinel's one is a replica, and one no store.
	isRedis    = only("redis store", "redis feed", "redis cluster")
	redisAlone = only("redis store", "redis feed")
	isSentinel = only("redis sentinel")
)

// node returns a client of a server of the scene that has one connection, and tries nothing twice.
func (s *scene) node(t testing.TB, server *servers.Server) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: server.Addr, Password: s.lane.store.secret, MaxRetries: -1, PoolSize: 1, Protocol: 2, DisableIdentity: true,
		ReadTimeout: 10 * time.Second, ContextTimeoutEnabled: true})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// nodes are clients of all servers of a scene.
type nodes []*redis.Client

func (s *scene) nodes(t testing.TB) (all nodes) {
	t.Helper()
	for _, server := range s.servers() {
		all = append(all, s.node(t, server))
	}
	return all
}

// do sends a command to each server.
func (n nodes) do(t testing.TB, args ...any) {
	t.Helper()
	for _, c := range n {
		if err := c.Do(context.Background(), args...).Err(); err != nil {
			t.Fatalf("%v: %v", args[:min(2, len(args))], err)
		}
	}
}

func (n nodes) close() {
	for _, c := range n {
		_ = c.Close()
	}
}

// redisFault is done with some commands, and undone with others, over the same connections.
func redisFault(id, name, seen string, hurt, mend func(s *scene) [][]any) fault {
	return fault{id: id, name: name, to: isRedis, seen: seen, inject: func(t testing.TB, s *scene) func() {
		all := s.nodes(t)
		for _, command := range hurt(s) {
			all.do(t, command...)
		}
		return func() {
			defer all.close()
			for _, command := range mend(s) {
				all.do(t, command...)
			}
		}
	}}
}

// aloneFault is a fault of Redis that no Cluster can have.
func aloneFault(f fault) fault {
	f.to = redisAlone
	return f
}

// always are the same commands in each scene.
func always(commands ...[]any) func(*scene) [][]any {
	return func(*scene) [][]any { return commands }
}

// says is a fault of a server that answers everything with one error.
func says(name, reply, seen string) fault {
	return fault{id: "F9", name: name, to: isRedis, seen: seen, inject: func(t testing.TB, s *scene) func() {
		s.eachServer((*servers.Server).Stop)
		var ends []func()
		for _, server := range s.servers() {
			ends = append(ends, parrot(t, server.Addr, reply))
		}
		return func() {
			for _, end := range ends {
				end()
			}
			s.eachServer((*servers.Server).Start)
		}
	}}
}

// parrot answers each command of RESP at an address with one line, until end is called.
func parrot(t testing.TB, addr, reply string) (end func()) {
	t.Helper()
	var l net.Listener
	eventually(t, func() (err error) {
		l, err = net.Listen("tcp", addr)
		return err
	})
	var wg sync.WaitGroup
	var mu sync.Mutex
	conns := map[net.Conn]bool{}
	closed := false
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			if conns[c] = true; closed {
				c.Close()
			}
			mu.Unlock()
			wg.Go(func() {
				r := bufio.NewReader(c)
				for {
					line, err := r.ReadString('\n')
					if err != nil {
						c.Close()
						return
					}
					if strings.HasPrefix(line, "*") {
						fmt.Fprintf(c, "%s\r\n", reply)
					}
				}
			})
		}
	})
	return func() {
		mu.Lock()
		closed = true
		l.Close()
		for c := range conns {
			c.Close()
		}
		mu.Unlock()
		wg.Wait()
	}
}

// others ends the connections of all but who says so.
var others = []any{"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}

// redisFaults befall Redis, without that it is only killed or frozen.
var redisFaults = []fault{
	{id: "F7", name: "killed and empty when it is back", to: redisAlone, seen: "is not there", inject: func(t testing.TB, s *scene) func() {
		s.eachServer((*servers.Server).Stop)
		for _, server := range s.servers() {
			if err := os.RemoveAll(filepath.Join(server.Dir, "appendonlydir")); err != nil {
				t.Fatal(err)
			}
		}
		s.eachServer((*servers.Server).Start)
		return s.rewritten(t)
	}},
	// PING waits for the end of the pause: CLIENT UNPAUSE would, too.
	redisFault("F8", "CLIENT PAUSE", "", always([]any{"CLIENT", "PAUSE", "1000", "ALL"}), always([]any{"PING"})),
	{id: "F8", name: "busy with a script", to: isRedis, inject: func(t testing.TB, s *scene) func() {
		all := s.nodes(t)
		all.do(t, "CONFIG", "SET", "lua-time-limit", "50")
		var wg sync.WaitGroup
		for i, server := range s.servers() {
			c := s.node(t, server)
			wg.Go(func() { // it ends with an error, when it is killed
				c.Do(context.Background(), "EVAL", "while true do end", "0")
				_ = c.Close()
			})
			eventually(t, func() error {
				if err := all[i].Do(context.Background(), "PING").Err(); err == nil || !strings.HasPrefix(err.Error(), "BUSY") {
					return fmt.Errorf("it is not busy: %v", err)
				}
				return nil
			})
		}
		return func() {
			defer all.close()
			all.do(t, "SCRIPT", "KILL")
			wg.Wait()
			all.do(t, "CONFIG", "SET", "lua-time-limit", "5000")
		}
	}},
	says("loading", "-LOADING Redis is loading the dataset in memory", "it is loading its data"),
	says("MISCONF", "-MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.", "MISCONF"),
	says("READONLY", "-READONLY You can't write against a read only replica.", "it is a replica"),
	says("out of memory", "-OOM command not allowed when used memory > 'maxmemory'.", "OOM"),
	says("nonsense", "+OK", ""),
	redisFault("F9", "too many clients", "", always([]any{"CONFIG", "SET", "maxclients", "1"}, others), always([]any{"CONFIG", "SET", "maxclients", "1000"})),
	redisFault("F9", "scripts and streams forbidden", "denies permission",
		always([]any{"ACL", "SETUSER", "default", "-@scripting", "-@stream"}, others), always([]any{"ACL", "SETUSER", "default", "+@all"})),
	redisFault("F9", "password changed", "password", always([]any{"CONFIG", "SET", "requirepass", "another"}, others),
		func(s *scene) [][]any { return [][]any{{"CONFIG", "SET", "requirepass", s.lane.store.secret}} }),
	aloneFault(redisFault("F9", "a replica without master", "replica without master", always([]any{"REPLICAOF", "127.0.0.1", "1"}), always([]any{"REPLICAOF", "NO", "ONE"}))),
	{id: "F10", name: "FLUSHALL", to: isRedis, seen: "is not there", inject: func(t testing.TB, s *scene) func() {
		all := s.nodes(t)
		defer all.close()
		all.do(t, "FLUSHALL")
		return s.rewritten(t)
	}},
	{id: "F10", name: "marker deleted", to: isRedis, seen: "is not there", inject: func(t testing.TB, s *scene) func() {
		s.eachKey(t, "meta")
		return s.rewritten(t)
	}},
	{id: "F10", name: "index deleted", to: isRedis, inject: func(t testing.TB, s *scene) func() {
		s.eachKey(t, "index")
		return s.rewritten(t)
	}},
	{id: "F10", name: "numbers evicted", to: isRedis, inject: func(t testing.TB, s *scene) func() {
		s.eachKey(t, "[0-9]*")
		return s.rewritten(t)
	}},
	{id: "F6", name: "older data restored", to: redisAlone, inject: func(t testing.TB, s *scene) func() {
		s.restored(t)
		return s.rewritten(t)
	}},
	// All frozen together, a sentinel that wakes first takes the others for lost: that is a fail-over, and another fault.
	{id: "F2", name: "sentinel frozen", to: isSentinel, spares: true, inject: func(t testing.TB, s *scene) func() {
		sentinel := s.servers()[2]
		sentinel.Pause()
		return sentinel.Resume
	}},
}

// eachKey deletes the keys of a pattern, behind the prefix.
func (s *scene) eachKey(t testing.TB, pattern string) {
	t.Helper()
	all := s.nodes(t)
	defer all.close()
	found := 0
	for _, c := range all {
		for _, prefix := range []string{"enum:", "{enum}:"} {
			keys, err := c.Keys(context.Background(), prefix+pattern).Result()
			if err != nil {
				t.Fatal(err)
			}
			for _, key := range keys {
				if err := c.Del(context.Background(), key).Err(); err != nil {
					t.Fatal(err)
				}
				found++
			}
		}
	}
	if found == 0 {
		t.Fatal("no such keys")
	}
}
