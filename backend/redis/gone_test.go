package redis

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/keyed"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/test/servers"
)

// A key that Redis threw away, or that went by itself, is no number that never was: the index tells of it. That
// holds for a number, and for a block that would answer for others.
func TestEvictedIsNotAbsent(t *testing.T) {
	t.Parallel()
	s := servers.Redis(t)
	k := raw(t, s.Addr)
	for _, lengths := range []bool{true, false} {
		o := opened(t, s.Addr)
		do(t, k, "FLUSHALL")
		fill(t, o, set(number("12025550100", "a"), number("12025550101", "b"), block("4930", 8, 12, "c"))...)
		if !lengths {
			do(t, k, "HINCRBY", o.meta(), "generation", 1)
		}
		do(t, k, "DEL", o.of(num("12025550100")), o.of(num("4930")))
		for _, mode := range []string{"mode store", "mode feed"} {
			b, r := start(t, opened(t, s.Addr, mode))
			for digits, want := range map[string]string{
				"12025550100": "error: backend returned invalid data", "4930123456": "error: backend returned invalid data",
				"12025550101": "found", "12025550199": "absent", "1202": "descendants",
			} {
				eventually(t, 20*time.Second, want, func() string { return told(b, digits) })
			}
			if told := r.String(); mode == "mode feed" && !strings.Contains(told, "did Redis evict it") {
				t.Errorf("nothing is told of it: %s", told)
			}
			must(t, b.Close())
		}
	}
}

// When the index is thrown away, or is what others added to what was thrown away, a number that is not there may have
// been thrown away, too: it is an error, and no number that never was. Those that are there are answered. Who writes the
// numbers anew, and even a tree without any, mends it.
func TestEvictedIndex(t *testing.T) {
	t.Parallel()
	s := servers.Redis(t)
	k := raw(t, s.Addr)
	for _, left := range []bool{false, true} {
		o := opened(t, s.Addr)
		do(t, k, "FLUSHALL")
		fill(t, o, set(block("1202555", 11, 11, "c"), number("12025550100", "a"), number("12025550101", "b"))...)
		b, _ := start(t, opened(t, s.Addr, "mode store"))
		do(t, k, "DEL", o.of(num("12025550100")), o.index())
		if left {
			do(t, k, "ZADD", o.index(), 0, "12025550101")
		}
		const gone = "error: backend returned invalid data"
		for digits, want := range map[string]string{"12025550100": gone, "12025550102": gone, "1202": gone, "49": gone, "12025550101": "found"} {
			eventually(t, 20*time.Second, want, func() string { return told(b, digits) })
		}
		c, r := start(t, opened(t, s.Addr))
		eventually(t, 20*time.Second, "true", func() string { return fmt.Sprint(strings.Contains(r.String(), "did Redis evict it")) })
		if _, err := lookup(c, "12025550100"); !errors.Is(err, backend.ErrNotReady) {
			t.Errorf("a feed without index: %v", err)
		}
		fill(t, o, set(number("12025550100", "a"))...)
		for _, b := range []backend.Backend{b, c} {
			for digits, want := range map[string]string{"12025550100": "found", "12025550102": "found", "1202": "descendants", "49": "absent"} {
				eventually(t, 20*time.Second, want, func() string { return told(b, digits) })
			}
		}
		var drop []backend.Change
		for _, c := range set(block("1202555", 11, 11, "c"), number("12025550100", "a"), number("12025550101", "b")) {
			c.Delete = true
			drop = append(drop, c)
		}
		fill(t, o, drop...)
		for _, b := range []backend.Backend{b, c} {
			eventually(t, 20*time.Second, "absent", func() string { return told(b, "12025550100") })
		}
	}
}

// A feed tells of a server that will throw numbers away, and of no other.
func TestEvictionPolicyIsTold(t *testing.T) {
	t.Parallel()
	s := servers.Redis(t)
	k := raw(t, s.Addr)
	o := opened(t, s.Addr)
	provision(t, o)
	for _, c := range []struct {
		memory, policy string
		told           bool
	}{{"100mb", "allkeys-lru", true}, {"100mb", "noeviction", false}, {"0", "allkeys-lru", false}} {
		do(t, k, "CONFIG", "SET", "maxmemory", c.memory)
		do(t, k, "CONFIG", "SET", "maxmemory-policy", c.policy)
		b, r := start(t, o)
		eventually(t, 20*time.Second, "found", func() string { return told(b, "12025550100") })
		fill(t, o, set(number("12025550199", "x"))...) // what is followed was read before
		eventually(t, 20*time.Second, "found", func() string { return told(b, "12025550199") })
		if got := strings.Contains(r.String(), "redis-eviction"); got != c.told {
			t.Errorf("%+v: told %t", c, got)
		}
		must(t, b.Close())
		fill(t, o, drop(number("12025550199", "")))
	}
}

