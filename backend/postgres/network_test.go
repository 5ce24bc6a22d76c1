package postgres

import (
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/test/proxy"
)

// A data base that cannot be reached has no more connections than it is allowed to have, for long: those whose calls
// were given up are closed, however silent the network is.
func TestConnectionsGivenUp(t *testing.T) {
	t.Parallel()
	d := start15(t)
	d.exec(t, Schema+"; INSERT INTO enumim.record (number, uri) VALUES ('100', 'sip:a@example.com')")
	p := proxy.New(t, d.Addr)
	for _, mode := range []string{"store", "feed"} {
		o, err := Driver{}.Parse(config(t, p.Addr+"/enumim", "mode "+mode, "connections 2"))
		must(t, err)
		b, err := o.Open(t.Context(), func(backend.Event) {})
		must(t, err)
		eventually(t, 10*time.Second, "loaded", func() bool { return kind(t, b, "100") == int(backend.Found) })
		p.Set(proxy.Fault{Silence: true})
		made := p.Opened()
		for range 4 {
			if _, err := lookup(t, b, "100"); (err == nil) != (mode == "feed") {
				t.Errorf("mode %s: %v", mode, err)
			}
		}
		if mode == "store" && p.Opened() == made {
			t.Error("nothing was given up")
		}
		eventually(t, 5*time.Second, "no more connections than are allowed", func() bool { return p.Conns() <= 2 })
		must(t, b.Close())
		eventually(t, 5*time.Second, "none when it is closed", func() bool { return p.Conns() == 0 })
		p.Set(proxy.Fault{})
	}
}
