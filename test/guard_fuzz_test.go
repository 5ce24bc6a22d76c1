package test

import (
	"context"
	"net"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/plugin"
	"github.com/miekg/dns"
	"github.com/prometheus/client_golang/prometheus"

	_ "github.com/coredns/coredns/plugin/debug"
)

// wireWriter counts and keeps what a server writes. It has no network.
type wireWriter struct {
	written int
	msg     *dns.Msg
	raw     []byte
}

func (w *wireWriter) WriteMsg(m *dns.Msg) error {
	w.written++
	w.msg = m
	return nil
}

func (w *wireWriter) Write(b []byte) (int, error) {
	w.written++
	w.raw = b
	return len(b), nil
}

func (*wireWriter) LocalAddr() net.Addr  { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 53} }
func (*wireWriter) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1053} }
func (*wireWriter) Close() error         { return nil }
func (*wireWriter) TsigStatus() error    { return nil }
func (*wireWriter) TsigTimersOnly(bool)  {}
func (*wireWriter) Hijack()              {}
func (*wireWriter) Network() string      { return "tcp" }

// inspectedChain starts a server whose answers come from a hook, and which does not recover from panics.
func inspectedChain(tb testing.TB, block string, h hook) *dnsserver.Server {
	tb.Helper()
	var started atomic.Pointer[dnsserver.Server]
	s := startEnumim(tb, "debug\n"+block+install(tb, behind, func(ctx context.Context, next plugin.Handler, w dns.ResponseWriter, r *dns.Msg) (int, error) {
		if s, ok := ctx.Value(dnsserver.Key{}).(*dnsserver.Server); ok && started.CompareAndSwap(nil, s) {
			return dns.RcodeRefused, nil
		}
		return h(ctx, next, w, r)
	}))
	guarded(tb, s, ".")
	return started.Load()
}

// panics returns how many panics enumim has recovered from.
func panics(tb testing.TB) float64 {
	tb.Helper()
	families, err := prometheus.DefaultGatherer.Gather()
	if err != nil {
		tb.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "coredns_enumim_panics_total" {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	tb.Fatal("panics are not counted")
	return 0
}

// FuzzGuardChain lets a plugin behind the guard write any message: nothing panics, one reply is written, what
// it was given stays as it was, and a record without a fault is in the reply.
func FuzzGuardChain(f *testing.F) {
	for _, wire := range hostile() {
		if len(wire) < 2000 { // TestGuardHostile sends the others
			f.Add(wire)
		}
	}
	var given atomic.Pointer[dns.Msg]
	var raw atomic.Pointer[[]byte]
	write := func(_ context.Context, _ plugin.Handler, w dns.ResponseWriter, _ *dns.Msg) (int, error) {
		if m := given.Load(); m != nil {
			return dns.RcodeSuccess, w.WriteMsg(m)
		}
		_, err := w.Write(*raw.Load())
		return dns.RcodeSuccess, err
	}
	var chains []*dnsserver.Server
	for _, by := range []treatment{observed, annotated, enforced, repaired, denied} {
		chains = append(chains, inspectedChain(f, "enumim_guard e164.arpa {\n"+by.lines+"\n}\n", write))
	}
	before := panics(f)
	f.Fuzz(func(t *testing.T, wire []byte) {
		m := new(dns.Msg)
		unpacks := m.Unpack(wire) == nil
		given.Store(nil)
		raw.Store(&wire)
		if unpacks {
			given.Store(m)
		}
		for i, chain := range chains {
			r := new(dns.Msg).SetQuestion(somebody, dns.TypeNAPTR)
			r.SetEdns0(maxUDP, false)
			was := m.String()
			w := &wireWriter{}
			chain.ServeDNS(context.Background(), w, r)
			if w.written != 1 {
				t.Fatalf("%d replies", w.written)
			}
			if !unpacks || w.msg == nil {
				continue
			}
			if w.msg != m && m.String() != was {
				t.Fatalf("the message that was handed over is another now:\n%s\n%v", was, m)
			}
			if enough := len(m.Question) == 1 && m.Rcode == dns.RcodeSuccess && m.Response && len(m.Answer) <= 100; enough && holdsGood(m) && !holdsGood(w.msg) {
				t.Fatalf("treatment %d loses a good record:\n%v\n%v", i, m, w.msg)
			}
			m = m.Copy()
			given.Store(m)
		}
		if panics(t) != before {
			t.Fatal("a panic")
		}
	})
}

// holdsGood reports whether a message holds a record without any fault for somebody.
func holdsGood(m *dns.Msg) bool {
	return slices.ContainsFunc(m.Answer, func(rr dns.RR) bool {
		r, ok := rr.(*dns.NAPTR)
		return ok && r.Flags == "u" && r.Service == "E2U+im" && r.Regexp == goodRegexp && r.Replacement == "." && r.Hdr.Class == dns.ClassINET && r.Order == 100
	})
}
