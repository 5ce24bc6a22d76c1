package enumim

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/plugin/metadata"
	"github.com/miekg/dns"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/enumim/enumim/additional"
	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/im"
)

// Reloads end what is under way, failed ones too, and so does the end of the server.
func TestAdditionalEndsWithGeneration(t *testing.T) {
	e := startElsewhere(t, example...)
	name := shelve(t, newMemory(t, "e164.arpa", numbers))
	corefile := func(ttl int) string {
		return additionalCorefile(name, e, fmt.Sprintf("additional srv wait 0\n ttl %d", ttl), "")
	}
	instance, err := caddy.Start(input(corefile(1)))
	if err != nil {
		t.Fatal(err)
	}
	ask := func() {
		_, tcp := addresses(instance)
		exchange(t, "tcp", tcp, query1(number0, dns.TypeNAPTR))
	}
	for ttl := range 3 {
		ask()
		settle()
		if _, err := instance.Restart(input(corefile(1) + "\nexample.net {\n enumim e164.arpa {\n backend memory nothing-on-the-shelf\n }\n}")); err == nil {
			t.Fatal("this should not start")
		}
		ask()
		if instance, err = instance.Restart(input(corefile(2 + ttl))); err != nil {
			t.Fatal(err)
		}
	}
	hold := make(chan struct{})
	defer close(hold)
	e.set(func() { e.hold = hold })
	ask() // the last to be asked never answers
	finder := finderOf(t, instance)
	stopServer(instance)
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		if !strings.Contains(string(stacks), "enumim/additional.") {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("look-ups go on after the end:\n%s", stacks)
		}
	}
	if got, outcome := finder.Find(t.Context(), []im.URI{{Scheme: "im", Local: "a", Domain: "example.com"}}, false, nil); len(got) > 0 || outcome != additional.Late {
		t.Errorf("after the end it finds %s, %v", outcome, got)
	}
}

func finderOf(t *testing.T, instance *caddy.Instance) *additional.Finder {
	t.Helper()
	g, ok := instance.Storage[generationKey{}].(*generation)
	if !ok || g.blocks[0].finder == nil {
		t.Fatal("no finder")
	}
	return g.blocks[0].finder
}

// To all plugins it is the client that asks, over UDP, in a query of its own.
func TestAdditionalIsAskedForClient(t *testing.T) {
	e := startElsewhere(t, example...)
	_, tcp := addresses(startAdditional(t, newMemory(t, "e164.arpa", numbers), e, "additional srv wait 1s", "spy\n metadata"))
	exchange(t, "tcp", tcp, query1(number0, dns.TypeNAPTR))
	client := <-sights
	if metadata.ValueFunc(client.ctx, "enumim/zone") == nil {
		t.Error("the test shows nothing about metadata")
	}
	for range 6 {
		var own sight
		select {
		case own = <-sights:
		case <-time.After(10 * time.Second):
			t.Fatal("it is not asked")
		}
		if r, l := own.w.RemoteAddr(), own.w.LocalAddr(); r.Network() != "udp" || r.String() != client.w.RemoteAddr().String() || l.String() != client.w.LocalAddr().String() {
			t.Errorf("asked from %v at %v, the client from %v at %v", r, l, client.w.RemoteAddr(), client.w.LocalAddr())
		}
		if own.ctx.Value(dnsserver.Key{}) != client.ctx.Value(dnsserver.Key{}) {
			t.Error("asked another server")
		}
		if own.ctx.Value(dnsserver.LoopKey{}) != 1 || own.ctx.Value(outOfBand{}) == nil {
			t.Error("it is not known that one query led to another")
		}
		if metadata.ValueFunc(own.ctx, "enumim/zone") != nil {
			t.Error("the client's metadata goes along")
		}
		if _, ok := own.ctx.Deadline(); !ok {
			t.Error("it may take for ever")
		}
	}
	// A client over TCP has it asked over UDP, too.
	r, l := overDatagram(overTCP), overDatagram((&writer{}).LocalAddr())
	if r.Network() != "udp" || r.String() != overTCP.String() || l.String() != "192.0.2.2:53" {
		t.Errorf("from %v to %v", r, l)
	}
}

// In a dial plan the number has no "+".
func TestAdditionalInDialPlan(t *testing.T) {
	e := startElsewhere(t, "_im._sip.d1234.example.com. 300 IN SRV 0 0 5060 .")
	name := shelve(t, newMemory(t, "dial.example.net", `4.3.2.1.dial.example.net. 300 IN NAPTR 100 10 "u" "E2U+im" "!^([0-9]+)$!im:a@d\\1.example.com!" .`+"\n"))
	_, tcp := addresses(startServer(t, fmt.Sprintf(
		".:0 {\n bind 127.0.0.1\n enumim dial.example.net {\n dialplan\n form stored\n backend memory %s\n additional srv wait 1s\n }\n forward . %s\n}", name, e.addr)))
	wantExtra(t, exchange(t, "tcp", tcp, query1("4.3.2.1.dial.example.net.", dns.TypeNAPTR)), "_im._sip.d1234.example.com. 300 IN SRV 0 0 5060 .")
}

