package postgres

import (
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/remote"
	"github.com/enumim/enumim/test/proxy"
)

// Where the name of a server leads elsewhere it is followed, also while the old server goes on, and without an error
// in between. Where nobody knows the name, the connections that stand go on.
func TestNameMoves(t *testing.T) {
	d := start15(t)
	names := proxy.NewNames(t)
	for _, mode := range []remote.Mode{remote.Store, remote.Feed} {
		t.Run(mode.String(), func(t *testing.T) {
			tree := d.tree(t)
			d.exec(t, "INSERT INTO "+tree+".record (number, uri) VALUES ('100', 'sip:a@example.com')")
			first := proxy.New(t, d.Addr)
			_, port, _ := strings.Cut(first.Addr, ":")
			second := proxy.NewAt(t, "127.0.0.2:"+port, d.Addr)
			names.Set("store.example.net", "127.0.0.1")
			parsed, err := Driver{}.Parse(config(t, "store.example.net:"+port+"/enumim", "mode "+mode.String(), "tls off", "schema "+tree))
			must(t, err)
			o := parsed.(*options)
			o.Life = 200 * time.Millisecond
			r := &recorder{}
			b, err := o.Open(t.Context(), r.observe)
			must(t, err)
			t.Cleanup(func() { b.Close() })
			served := func() bool { return kind(t, b, "100") == int(backend.Found) }
			eventually(t, 20*time.Second, "served", served)
			names.Set("store.example.net", "")
			for end := time.Now().Add(3 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
				if !served() {
					t.Fatal("a look-up failed since nobody knows the name")
				}
			}
			if second.Opened() > 0 || first.Conns() == 0 {
				t.Error("a connection was given up since nobody knows the name")
			}
			names.Set("store.example.net", "127.0.0.2")
			eventually(t, 20*time.Second, "at the new address alone", func() bool {
				if !served() {
					t.Fatal("a look-up failed since the name leads elsewhere")
				}
				return second.Conns() > 0 && first.Conns() == 0
			})
			if n := r.count(backend.Unavailable); n > 0 {
				t.Errorf("the store was told to be away: %+v", r.all())
			}
		})
	}
}
