package redis

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/keyed"
	"github.com/enumim/enumim/test/servers"
)

// heals is how long a backend may take to answer again after its store does.
const heals = 2 * time.Second

// What a server answers instead of data, or that it does not answer at all, is never taken for "there is no such
// number", in both modes; and when it is over, answers come again by themselves.
func TestFaultsOfTheServer(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault func(t *testing.T, s *servers.Server, o *options) (mend func())
		want  string // of the error in mode store; "" for none
	}{
		{name: "wiped", want: "is not there", fault: func(t *testing.T, s *servers.Server, o *options) func() {
			do(t, raw(t, s.Addr), "FLUSHALL")
			return func() { provision(t, o) }
		}},
		{name: "the marker deleted", want: "is not there", fault: func(t *testing.T, s *servers.Server, o *options) func() {
			c := raw(t, s.Addr)
			do(t, c, "RENAME", o.meta(), "elsewhere")
			return func() { do(t, c, "RENAME", "elsewhere", o.meta()) }
		}},
		{name: "the marker of another type", want: "is not what it should be", fault: func(t *testing.T, s *servers.Server, o *options) func() {
			c := raw(t, s.Addr)
			do(t, c, "RENAME", o.meta(), "elsewhere")
			do(t, c, "SET", o.meta(), "x")
			return func() { do(t, c, "RENAME", "elsewhere", o.meta()) }
		}},
		{name: "another format", want: "has a format", fault: func(t *testing.T, s *servers.Server, o *options) func() {
			c := raw(t, s.Addr)
			do(t, c, "HSET", o.meta(), "format", "2")
			return func() { do(t, c, "HSET", o.meta(), "format", "1") }
		}},
		{name: "a generation that is no number", want: "has a generation", fault: func(t *testing.T, s *servers.Server, o *options) func() {
			c := raw(t, s.Addr)
			do(t, c, "HSET", o.meta(), "generation", "x")
			return func() { do(t, c, "HSET", o.meta(), "generation", "7") }
		}},
		{name: "the index of another type", want: "answers", fault: func(t *testing.T, s *servers.Server, o *options) func() {
			c := raw(t, s.Addr)
			do(t, c, "RENAME", o.index(), "elsewhere")
			do(t, c, "SET", o.index(), "x")
			return func() { do(t, c, "RENAME", "elsewhere", o.index()) }
		}},
		{name: "killed", want: "", fault: func(t *testing.T, s *servers.Server, o *options) func() {
			s.Stop()
			return s.Start
		}},
		{name: "killed, and empty when it is back", want: "is not there", fault: func(t *testing.T, s *servers.Server, o *options) func() {
			s.Stop()
			must(t, os.RemoveAll(s.Dir+"/appendonlydir"))
			s.Start()
			return func() { provision(t, o) }
		}},
		{name: "frozen", want: "did not answer in time", fault: func(t *testing.T, s *servers.Server, o *options) func() {
			s.Pause()
			return s.Resume
		}},
		{name: "CLIENT PAUSE", want: "did not answer in time", fault: func(t *testing.T, s *servers.Server, o *options) func() {
			do(t, raw(t, s.Addr), "CLIENT", "PAUSE", "2000", "ALL") // which holds CLIENT UNPAUSE back, too
			return func() {}
		}},
		{name: "a script that does not end", want: "", fault: func(t *testing.T, s *servers.Server, o *options) func() {
			c := raw(t, s.Addr)
			do(t, c, "CONFIG", "SET", "lua-time-limit", "50")
			done := make(chan struct{})
			go func() {
				defer close(done)
				raw(t, s.Addr).Do(context.Background(), "EVAL", "while true do end", "0")
			}()
			eventually(t, 5*time.Second, "BUSY", func() string { return c.Get(context.Background(), "x").Err().Error() })
			return func() {
				do(t, c, "SCRIPT", "KILL")
				<-done
			}
		}},
		{name: "max clients", want: "", fault: func(t *testing.T, s *servers.Server, o *options) func() {
			c := raw(t, s.Addr)
			do(t, c, "CONFIG", "SET", "maxclients", "1")
			c.Do(context.Background(), "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
			return func() { do(t, c, "CONFIG", "SET", "maxclients", "1000") }
		}},
		{name: "out of memory", want: "answers", fault: func(t *testing.T, s *servers.Server, o *options) func() {
			c := raw(t, s.Addr)
			do(t, c, "CONFIG", "SET", "maxmemory", "1")
			return func() { do(t, c, "CONFIG", "SET", "maxmemory", "0") }
		}},
		{name: "a replica without master", want: "replica without master", fault: func(t *testing.T, s *servers.Server, o *options) func() {
			c := raw(t, s.Addr)
			do(t, c, "REPLICAOF", "127.0.0.1", "1")
			return func() { do(t, c, "REPLICAOF", "NO", "ONE") }
		}},
		{name: "a replica without master that does not serve", want: "replica without master", fault: func(t *testing.T, s *servers.Server, o *options) func() {
			c := raw(t, s.Addr)
			do(t, c, "CONFIG", "SET", "replica-serve-stale-data", "no")
			do(t, c, "REPLICAOF", "127.0.0.1", "1")
			return func() { do(t, c, "REPLICAOF", "NO", "ONE") }
		}},
		{name: "a password", want: "wants a password", fault: func(t *testing.T, s *servers.Server, o *options) func() {
			c := raw(t, s.Addr)
			do(t, c, "CONFIG", "SET", "requirepass", "secret")
			c.Do(context.Background(), "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
			return func() { do(t, c, "CONFIG", "SET", "requirepass", "") }
		}},
		{name: "no permission", want: "denies permission", fault: func(t *testing.T, s *servers.Server, o *options) func() {
			c := raw(t, s.Addr)
			do(t, c, "ACL", "SETUSER", "default", "resetkeys", "~other:*")
			return func() { do(t, c, "ACL", "SETUSER", "default", "allkeys") }
		}},
		{name: "no scripts", want: "denies permission", fault: func(t *testing.T, s *servers.Server, o *options) func() {
			c := raw(t, s.Addr)
			do(t, c, "ACL", "SETUSER", "default", "-@scripting")
			return func() { do(t, c, "ACL", "SETUSER", "default", "+@scripting") }
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := servers.Redis(t)
			o := opened(t, s.Addr, "mode store")
			provision(t, o)
			b, _ := start(t, o)
			mirror, _ := start(t, opened(t, s.Addr))
			for _, b := range []backend.Backend{b, mirror} {
				eventually(t, 5*time.Second, "found", func() string { return told(b, "12025550100") })
			}
			mend := c.fault(t, s, o)
			for until := time.Now().Add(time.Second); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
				begun := time.Now()
				a, err := lookup(b, "12025550100")
				if took := time.Since(begun); took > time.Second {
					t.Fatalf("a look-up took %v", took)
				}
				switch {
				case c.want == "answers" && err == nil && a.Kind == backend.Found:
				case c.want == "answers":
					t.Fatalf("%v, %v: reading does not need what the server lacks", a.Kind, err)
				case err == nil:
					t.Fatalf("answered with kind %v", a.Kind)
				case !errors.Is(err, backend.ErrUnavailable):
					t.Fatalf("not unavailable: %v", err)
				case strings.Contains(err.Error(), "1202555"):
					t.Fatalf("the error tells a number: %v", err)
				}
				if a, err := lookup(mirror, "12025550100"); err != nil || a.Kind != backend.Found {
					t.Fatalf("the mirror does not outlive it: %v, %v", a.Kind, err)
				}
			}
			if _, err := lookup(b, "12025550100"); c.want != "answers" && !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %q, want %q in it", err, c.want)
			}
			mend()
			eventually(t, heals, "found", func() string { return told(b, "12025550100") })
			fill(t, o, set(number("12025550177", "new"))...)
			eventually(t, heals+3*time.Second, "found", func() string { return told(mirror, "12025550177") })
		})
	}
}

