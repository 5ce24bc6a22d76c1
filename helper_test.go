package enumim

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/plugin"
	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/corefile"
)

func init() {
	directives := slices.Clone(dnsserver.Directives)
	for name, before := range map[string]string{pluginName: "hosts", guardName: "cache"} {
		directives = slices.Insert(directives, slices.Index(directives, before), name)
	}
	dnsserver.Directives = directives
	dnsserver.Quiet = true
}

// writer keeps what is written and counts it.
type writer struct {
	remote net.Addr
	msgs   []*dns.Msg
	err    error
	panic  bool
}

var (
	overUDP = &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 40000}
	overTCP = &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 40000}
)

func (w *writer) LocalAddr() net.Addr { return &net.UDPAddr{IP: net.IPv4(192, 0, 2, 2), Port: 53} }
func (w *writer) RemoteAddr() net.Addr {
	if w.remote == nil {
		return overUDP
	}
	return w.remote
}
func (w *writer) WriteMsg(m *dns.Msg) error {
	w.msgs = append(w.msgs, m)
	if w.panic {
		panic("writer")
	}
	return w.err
}
func (w *writer) Write([]byte) (int, error) { panic("a reply must go through WriteMsg") }
func (w *writer) Close() error              { return nil }
func (w *writer) TsigStatus() error         { return nil }
func (w *writer) TsigTimersOnly(bool)       {}
func (w *writer) Hijack()                   {}

// lender is a backend of a test that stands in for a lease of itself.
type lender interface {
	backend.Backend
	Ready() bool
	Backend() backend.Backend
	Confirm()
	Release()
}

// leased fills answers in as a lease does.
type leased struct{ lender }

func (l leased) Lookup(ctx context.Context, q backend.Query, a *backend.Answer) (err error) {
	*a, err = l.lender.Lookup(ctx, q)
	return err
}

// serve makes an Enumim with one tree that answers from s. Each change may alter the block.
func serve(tb testing.TB, apex string, s lender, changes ...func(*block)) Enumim {
	tb.Helper()
	b := &block{Block: &corefile.Block{
		Driver:  "memory",
		Options: corefile.Defaults(),
		Limits:  backend.Limits{Timeout: 500 * time.Millisecond},
	}}
	b.Apexes = append(b.Apexes, mustApex(apex))
	for _, change := range changes {
		change(b)
	}
	trees, err := forestOf([]*block{b})
	if err != nil {
		tb.Fatal(err)
	}
	if s != nil {
		b.use(leased{s})
	}
	return Enumim{forest: trees, state: &generation{blocks: []*block{b}}}
}

func query1(name string, qtype uint16) *dns.Msg {
	m := new(dns.Msg)
	m.SetQuestion(name, qtype)
	m.Id = 4711
	return m
}

func withOPT(m *dns.Msg, size uint16, do bool) *dns.Msg {
	m.SetEdns0(size, do)
	return m
}

// ask puts one query to e and returns the only reply.
func askHandler(tb testing.TB, e plugin.Handler, r *dns.Msg, remote net.Addr) *dns.Msg {
	tb.Helper()
	w := &writer{remote: remote}
	rcode, err := e.ServeDNS(context.Background(), w, r)
	if err != nil {
		tb.Errorf("error %v: the errors plugin would log the number", err)
	}
	if !plugin.ClientWrite(rcode) {
		if len(w.msgs) > 0 {
			tb.Fatalf("a reply was written, and rcode %d makes the server write another", rcode)
		}
		m := new(dns.Msg)
		m.SetRcode(r, rcode)
		return m
	}
	if len(w.msgs) != 1 {
		tb.Fatalf("%d replies were written, want 1", len(w.msgs))
	}
	if _, err := w.msgs[0].Pack(); err != nil {
		tb.Fatalf("the reply does not pack: %v", err)
	}
	return w.msgs[0]
}

// dump writes a message as text that tells everything but the ID: unlike plugin/test it compares the
// contents of NAPTR.
func dump(m *dns.Msg) string {
	var b strings.Builder
	b.WriteString(dns.RcodeToString[m.Rcode])
	for _, flag := range []struct {
		set  bool
		name string
	}{
		{!m.Response, "query"}, {m.Authoritative, "aa"}, {m.Truncated, "tc"}, {m.RecursionAvailable, "ra"},
		{m.AuthenticatedData, "ad"}, {m.Zero, "z"},
	} {
		if flag.set {
			b.WriteString(" " + flag.name)
		}
	}
	b.WriteByte('\n')
	for _, section := range []struct {
		name    string
		records []dns.RR
	}{{"answer", m.Answer}, {"authority", m.Ns}, {"additional", m.Extra}} {
		for _, record := range section.records {
			if opt, ok := record.(*dns.OPT); ok {
				for _, o := range opt.Option {
					if ede, ok := o.(*dns.EDNS0_EDE); ok {
						fmt.Fprintf(&b, "ede: %d %s\n", ede.InfoCode, ede.ExtraText)
						continue
					}
					fmt.Fprintf(&b, "option: %d\n", o.Option())
				}
				continue
			}
			fmt.Fprintf(&b, "%s: %s\n", section.name, strings.Join(strings.Fields(record.String()), " "))
		}
	}
	return b.String()
}

// wantReply compares a reply with the text of dump, whose lines may be indented.
func wantReply(tb testing.TB, got *dns.Msg, want string) {
	tb.Helper()
	var lines []string
	for line := range strings.Lines(want) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	want = strings.Join(lines, "\n") + "\n"
	if text := dump(got); text != want {
		tb.Errorf("got\n%swant\n%s", text, want)
	}
}

// constant is a hook that always gives one answer.
func constant(zone *backend.Zone, a backend.Answer) func(context.Context, backend.Query) (backend.Answer, error, bool) {
	a.Zone, a.Form = zone, backend.Stored
	return func(context.Context, backend.Query) (backend.Answer, error, bool) { return a, nil, true }
}
