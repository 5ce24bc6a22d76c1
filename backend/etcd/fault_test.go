package etcd

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/test/servers"
)

// loads returns how often a whole tree was read.
func (s *served) loads() int { _, n := s.find(backend.Loaded); return n }

// While etcd is away answers go on, and that it is away is told within 10 seconds, also when it only says nothing.
// Then what changed is seen: a new run of the feed brings a whole tree, once.
func TestOutageIsBridged(t *testing.T) {
	for _, test := range []struct {
		name       string
		away, back func(s *servers.Server)
	}{
		{"killed", (*servers.Server).Stop, (*servers.Server).Start},
		{"paused", (*servers.Server).Pause, (*servers.Server).Resume},
	} {
		t.Run(test.name, func(t *testing.T) {
			if testing.Short() && test.name == "paused" {
				t.Skip("it takes as long as a member may be silent")
			}
			t.Parallel()
			s := servers.Etcd(t)
			put(t, client(t, s.Addr), person("12025550100", "alice"))
			b := serve(t, s.Addr)
			b.wants(t, "12025550100", backend.Found)
			test.away(s)
			start := time.Now()
			eventually(t, "it is told", func() bool { _, n := b.find(backend.Unavailable); return n > 0 })
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("told after %v", took)
			}
			b.keeps(t, 100*time.Millisecond, "12025550100", backend.Found)
			test.back(s)
			put(t, client(t, s.Addr), person("12025550101", "bob"))
			b.wants(t, "12025550101", backend.Found)
			if b.loads() != 2 {
				t.Errorf("read %d times", b.loads())
			}
		})
	}
}

// What was compacted while nobody looked is read anew, and no deletion is lost.
func TestCompactionWhileAway(t *testing.T) {
	t.Parallel()
	s := servers.Etcd(t)
	c := client(t, s.Addr)
	put(t, c, person("12025550100", "alice"), person("12025550101", "bob"))
	p := newProxy(t, s.Addr)
	b := serve(t, p.addr())
	b.wants(t, "12025550101", backend.Found)
	p.cut()
	drop(t, c, "12025550101")
	reply, err := c.Put(bounded(t), defaultPrefix+"12025550102", value(person("12025550102", "carol")))
	must(t, err)
	_, err = c.Compact(bounded(t), reply.Header.Revision, clientv3.WithCompactPhysical())
	must(t, err)
	p.mend()
	b.wants(t, "12025550101", backend.Absent)
	b.wants(t, "12025550102", backend.Found)
	if b.loads() != 2 {
		t.Errorf("read %d times", b.loads())
	}
}

// A watch that says nothing, over a connection that lives and serves all else, is noticed within 10 seconds.
func TestDeadWatchIsNoticed(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes as long as a watch may be silent")
	}
	t.Parallel()
	s := servers.Etcd(t)
	c := client(t, s.Addr)
	put(t, c, person("12025550100", "alice"))
	p := newProxy(t, s.Addr)
	b := serve(t, p.addr())
	b.wants(t, "12025550100", backend.Found)
	p.swallow("/etcdserverpb.Watch/Watch")
	// The watch that is under way began before, so it has to be begun again first.
	p.cut()
	p.mend()
	connections := p.count()
	eventually(t, "it connects again", func() bool { return p.count() > connections })
	start := time.Now()
	swallowed := p.count()
	eventually(t, "it gives the watch up", func() bool { return p.count() > swallowed })
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("noticed after %v", took)
	}
	put(t, c, person("12025550101", "bob"))
	p.swallow("")
	b.wants(t, "12025550101", backend.Found)
}

// A cluster that was put back to an older state is not believed until the administrator says so, also when it was
// written to since, past the revision that was seen.
func TestHistoryThatWentBack(t *testing.T) {
	for _, writes := range []int{0, 100} {
		t.Run(fmt.Sprint(writes, " writes since"), func(t *testing.T) {
			t.Parallel()
			s := servers.Etcd(t)
			c := client(t, s.Addr)
			put(t, c, person("12025550100", "old"))
			s.Stop()
			old := t.TempDir() + "/old"
			copyOf(t, s.Dir, old)
			s.Start()
			p := newProxy(t, s.Addr)
			b := serve(t, p.addr())
			put(t, c, person("12025550101", "new"))
			b.wants(t, "12025550101", backend.Found)
			p.cut()
			s.Stop()
			must(t, os.RemoveAll(s.Dir))
			copyOf(t, old, s.Dir)
			s.Start()
			for i := range writes {
				put(t, c, person(fmt.Sprint(12025550200+i), "other"))
			}
			p.mend()
			eventually(t, "it is told", func() bool {
				e, n := b.find(backend.Refused)
				return n > 0 && errors.Is(e.Err, backend.ErrInvalidData) && strings.Contains(e.Err.Error(), "restore")
			})
			b.keeps(t, time.Second, "12025550101", backend.Found)
			if _, n := b.find(backend.Refused); n != 1 {
				t.Errorf("told %d times", n)
			}
			_, err := c.Put(bounded(t), defaultPrefix+markerKey, `{"format":1,"history":"restored"}`)
			must(t, err)
			b.wants(t, "12025550101", backend.Absent)
			b.wants(t, "12025550100", backend.Found)
		})
	}
}

func copyOf(t testing.TB, from, to string) {
	t.Helper()
	if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
		t.Fatalf("cp: %v\n%s", err, out)
	}
}

// Values that cannot be read are counted and concern their number alone; keys that are no numbers are told of.
func TestBadDataIsToldOf(t *testing.T) {
	t.Parallel()
	s := servers.Etcd(t)
	c := client(t, s.Addr)
	put(t, c, person("12025550100", "alice"), cutOf("441632"), person("441632960000", "hidden"))
	for key, text := range map[string]string{
		"12025550101": "no json", "12025550102": "", "12025550103": value(person("12025550100", "mallory")),
		"1202555010312345": "too long", "12a": "no digits", "other/1": "another tree",
	} {
		_, err := c.Put(bounded(t), defaultPrefix+key, text)
		must(t, err)
	}
	b := serve(t, s.Addr)
	b.wants(t, "12025550100", backend.Found)
	want := map[string]int{"value": 3, "hidden": 1, "key": 3}
	eventually(t, "all is told", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, e := range b.events {
			if e.Kind == backend.Finding && want[e.Rule] == e.Count {
				delete(want, e.Rule)
			}
		}
		return len(want) == 0
	})
	if text := b.String(); strings.Contains(text, "1202555") || strings.Contains(text, "mallory") {
		t.Errorf("events tell a number or a user: %s", text)
	}
}
