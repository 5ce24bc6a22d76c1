package enumim

import (
	"fmt"
	"strings"
	"testing"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/corefile"
	"github.com/enumim/enumim/e164"
)

// sited is a block with a source of its own, in a server block.
func sited(t *testing.T, view, hosts, keys, zones string) *block {
	t.Helper()
	b := &block{Block: &corefile.Block{Driver: "memory"}, site: site{
		config: &dnsserver.Config{ListenHosts: strings.Split(hosts, " "), ViewName: view}, keys: strings.Fields(keys),
	}}
	for zone := range strings.FieldsSeq(zones) {
		apex, err := e164.ParseApex(zone)
		if err != nil {
			t.Fatal(err)
		}
		b.Apexes = append(b.Apexes, apex)
	}
	if _, err := forestOf([]*block{b}); err != nil {
		t.Fatal(err)
	}
	_, name := shelveStore(t, "im:a@example.com", true)
	lease, err := pool.Acquire(t.Context(), "memory", memoryOpener{name: name}, backend.Limits{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(lease.Release)
	b.use(lease)
	return b
}

// TestPredecessor: what answered before is what answered the same queries: at the same servers, behind the same
// filter, for the zone or one above it. Who else had numbers of that zone may be another tenant.
func TestPredecessor(t *testing.T) {
	for _, c := range []struct {
		name                     string
		view, hosts, keys, zones string // of the block before
		want                     string // zone
	}{
		{"the same", "", "127.0.0.1", "dns://e164.arpa.:53", "e164.arpa", "e164.arpa."},
		{"more of it", "", "127.0.0.1 127.0.0.2", "dns://e164.arpa.:53 dns://e164.arpa.:54", "e164.arpa", "e164.arpa."},
		{"the key was another zone", "", "127.0.0.1", "dns://.:53", "e164.arpa", "e164.arpa."},
		{"another port", "", "127.0.0.1", "dns://e164.arpa.:54", "e164.arpa", ""},
		{"another address", "", "127.0.0.2", "dns://e164.arpa.:53", "e164.arpa", ""},
		{"another transport", "", "127.0.0.1", "tls://e164.arpa.:53", "e164.arpa", ""},
		{"another view", "inside", "127.0.0.1", "dns://e164.arpa.:53", "e164.arpa", ""},
		{"another zone", "", "127.0.0.1", "dns://.:53", "e164.example.net", ""},
		{"a zone above", "", "127.0.0.1", "dns://arpa.:53", "1.e164.arpa e164.arpa", "1.e164.arpa."},
		{"a zone below", "", "127.0.0.1", "dns://e164.arpa.:53", "1.2.1.e164.arpa", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			zone := "e164.arpa"
			if c.name == "a zone above" || c.name == "a zone below" {
				zone = "2.1.e164.arpa"
			}
			g := &generation{blocks: []*block{sited(t, c.view, c.hosts, c.keys, c.zones)}}
			now := sited(t, "", "127.0.0.1", "dns://e164.arpa.:53", zone).trees[0]
			got := ""
			if was := g.predecessor(now); was != nil {
				got = was.zone
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	t.Run("a place more than before", func(t *testing.T) {
		g := &generation{blocks: []*block{sited(t, "", "127.0.0.1", "dns://.:53", "e164.arpa")}}
		if was := g.predecessor(sited(t, "", "127.0.0.1 127.0.0.2", "dns://.:53", "e164.arpa").trees[0]); was != nil {
			t.Error("what was told at one address is told at another")
		}
	})
	t.Run("two in one place", func(t *testing.T) {
		g := &generation{blocks: []*block{
			sited(t, "", "127.0.0.1", "dns://1.e164.arpa.:53", "e164.arpa"), sited(t, "", "127.0.0.1", "dns://2.e164.arpa.:53", "e164.arpa"),
		}}
		if was := g.predecessor(sited(t, "", "127.0.0.1", "dns://.:53", "e164.arpa").trees[0]); was != nil {
			t.Error("one of two was taken")
		}
	})
}

// TestReloadKeepsTenantsApart: a store that is down after a reload is not stood in for by that of another server.
func TestReloadKeepsTenantsApart(t *testing.T) {
	_, inside := shelveStore(t, "im:inside@example.com", true)
	_, outside := shelveStore(t, "im:outside@example.com", true)
	_, fresh := shelveStore(t, "im:fresh@example.com", false)
	const ports = "e164.arpa:25391 {\n bind 127.0.0.1\n enumim {\n backend memory %s\n }\n}\ne164.arpa:25392 {\n bind 127.0.0.1\n enumim {\n backend memory %s\n }\n}"
	instance, err := caddy.Start(input(fmt.Sprintf(ports, inside, outside)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { stopServer(instance) }()
	want := func(port, uri string) {
		t.Helper()
		settle()
		got := exchange(t, "udp", Loopback+":"+port, query1(number0, dns.TypeNAPTR))
		if len(got.Answer) != 1 || !strings.Contains(got.Answer[0].String(), uri) {
			t.Errorf("port %s: got %v, want %s", port, got, uri)
		}
	}
	want("25391", "im:inside@")
	want("25392", "im:outside@")
	if instance, err = instance.Restart(input(fmt.Sprintf(ports, inside, fresh))); err != nil {
		t.Fatal(err)
	}
	want("25391", "im:inside@")
	want("25392", "im:outside@")
}

// TestReloadSplitsAZone: what was served below a zone above is served below the new apex until its store has data.
func TestReloadSplitsAZone(t *testing.T) {
	_, first := shelveStore(t, "im:first@example.com", true)
	second, secondName := shelveStore(t, "im:second@example.com", false)
	instance, err := caddy.Start(input(memoryCorefile(first, "")))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { stopServer(instance) }()
	settle()
	split := "e164.arpa:0 2.1.e164.arpa:0 {\n bind 127.0.0.1\n enumim e164.arpa {\n backend memory %s\n }\n enumim 2.1.e164.arpa {\n backend memory %s\n }\n}"
	if instance, err = instance.Restart(input(fmt.Sprintf(split, first, secondName))); err != nil {
		t.Fatal(err)
	}
	settle()
	udp, _ := addresses(instance)
	answers := func(uri string) bool {
		got := exchange(t, "udp", udp, query1(number0, dns.TypeNAPTR))
		return len(got.Answer) == 1 && strings.Contains(got.Answer[0].String(), uri)
	}
	if !answers("im:first@") {
		t.Error("not answered")
	}
	got := exchange(t, "udp", udp, query1("2.1.e164.arpa.", dns.TypeSOA))
	if len(got.Answer) != 1 || got.Answer[0].Header().Name != "2.1.e164.arpa." {
		t.Errorf("got %v", got)
	}
	second.notReady.Store(false)
	eventually(t, "the store of the new zone has data and does not answer", func() bool { return answers("im:second@") })
}
