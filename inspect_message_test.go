package enumim

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/coredns/coredns/plugin"
	"github.com/coredns/coredns/plugin/metadata"
	"github.com/coredns/coredns/request"
	"github.com/miekg/dns"

	"github.com/enumim/enumim/guard"
)

// The judge is given the query as the client put it, though plugins behind (rewrite) change it in place, and
// an Extended DNS Error follows the client's EDNS and not theirs.
func TestJudgedIsWhatTheClientAsked(t *testing.T) {
	for _, edns := range []bool{false, true} {
		judge := stub{judge: func(r, m *dns.Msg) guard.Verdict {
			opt := r.IsEdns0()
			if r.Question[0].Name != number1 || (opt != nil) != edns || edns && (opt.Do() || opt.UDPSize() != 1232) {
				t.Errorf("judged for %v", r)
			}
			return guard.Verdict{Msg: m, Action: guard.Told, EDE: guard.EDE{Text: "enumim: R05"}}
		}}
		g := inspecting(guard.Annotate, judge, func(_ context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
			r.Question[0].Name = "1.e164.arpa."
			if opt := r.IsEdns0(); opt != nil {
				opt.SetDo()
				opt.SetUDPSize(4096)
			} else {
				r.SetEdns0(4096, true)
			}
			return dns.RcodeSuccess, w.WriteMsg(new(dns.Msg).SetReply(r))
		})
		r := query1(number1, dns.TypeNAPTR)
		if edns {
			r.SetEdns0(1232, false)
		}
		if got := askHandler(t, g, r, nil); (got.IsEdns0() != nil) != edns {
			t.Errorf("EDNS of the client %v, sent %v", edns, got)
		}
	}
}

// What the guard wants asked instead goes to the next plugin; the client's query stays as it was.
func TestQueryOfTheGuard(t *testing.T) {
	judge := stub{query: func(r *dns.Msg) *dns.Msg {
		instead := r.Copy()
		instead.AuthenticatedData = true
		return instead
	}}
	g := inspecting(guard.Enforce, judge, func(_ context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
		if !r.AuthenticatedData {
			t.Error("the next plugin got the client's query")
		}
		return dns.RcodeSuccess, w.WriteMsg(new(dns.Msg).SetReply(r))
	})
	r := withOPT(query1(number1, dns.TypeNAPTR), 1232, true)
	before := r.Copy().String()
	askHandler(t, g, r, nil)
	if r.String() != before {
		t.Errorf("the query became\n%v\nfrom\n%s", r, before)
	}
}

// One message that many queries are answered with, as from a cache, stays as it is, though the server and
// plugins in front write into what they are given.
func TestSharedMessageStays(t *testing.T) {
	for name, test := range map[string]struct {
		opt bool
		ede guard.EDE
	}{
		"passed":           {},
		"passed with OPT":  {opt: true},
		"annotated":        {ede: guard.EDE{Text: "enumim: R05"}},
		"annotated in OPT": {opt: true, ede: guard.EDE{Text: "enumim: R05"}},
	} {
		t.Run(name, func(t *testing.T) {
			shared := new(dns.Msg).SetReply(query1(number1, dns.TypeNAPTR))
			shared.Answer = records(t, good, strings.Replace(good, "100 10", "100 20", 1))
			shared.Extra = append(make([]dns.RR, 0, 8), records(t, "ns.example. 60 IN A 192.0.2.9")...)
			options := 0
			if test.opt {
				shared.SetEdns0(4096, false)
				shared.IsEdns0().Option = append(make([]dns.EDNS0, 0, 8), &dns.EDNS0_EDE{InfoCode: 3})
				options++
			}
			before, room := shared.Copy().String(), len(shared.Extra)
			if test.ede != (guard.EDE{}) {
				options++
			}
			g := inspecting(guard.Annotate, stub{judge: func(_, m *dns.Msg) guard.Verdict {
				return guard.Verdict{Msg: m, EDE: test.ede}
			}}, func(_ context.Context, w dns.ResponseWriter, _ *dns.Msg) (int, error) {
				return dns.RcodeSuccess, w.WriteMsg(shared)
			})
			var all sync.WaitGroup
			for i := range 8 {
				all.Go(func() {
					r := withOPT(query1(number1, dns.TypeNAPTR), 512, i%2 == 0)
					w := &writer{}
					if _, err := g.ServeDNS(context.Background(), request.NewScrubWriter(r, w), r); err != nil || len(w.msgs) != 1 {
						t.Errorf("error %v, wrote %v", err, w.msgs)
						return
					}
					sent := w.msgs[0]
					if o := sent.IsEdns0(); o == nil || len(o.Option) != options || o.UDPSize() != 512 || o.Do() != (i%2 == 0) {
						t.Errorf("sent the OPT %v", o)
					}
					sent.Answer[0], sent.Answer[1] = sent.Answer[1], sent.Answer[0] // as a plugin in front may
					sent.Question[0].Name = "1.example."
				})
			}
			all.Wait()
			if shared.String() != before || shared.Extra[:room+1][room] != nil {
				t.Errorf("the shared message became\n%v\nfrom\n%s", shared, before)
			}
		})
	}
}

