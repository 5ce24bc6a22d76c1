package test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/test/proxy"
)

// throughProxies puts proxies between a place and the server under test; who writes goes to the store. Those in front of
// stores that name addresses by themselves are no use: there are none then.
func throughProxies(t testing.TB, p *place) (proxies []*proxy.Proxy) {
	t.Helper()
	p.via = p.line
	for _, s := range p.servers {
		if !strings.Contains(p.via, s.Addr) {
			t.Fatalf("%q does not name %s", p.line, s.Addr)
		}
		between := proxy.New(t, s.Addr)
		p.via = strings.ReplaceAll(p.via, s.Addr, between.Addr)
		proxies = append(proxies, between)
	}
	return proxies
}

// hasNetwork is for faults of what lies between: the others are files, or name servers that a proxy cannot know.
func hasNetwork(w way) bool {
	return !slices.Contains([]string{"bolt", "redis cluster", "redis sentinel"}, w.name)
}

// onTheWay is a fault of all connections to a store.
func onTheWay(id, name string, f proxy.Fault) fault {
	return fault{id: id, name: name, to: hasNetwork, inject: func(t testing.TB, s *scene) func() {
		return s.onTheWay(f)
	}}
}

// onTheWay sets a fault of all connections, and returns what mends it.
func (s *scene) onTheWay(f proxy.Fault) (mend func()) {
	set := func(f proxy.Fault) {
		for _, p := range s.proxies {
			p.Set(f)
		}
	}
	set(f)
	return func() { set(proxy.Fault{}) }
}

// networkFaults befall what lies between a server and its store.
var networkFaults = []fault{
	silent(onTheWay("F31", "black hole", proxy.Fault{Silence: true})),
	silent(onTheWay("F31", "requests vanish", proxy.Fault{Silence: true, Way: proxy.Requests})),
	silent(onTheWay("F31", "replies vanish", proxy.Fault{Silence: true, Way: proxy.Replies})),
	onTheWay("F31", "reset", proxy.Fault{Reset: true}),
	{id: "F31", name: "refused", to: hasNetwork, inject: func(t testing.TB, s *scene) func() {
		s.onTheWay(proxy.Fault{Reset: true})
		return s.onTheWay(proxy.Fault{Refuse: true})
	}},
	later(silent(onTheWay("F31", "half open", proxy.Fault{Gone: true}))),
	spared(onTheWay("F32", "10 ms", proxy.Fault{Delay: 5 * time.Millisecond, Jitter: 5 * time.Millisecond})),
	onTheWay("F32", "100 ms", proxy.Fault{Delay: 40 * time.Millisecond, Jitter: 20 * time.Millisecond}),
	onTheWay("F32", "1000 ms", proxy.Fault{Delay: 400 * time.Millisecond, Jitter: 200 * time.Millisecond}),
	{id: "F32", name: "stalls", to: hasNetwork, inject: stalls},
	onTheWay("F32", "slow drip", proxy.Fault{Rate: 300, Way: proxy.Replies}),
	onTheWay("F32", "one octet at a time", proxy.Fault{Split: true}),
	// Replies come when nobody waits for them any more.
	onTheWay("F11", "late replies", proxy.Fault{Delay: 600 * time.Millisecond, Way: proxy.Replies}),
	onTheWay("F11", "swapped replies", proxy.Fault{Swap: true}),
	{id: "F11", name: "cut", to: hasNetwork, inject: func(t testing.TB, s *scene) func() {
		return s.onTheWay(proxy.Fault{CutAfter: 1 + rand.IntN(2000), Way: proxy.Replies})
	}},
	{id: "F11", name: "requests cut", to: hasNetwork, inject: func(t testing.TB, s *scene) func() {
		return s.onTheWay(proxy.Fault{CutAfter: 1 + rand.IntN(2000), Way: proxy.Requests})
	}},
	// All of it: what passes whole but for an octet of a URI nobody could tell. That is what TLS is for.
	// Either side may wait for the rest of what it takes for a message.
	later(onTheWay("F11", "garbage", proxy.Fault{Garbage: 1, Way: proxy.Replies})),
	later(onTheWay("F11", "garbage to the store", proxy.Fault{Garbage: 1, Way: proxy.Requests})),
	later(fault{id: "F11", name: "huge lengths", to: hasNetwork, inject: func(t testing.TB, s *scene) func() {
		return s.onTheWay(proxy.Fault{Alter: func([]byte) []byte { return bytes.Clone(hugeLength(s.way)) }, Way: proxy.Replies})
	}}),
}

