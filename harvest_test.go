package enumim

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miekg/dns"

	_ "github.com/coredns/coredns/plugin/transfer"

	"github.com/enumim/enumim/e164"
)

func uniform(b *block) { b.Options.Harvest.Uniform = true }
func refuse(b *block)  { b.Options.Harvest.Refuse = true }

// rangeCorefile is a Corefile for a range of a thousand numbers, of which every second is assigned.
func rangeCorefile(t *testing.T, options string) string {
	t.Helper()
	var b strings.Builder
	for i := range 500 {
		fmt.Fprintf(&b, "+441632960%03d im:user@example.com\n", 2*i)
	}
	path := filepath.Join(t.TempDir(), "numbers.txt")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("e164.arpa:0 {\n bind 127.0.0.1\n transfer {\n to *\n }\n enumim {\n backend file %s\n %s\n }\n}", path, options)
}

// Through the sockets of a server: who walks the tree is asked to come over TCP, and refused there, with the reason; a
// client that is excepted never is.
func TestWalkerIsRefusedEndToEnd(t *testing.T) {
	for options, refused := range map[string]bool{"": false, "harvest refuse": true, "harvest refuse except 127.0.0.0/8": false} {
		t.Run("options "+options, func(t *testing.T) {
			udp, tcp := addresses(startServer(t, rangeCorefile(t, options)))
			h := &harvester{t: t, most: 10_000, found: make(map[e164.Number]bool)}
			h.exchange = func(r *dns.Msg, remote net.Addr) *dns.Msg {
				if remote == overTCP {
					return exchange(t, "tcp", tcp, r)
				}
				return exchange(t, "udp", udp, r)
			}
			ended := h.down(e164.MustParse("+441632960"))
			if refused {
				if ended || h.refusals != 1 || len(h.found) == 500 {
					t.Errorf("refused %d times, %d numbers found", h.refusals, len(h.found))
				}
				// So it is over UDP now, for any name of the tree; and it is counted.
				wantProhibited(t, exchange(t, "udp", udp, withOPT(query1("e164.arpa.", dns.TypeSOA), 1232, false)))
				server := "dns://" + Loopback + ":0"
				if n := counterValue(t, responses.WithLabelValues(server, "e164.arpa.", "walker")); n < 3 {
					t.Errorf("%v refusals were counted", n)
				}
				return
			}
			if !ended || h.refusals != 0 || len(h.found) != 500 {
				t.Errorf("refused %d times, %d of 500 numbers found with %d queries", h.refusals, len(h.found), h.queries)
			}
		})
	}
}

// What a forged address gets is hardly larger than the query, and the client whose address it is has his answers over
// TCP, where addresses are proven.
func TestForgedWalkerHurtsNobody(t *testing.T) {
	_, list, _ := harvestTrees(randomSource())
	e := serve(t, "e164.arpa", treeOfNumbers(t, list), refuse)
	h := &harvester{t: t, most: 10_000, found: make(map[e164.Number]bool)}
	truncated := false
	h.exchange = func(r *dns.Msg, _ net.Addr) *dns.Msg {
		got := askHandler(t, e, r, overUDP)
		if truncated = got.Truncated; truncated {
			h.most = 0 // the forger sees no reply, and there is no more to see
			wire, _ := got.Pack()
			query, _ := r.Pack()
			if got.Rcode != dns.RcodeSuccess || len(wire) > len(query)+6 {
				t.Errorf("got %d octets for %d: %v", len(wire), len(query), got)
			}
			wantProhibited(t, got)
		}
		return got
	}
	h.down(spare)
	if !truncated {
		t.Fatalf("not noticed in %d queries", h.queries)
	}
	r := withOPT(query1(e164Root.Domain(list[0]), dns.TypeNAPTR), 1232, false)
	if got := askHandler(t, e, r, overTCP); len(got.Answer) == 0 {
		t.Errorf("over TCP: got %v", got)
	}
	other := &net.UDPAddr{IP: net.IPv4(192, 0, 2, 77), Port: 40000}
	if got := askHandler(t, e, r, other); len(got.Answer) == 0 {
		t.Errorf("another client: got %v", got)
	}
}

// Where addresses cannot be forged a walker is refused over UDP, too.
func TestGenuineWalkerIsRefusedOverUDP(t *testing.T) {
	_, list, _ := harvestTrees(randomSource())
	e := serve(t, "e164.arpa", treeOfNumbers(t, list), refuse, func(b *block) { b.Options.GenuineSources = true })
	h := &harvester{t: t, most: 10_000, found: make(map[e164.Number]bool)}
	h.exchange = func(r *dns.Msg, remote net.Addr) *dns.Msg {
		if remote == overTCP {
			t.Fatal("asked to come over TCP")
		}
		return askHandler(t, e, r, remote)
	}
	h.down(spare)
	if h.refusals != 1 {
		t.Errorf("refused %d times in %d queries", h.refusals, h.queries)
	}
}

