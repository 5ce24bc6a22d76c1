package enumim

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/plugin"
	"github.com/miekg/dns"

	_ "github.com/coredns/coredns/plugin/bufsize"

	"github.com/enumim/enumim/e164"
)

// exchangeFrom is exchange from an address of loopback.
func exchangeFrom(t *testing.T, from, network, address string, r *dns.Msg) *dns.Msg {
	t.Helper()
	var local net.Addr = &net.UDPAddr{IP: net.ParseIP(from)}
	if network == "tcp" {
		local = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	c := &dns.Client{Net: network, Timeout: 5 * time.Second, Dialer: &net.Dialer{LocalAddr: local}}
	got, _, err := c.Exchange(r, address)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// What a walker gets stays with him: cache keeps neither the refusal nor the request to come over TCP for others. It
// drops the reason, as it does with all Extended DNS Errors.
func TestWalkerBehindCache(t *testing.T) {
	corefile := rangeCorefile(t, "harvest refuse\n }\n cache {\n prefetch 1 1m 90%")
	udp, tcp := addresses(startServer(t, corefile))
	const walker, other = "127.0.0.2", "127.0.0.3"
	assigned := func(i int) *dns.Msg { // the walker has not come that far
		return withOPT(query1(e164Root.Domain(below(e164.MustParse("+441632960"), 980+2*i, 3)), dns.TypeNAPTR), 1232, false)
	}
	h := &harvester{t: t, most: 10_000, found: make(map[e164.Number]bool), mute: true}
	asked := false
	h.exchange = func(r *dns.Msg, remote net.Addr) *dns.Msg {
		if remote == overTCP {
			return exchangeFrom(t, walker, "tcp", tcp, r)
		}
		got := exchangeFrom(t, walker, "udp", udp, r)
		if got.Truncated && !asked {
			asked = true
			if got := exchangeFrom(t, walker, "udp", udp, assigned(0)); !got.Truncated {
				t.Errorf("got %v", got)
			}
			if got := exchangeFrom(t, other, "udp", udp, assigned(0)); len(got.Answer) != 1 {
				t.Errorf("another client: got %v", got)
			}
		}
		return got
	}
	h.down(e164.MustParse("+441632960"))
	if !asked || h.refusals != 1 {
		t.Fatalf("asked to come over TCP %t, refused %d times", asked, h.refusals)
	}
	for i, network := range []string{"udp", "tcp"} {
		address := map[string]string{"udp": udp, "tcp": tcp}[network]
		if got := exchangeFrom(t, walker, network, address, assigned(1+i)); got.Rcode != dns.RcodeRefused {
			t.Errorf("the walker over %s: got %v", network, got)
		}
		if got := exchangeFrom(t, other, network, address, assigned(1+i)); len(got.Answer) != 1 {
			t.Errorf("another client over %s: got %v", network, got)
		}
	}
}

// What cache keeps with harvest uniform is a denial of the type that was asked for and nothing more: as long as the
// SOA says (RFC 2308 section 5), and neither for other types nor for what lies below (RFC 8020).
func TestUniformBehindCache(t *testing.T) {
	udp, _ := addresses(startServer(t, rangeCorefile(t, "harvest uniform\n negative_ttl 7\n }\n cache {")))
	for range 2 { // from the server, from the cache
		for _, name := range []string{"9.e164.arpa.", "1.9.e164.arpa.", "4.4.e164.arpa.", "1.0.0.0.6.9.2.3.6.1.4.4.e164.arpa."} {
			got := exchange(t, "udp", udp, withOPT(query1(name, dns.TypeNAPTR), 1232, true))
			if got.Rcode != dns.RcodeSuccess || len(got.Answer) > 0 || len(got.Ns) != 1 {
				t.Fatalf("%s: got %v", name, got)
			}
			soa, ok := got.Ns[0].(*dns.SOA)
			if !ok || soa.Hdr.Ttl > 7 || soa.Hdr.Name != "e164.arpa." {
				t.Errorf("%s: got %v", name, got.Ns[0])
			}
		}
		if got := exchange(t, "udp", udp, query1("0.0.0.0.6.9.2.3.6.1.4.4.e164.arpa.", dns.TypeNAPTR)); len(got.Answer) != 1 {
			t.Errorf("a number below: got %v", got)
		}
	}
}

// A cache in front answers as much as the client takes; bufsize bounds that.
func TestAmplificationBehindCache(t *testing.T) {
	for front, most := range map[string]int{"cache": 4096, "cache\n bufsize 512": dns.MinMsgSize} {
		udp, tcp, names := startAmplifier(t, "", front)
		conn, err := net.Dial("udp", udp)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		largest, factor := 0, 0.0
		for _, name := range names {
			for _, qtype := range []uint16{dns.TypeNAPTR, dns.TypeTXT, dns.TypeNS, dns.TypeANY} {
				exchange(t, "tcp", tcp, query1(name, qtype))
				query, reply := rawExchange(t, conn, withOPT(query1(name, qtype), 4096, false))
				largest, factor = max(largest, len(reply)), max(factor, float64(len(reply))/float64(len(query)))
			}
		}
		t.Logf("%q: %d octets, %.1f times the query", front, largest, factor)
		if largest > most {
			t.Errorf("%q: %d octets", front, largest)
		}
	}
}

// A connection proves an address, whatever carries it: who comes by QUIC or HTTP/3 has whole answers, and is never asked
// to come over TCP.
func TestProvenByHandshake(t *testing.T) {
	_, list, _ := harvestTrees(randomSource())
	for server, proven := range map[string]bool{
		"dns://:53": false, "quic://:853": true, "https3://:443": true, "": false,
	} {
		e := serve(t, "e164.arpa", treeOfNumbers(t, list), refuse)
		ctx := context.Background()
		if server != "" {
			ctx = context.WithValue(ctx, dnsserver.Key{}, &dnsserver.Server{Addr: server})
		}
		h := &harvester{t: t, most: 10_000, found: make(map[e164.Number]bool)}
		cut := false
		h.exchange = func(r *dns.Msg, _ net.Addr) *dns.Msg {
			w := &writer{}
			if _, err := e.ServeDNS(ctx, w, r); err != nil || len(w.msgs) != 1 {
				t.Fatal(err, len(w.msgs))
			}
			if got := w.msgs[0]; got.Truncated {
				cut, h.most = true, 0
			}
			return w.msgs[0]
		}
		h.down(spare)
		if cut == proven || (h.refusals == 1) != proven {
			t.Errorf("%q: asked to come over TCP %t, refused %d times", server, cut, h.refusals)
		}
	}
}

// What falls through goes on as it came: the bound is for replies of enumim.
func TestBoundIsNotForOthers(t *testing.T) {
	e := serve(t, "4.4.e164.arpa", newMemory(t, "4.4.e164.arpa", fixture), func(b *block) { b.Options.Fall.SetZonesFromArgs(nil) })
	size := uint16(0)
	e.Next = plugin.HandlerFunc(func(_ context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
		size = r.IsEdns0().UDPSize()
		return dns.RcodeSuccess, w.WriteMsg(new(dns.Msg).SetReply(r))
	})
	askHandler(t, e, withOPT(query1(vectorName("9"), dns.TypeNAPTR), 4096, false), nil)
	if size != 4096 {
		t.Errorf("the next plugin sees a client that takes %d octets", size)
	}
	// What plugins in front add, such as signatures, is bounded with the reply.
	r := withOPT(query1(vectorName("3.8.0.0.6.9.2.3.6.1"), dns.TypeNAPTR), 4096, true)
	askHandler(t, e, r, nil)
	if want := 10 * asked(r.Question[0].Name, r.IsEdns0()); int(r.IsEdns0().UDPSize()) != want {
		t.Errorf("plugins in front see a client that takes %d octets, want %d", r.IsEdns0().UDPSize(), want)
	}
}
