package test

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestLoadCalls (F38) has each call about connections to a store, that a server makes to read all of it into a new index,
// fail once. What was served before is served until all is there, and that is soon.
func TestLoadCalls(t *testing.T) {
	for _, w := range storeWays {
		// One that is read in a single answer, and one that is read in many, stand for all.
		if !w.feed || once() && !only("redis feed", "postgres feed")(w) || slices.Contains([]string{"redis cluster"}, w.name) {
			continue
		}
		t.Run(strings.ReplaceAll(w.name, " ", "/"), func(t *testing.T) {
			t.Parallel()
			l := newStoreLane(t, w, 100)
			var i *injector
			i, l.store.around = newInjector(t, "")
			_, port, _ := net.SplitHostPort(l.store.servers[0].Addr)
			n, _ := strconv.Atoi(port)
			i.port = uint16(n)
			d := launchLanes(t, home(t), []*lane{l})
			d.awaitStore(t, l, 1)
			load := startUDP(t, d.at, []*lane{l})
			r := load.counted()
			options, turns := slices.Clone(l.store.options), 0
			// turn has another configuration take over, with an index of its own.
			turn := func() (took time.Duration) {
				turns++
				l.store.options = append(slices.Clone(options), fmt.Sprintf("stale %dm", 60+turns)) // one that there was might live on
				d.configure(t, []*lane{l})
				logged, began := d.journal.len(), time.Now()
				d.reload(t, "[INFO] Reloading complete")
				if strings.Contains(d.journal.since(logged), "is served until it has") {
					d.awaitLog(t, logged, ": loaded ")
				}
				took = time.Since(began)
				d.awaitStore(t, l, l.put(t))
				return took
			}
			turn()
			i.set("", 0, 0)
			turn()
			calls, _ := i.made()
			before, hits := d.usage(t), 0
			rounds := eachCall(calls, func(call string, nth int, errno unix.Errno) {
				logged := d.journal.len()
				i.set(call, nth, errno)
				took := turn()
				_, hit := i.made()
				i.set("", 0, 0)
				if hit {
					hits++
				}
				t.Logf("%s, the %d.: %v: %t, loaded after %v; %q", call, nth, errno, hit, took, d.journal.since(logged))
				if took > within(2*time.Second) {
					t.Errorf("%s, the %d., %v: loaded after %v", call, nth, errno, took)
				}
				r.Recovery = max(r.Recovery, took.Milliseconds())
			})
			if hits < 2 || hits < rounds/2 {
				t.Errorf("%d calls of %d failed: %q", hits, rounds, calls)
			}
			load.stop(t)
			d.settles(t, before)
			d.tellsNoNumber(t, []*lane{l})
			d.keepsSecret(t, l.store.secret)
			load.noteAs(t, r, "F38", "each call about connections fails once, when all is read", w.name, rounds)
		})
	}
}
