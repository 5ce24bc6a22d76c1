package http

import (
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/test/proxy"
)

// Where the name of a server leads elsewhere it is followed, also while the old server goes on, and without an error
// in between. Where nobody knows the name, the connections that stand go on.
func TestNameMoves(t *testing.T) {
	x := start(t)
	names := proxy.NewNames(t)
	for _, mode := range []string{"store", "feed"} {
		t.Run(mode, func(t *testing.T) {
			tree := x.tree(t, tail(line("4930")))
			first := proxy.New(t, x.Addr)
			_, port, _ := strings.Cut(first.Addr, ":")
			second := proxy.NewAt(t, "127.0.0.2:"+port, x.Addr)
			names.Set("store.example.net", "127.0.0.1")
			o := parse(t, "http://store.example.net:"+port+"/"+tree, "mode "+mode, "tls off")
			o.Life, o.refresh = 200*time.Millisecond, 20*time.Millisecond
			b, r := open(t, o)
			served := func() bool { return kind(t, b, "4930") == int(backend.Found) }
			eventually(t, "served", served)
			before := r.count(backend.Unavailable) // until the example has seen the file
			names.Set("store.example.net", "")
			for end := time.Now().Add(4 * o.Life); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
				if !served() {
					t.Fatal("a look-up failed since nobody knows the name")
				}
			}
			if second.Opened() > 0 || first.Conns() == 0 {
				t.Error("a connection was given up since nobody knows the name")
			}
			names.Set("store.example.net", "127.0.0.2")
			eventually(t, "at the new address alone", func() bool {
				if !served() {
					t.Fatal("a look-up failed since the name leads elsewhere")
				}
				return second.Conns() > 0 && first.Conns() == 0
			})
			if n := r.count(backend.Unavailable); n > before {
				t.Errorf("the store was told to be away: %+v", r.all())
			}
		})
	}
}
