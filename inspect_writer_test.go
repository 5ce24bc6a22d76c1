package enumim

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/coredns/coredns/plugin"
	"github.com/coredns/coredns/plugin/metadata"
	"github.com/coredns/coredns/request"
	"github.com/miekg/dns"

	"github.com/enumim/enumim/guard"
)

// modes are all there are.
var modes = []guard.Mode{guard.Observe, guard.Annotate, guard.Enforce}

// A next plugin that writes nothing has its own way: the server writes for it, or nobody does.
func TestNothingWritten(t *testing.T) {
	broken := errors.New("broken")
	for _, rcode := range []int{dns.RcodeSuccess, dns.RcodeNameError, dns.RcodeServerFailure, dns.RcodeRefused, dns.RcodeFormatError} {
		for _, fault := range []error{nil, broken} {
			g := inspecting(guard.Enforce, stub{}, func(context.Context, dns.ResponseWriter, *dns.Msg) (int, error) { return rcode, fault })
			w := &writer{}
			got, err := g.ServeDNS(context.Background(), w, query1(number1, dns.TypeNAPTR))
			if got != rcode || !errors.Is(err, fault) || len(w.msgs) != 0 {
				t.Errorf("%d, %v became %d, %v, with %d messages", rcode, fault, got, err, len(w.msgs))
			}
		}
	}
}

// Whatever a chain does, a query gets at most one reply, and one that was written is not followed by another.
func TestHostileChains(t *testing.T) {
	type chain = func(w dns.ResponseWriter, m *dns.Msg) (int, error)
	write := func(w dns.ResponseWriter, m *dns.Msg) { _ = w.WriteMsg(m) }
	for name, test := range map[string]struct {
		chain chain
		rcode int // of the reply
		ended int // what the handler returns
	}{
		"once": {func(w dns.ResponseWriter, m *dns.Msg) (int, error) { write(w, m); return dns.RcodeSuccess, nil }, dns.RcodeSuccess, dns.RcodeSuccess},
		"twice": {func(w dns.ResponseWriter, m *dns.Msg) (int, error) {
			write(w, m)
			write(w, new(dns.Msg).SetRcode(m, dns.RcodeRefused))
			_, _ = w.Write([]byte("more"))
			return dns.RcodeSuccess, nil
		}, dns.RcodeSuccess, dns.RcodeSuccess},
		"writes and says that it has not": {func(w dns.ResponseWriter, m *dns.Msg) (int, error) {
			write(w, m)
			return dns.RcodeServerFailure, errors.New("broken")
		}, dns.RcodeSuccess, dns.RcodeSuccess},
		"keeps the rcode of what it wrote": {func(w dns.ResponseWriter, m *dns.Msg) (int, error) {
			m.Rcode = dns.RcodeNameError
			write(w, m)
			return dns.RcodeNameError, nil
		}, dns.RcodeNameError, dns.RcodeNameError},
		"nil": {func(w dns.ResponseWriter, _ *dns.Msg) (int, error) { write(w, nil); return dns.RcodeSuccess, nil },
			dns.RcodeServerFailure, dns.RcodeSuccess},
		"nil, then a reply": {func(w dns.ResponseWriter, m *dns.Msg) (int, error) {
			write(w, nil)
			write(w, m)
			return dns.RcodeSuccess, nil
		},
			dns.RcodeServerFailure, dns.RcodeSuccess},
		"no question": {func(w dns.ResponseWriter, m *dns.Msg) (int, error) {
			m.Question = nil
			write(w, m)
			return dns.RcodeSuccess, nil
		},
			dns.RcodeSuccess, dns.RcodeSuccess},
		"another question": {func(w dns.ResponseWriter, m *dns.Msg) (int, error) {
			m.Question[0] = dns.Question{Name: "1.example.", Qtype: dns.TypeA, Qclass: dns.ClassINET}
			write(w, m)
			return dns.RcodeSuccess, nil
		}, dns.RcodeSuccess, dns.RcodeSuccess},
		"no response": {func(w dns.ResponseWriter, m *dns.Msg) (int, error) {
			m.Response = false
			write(w, m)
			return dns.RcodeSuccess, nil
		},
			dns.RcodeSuccess, dns.RcodeSuccess},
	} {
		for _, mode := range modes {
			t.Run(name, func(t *testing.T) {
				all := inspectorsOf([]*block{inspectBlock(mode, "e164.arpa")})
				g := Guard{inspectors: all, Next: plugin.HandlerFunc(func(_ context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
					m := new(dns.Msg).SetReply(r)
					m.Answer = records(t, good)
					return test.chain(w, m)
				})}
				w, r := &writer{}, query1(number1, dns.TypeNAPTR)
				rcode, _ := g.ServeDNS(context.Background(), request.NewScrubWriter(r, w), r)
				if rcode != test.ended || len(w.msgs) != 1 || w.msgs[0].Rcode != test.rcode {
					t.Errorf("mode %d: returned %d, wrote %v", mode, rcode, w.msgs)
				}
			})
		}
	}
}

