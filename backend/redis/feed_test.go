package redis

import (
	"context"
	"strings"
	"testing"
	"time"

	client "github.com/redis/go-redis/v9"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/test/servers"
)

// A mirror comes to hold what the store does, whatever happens to the stream of changes, and a change by the
// documented transaction is seen within a second.
func TestMirrorFindsEveryChange(t *testing.T) {
	value := `{"kind":"number","number":"+12025550111","records":[{"uri":"im:new@example.com"}]}`
	for _, c := range []struct {
		name   string
		change func(t *testing.T, k *client.Client, o *options)
		bound  time.Duration
	}{
		{"by hand", func(t *testing.T, k *client.Client, o *options) {
			_, err := k.TxPipelined(context.Background(), func(p client.Pipeliner) error {
				p.Set(t.Context(), o.of(num("12025550111")), value, 0)
				p.ZAdd(t.Context(), o.index(), client.Z{Member: "12025550111"})
				p.HIncrBy(t.Context(), o.meta(), "generation", 1)
				p.XAdd(t.Context(), &client.XAddArgs{Stream: o.changes(), MaxLen: 1000, Approx: true, Values: []string{"d", "12025550111"}})
				return nil
			})
			must(t, err)
		}, time.Second},
		{"the stream cut past us", func(t *testing.T, k *client.Client, o *options) {
			_, err := k.TxPipelined(context.Background(), func(p client.Pipeliner) error {
				p.Set(t.Context(), o.of(num("12025550111")), value, 0)
				p.XAdd(t.Context(), &client.XAddArgs{Stream: o.changes(), Values: []string{"d", "12025550111"}})
				p.XAdd(t.Context(), &client.XAddArgs{Stream: o.changes(), MaxLen: 1, Values: []string{"d", "31"}})
				return nil
			})
			must(t, err)
		}, heals},
		{"the stream deleted", func(t *testing.T, k *client.Client, o *options) {
			do(t, k, "SET", o.of(num("12025550111")), value)
			do(t, k, "DEL", o.changes())
		}, heals + blockTime},
		{"another history", func(t *testing.T, k *client.Client, o *options) {
			do(t, k, "SET", o.of(num("12025550111")), value)
			do(t, k, "HSET", o.meta(), "history", "another")
		}, heals + blockTime},
		{"a generation that goes back", func(t *testing.T, k *client.Client, o *options) {
			do(t, k, "SET", o.of(num("12025550111")), value)
			do(t, k, "HINCRBY", o.meta(), "generation", -1)
		}, heals + blockTime},
		{"written without telling", func(t *testing.T, k *client.Client, o *options) {
			do(t, k, "SET", o.of(num("12025550111")), value)
		}, heals + 3*blockTime},
		{"a delegation above others, and gone", func(t *testing.T, k *client.Client, o *options) {
			fill(t, o, set(delegation("1202555"))...)
			mirror, _ := start(t, o)
			eventually(t, 20*time.Second, "delegated", func() string { return told(mirror, "12025550100") })
			fill(t, o, set(number("12025550111", "new"))...)
			fill(t, o, drop(delegation("1202555")))
		}, heals},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := servers.Redis(t)
			o := opened(t, s.Addr)
			o.refresh = 3 * time.Second
			provision(t, o)
			b, _ := start(t, o)
			eventually(t, 20*time.Second, "found", func() string { return told(b, "12025550100") })
			if got := told(b, "12025550111"); got != "absent" {
				t.Fatal(got)
			}
			c.change(t, raw(t, s.Addr), o)
			eventually(t, c.bound, "found", func() string { return told(b, "12025550111") })
			if got := told(b, "12025550100"); !strings.HasPrefix(got, "found") {
				t.Error(got)
			}
		})
	}
}

