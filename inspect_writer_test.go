package enumim

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/coredns/coredns/plugin"
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
			malformed := guardFindings.WithLabelValues("e164.arpa.", guard.RuleMalformed, "error")
			before, want := counterValue(t, malformed), 0.0
			if strings.Contains(name, "garbage") || len(test.octets) == 0 {
				want = 1
			}
			logged := capture(func() {
				if rcode, err := g.ServeDNS(context.Background(), w, r); rcode != dns.RcodeSuccess || err != nil {
					t.Errorf("returned %d, %v", rcode, err)
				}
			})
			switch {
			case len(w.octets) != test.octetsN || len(w.msgs) != 1-test.octetsN:
				t.Errorf("%d octet strings and %d messages were written", len(w.octets), len(w.msgs))
			case len(w.octets) == 1 && string(w.octets[0]) != string(test.octets):
				t.Error("the octets were changed")
			case len(w.msgs) == 1 && w.msgs[0].Rcode != test.rcode:
				t.Errorf("wrote %v", w.msgs[0])
			case strings.HasSuffix(name, ", enforced"):
				wantReply(t, w.msgs[0], "SERVFAIL\nede: 24 reply of another server is no DNS message")
			}
			if n := counterValue(t, malformed) - before; n != want {
				t.Errorf("counted %v times, want %v", n, want)
			}
			if told := strings.Contains(logged, "malformed"); told != (want > 0) {
				t.Errorf("logged %s", logged)
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
		action := guardResponses.WithLabelValues("", "e164.arpa.", guard.Passed.String())
		passed := counterValue(t, action)
		r := withOPT(query1(number1, dns.TypeNAPTR), 1232, false)
		var reply *dns.Msg
		logged := capture(func() { reply = askHandler(t, inspecting(mode, judge, answering(t, good)), r, nil) })
		if got := counterValue(t, panics) - before; got != 1 || !strings.Contains(logged, "recovered") || strings.Contains(logged, "3.8.") {
			t.Errorf("counted %v panics, logged %s", got, logged)
		}
		if counterValue(t, action) != passed {
			t.Errorf("mode %d: counted as what was judged and passed", mode)
		}
		if mode == guard.Enforce {
			wantReply(t, reply, "SERVFAIL\nede: 0 internal error")
		} else {
			wantReply(t, reply, "NOERROR\nanswer: "+strings.ReplaceAll(good, " 600 NAPTR", " 600 IN NAPTR"))
		}
	}
}

// A client has the bits that its own query would have brought also where a reply could not be judged, and a
// second bug does no more harm.
func TestBitsAfterPanic(t *testing.T) {
	for _, fault := range []bool{false, true} {
		judge := stub{judge: func(_, _ *dns.Msg) guard.Verdict { panic("judge") }, bits: func(_, m *dns.Msg) *dns.Msg {
			if fault {
				panic("bits")
			}
			own := *m
			own.CheckingDisabled = true
			return &own
		}}
		if r := askHandler(t, inspecting(guard.Annotate, judge, answering(t, good)), query1(number1, dns.TypeNAPTR), nil); r.CheckingDisabled == fault || len(r.Answer) != 1 {
			t.Errorf("fault %t: got %v", fault, r)
		}
	}
}

// What is found all the time does not keep a panic out of the log.
func TestPanicIsLoggedBesideFindings(t *testing.T) {
	n := 0
	judge := stub{judge: func(_, m *dns.Msg) guard.Verdict {
		if n++; n == 2 {
			panic("judge")
		}
		return guard.Verdict{Msg: m, Action: guard.Told, Counts: counts}
	}}
	g := inspecting(guard.Observe, judge, answering(t, good))
	logged := capture(func() {
		for range 2 {
			askHandler(t, g, query1(number1, dns.TypeNAPTR), nil)
		}
	})
	if !strings.Contains(logged, "inspected") || !strings.Contains(logged, "recovered") {
		t.Errorf("logged %s", logged)
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
