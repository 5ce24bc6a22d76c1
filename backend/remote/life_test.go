package remote_test

import (
	"net"
	"testing"

	"github.com/enumim/enumim/backend/remote"
	"github.com/enumim/enumim/test/proxy"
)

// A connection is left when the name of its server leads elsewhere, and not when nobody knows the name.
func TestMoved(t *testing.T) {
	names := proxy.NewNames(t)
	here := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5432}
	for _, c := range []struct {
		server, leads string
		at            net.Addr
		want          bool
	}{
		{"store.example.net:5432", "127.0.0.1", here, false},
		{"store.example.net:5432", "127.0.0.2", here, true},
		{"store.example.net:5432", "", here, false},
		{"127.0.0.1:5432", "", here, false},
		{"/run/store.sock", "", &net.UnixAddr{Name: "/run/store.sock", Net: "unix"}, false},
	} {
		names.Set("store.example.net", c.leads)
		if got := remote.Moved(t.Context(), c.server, c.at); got != c.want {
			t.Errorf("%s leads to %q: moved is %t", c.server, c.leads, got)
		}
	}
}