// provision writes what the tests of faults ask for.
func provision(t testing.TB, o *options) {
	t.Helper()
	fill(t, o, set(number("12025550100", "a"), block("4930", 8, 12, "b"))...)
}

// A value that cannot be read is no answer for the number it may be about, and none against it; others are not
// concerned.
func TestBrokenValues(t *testing.T) {
	good := `{"kind":"number","number":"+12025550100","records":[{"uri":"im:user@example.com"}]}`
	for _, c := range []struct{ name, value string }{
		{"garbage", "\x00\xff"}, {"empty", ""}, {"cut", good[:40]}, {"another number", strings.Replace(good, "0100", "0101", 1)},
		{"twice", good + "\n" + good}, {"too large", good + strings.Repeat(" ", keyed.MaxValue)}, {"larger than a reply may be", strings.Repeat("x", largestBulk+1)},
		{"wrong type", "LIST"},
	} {
		for _, mode := range []string{"store", "feed"} {
			t.Run(c.name+"/"+mode, func(t *testing.T) {
				t.Parallel()
				s := servers.Redis(t)
				o := opened(t, s.Addr, "mode "+mode)
				fill(t, o, set(number("12025550100", "a"), number("12025550101", "b"), number("120255501", "c"), block("49", 8, 12, "b"))...)
				k := raw(t, s.Addr)
				key := o.of(num("12025550100"))
				if c.value == "LIST" {
					do(t, k, "DEL", key)
					do(t, k, "LPUSH", key, "x")
				} else {
					do(t, k, "SET", key, c.value)
				}
				do(t, k, "HINCRBY", o.meta(), "generation", 1)
				b, _ := start(t, o)
				eventually(t, 5*time.Second, "found", func() string { return told(b, "12025550101") })
				longer := "error: backend returned invalid data" // a block may have stood there
				if c.name == "cut" {
					longer = "absent" // the kind can be read
				}
				for digits, want := range map[string]string{
					"12025550100":  "error: backend returned invalid data",
					"120255501001": longer,
					"120255501":    "found", "12025550101": "found", "12025550": "descendants", "12025550102": "absent", "4912345678": "found",
				} {
					eventually(t, 5*time.Second, want, func() string { return told(b, digits) })
				}
			})
		}
	}
}
