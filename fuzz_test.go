package enumim

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/plugin"
	"github.com/coredns/coredns/request"
	"github.com/miekg/dns"

	"github.com/enumim/enumim/corefile"
	"github.com/enumim/enumim/guard"
)

// FuzzServeDNS: whatever packet miekg/dns takes for a query gets exactly one reply, which fits.
func FuzzServeDNS(f *testing.F) {
	for _, v := range zoneVectors {
		b, err := withOPT(query1(vectorName(v.name), v.qtype), 1232, true).Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, false)
	}
	e := serve(f, "4.4.e164.arpa", newMemory(f, "4.4.e164.arpa", fixture+aliases[strings.Index(aliases, "1.1 "):]), plain)
	before := counterValue(f, panics)
	f.Fuzz(func(t *testing.T, b []byte, tcp bool) {
		r := new(dns.Msg)
		if r.Unpack(b) != nil {
			return
		}
		w := &writer{}
		if tcp {
			w.remote = overTCP
		}
		rcode, err := e.ServeDNS(context.Background(), request.NewScrubWriter(r, w), r)
		if err != nil {
			t.Errorf("error %v", err)
		}
		if got := counterValue(t, panics); got != before {
			t.Fatal("a panic was recovered")
		}
		if !plugin.ClientWrite(rcode) {
			if len(w.msgs) != 0 {
				t.Errorf("rcode %d and %d replies", rcode, len(w.msgs))
			}
			return
		}
		if len(w.msgs) != 1 {
			t.Fatalf("%d replies", len(w.msgs))
		}
		got := w.msgs[0]
		packed, err := got.Pack()
		if err != nil {
			t.Fatalf("%v\n%v", err, got)
		}
		if !tcp && len(packed) > maxUDP {
			t.Errorf("%d octets over UDP", len(packed))
		}
		if got.Id != r.Id || !got.Response || len(got.Question) != 1 || got.Question[0] != r.Question[0] {
			t.Errorf("the reply\n%v\nis not to the query\n%v", got, r)
		}
		if r.IsEdns0() == nil && got.IsEdns0() != nil {
			t.Error("an OPT that was not asked for")
		}
	})
}

// FuzzCorefile: a Corefile gives blocks or an error, and never a block that cannot be served.
func FuzzCorefile(f *testing.F) {
	for _, text := range []string{
		"enumim e164.arpa {\nbackend memory x {\nnote a\n}\nttl 1h\nnegative_ttl 60\ntimeout 1s\nform plain\nfallthrough\n}",
		"enumim {\nbackend file numbers.txt {\nreload 10s\n}\nsoa a.example. b.example. 1 2 3\nns a.example.\n}",
		"enumim dial.example.net {\ndialplan\nbackend memory x\n}\nenumim e164.arpa {\nbackend memory y\n}",
		"enumim {", "enumim a {\nbackend {\n{\n}", "enumim }", "enumim e164.arpa {\nbackend memory x {\n",
		"enumim {\nbackend memory x\nfallthrough\ninspect observe\ntwins sip xmpp\nadditional srv sip xmpp wait 0\n}",
		"enumim_guard e164.arpa {\ninspect enforce 4.4.e164.arpa\nrepair\ntwins sip\nempty nodata\nrequire_authenticated\nadditional srv wait 1s\n}",
		"enumim_guard {\ninspect annotate\nseverity warning\nrule R05 S03 off\nrule U06 error\nclients kamailio asterisk\nservices im pstn:tel x-a\n}",
		"enumim_guard dial.example.net {\ndialplan\ninspect enforce\nallow_domains example.com b\u00fccher.example\ndeny_domains im.example.com xn--0.example\n}",
		"enumim_guard {\nttl 60\n}", "enumim_guard e164.arpa {\ninspect observe {\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, read := range []corefileReader{corefile.Parse, corefile.ParseGuard} {
			c := caddy.NewTestController("dns", text)
			c.ServerBlockKeys = []string{"dns://4.4.e164.arpa.:53"}
			blocks, err := parse(c, read)
			if err != nil {
				if !strings.Contains(err.Error(), "Testfile:") {
					t.Errorf("the error tells no place: %v", err)
				}
				continue
			}
			trees, err := forestOf(blocks)
			if err != nil {
				continue
			}
			inspected := inspectorsOf(blocks)
			for _, b := range blocks {
				for _, apex := range b.Apexes {
					if got := trees.match(apex.String()); got == nil || got.block != b {
						t.Errorf("%s does not lead to its block", apex)
					}
				}
				if b.answers() && (b.Opener == nil || len(b.Apexes) == 0) || !b.answers() && (b.Opener != nil || b.Inspect == nil) ||
					b.Limits.Timeout < 10*time.Millisecond || b.Limits.Timeout > 10*time.Second || b.Options.NegativeTTL > 86400 {
					t.Errorf("got %+v", b)
				}
				if b.Inspect != nil {
					checkInspect(t, b, inspected)
				}
			}
		}
	})
}

// checkInspect holds what is inspected to what a guard asks of its policy.
func checkInspect(t *testing.T, b *block, inspected *inspectors) {
	p := b.Inspect.Policy
	if p.Mode == 0 || len(b.Inspect.Zones) == 0 || p.Mode != guard.Enforce && (p.Repair || p.Empty != guard.ServFail) || !p.Repair && p.Twins != nil {
		t.Errorf("got %+v", b.Inspect)
	}
	for _, zone := range b.Inspect.Zones {
		if got := inspected.match(query1(zone.String(), dns.TypeNAPTR)); got == nil || got.block != b {
			t.Errorf("%s is not inspected by its block", zone)
		}
		if p.DialPlan && zone.Public() {
			t.Errorf("a dial plan in %s", zone)
		}
	}
	for _, domain := range slices.Concat(p.AllowDomains, p.DenyDomains) {
		ascii := !strings.ContainsFunc(domain, func(r rune) bool { return r > 0x7f })
		if _, ok := dns.IsDomainName(domain); !ok || !ascii || domain != strings.ToLower(domain) || strings.HasSuffix(domain, ".") {
			t.Errorf("domain %q", domain)
		}
	}
}