// Courtesy neither costs the answer nor leads to further courtesy.
func TestNoCompanions(t *testing.T) {
	e := startElsewhere(t, example...)
	m := newMemory(t, "e164.arpa", numbers)
	contexts := make(chan context.Context, 1)
	m.hook = func(ctx context.Context, _ backend.Query) (backend.Answer, error, bool) {
		if ctx.Value(dnsserver.Key{}) != nil {
			contexts <- ctx
		}
		return backend.Answer{}, nil, false
	}
	instance := startAdditional(t, m, e, "additional srv wait 1s", "")
	_, tcp := addresses(instance)
	exchange(t, "tcp", tcp, query1("e164.arpa.", dns.TypeNAPTR))
	ctx := <-contexts
	b := &block{finder: finderOf(t, instance)}
	uris := []im.URI{{Scheme: "im", Local: "a", Domain: "example.com"}}
	r := query1(number0, dns.TypeNAPTR)
	for _, c := range []struct {
		id   string
		b    *block
		ctx  context.Context
		w    dns.ResponseWriter
		r    *dns.Msg
		uris []im.URI
		want int
	}{
		{"with all there is", b, ctx, &writer{}, r, uris, 6},
		{"known, over a transport without ports", b, ctx, &writer{remote: &net.UnixAddr{Name: "socket"}}, r, uris, 6},
		{"no option", &block{}, ctx, &writer{}, r, uris, 0},
		{"no server", b, context.Background(), &writer{}, r, uris, 0},
		{"no URI", b, ctx, &writer{}, r, nil, 0},
		{"no question", b, ctx, &writer{}, new(dns.Msg), uris, 0},
		{"another type", b, ctx, &writer{}, query1("_im._sip.example.com.", dns.TypeSRV), uris, 0},
		{"DO", b, ctx, &writer{}, withOPT(query1(number0, dns.TypeNAPTR), 1232, true), uris, 0},
		{"a query for the sake of another", b, context.WithValue(ctx, outOfBand{}, true), &writer{}, r, uris, 0},
		{"a loop", b, context.WithValue(ctx, dnsserver.LoopKey{}, maxLoop), &writer{}, r, uris, 0},
		{"a panic", b, ctx, panicking{}, r, uris, 0},
	} {
		t.Run(c.id, func(t *testing.T) {
			before := testutil.ToFloat64(panics)
			if got := c.b.companions(c.ctx, c.w, c.r, c.uris, false); len(got) != c.want {
				t.Errorf("%d records come along, want %d", len(got), c.want)
			}
			if panicked := testutil.ToFloat64(panics) > before; panicked != (c.id == "a panic") {
				t.Errorf("a panic was counted: %t", panicked)
			}
		})
	}
}

// Where there is no client, as when cache refreshes what it holds, nobody is asked: acl and view would judge for
// no address. What is known comes along.
func TestNobodyAsksWithoutClient(t *testing.T) {
	e := startElsewhere(t, example...)
	m := newMemory(t, "e164.arpa", numbers)
	contexts := make(chan context.Context, 10)
	m.hook = func(ctx context.Context, _ backend.Query) (backend.Answer, error, bool) {
		if ctx.Value(dnsserver.Key{}) != nil {
			contexts <- ctx
		}
		return backend.Answer{}, nil, false
	}
	instance := startAdditional(t, m, e, "additional srv wait 1s", "")
	_, tcp := addresses(instance)
	exchange(t, "tcp", tcp, query1("e164.arpa.", dns.TypeNAPTR))
	ctx := <-contexts
	b := &block{finder: finderOf(t, instance)}
	uris := []im.URI{{Scheme: "im", Local: "a", Domain: "example.com"}}
	for _, remote := range []net.Addr{&net.TCPAddr{}, &net.UDPAddr{}, &net.UnixAddr{Name: "socket"}} {
		if got := b.companions(ctx, &writer{remote: remote}, query1(number0, dns.TypeNAPTR), uris, false); len(got) > 0 {
			t.Errorf("%T: %d records come along", remote, len(got))
		}
	}
	if got := e.questions(); len(got) > 0 {
		t.Errorf("asked for %q", got)
	}
	exchange(t, "tcp", tcp, query1(number0, dns.TypeNAPTR))
	if got := b.companions(ctx, &writer{remote: &net.TCPAddr{}}, query1(number0, dns.TypeNAPTR), uris, false); len(got) != len(brought) {
		t.Errorf("%d records come along of what is known", len(got))
	}
}

// panicking is a response writer of a plugin with a bug.
type panicking struct{ dns.ResponseWriter }

// What became of the searches is counted.
func TestAdditionalMetric(t *testing.T) {
	e := startElsewhere(t, example...)
	_, tcp := addresses(startAdditional(t, newMemory(t, "e164.arpa", numbers), e, "additional srv wait 1s", ""))
	found := additionals.WithLabelValues("found")
	before := testutil.ToFloat64(found)
	exchange(t, "tcp", tcp, query1(number0, dns.TypeNAPTR))
	exchange(t, "tcp", tcp, query1("e164.arpa.", dns.TypeSOA))
	if got := testutil.ToFloat64(found) - before; got != 1 {
		t.Errorf("counted %v, want 1", got)
	}
	problems, err := testutil.CollectAndLint(additionals)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, error %v", problems, err)
	}
}

// The first reply counts, and nobody is written to.
func TestCatcher(t *testing.T) {
	c := new(catcher)
	if n, err := c.Write([]byte("garbage")); n != 0 || err == nil || c.reply != nil {
		t.Errorf("of garbage %d octets were taken, error %v", n, err)
	}
	m := query1("example.com.", dns.TypeSRV)
	packet, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	if n, err := c.Write(packet); n != len(packet) || err != nil || c.reply == nil {
		t.Errorf("%d octets were taken, error %v", n, err)
	}
	first := c.reply
	if err := c.WriteMsg(m); err != nil || c.reply != first {
		t.Errorf("a second reply counts, error %v", err)
	}
	if c.take() != first {
		t.Error("another reply is taken")
	}
	late, done := new(catcher), make(chan struct{})
	go func() { defer close(done); late.WriteMsg(m) }() // of a plugin that has returned
	taken := late.take()
	if <-done; late.take() != taken {
		t.Error("what is written later counts")
	}
	if c.TsigStatus() != nil || c.Close() != nil {
		t.Error("there is something to say of a transport that is none")
	}
}
