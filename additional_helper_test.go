package enumim

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/plugin"
	_ "github.com/coredns/coredns/plugin/acl"
	_ "github.com/coredns/coredns/plugin/forward"
	"github.com/miekg/dns"
)

func init() {
	dnsserver.Directives = append([]string{"spy"}, dnsserver.Directives...)
	plugin.Register("spy", func(c *caddy.Controller) error {
		dnsserver.GetConfig(c).AddPlugin(func(next plugin.Handler) plugin.Handler { return spy{next} })
		return nil
	})
}

// spy is a plugin in front of all that notes in what context, and from whom, queries come.
type spy struct{ next plugin.Handler }

// sight is one query that a spy saw.
type sight struct {
	ctx context.Context
	w   dns.ResponseWriter
	r   *dns.Msg
}

var sights = make(chan sight, 100)

func (spy) Name() string { return "spy" }

func (s spy) ServeDNS(ctx context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
	sights <- sight{ctx, w, r}
	return plugin.NextOrFailure("spy", s.next, ctx, w, r)
}

// elsewhere is a name server of a test, for all that a block does not answer itself.
type elsewhere struct {
	addr string
	zone []dns.RR

	mu    sync.Mutex
	alter func(r, m *dns.Msg) // what is answered
	hold  chan struct{}       // nothing is, until it is closed
	asked []*dns.Msg
}

// example is what most tests find elsewhere.
var example = []string{
	"_im._sip.example.com. 300 IN SRV 20 0 5060 b.example.com.",
	"_im._sip.example.com. 300 IN SRV 10 0 5060 a.example.com.",
	"_im._xmpp.example.com. 300 IN SRV 0 0 5269 a.example.com.",
	"a.example.com. 300 IN A 192.0.2.1",
	"a.example.com. 300 IN AAAA 2001:db8::1",
	"b.example.com. 300 IN A 192.0.2.2",
	"a.example.com. 300 IN TXT planted",
}

func startElsewhere(t *testing.T, zone ...string) *elsewhere {
	t.Helper()
	e := &elsewhere{zone: records(t, zone...)}
	for {
		listener, err := net.Listen("tcp", Loopback+":0")
		if err != nil {
			t.Fatal(err)
		}
		e.addr = listener.Addr().String()
		packets, err := net.ListenPacket("udp", e.addr)
		if err != nil {
			listener.Close() // taken for UDP
			continue
		}
		for _, s := range []*dns.Server{{Listener: listener}, {PacketConn: packets}} {
			started := make(chan struct{})
			s.Handler, s.NotifyStartedFunc = e, func() { close(started) }
			var served sync.WaitGroup
			served.Go(func() { s.ActivateAndServe() })
			<-started
			t.Cleanup(func() { s.Shutdown(); served.Wait() })
		}
		return e
	}
}

// ServeDNS implements dns.Handler.
func (e *elsewhere) ServeDNS(w dns.ResponseWriter, r *dns.Msg) {
	e.mu.Lock()
	e.asked = append(e.asked, r.Copy())
	alter, hold := e.alter, e.hold
	e.mu.Unlock()
	if hold != nil {
		<-hold
	}
	m := new(dns.Msg).SetReply(r)
	for _, record := range e.zone {
		if hdr := record.Header(); hdr.Name == r.Question[0].Name && hdr.Rrtype == r.Question[0].Qtype {
			m.Answer = append(m.Answer, dns.Copy(record))
		}
	}
	if len(m.Answer) == 0 {
		m.Ns = []dns.RR{&dns.SOA{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeSOA, Class: dns.ClassINET, Ttl: 300}, Ns: "a.", Mbox: "b.", Minttl: 300}}
	}
	if alter != nil {
		alter(r, m)
	}
	w.WriteMsg(m)
}

// set calls change, in which the fields may be looked at and set.
func (e *elsewhere) set(change func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change()
}

// questions returns what was asked until now, sorted, each once.
func (e *elsewhere) questions() (list []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range e.asked {
		list = append(list, r.Question[0].Name+" "+dns.TypeToString[r.Question[0].Qtype])
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// broughtAlong returns the additional section of m as lines, with a TTL of 300 for any up to that, without the OPT.
func broughtAlong(m *dns.Msg) (lines []string) {
	for _, record := range m.Extra {
		if record.Header().Rrtype == dns.TypeOPT {
			continue
		}
		record = dns.Copy(record)
		if ttl := record.Header().Ttl; ttl <= 300 && ttl > 200 {
			record.Header().Ttl = 300
		}
		lines = append(lines, strings.Join(strings.Fields(record.String()), " "))
	}
	return lines
}

func wantExtra(tb testing.TB, m *dns.Msg, want ...string) {
	tb.Helper()
	if got := broughtAlong(m); !slices.Equal(got, want) {
		tb.Errorf("the answer brings along\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
