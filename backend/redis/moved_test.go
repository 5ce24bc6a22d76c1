package redis

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/test/proxy"
	"github.com/enumim/enumim/test/servers"
)

// who is in the URI of the number.
func who(b backend.Backend) string {
	a, err := lookup(b, "12025550100")
	if err != nil || a.Kind != backend.Found {
		return told(b, "12025550100")
	}
	text := fmt.Sprint(a.Rules[0]) + a.Text
	for _, user := range []string{"u-old", "u-new"} {
		if strings.Contains(text, user) {
			return user
		}
	}
	return text
}

// Where the name of a server leads elsewhere it is followed, also while the old server goes on, and without an error in
// between. Where nobody knows the name, or nobody is there, or nobody who answers, the connections that stand go on.
func TestNameMoves(t *testing.T) {
	names := proxy.NewNames(t)
	old, other := servers.Redis(t), servers.Redis(t)
	fill(t, opened(t, old.Addr), set(number("12025550100", "u-old"))...)
	fill(t, opened(t, other.Addr), set(number("12025550100", "u-new"))...)
	for _, mode := range []string{"store", "feed"} {
		t.Run(mode, func(t *testing.T) {
			first := proxy.New(t, old.Addr)
			_, port, _ := strings.Cut(first.Addr, ":")
			second := proxy.NewAt(t, "127.0.0.2:"+port, other.Addr)
			names.Set("store.example.net", "127.0.0.1")
			o := opened(t, "store.example.net:"+port, "tls off", "mode "+mode)
			o.Life = 200 * time.Millisecond
			b, r := start(t, o)
			eventually(t, 20*time.Second, "u-old", func() string { return who(b) })
			stays := func(why string) {
				t.Helper()
				for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
					if got := who(b); got != "u-old" {
						t.Fatalf("%s, and a look-up gets %s", why, got)
					}
				}
				if first.Conns() == 0 {
					t.Errorf("%s, and the connection was given up", why)
				}
			}
			names.Set("store.example.net", "")
			stays("nobody knows the name")
			names.Set("store.example.net", "127.0.0.3")
			stays("nobody is where the name leads")
			if mode == "store" { // a feed that reads all again has what it had meanwhile
				second.Set(proxy.Fault{Silence: true})
				names.Set("store.example.net", "127.0.0.2")
				stays("who is where the name leads says nothing")
				second.Set(proxy.Fault{})
			}
			names.Set("store.example.net", "127.0.0.2")
			eventually(t, 20*time.Second, "u-new", func() string {
				got := who(b)
				if got != "u-old" && got != "u-new" {
					t.Fatalf("the name leads elsewhere, and a look-up gets %s", got)
				}
				return got
			})
			eventually(t, 20*time.Second, "0 to the old one", func() string {
				if got := who(b); got != "u-new" {
					t.Fatalf("a look-up gets %s again", got)
				}
				return fmt.Sprintf("%d to the old one, %d to the new one", first.Conns(), second.Conns())
			})
			if strings.Contains(r.String(), "Kind:2") {
				t.Errorf("the store was told to be away: %v", r)
			}
		})
	}
}