// A tree that lost most of its entries is not taken over, and one that is right again is.
func TestMirrorHoldsBackWhatShrank(t *testing.T) {
	t.Parallel()
	s := servers.Redis(t)
	o := opened(t, s.Addr)
	fillMany(t, o, 500)
	b, r := start(t, o)
	eventually(t, 20*time.Second, "found", func() string { return told(b, someNumber(3)) })
	k := raw(t, s.Addr)
	do(t, k, "FLUSHALL")
	fill(t, o, set(number("12025550100", "a"))...)
	eventually(t, 20*time.Second, "refused", func() string {
		if r.has(backend.Refused) {
			return "refused"
		}
		return r.String()
	})
	if got := told(b, someNumber(3)); !strings.HasPrefix(got, "found") {
		t.Fatal(got)
	}
	fillMany(t, o, 500)
	eventually(t, 20*time.Second, "found", func() string { return told(b, "12025550100") })
}

// A failover: what was confirmed by a master that is gone may be lost, and the mirror holds then what the new
// master does.
func TestSentinelFailover(t *testing.T) {
	t.Parallel()
	master, _, sentinel := servers.Sentinel(t)
	lines := []string{"sentinel mymaster"}
	o := opened(t, sentinel.Addr, append(lines, "mode store")...)
	provision(t, o)
	st, _ := start(t, o)
	mirror, _ := start(t, opened(t, sentinel.Addr, lines...))
	for _, b := range []backend.Backend{st, mirror} {
		eventually(t, 20*time.Second, "found", func() string { return told(b, "12025550100") })
	}
	master.Stop()
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		a, err := lookup(st, "12025550100")
		if err == nil && a.Kind == backend.Found {
			break
		}
		if err == nil {
			t.Fatalf("kind %v", a.Kind)
		}
		if time.Now().After(until) {
			t.Fatal(err)
		}
	}
	fill(t, o, set(number("12025550111", "new"))...)
	for _, b := range []backend.Backend{st, mirror} {
		eventually(t, heals+3*time.Second, "found", func() string { return told(b, "12025550111") })
	}
}

// While the slot of a tree moves to another node, and after, nothing that is there is denied.
func TestClusterMovesTheTree(t *testing.T) {
	t.Parallel()
	nodes := servers.RedisCluster(t, 2)
	o := opened(t, nodes[0].Addr, "cluster", "mode store")
	provision(t, o)
	st, _ := start(t, o)
	mirror, _ := start(t, opened(t, nodes[0].Addr, "cluster"))
	for _, b := range []backend.Backend{st, mirror} {
		eventually(t, 20*time.Second, "found", func() string { return told(b, "12025550100") })
	}
	check := func() {
		t.Helper()
		for _, b := range []backend.Backend{st, mirror} {
			if got := told(b, "12025550100"); !strings.HasPrefix(got, "found") && !strings.HasPrefix(got, "error: backend is unavailable") {
				t.Fatal(got)
			}
		}
	}
	a, b := raw(t, nodes[0].Addr), raw(t, nodes[1].Addr)
	slot := do(t, a, "CLUSTER", "KEYSLOT", o.meta())
	if len(do(t, a, "CLUSTER", "GETKEYSINSLOT", slot, 1).([]any)) == 0 {
		a, b = b, a
	}
	id := func(c *client.Client) any { return do(t, c, "CLUSTER", "MYID") }
	host, port, _ := strings.Cut(b.Options().Addr, ":")
	do(t, b, "CLUSTER", "SETSLOT", slot, "IMPORTING", id(a))
	do(t, a, "CLUSTER", "SETSLOT", slot, "MIGRATING", id(b))
	for {
		keys := do(t, a, "CLUSTER", "GETKEYSINSLOT", slot, 1).([]any)
		if len(keys) == 0 {
			break
		}
		check()
		do(t, a, "MIGRATE", host, port, keys[0], 0, 5000)
		check()
	}
	do(t, b, "CLUSTER", "SETSLOT", slot, "NODE", id(b))
	do(t, a, "CLUSTER", "SETSLOT", slot, "NODE", id(b))
	eventually(t, heals, "found", func() string { return told(st, "12025550100") })
	fill(t, o, set(number("12025550111", "new"))...)
	for _, b := range []backend.Backend{st, mirror} {
		eventually(t, heals+blockTime, "found", func() string { return told(b, "12025550111") })
	}
}

func (r *events) has(kind backend.EventKind) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.all {
		if e.Kind == kind {
			return true
		}
	}
	return false
}