// The log tells whom to except, and no number.
func TestWalkerIsTold(t *testing.T) {
	_, list, _ := harvestTrees(randomSource())
	e := serve(t, "e164.arpa", treeOfNumbers(t, list), refuse, func(b *block) { b.Options.GenuineSources = true })
	h := &harvester{t: t, most: 10_000, found: make(map[e164.Number]bool)}
	remote := &net.UDPAddr{IP: net.ParseIP("2001:db8:1:2345::1"), Port: 40000}
	h.exchange = func(r *dns.Msg, _ net.Addr) *dns.Msg { return askHandler(t, e, r, remote) }
	logged := capture(func() { h.down(spare) })
	if !strings.Contains(logged, "zone e164.arpa.: 2001:db8:1:2300::/56 asks for neighbours of numbers") ||
		!strings.Contains(logged, "refused for 10m0s") || !strings.Contains(logged, "harvest refuse except 2001:db8:1:2300::/56") {
		t.Errorf("logged %q", logged)
	}
	if strings.Contains(logged, "999") {
		t.Errorf("logged digits of numbers: %q", logged)
	}
}

// With harvest uniform nothing in a reply tells a name that does not exist from one that does and has no such record.
func TestUniform(t *testing.T) {
	m := newMemory(t, "4.4.e164.arpa", fixture)
	for _, stale := range []bool{false, true} {
		m.stale = stale
		e := serve(t, "4.4.e164.arpa", m, uniform)
		text := func(name string, qtype uint16) string {
			return dump(askHandler(t, e, withOPT(query1(vectorName(name), qtype), 1232, true), nil))
		}
		want := text("1", dns.TypeNAPTR)
		if !strings.HasPrefix(want, "NOERROR aa\nauthority: 4.4.e164.arpa. ") {
			t.Fatalf("got %s", want)
		}
		for _, name := range []string{"9", "5.6.1", "5.8.0.0.6.9.2.3.6.1", "1.3.8.0.0.6.9.2.3.6.1", "83.1", "foo", "4.8.0.0.6.9.2.3.6.1"} {
			for _, qtype := range []uint16{dns.TypeNAPTR, dns.TypeA, dns.TypeNS, dns.TypeDS, dns.TypeANY} {
				if qtype == dns.TypeANY && name[0] == '4' {
					continue // it has a TXT
				}
				if got := text(name, qtype); got != want {
					t.Errorf("%s %s: got\n%s\nwant as for a name that exists\n%s", name, dns.TypeToString[qtype], got, want)
				}
			}
		}
	}
	// What there is is answered as ever.
	m.stale = false
	e := serve(t, "4.4.e164.arpa", m, uniform)
	for _, v := range zoneVectors {
		if v.want != nxdomain {
			wantReply(t, askHandler(t, e, query1(vectorName(v.name), v.qtype), nil), v.want)
		}
	}
}

// An answer costs as many allocations with a watch as without.
func TestWatchDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget")
	}
	for name, most := range map[string]float64{"3.8.0.0.6.9.2.3.6.1": 2, "9": 2, "1": 2} {
		m := newMemory(t, "4.4.e164.arpa", fixture)
		parsed, _ := m.apexOf().Parse(vectorName(name))
		m.hook = constant(m.zone, m.find(parsed))
		e := serve(t, "4.4.e164.arpa", m, refuse, func(b *block) { b.Options.Harvest.Except = []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")} })
		r, w, ctx := withOPT(query1(vectorName(name), dns.TypeNAPTR), 1232, false), &null{}, context.Background()
		if got := testing.AllocsPerRun(200, func() { e.ServeDNS(ctx, w, r) }); got > most {
			t.Errorf("%s: %v allocations, at most %v are expected", name, got, most)
		}
	}
}

// There is no transfer, not even where the transfer plugin allows it to everybody.
func TestNoTransfer(t *testing.T) {
	_, tcp := addresses(startServer(t, rangeCorefile(t, "")))
	for _, qtype := range []uint16{dns.TypeAXFR, dns.TypeIXFR} {
		r := query1("e164.arpa.", qtype)
		r.Ns = []dns.RR{&dns.SOA{Hdr: dns.RR_Header{Name: "e164.arpa.", Rrtype: dns.TypeSOA, Class: dns.ClassINET}, Ns: ".", Mbox: "."}}
		if got := exchange(t, "tcp", tcp, r); got.Rcode != dns.RcodeRefused || len(got.Answer) > 0 {
			t.Errorf("%s: got %v", dns.TypeToString[qtype], got)
		}
	}
}

func BenchmarkWatched(b *testing.B) {
	for _, watched := range []bool{false, true} {
		for _, name := range []string{"3.8.0.0.6.9.2.3.6.1", "9"} {
			b.Run(fmt.Sprintf("%s/%t", name, watched), func(b *testing.B) {
				m := newMemory(b, "4.4.e164.arpa", fixture)
				parsed, _ := m.apexOf().Parse(vectorName(name))
				m.hook = constant(m.zone, m.find(parsed))
				e := serve(b, "4.4.e164.arpa", m, func(block *block) { block.Options.Harvest.Refuse = watched })
				r, w, ctx := withOPT(query1(vectorName(name), dns.TypeNAPTR), 1232, false), &null{}, context.Background()
				b.ReportAllocs()
				for b.Loop() {
					e.ServeDNS(ctx, w, r)
				}
			})
		}
	}
}