// What a replica has that lost its master is of a time that nobody knows: mode store is an error, and mode feed does
// not take it for current data.
func TestReplicaWithoutMaster(t *testing.T) {
	t.Parallel()
	s := servers.Redis(t)
	k := raw(t, s.Addr)
	o := opened(t, s.Addr, "mode store")
	provision(t, o)
	st := o.store(nil)
	defer st.Close()
	for _, lost := range []bool{false, true, false} {
		do(t, k, "REPLICAOF", "NO", "ONE")
		if lost {
			do(t, k, "REPLICAOF", "127.0.0.1", "1")
		}
		_, errStore := st.Find(t.Context(), []e164.Number{num("12025550100")})
		_, errCheck := st.Check(t.Context())
		m := &mirrored{feed: o.feed(nil), reader: reader{keys: o.keys, node: k, codec: &o.Codec}}
		at, _, errLoad := m.position(t.Context())
		if !lost {
			m.at = at
		}
		_, errFollow := m.read(t.Context(), map[e164.Number]any{})
		for i, err := range []error{errStore, errCheck, errLoad, errFollow} {
			if got := errors.Is(err, backend.ErrUnavailable) && strings.Contains(err.Error(), "replica without master"); got != lost || !lost && err != nil {
				t.Errorf("master lost %t, call %d: %v", lost, i, err)
			}
		}
	}
}

// A value that is too large is an error for the numbers that it may decide, and for those that are asked for
// together with them it is nothing; neither is it for those that change in the same transaction.
func TestLargeValueIsAlone(t *testing.T) {
	t.Parallel()
	s := servers.Redis(t)
	k := raw(t, s.Addr)
	o := opened(t, s.Addr, "mode store")
	provision(t, o)
	mirror, r := start(t, opened(t, s.Addr))
	eventually(t, 20*time.Second, "found", func() string { return told(mirror, "12025550100") })
	for _, size := range []int{keyed.MaxValue + 1, largestBulk + 1} {
		do(t, k, "SET", o.of(num("4420")), strings.Repeat("x", size))
		do(t, k, "HINCRBY", o.meta(), "generation", 1)
		st := o.store(nil)
		h, err := st.Find(t.Context(), []e164.Number{num("44201"), num("12025550100")})
		must(t, err)
		if _, err := backend.Decide(num("44201"), &h[0]); !errors.Is(err, backend.ErrInvalidData) {
			t.Errorf("%d octets above it: %v", size, err)
		}
		if a, err := backend.Decide(num("12025550100"), &h[1]); err != nil || a.Kind != backend.Found {
			t.Errorf("beside %d octets: %v, %v", size, a.Kind, err)
		}
		must(t, st.Close())
		do(t, k, "XADD", o.changes(), "*", "d", "4420")
		eventually(t, 20*time.Second, "error: backend returned invalid data", func() string { return told(mirror, "44201") })
	}
	if got := told(mirror, "12025550100"); !strings.HasPrefix(got, "found") || r.has(backend.Unavailable) {
		t.Errorf("%s; %s", got, r)
	}
}

// A feed that more is written to than it can read says so.
func TestBehindIsTold(t *testing.T) {
	t.Parallel()
	s := servers.Redis(t)
	k := raw(t, s.Addr)
	o := opened(t, s.Addr)
	provision(t, o)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				k.Do(t.Context(), "XADD", o.changes(), "MAXLEN", 1, "*", "d", "31")
			}
		}
	})
	b, r := start(t, o)
	eventually(t, 20*time.Second, "told", func() string {
		if strings.Contains(r.String(), "was cut while the tree was read") {
			return "told"
		}
		return r.String()
	})
	close(stop)
	wg.Wait()
	eventually(t, 20*time.Second, "found", func() string { return told(b, "12025550100") })
}
