package enumim

import (
	"context"
	"strings"
	"testing"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/miekg/dns"

	"github.com/enumim/enumim/corefile"
)

// All blocks of a directive are one plugin, made for each server with its own next one.
func TestSetupGuard(t *testing.T) {
	c := caddy.NewTestController("dns", "enumim_guard e164.arpa {\ninspect observe\n}\nenumim_guard {\ninspect enforce dial.example.net\n}")
	if err := setupGuard(c); err != nil {
		t.Fatal(err)
	}
	plugins := dnsserver.GetConfig(c).Plugin
	if len(plugins) != 1 {
		t.Fatalf("%d plugins were added, want one for all blocks", len(plugins))
	}
	n1, n2 := &next{}, &next{}
	g1, g2 := plugins[0](n1).(Guard), plugins[0](n2).(Guard)
	if g1.Next != n1 || g2.Next != n2 || g1.inspectors != g2.inspectors {
		t.Error("copies are to share what they inspect and have their own next")
	}
	if g1.Name() != "enumim_guard" {
		t.Errorf("name %q: CoreDNS finds plugins by their directive", g1.Name())
	}
	for name, zone := range map[string]string{"1.e164.arpa.": "e164.arpa.", "1.dial.example.net.": "dial.example.net."} {
		if i := g1.inspectors.match(query1(name, dns.TypeNAPTR)); i == nil || i.zone != zone {
			t.Errorf("%s is inspected by %+v", name, i)
		}
	}
}

// What is wrong is told with the directive and its place.
func TestSetupGuardErrors(t *testing.T) {
	for text, want := range map[string]string{
		"enumim_guard e164.arpa":                                       "plugin/enumim_guard: Testfile:1: needs a mode of inspection",
		"enumim_guard e164.arpa {\ninspect all\n}":                     `plugin/enumim_guard: Testfile:2: inspect "all": expected observe, annotate or enforce`,
		"enumim_guard e164.arpa {\ninspect observe\nbackend file x\n}": "plugin/enumim_guard: Testfile:3: backend belongs to enumim",
	} {
		if err := setupGuard(caddy.NewTestController("dns", text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	err := setup(caddy.NewTestController("dns", "enumim e164.arpa {\ninspect observe\nttl 60\n}"))
	if want := "plugin/enumim: Testfile:3: ttl is for the answers of a backend"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
}

// What is probably not meant in a guard is logged, too.
func TestSetupGuardWarnings(t *testing.T) {
	logged := capture(func() {
		c := caddy.NewTestController("dns", "enumim_guard {\ninspect observe e164.arpa\n}")
		c.ServerBlockKeys = []string{"dns://example.org.:53"}
		if err := setupGuard(c); err != nil {
			t.Error(err)
		}
	})
	if !strings.Contains(logged, "Testfile:2: zone e164.arpa. is outside of the zones of its server block") {
		t.Errorf("logged %q", logged)
	}
}

// Both directives belong to one generation, and what has no backend is neither opened nor waited for.
func TestGenerationOfBoth(t *testing.T) {
	c := caddy.NewTestController("dns", "")
	var handlers []interface{ Ready() bool }
	for _, d := range []struct {
		text  string
		setup func(*caddy.Controller) error
	}{
		{"enumim_guard e164.arpa {\ninspect observe\n}", setupGuard},
		{"enumim e164.arpa {\ninspect enforce\n}", setup},
	} {
		dispenser := caddy.NewTestController("dns", d.text).Dispenser
		c.Dispenser = dispenser
		if err := d.setup(c); err != nil {
			t.Fatal(err)
		}
		plugins := dnsserver.GetConfig(c).Plugin
		handlers = append(handlers, plugins[len(plugins)-1](&next{}).(interface{ Ready() bool }))
	}
	g := generationOf(c)
	if len(g.blocks) != 2 {
		t.Fatalf("%d blocks, want those of both directives", len(g.blocks))
	}
	for _, h := range handlers {
		if h.Ready() {
			t.Error("ready before the start")
		}
	}
	if err := g.open(); err != nil {
		t.Fatal(err)
	}
	defer g.release()
	for _, h := range handlers {
		if !h.Ready() {
			t.Errorf("%T is not ready, though nothing is to be loaded", h)
		}
	}
	for _, b := range g.blocks {
		if b.source != nil {
			t.Errorf("%s: a backend was opened", b.Pos)
		}
	}
}

// A block without a backend answers nothing: queries for its zones, other than for NAPTR, go their way untouched.
func TestNoBackendNoAnswer(t *testing.T) {
	c := caddy.NewTestController("dns", "enumim e164.arpa {\ninspect enforce\n}")
	blocks, err := parse(c, corefile.Parse)
	if err != nil {
		t.Fatal(err)
	}
	trees, err := forestOf(blocks)
	if err != nil {
		t.Fatal(err)
	}
	behind := &next{}
	e := Enumim{Next: behind, forest: trees, inspectors: inspectorsOf(blocks), state: &generation{blocks: blocks}}
	w := &writer{}
	r := query1("e164.arpa.", dns.TypeSOA)
	if _, err := e.ServeDNS(context.Background(), w, r); err != nil {
		t.Fatal(err)
	}
	if len(w.msgs) != 1 || w.msgs[0].Rcode != dns.RcodeNotAuth || behind.got != 1 {
		t.Errorf("%d answers, the next plugin was asked %d times", len(w.msgs), behind.got)
	}
}
