package ldap

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/test/proxy"
	testservers "github.com/enumim/enumim/test/servers"
)

// Where the name of a directory leads elsewhere it is followed, also while the old one goes on, and read as a whole.
// Where nobody knows the name, the connection that stands goes on.
func TestNameMoves(t *testing.T) {
	names := proxy.NewNames(t)
	old, other := testservers.Slapd(t, "overlay syncprov"), testservers.Slapd(t, "overlay syncprov")
	hire(t, admin(t, old), "alice", "telephoneNumber: +44 1632 960083", "mail: alice@example.com")
	hire(t, admin(t, other), "alice", "telephoneNumber: +44 1632 960083", "mail: alice.new@example.com")
	first := proxy.New(t, old.Addr)
	_, port, _ := strings.Cut(first.Addr, ":")
	second := proxy.NewAt(t, "127.0.0.2:"+port, other.Addr)
	names.Set("store.example.net", "127.0.0.1")
	o, err := parse(t, "store.example.net:"+port+"/"+peopleDN, "tls off")
	must(t, err)
	o.Life = 200 * time.Millisecond
	m := &mirror{recorder: &recorder{}}
	m.Backend, err = o.Open(context.Background(), m.observe)
	must(t, err)
	t.Cleanup(func() { must(t, m.Close()) })
	m.loaded(t).wants(t, "+441632960083", "im im:alice@example.com")

	names.Set("store.example.net", "")
	time.Sleep(3 * time.Second)
	if second.Opened() > 0 || first.Conns() == 0 {
		t.Error("the connection was given up since nobody knows the name")
	}
	names.Set("store.example.net", "127.0.0.2")
	m.wants(t, "+441632960083", "im im:alice.new@example.com")
	eventually(t, "the old one is left", func() bool { return first.Conns() == 0 })
	if n, e := m.count(backend.Unavailable); n > 0 {
		t.Errorf("the directory was told to be away: %v", e.Err)
	}
}
