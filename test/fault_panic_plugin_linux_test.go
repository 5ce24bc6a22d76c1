package test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coredns/coredns/plugin"
	"github.com/miekg/dns"
)

// meddling returns a hook before enumim, a plugin with faults, that calls what follows in a way of its own.
func meddling(how string, calls *atomic.Int64) hook {
	return func(ctx context.Context, next plugin.Handler, w dns.ResponseWriter, r *dns.Msg) (int, error) {
		switch calls.Add(1); how {
		case "changes the records":
			w = &rewriter{w, func(w dns.ResponseWriter, m *dns.Msg) error {
				wire, err := m.Pack()
				if err != nil {
					return err
				}
				right := new(dns.Msg)
				if err := right.Unpack(wire); err != nil {
					return err
				}
				for _, rr := range append(m.Answer, m.Ns...) { // of the message itself, after what is sent was copied
					rr.Header().Ttl, rr.Header().Name = 1, "stolen.example."
					switch rr := rr.(type) {
					case *dns.NAPTR:
						rr.Regexp, rr.Order = "!^.*$!im:mallory@example.com!", 1
					case *dns.SOA:
						rr.Serial, rr.Ns = 1, "stolen.example."
					}
				}
				m.Answer = append(m.Answer[:0], &dns.A{Hdr: dns.RR_Header{Name: "stolen.example."}})
				m.Ns = append(m.Ns, m.Answer...)
				m.Question[0].Name = "stolen.example."
				return w.WriteMsg(right)
			}}
		case "calls twice":
			_, _ = plugin.NextOrFailure("hook", next, ctx, &rewriter{w, func(dns.ResponseWriter, *dns.Msg) error { return nil }}, r.Copy())
		case "changes the question afterwards":
			own := r.Copy()
			rcode, err := plugin.NextOrFailure("hook", next, ctx, w, own)
			own.Question[0].Name = "stolen.example."
			return rcode, err
		case "calls from a goroutine":
			rcode, done := 0, make(chan struct{})
			go func() {
				defer close(done)
				rcode, _ = plugin.NextOrFailure("hook", next, ctx, w, r)
			}()
			<-done
			return rcode, nil
		case "panics in its writer":
			once := calls.Load()%5 == 0
			w = &rewriter{w, func(w dns.ResponseWriter, m *dns.Msg) error {
				err := w.WriteMsg(m)
				if once {
					panic("number +441632960001")
				}
				return err
			}}
		case "fails to write":
			w = &rewriter{w, func(w dns.ResponseWriter, m *dns.Msg) error {
				w.WriteMsg(m)
				return fmt.Errorf("reset while +441632960001 was sent")
			}}
		}
		return plugin.NextOrFailure("hook", next, ctx, w, r)
	}
}

// TestMeddlingPlugins (F41, F37): what other plugins do with a reply (change its records, append to it, keep it, write it twice
// or into a writer that panics) is between them and that reply: all others are as before. Each reply is checked in full
// against the data, again and again.
func TestMeddlingPlugins(t *testing.T) {
	for _, how := range []string{"changes the records", "calls twice", "changes the question afterwards", "calls from a goroutine", "panics in its writer", "fails to write"} {
		t.Run(how, func(t *testing.T) {
			dir := home(t)
			lanes := []*lane{newLane(t, dir, 0, 20, false), newLane(t, dir, 1, 20, true)}
			var calls atomic.Int64
			panics := counter(t, "coredns_enumim_panics_total", "")
			block := ""
			for _, l := range lanes {
				block += (&place{line: "file " + l.path}).corefile(l.apex) + "\n"
			}
			f, name := newFailing(t, "store", 20)
			f.apex = "l2.example.net."
			lanes = append(lanes, f.lane)
			s := startInside(t, install(t, inFront, meddling(how, &calls)), block+f.block(name, 0))
			for _, l := range lanes {
				s.awaitStore(t, l, 1)
			}
			l := startUDP(t, s.at, lanes)
			for _, lane := range lanes {
				if err := s.serves(1, lane.queries()...); err != nil {
					t.Error(err)
				}
			}
			time.Sleep(300 * time.Millisecond)
			l.stop(t)
			if calls.Load() == 0 {
				t.Error("the plugin was never called")
			}
			if counted := counter(t, "coredns_enumim_panics_total", "") - panics; (counted > 0) != (how == "panics in its writer") {
				t.Errorf("%g panics were counted", counted)
			}
			s.tellsNoNumber(t, lanes)
			if !t.Failed() {
				note(t, result{Date: today(), Fault: "F41", Name: "a plugin that " + how, Store: "file", Rounds: int(calls.Load()), Queries: l.answered.Load()})
			}
		})
	}
}

// TestPrefetchPanics (F37): the cache plugin calls what follows it from goroutines that nobody guards. A driver that panics there
// ends no server.
func TestPrefetchPanics(t *testing.T) {
	f, name := newFailing(t, "plain", 3)
	s := startInside(t, "cache {\nsuccess 1000 10 10\ndenial 1000 10 10\nprefetch 1 10m 90%\nservfail 0\n}", f.block(name, 0))
	ask := func() {
		_ = s.askAll(f.queries(), func(query, *dns.Msg) error { return nil })
	}
	eventually(t, func() error { return s.rcode(query{f.lane, 0}, dns.RcodeSuccess) })
	ask()
	f.plan(1, "panic", true)
	time.Sleep(2100 * time.Millisecond) // a fifth of what is left to live: each hit is fetched anew, beside the reply
	eventually(t, func() error {
		ask()
		if calls, _ := f.done(); !slices.Contains(calls, "Lookup") {
			return fmt.Errorf("nothing is fetched: %q", calls)
		}
		return nil
	})
	f.plan(0, "", false)
	eventually(t, func() error { return s.rcode(query{f.lane, 0}, dns.RcodeSuccess) })
	s.tellsNoNumber(t, []*lane{f.lane})
}
