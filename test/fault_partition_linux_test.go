package test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/test/servers"
)

// partition is something that goes wrong between two machines, below what connections are.
type partition struct {
	name string
	// inject does it, and returns what ends it.
	inject func(t testing.TB, n *servers.Network) (heal func())
	// passes says that some of what is said arrives: what changed may be served while it lasts.
	passes bool
}

// partitions are those of the link, of routes and of the size of packets. What a proxy does (F31 of networkFaults) ends
// connections; here the kernels of both sides have to find out.
var partitions = []partition{
	{name: "link down here", inject: func(t testing.TB, n *servers.Network) func() {
		elsewhere := route(t, servers.IP, "unreachable", n.Addr) // else packets would try the ways of the machine
		up := undone(t, servers.IP, []string{"link", "set", n.Here, "down"}, []string{"link", "set", n.Here, "up"})
		return func() { up(); elsewhere() }
	}},
	{name: "link down there", inject: func(t testing.TB, n *servers.Network) func() {
		return undone(t, n.IP, []string{"link", "set", n.There, "down"}, []string{"link", "set", n.There, "up"})
	}},
	{name: "no route", inject: func(t testing.TB, n *servers.Network) func() { return route(t, servers.IP, "unreachable", n.Addr) }},
	{name: "route to nowhere", inject: func(t testing.TB, n *servers.Network) func() { return route(t, servers.IP, "blackhole", n.Addr) }},
	{name: "no route back", inject: func(t testing.TB, n *servers.Network) func() { return route(t, n.IP, "blackhole", n.At) }},
	{name: "requests are lost at times", passes: true, inject: func(t testing.TB, n *servers.Network) func() {
		return sometimes(func() func() { return route(t, servers.IP, "blackhole", n.Addr) })
	}},
	{name: "replies are lost at times", passes: true, inject: func(t testing.TB, n *servers.Network) func() {
		return sometimes(func() func() { return route(t, n.IP, "blackhole", n.At) })
	}},
	{name: "replies of 576 octets at most", passes: true, inject: func(t testing.TB, n *servers.Network) func() { return narrow(t, n, "576") }},
	{name: "replies of 1280 octets at most", passes: true, inject: func(t testing.TB, n *servers.Network) func() { return narrow(t, n, "1280") }},
}

// undone does something with ip, and returns what undoes it.
func undone(t testing.TB, ip func(...string) error, hurt, mend []string) (undo func()) {
	if err := ip(hurt...); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := ip(mend...); err != nil {
			t.Error(err)
		}
	}
}

// route sends what goes to an address elsewhere.
func route(t testing.TB, ip func(...string) error, kind, to string) (undo func()) {
	return undone(t, ip, []string{"route", "add", kind, to + "/32"}, []string{"route", "del", kind, to + "/32"})
}

// narrow has the last link to the server drop packets that are larger, without a word to who sent them (RFC 2923 section
// 2.1): the server says, as one behind a wider link does, that it takes such as are usual.
func narrow(t testing.TB, n *servers.Network, mtu string) (undo func()) {
	widen := undone(t, servers.IP, []string{"route", "add", n.Addr + "/32", "dev", n.Here, "src", n.At, "advmss", "1460"}, []string{"route", "del", n.Addr + "/32"})
	set := undone(t, servers.IP, []string{"link", "set", n.Here, "mtu", mtu}, []string{"link", "set", n.Here, "mtu", "1500"})
	return func() { set(); widen() }
}

// sometimes does and undoes something again and again: it lasts for a third of the time.
func sometimes(hurt func() (mend func())) (end func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			mend := hurt()
			time.Sleep(rand.N(40 * time.Millisecond))
			mend()
			select {
			case <-quit:
				return
			case <-time.After(rand.N(80 * time.Millisecond)):
			}
		}
	}()
	return func() { close(quit); <-done }
}

// farWays are stores on another machine: one of each kind stands for all, as what is hurt is TCP. The short form has one
// that is asked, and one that is mirrored.
func farWays(n *servers.Network) []way {
	ways := []way{
		{"postgres store", false, farPostgres(n, "store")}, {"redis feed", true, farRedis(n, "feed")},
		{"postgres feed", true, farPostgres(n, "feed")}, {"redis store", false, farRedis(n, "store")},
	}
	if once() {
		return ways[:2]
	}
	return ways
}

func farPostgres(n *servers.Network, mode string) func(testing.TB) *place {
	return func(t testing.TB) *place { return far(n, postgresPlace(t, n.Postgres(t), mode)) }
}

func farRedis(n *servers.Network, mode string) func(testing.TB) *place {
	return func(t testing.TB) *place {
		password, path := secret(t)
		s := n.Redis(t, "--requirepass", password)
		return far(n, &place{line: "redis " + s.Addr, options: []string{"mode " + mode, "password file:" + path}, secret: password, servers: []*servers.Server{s}})
	}
}

// far has the server under test go by the link that is hurt; who writes goes by the other.
func far(n *servers.Network, p *place) *place {
	p.via = strings.ReplaceAll(p.line, n.Aside, n.Addr)
	p.options = append(p.options, "tls off")
	return p
}

// TestPartitionFaults (F31) is TestNetworkFaults with a store on a machine of its own, in a network namespace: links go
// down, routes are wrong, packets are lost one way, large ones always.
func TestPartitionFaults(t *testing.T) {
	for i := range farWays(nil) {
		t.Run(strings.ReplaceAll(farWays(nil)[i].name, " ", "/"), func(t *testing.T) {
			t.Parallel()
			n := servers.NewNetwork(t)
			w := farWays(n)[i]
			s := newScene(t, w, sceneSize)
			s.fresh = w.feed
			for _, p := range partitions {
				t.Run(strings.ReplaceAll(p.name, " ", "-"), func(t *testing.T) {
					s.run(t, fault{id: "F31", name: p.name, inject: func(t testing.TB, s *scene) func() {
						heal := p.inject(t, n)
						v := s.lane.put(t)
						return func() {
							if !p.passes && s.serves(v, query{s.lane, 0}) == nil {
								t.Errorf("%s: what was written meanwhile is served, so that nothing was hurt", p.name)
							}
							heal()
						}
					}})
				})
			}
			s.ends(t)
		})
	}
}
