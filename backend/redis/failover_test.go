package redis

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	client "github.com/redis/go-redis/v9"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/test/servers"
)

// patience is how long a test waits for what should come, on a machine that does much else.
const patience = 40 * time.Second

// A master that is lost while its replica lags takes confirmed changes with it: that is told, both modes come to hold
// what the new master does, and what was there all the time is never denied.
func TestFailoverToReplicaThatLags(t *testing.T) {
	t.Parallel()
	master, replica, sentinel := servers.Sentinel(t)
	lines := []string{"sentinel mymaster"}
	o := opened(t, sentinel.Addr, append(lines, "mode store")...)
	provision(t, o)
	k := raw(t, replica.Addr)
	eventually(t, patience, "1", func() string { return fmt.Sprint(k.Exists(t.Context(), o.of(num("12025550100"))).Val()) })
	st, rs := start(t, o)
	mirror, rm := start(t, opened(t, sentinel.Addr, lines...))
	do(t, k, "REPLICAOF", "127.0.0.1", "1") // until the sentinel notices, in eight seconds
	fill(t, o, set(number("12025550111", "lost"))...)
	for _, b := range []backend.Backend{st, mirror} {
		eventually(t, patience, "found", func() string { return told(b, "12025550111") })
	}
	master.Stop()
	for _, b := range []backend.Backend{st, mirror} {
		eventually(t, patience, "absent", func() string {
			_ = found(t, b, "12025550100")
			return told(b, "12025550111")
		})
	}
	rs.wantOlder(t)
	rm.wantOlder(t)
	fill(t, o, set(number("12025550122", "new"))...)
	for _, b := range []backend.Backend{st, mirror} {
		eventually(t, patience, "found", func() string { return told(b, "12025550122") })
	}
}

// frozen freezes the master of a tree and waits until both modes serve what was written to the one that takes its place;
// then until they do, too, when it wakes.
func frozen(t *testing.T, o, feed *options, master *servers.Server) {
	t.Helper()
	provision(t, o)
	k := raw(t, master.Addr)
	eventually(t, patience, "1", func() string { return fmt.Sprint(do(t, k, "WAIT", 1, 1000)) }) // or nobody else has it
	st, rs := start(t, o)
	mirror, rm := start(t, feed)
	both := func(digits string) {
		t.Helper()
		for name, b := range map[string]backend.Backend{"store": st, "feed": mirror} {
			begun := time.Now()
			eventually(t, patience, "found", func() string {
				_ = found(t, b, "12025550100")
				return told(b, digits)
			})
			t.Logf("%s after %v", name, time.Since(begun))
		}
	}
	both("12025550100")
	begun := time.Now()
	master.Pause()
	eventually(t, patience, "written", func() string {
		_ = found(t, st, "12025550100")
		if _, err := lookup(mirror, "12025550100"); err != nil {
			t.Fatalf("the mirror does not outlive it: %v", err)
		}
		if err := tryFill(t, o, set(number("12025550111", "new"))...); err != nil {
			return err.Error()
		}
		return "written"
	})
	t.Logf("written to another after %v", time.Since(begun))
	both("12025550111")
	master.Resume()
	fill(t, o, set(number("12025550122", "newer"))...)
	both("12025550122")
	for until := time.Now().Add(time.Second); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		for _, b := range []backend.Backend{st, mirror} {
			if got := told(b, "12025550122"); !strings.HasPrefix(got, "found") && !strings.HasPrefix(got, "error: backend is unavailable") {
				t.Fatalf("what the new master has, the one that woke denies: %s; %s %s", got, rs, rm)
			}
		}
	}
}

// tryFill is fill where it may fail.
func tryFill(t *testing.T, o *options, changes ...backend.Change) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	w, err := o.OpenWriter(ctx)
	if err != nil {
		return err
	}
	defer w.Close()
	return w.Write(ctx, changesOf(changes), func(int) {})
}

func TestFrozenMasterOfSentinel(t *testing.T) {
	t.Parallel()
	master, _, sentinel := servers.Sentinel(t)
	lines := []string{"sentinel mymaster"}
	frozen(t, opened(t, sentinel.Addr, append(lines, "mode store")...), opened(t, sentinel.Addr, lines...), master)
}

func TestFrozenMasterOfCluster(t *testing.T) {
	t.Parallel()
	nodes := servers.RedisCluster(t, 4, "--repl-diskless-sync-delay", "0")
	owner := replicated(t, nodes, "{enum}:meta")
	var addrs []string
	for _, n := range nodes {
		addrs = append(addrs, n.Addr)
	}
	all := strings.Join(addrs, " ")
	frozen(t, opened(t, all, "cluster", "mode store"), opened(t, all, "cluster"), owner)
}

// replicated makes the last node of a cluster, which has no keys yet, the replica of the one that has the slot of a key,
// which it returns.
func replicated(t *testing.T, nodes []*servers.Server, key string) (owner *servers.Server) {
	t.Helper()
	last := len(nodes) - 1
	var all []*client.Client
	for _, n := range nodes {
		all = append(all, raw(t, n.Addr))
	}
	for _, c := range all {
		do(t, c, "CLUSTER", "DELSLOTSRANGE", 16384*last/(last+1), 16383)
	}
	do(t, all[0], "CLUSTER", "ADDSLOTSRANGE", 16384*last/(last+1), 16383)
	at := int(do(t, all[0], "CLUSTER", "KEYSLOT", key).(int64)) * (last + 1) / 16384
	if at == last {
		at = 0
	}
	for _, c := range all {
		eventually(t, patience, "cluster_state:ok", func() string { return c.ClusterInfo(t.Context()).Val() })
	}
	eventually(t, patience, "OK", func() string {
		v, err := all[last].Do(t.Context(), "CLUSTER", "REPLICATE", do(t, all[at], "CLUSTER", "MYID")).Text()
		if err != nil {
			return err.Error()
		}
		return v
	})
	eventually(t, patience, "up", func() string { return infoOf(all[last].Info(t.Context(), "replication").Val(), "master_link_status") })
	return nodes[at]
}
