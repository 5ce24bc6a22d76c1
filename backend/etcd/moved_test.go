package etcd

import (
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	network "github.com/enumim/enumim/test/proxy"
	"github.com/enumim/enumim/test/servers"
)

// Where the name of a member leads elsewhere it is followed, also while the old one goes on, and nothing is read anew where the
// data is the same. Where nobody knows the name, or nobody is there, the connection that stands goes on.
func TestNameMoves(t *testing.T) {
	names := network.NewNames(t)
	s := servers.Etcd(t)
	c := client(t, s.Addr)
	put(t, c, person("12025550100", "alice"))
	first := network.New(t, s.Addr)
	_, port, _ := strings.Cut(first.Addr, ":")
	second := network.NewAt(t, "127.0.0.2:"+port, s.Addr)
	names.Set("store.example.net", "127.0.0.1")
	o := opener(t, []string{"store.example.net:" + port}, []string{"tls", "off"})
	o.Life = 200 * time.Millisecond
	b := open(t, o)
	b.wants(t, "12025550100", backend.Found)
	_, loaded := b.find(backend.Loaded)
	for why, to := range map[string]string{"nobody knows the name": "", "nobody is where the name leads": "127.0.0.3"} {
		names.Set("store.example.net", to)
		b.keeps(t, 2*time.Second, "12025550100", backend.Found)
		if second.Opened() > 0 || first.Conns() == 0 {
			t.Errorf("%s, and the connection was given up", why)
		}
	}
	names.Set("store.example.net", "127.0.0.2")
	eventually(t, "at the new address alone", func() bool { return second.Conns() > 0 && first.Conns() == 0 })
	put(t, c, person("12025550101", "bob"))
	b.wants(t, "12025550101", backend.Found)
	if _, n := b.find(backend.Loaded); n != loaded {
		t.Error("all was read anew")
	}
	if e, n := b.find(backend.Unavailable); n > 0 {
		t.Errorf("etcd was told to be away: %v", e.Err)
	}
}
