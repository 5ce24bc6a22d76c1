package additional

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/im"
)

func uri(tb testing.TB, s string) im.URI {
	tb.Helper()
	u, err := im.Parse(s)
	if err != nil {
		tb.Fatal(err)
	}
	return u
}

func uris(tb testing.TB, list ...string) (out []im.URI) {
	tb.Helper()
	for _, s := range list {
		out = append(out, uri(tb, s))
	}
	return out
}

func records(tb testing.TB, lines ...string) (out []dns.RR) {
	tb.Helper()
	for _, line := range lines {
		record, err := dns.NewRR(line)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, record)
	}
	return out
}

// world is all of DNS for a test. It counts what it is asked.
type world struct {
	tb   testing.TB
	zone []dns.RR

	mu    sync.Mutex
	delay time.Duration
	alter func(*dns.Msg)
	asked map[key]int
	now   int // asked at the same time
	most  int
}

// example is what most tests ask for.
var example = []string{
	"_im._sip.example.com. 300 IN SRV 20 100 5060 b.example.com.",
	"_im._sip.example.com. 300 IN SRV 10 5 5060 c.example.com.",
	"_im._sip.example.com. 300 IN SRV 10 90 5060 a.example.com.",
	"_im._xmpp.example.com. 600 IN SRV 0 0 5269 a.example.com.",
	"_pres._xmpp.example.com. 600 IN SRV 0 0 5269 a.example.com.",
	"a.example.com. 60 IN A 192.0.2.1",
	"a.example.com. 60 IN A 192.0.2.2",
	"a.example.com. 60 IN AAAA 2001:db8::1",
	"b.example.com. 60 IN A 192.0.2.3",
	"c.example.com. 60 IN AAAA 2001:db8::3",
}

func newWorld(tb testing.TB, zone ...string) *world {
	tb.Helper()
	return &world{tb: tb, zone: records(tb, zone...), asked: make(map[key]int)}
}

// ask is an Ask.
func (w *world) ask(ctx context.Context, name string, qtype uint16) (*dns.Msg, error) {
	w.mu.Lock()
	w.asked[key{name, qtype}]++
	w.now++
	w.most = max(w.most, w.now)
	delay, alter := w.delay, w.alter
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		w.now--
		w.mu.Unlock()
	}()
	if delay > 0 {
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	m := w.reply(name, qtype)
	if alter != nil {
		alter(m)
	}
	return m, nil
}

func (w *world) reply(name string, qtype uint16) *dns.Msg {
	m := new(dns.Msg).SetReply(new(dns.Msg).SetQuestion(name, qtype))
	for range 12 {
		alias := ""
		for _, record := range w.zone {
			hdr := record.Header()
			if hdr.Name != name {
				continue
			}
			if hdr.Rrtype == qtype || hdr.Rrtype == dns.TypeCNAME {
				m.Answer = append(m.Answer, dns.Copy(record))
			}
			if cname, ok := record.(*dns.CNAME); ok {
				alias = cname.Target
			}
		}
		if alias == "" {
			break
		}
		name = alias
	}
	if len(m.Answer) == 0 {
		m.Rcode = dns.RcodeNameError
	}
	if n := len(m.Answer); n == 0 || m.Answer[n-1].Header().Rrtype != qtype {
		m.Ns = records(w.tb, ". 60 IN SOA a.example.com. b.example.com. 1 2 3 4 30")
	}
	return m
}

func (w *world) set(change func(*world)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(w)
}

// total returns how often anything was asked for.
func (w *world) total() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, times := range w.asked {
		n += times
	}
	return n
}

func dump(records []dns.RR) string {
	var b strings.Builder
	for _, record := range records {
		fmt.Fprintln(&b, strings.Join(strings.Fields(record.String()), " "))
	}
	return b.String()
}

func want(tb testing.TB, got []dns.RR, o, wantOutcome Outcome, lines ...string) {
	tb.Helper()
	if g, w := dump(got), dump(records(tb, lines...)); g != w || o != wantOutcome {
		tb.Errorf("got %s\n%swant %s\n%s", o, g, wantOutcome, w)
	}
}