// A reply that could not be written leaves the plugin another try, and its return code counts.
func TestFailedWrite(t *testing.T) {
	lost := errors.New("lost")
	g := inspecting(guard.Enforce, stub{}, func(_ context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
		if err := w.WriteMsg(new(dns.Msg).SetReply(r)); !errors.Is(err, lost) {
			t.Errorf("WriteMsg: error %v", err)
		}
		return dns.RcodeServerFailure, w.WriteMsg(new(dns.Msg).SetReply(r))
	})
	w := &writer{err: lost}
	if rcode, err := g.ServeDNS(context.Background(), w, query1(number1, dns.TypeNAPTR)); rcode != dns.RcodeServerFailure || !errors.Is(err, lost) || len(w.msgs) != 2 {
		t.Errorf("returned %d, %v after %d messages", rcode, err, len(w.msgs))
	}
}

// octetWriter keeps octets, too.
type octetWriter struct {
	writer
	octets [][]byte
}

func (w *octetWriter) Write(b []byte) (int, error) {
	w.octets = append(w.octets, slices.Clone(b))
	return len(b), nil
}

// Octets are judged like a message. Where nothing changes they go on as they are; what is no message
// passes where no policy is enforced.
func TestOctets(t *testing.T) {
	reply := new(dns.Msg).SetReply(query1(number1, dns.TypeNAPTR))
	reply.Answer = records(t, good)
	packed, err := reply.Pack()
	if err != nil {
		t.Fatal(err)
	}
	withhold := stub{judge: func(r, _ *dns.Msg) guard.Verdict {
		return guard.Verdict{Msg: new(dns.Msg).SetRcode(r, dns.RcodeServerFailure), Action: guard.Emptied}
	}}
	told := stub{judge: func(_, m *dns.Msg) guard.Verdict {
		return guard.Verdict{Msg: m, Action: guard.Told, EDE: guard.EDE{Text: "enumim: R05"}}
	}}
	for name, test := range map[string]struct {
		octets  []byte
		mode    guard.Mode
		judge   stub
		octetsN int
		rcode   int // of the message, where one is written
	}{
		"told":               {packed, guard.Annotate, told, 0, dns.RcodeSuccess},
		"passed":             {packed, guard.Enforce, stub{}, 1, 0},
		"withheld":           {packed, guard.Enforce, withhold, 0, dns.RcodeServerFailure},
		"garbage":            {[]byte("garbage"), guard.Observe, stub{}, 1, 0},
		"garbage, annotated": {packed[:len(packed)-3], guard.Annotate, stub{}, 1, 0},
		"garbage, enforced":  {packed[:len(packed)-3], guard.Enforce, stub{}, 0, dns.RcodeServerFailure},
		"nothing, enforced":  {nil, guard.Enforce, stub{}, 0, dns.RcodeServerFailure},
	} {
		t.Run(name, func(t *testing.T) {
			g := inspecting(test.mode, test.judge, func(_ context.Context, w dns.ResponseWriter, _ *dns.Msg) (int, error) {
				for range 2 {
					if n, err := w.Write(test.octets); n != len(test.octets) || err != nil {
						t.Errorf("Write: %d, %v", n, err)
					}
				}
				return dns.RcodeSuccess, nil
			})
			w := &octetWriter{}
			r := withOPT(query1(number1, dns.TypeNAPTR), 1232, false)
			if rcode, err := g.ServeDNS(context.Background(), w, r); rcode != dns.RcodeSuccess || err != nil {
				t.Errorf("returned %d, %v", rcode, err)
			}
			switch {
			case len(w.octets) != test.octetsN || len(w.msgs) != 1-test.octetsN:
				t.Errorf("%d octet strings and %d messages were written", len(w.octets), len(w.msgs))
			case len(w.octets) == 1 && string(w.octets[0]) != string(test.octets):
				t.Error("the octets were changed")
			case len(w.msgs) == 1 && w.msgs[0].Rcode != test.rcode:
				t.Errorf("wrote %v", w.msgs[0])
			}
		})
	}
}

// A panic while a reply is judged is counted, and told without its value. It costs the reply only where it
// would not be known to keep to the policy.
func TestPanicInJudge(t *testing.T) {
	judge := stub{judge: func(r, _ *dns.Msg) guard.Verdict { panic(r.Question[0].Name) }}
	for _, mode := range modes {
		before := counterValue(t, panics)
		r := withOPT(query1(number1, dns.TypeNAPTR), 1232, false)
		var reply *dns.Msg
		logged := capture(func() { reply = askHandler(t, inspecting(mode, judge, answering(t, good)), r, nil) })
		if got := counterValue(t, panics) - before; got != 1 || !strings.Contains(logged, "recovered") || strings.Contains(logged, "3.8.") {
			t.Errorf("counted %v panics, logged %s", got, logged)
		}
		if mode == guard.Enforce {
			wantReply(t, reply, "SERVFAIL\nede: 0 internal error")
		} else {
			wantReply(t, reply, "NOERROR\nanswer: "+strings.ReplaceAll(good, " 600 NAPTR", " 600 IN NAPTR"))
		}
	}
}

// Panics of other plugins are theirs: the server counts them.
func TestPanicInNext(t *testing.T) {
	before := counterValue(t, panics)
	defer func() {
		if v := recover(); v != "next" || counterValue(t, panics) != before {
			t.Errorf("recovered %v", v)
		}
	}()
	g := inspecting(guard.Enforce, stub{}, func(context.Context, dns.ResponseWriter, *dns.Msg) (int, error) { panic("next") })
	_, _ = g.ServeDNS(context.Background(), &writer{}, query1(number1, dns.TypeNAPTR))
}

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