// spared says that a fault costs no reply.
func spared(f fault) fault {
	f.spares = true
	return f
}

// silent says that nothing but its time ends a look-up.
func silent(f fault) fault {
	f.silent = true
	return f
}

// later is for connections that go silent and stay so: nothing tells a feed but that what it asks is not answered.
func later(f fault) fault {
	f.late = 12 * time.Second
	return f
}

// stalls lets all pass but for pauses of a fifth of a second, as where packets are lost and sent again.
func stalls(_ testing.TB, s *scene) func() {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			mend := s.onTheWay(proxy.Fault{Silence: true})
			for range 2 {
				select {
				case <-quit:
					mend()
					return
				case <-time.After(rand.N(200 * time.Millisecond)):
				}
				mend()
			}
		}
	}()
	return func() { close(quit); <-done }
}

// hugeLength begins a message of as many octets as the protocol of a store can announce.
func hugeLength(w way) []byte {
	store, _, _ := strings.Cut(w.name, " ")
	text, ok := map[string]string{
		"postgres": "D\x7f\xff\xff\xff", "redis": "$9223372036854775807\r\n", "etcd": "\xff\xff\xff\x00\x00\x00\x00\x00\x01",
		"mysql": "\xff\xff\xff\x01", "powerdns": "D\x7f\xff\xff\xff", "ldap": "\x30\x84\x7f\xff\xff\xff\x02",
		"http": "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9223372036854775807\r\n\r\n[",
	}[store]
	if !ok {
		text = strings.Repeat("\xff", 16)
	}
	return []byte(text)
}

// TestNetworkFaults is TestFaults for what lies between a server and its store.
func TestNetworkFaults(t *testing.T) {
	for _, w := range faultWays() {
		if !hasNetwork(w) {
			continue
		}
		t.Run(strings.ReplaceAll(w.name, " ", "/"), func(t *testing.T) {
			t.Parallel()
			start := w.start
			var proxies []*proxy.Proxy
			w.start = func(t testing.TB) *place {
				p := start(t)
				proxies = throughProxies(t, p)
				return p
			}
			s := newScene(t, w, sceneSize)
			s.proxies, s.fresh = proxies, w.feed
			for _, f := range networkFaults {
				t.Run(f.id+"/"+strings.ReplaceAll(f.name, " ", "-"), func(t *testing.T) {
					s.most()
					s.run(t, f.withChange())
					bound := mostConnections
					if f.id == "F11" {
						bound = mostReplaced
					}
					if most := s.most(); most > bound {
						t.Errorf("%s %s: there were %d connections at once, want at most %d", f.id, s.name, most, bound)
					}
				})
			}
			s.ends(t)
		})
	}
}

// withChange has the data change while the fault lasts: else nothing comes to a feed that the fault could befall.
func (f fault) withChange() fault {
	inject := f.inject
	f.inject = func(t testing.TB, s *scene) func() {
		heal := inject(t, s)
		if s.feed {
			s.lane.put(t)
		}
		return heal
	}
	return f
}

// mostConnections is how many a server may have with one store: those of the option connections, whose default is
// 4, and as many that the proxy does not know yet to have ended when others come in their place. Where replies are
// garbage or cut, others come in their place many times a second.
const (
	mostConnections = 2 * 4
	mostReplaced    = 4 * 4
)

// most returns how many connections there were at once since it was called before.
func (s *scene) most() (n int) {
	for _, p := range s.proxies {
		n += p.Most()
	}
	return n
}