// A record that is none costs a reply only where a policy is enforced.
func TestNilRecord(t *testing.T) {
	for mode, want := range map[guard.Mode]int{guard.Observe: dns.RcodeSuccess, guard.Annotate: dns.RcodeSuccess, guard.Enforce: dns.RcodeServerFailure} {
		g := Guard{inspectors: inspectorsOf([]*block{inspectBlock(mode, "e164.arpa")})}
		g.Next = plugin.HandlerFunc(func(_ context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
			m := new(dns.Msg).SetReply(r)
			m.Answer, m.Extra = []dns.RR{(*dns.NAPTR)(nil), nil}, []dns.RR{nil, (*dns.OPT)(nil)}
			return dns.RcodeSuccess, w.WriteMsg(m)
		})
		w := &writer{}
		if _, err := g.ServeDNS(context.Background(), w, withOPT(query1(number1, dns.TypeNAPTR), 1232, false)); err != nil || len(w.msgs) != 1 || w.msgs[0].Rcode != want {
			t.Errorf("mode %d: error %v, %d replies", mode, err, len(w.msgs))
		}
	}
}

// The cache plugin refreshes what it holds in the background: with a writer that has no client, with the
// context of a query that is over, and with metadata of its own.
func TestBackgroundRefresh(t *testing.T) {
	ctx, cancel := context.WithCancel(metadata.ContextWithMetadata(context.Background()))
	cancel()
	ctx = metadata.ContextWithMetadata(ctx)
	w := &background{}
	g := inspecting(guard.Annotate, stub{judge: func(_, m *dns.Msg) guard.Verdict {
		return guard.Verdict{Msg: m, Action: guard.Told, EDE: guard.EDE{Text: "enumim: R05"}}
	}}, answering(t, good))
	r := withOPT(query1(number1, dns.TypeNAPTR), 512, false)
	if rcode, err := g.ServeDNS(ctx, w, r); rcode != dns.RcodeSuccess || err != nil || w.m == nil || len(w.m.Answer) != 1 {
		t.Errorf("returned %d, %v, wrote %v", rcode, err, w.m)
	}
	if f := metadata.ValueFunc(ctx, "enumim/guard"); f == nil || f() != "told" {
		t.Error("no metadata")
	}
}

// background is a writer without a client.
type background struct {
	dns.ResponseWriter
	m *dns.Msg
}

func (*background) RemoteAddr() net.Addr        { return &net.TCPAddr{} }
func (w *background) WriteMsg(m *dns.Msg) error { w.m = m; return nil }

// tracking is a writer that knows TLS, and which plugin wrote.
type tracking struct {
	writer
	name  string
	state *tls.ConnectionState
}

func (w *tracking) SetPlugin(name string)                 { w.name = name }
func (w *tracking) GetPlugin() string                     { return w.name }
func (w *tracking) ConnectionState() *tls.ConnectionState { return w.state }

// Plugins find through the writer what they find without it.
func TestWriterForwards(t *testing.T) {
	i := inspectorsOf([]*block{inspectBlock(guard.Observe, "e164.arpa")}).zones["e164.arpa."]
	r := query1(number1, dns.TypeNAPTR)
	outer := &tracking{state: &tls.ConnectionState{ServerName: "ns.example.net"}}
	w := newInspectWriter(context.Background(), outer, r, i)
	_, _ = plugin.NextOrFailure("next", answering(t, good), context.Background(), w, r)
	if outer.name != "handlerfunc" || w.GetPlugin() != "handlerfunc" || w.ConnectionState() != outer.state {
		t.Errorf("plugin %q, TLS %v", outer.name, w.ConnectionState())
	}
	w = newInspectWriter(context.Background(), &writer{}, r, i)
	if w.SetPlugin("next"); w.GetPlugin() != "" || w.ConnectionState() != nil {
		t.Error("a writer that knows neither")
	}
}

// A reply that was cut off and of which nothing is left is no answer over TCP: nobody asks for the whole there, and
// without records it would say that there are none.
func TestCutOffWithoutRecords(t *testing.T) {
	for _, c := range []struct {
		name      string
		remote    net.Addr
		empty     guard.Empty
		rcode     int
		truncated bool
	}{
		{"UDP", overUDP, guard.ServFail, dns.RcodeSuccess, true},
		{"TCP", overTCP, guard.ServFail, dns.RcodeServerFailure, false},
		{"UDP, nodata", overUDP, guard.NoData, dns.RcodeSuccess, true},
		{"TCP, nodata", overTCP, guard.NoData, dns.RcodeSuccess, true},
	} {
		b := inspectBlock(guard.Enforce, "e164.arpa")
		b.Inspect.Policy.Empty = c.empty
		shared := new(dns.Msg).SetReply(query1(number1, dns.TypeNAPTR))
		shared.Answer, shared.Truncated, shared.Authoritative = records(t, bad, number1+" 600 IN CNAME a.example."), true, true
		before := shared.String()
		g := Guard{inspectors: inspectorsOf([]*block{b}), Next: plugin.HandlerFunc(func(_ context.Context, w dns.ResponseWriter, _ *dns.Msg) (int, error) {
			return dns.RcodeSuccess, w.WriteMsg(shared)
		})}
		got := askHandler(t, g, withOPT(query1(number1, dns.TypeNAPTR), 1232, false), c.remote)
		failed := c.rcode != dns.RcodeSuccess
		if got.Rcode != c.rcode || got.Truncated != c.truncated || got.Authoritative == failed || len(got.Answer) == 0 != failed || got.IsEdns0() == nil {
			t.Errorf("%s: %v", c.name, got)
		}
		if shared.String() != before {
			t.Errorf("%s: the message that was judged is another one now", c.name)
		}
	}
}
