package enumim

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
)

// TestStatesBecomeMetrics: what a backend tells of itself is asked for when metrics are collected, what it does
// not know has no series, and all of it goes with the backend.
func TestStatesBecomeMetrics(t *testing.T) {
	var state atomic.Pointer[backend.State]
	state.Store(&backend.State{Source: "db.example.net:5432/states", Entries: -1, Broken: -1})
	m := newMemory(t, "e164.arpa", numbers)
	m.state = func() backend.State { return *state.Load() }
	name := shelve(t, m)
	instance := startServer(t, memoryCorefile(name, ""))
	settle()
	want := func(when string, lines ...string) {
		t.Helper()
		got := seriesWith(t, "/states")
		ok := len(got) == len(lines)
		for i := range got {
			ok = ok && strings.HasPrefix(got[i], lines[i])
		}
		if !ok {
			t.Errorf("%s:\n%s\nwant\n%s", when, strings.Join(got, "\n"), strings.Join(lines, "\n"))
		}
	}
	series := func(name, value string) string {
		return fmt.Sprintf(`coredns_enumim_backend_%s{backend="memory",source="db.example.net:5432/states"} %s`, name, value)
	}
	want("nothing is known", series("up", "0"))
	state.Store(&backend.State{
		Source: "db.example.net:5432/states", Entries: 42, Broken: 1, Serial: 7, Current: time.Now().Add(-90 * time.Second), Stale: time.Hour, Up: true,
	})
	known := []string{series("age_limit_seconds", "3600"), series("age_seconds", "9"), series("broken_entries", "1"), series("entries", "42"), series("serial", "7"), series("up", "1")}
	want("all is known", known...)
	next, err := instance.Restart(input(memoryCorefile(name, "chaos")))
	if err != nil {
		t.Fatal(err)
	}
	want("after a reload", known...)
	stopServer(next)
	want("at the end")
}

// TestStatesAreGuarded: a backend that panics when it is to tell its state ends neither the server nor the page.
func TestStatesAreGuarded(t *testing.T) {
	m := newMemory(t, "e164.arpa", numbers)
	m.state = func() backend.State { panic("mute") }
	startServer(t, memoryCorefile(shelve(t, m), ""))
	settle()
	const counter = "coredns_enumim_panics_total"
	before := seriesWith(t, counter)
	seriesWith(t, counter) // collectors are asked beside each other: the counter may be read before the panic
	if after := seriesWith(t, counter); len(before) != 1 || len(after) != 1 || before[0] == after[0] {
		t.Errorf("before %q, after %q", before, after)
	}
}

// TestWorstOfOneSource: of two backends with the same source the worse is shown, whichever comes first.
func TestWorstOfOneSource(t *testing.T) {
	now := time.Now()
	good := backend.State{Source: "s", Entries: 10, Broken: -1, Serial: 8, Current: now, Stale: time.Hour, Up: true}
	bad := backend.State{Source: "s", Entries: 3, Broken: 2, Serial: 7, Current: now.Add(-time.Hour), Stale: time.Minute}
	none := backend.State{Source: "s", Entries: -1, Broken: -1, Up: true}
	for _, c := range []struct{ a, b, want backend.State }{{good, bad, bad}, {bad, good, bad}, {good, none, good}, {none, good, good}} {
		if got := worse(c.a, c.b); got != c.want {
			t.Errorf("of %+v and %+v: %+v", c.a, c.b, got)
		}
	}
}

// TestFailures: each sort of error has its reason in metrics and its Extended DNS Error, however it is wrapped.
func TestFailures(t *testing.T) {
	for _, tt := range []struct {
		name   string
		err    error
		reason string
		code   uint16
	}{
		{"busy", backend.ErrBusy, "busy", dns.ExtendedErrorCodeNetworkError},
		{"late", fmt.Errorf("%w: %w", backend.ErrUnavailable, context.DeadlineExceeded), "timeout", dns.ExtendedErrorCodeNetworkError},
		{"late, bare", context.DeadlineExceeded, "timeout", dns.ExtendedErrorCodeNetworkError},
		{"away", backend.ErrUnavailable, "unavailable", dns.ExtendedErrorCodeNetworkError},
		{"left", fmt.Errorf("%w: %w", backend.ErrUnavailable, context.Canceled), "unavailable", dns.ExtendedErrorCodeNetworkError},
		{"bad data", backend.ErrInvalidData, "invalid", dns.ExtendedErrorCodeInvalidData},
		{"too old", backend.ErrStale, "stale", dns.ExtendedErrorCodeInvalidData},
		{"no data yet", backend.ErrNotReady, "not_ready", dns.ExtendedErrorCodeNotReady},
		{"panicked", backend.ErrPanic, "panic", dns.ExtendedErrorCodeOther},
		{"closed", backend.ErrClosed, "closed", dns.ExtendedErrorCodeNotReady},
		{"another", errors.New("of nobody"), "other", dns.ExtendedErrorCodeOther},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMemory(t, "4.4.e164.arpa", fixture)
			m.hook = func(context.Context, backend.Query) (backend.Answer, error, bool) {
				return backend.Answer{}, fmt.Errorf("wrapped: %w", tt.err), true
			}
			e := serve(t, "4.4.e164.arpa", m)
			counter := lookupErrors.WithLabelValues("4.4.e164.arpa.", tt.reason)
			before := counterValue(t, counter)
			r := askHandler(t, e, withOPT(query1(vectorName("3.8.0.0.6.9.2.3.6.1"), dns.TypeNAPTR), 1232, false), nil)
			if r.Rcode != dns.RcodeServerFailure || len(r.Answer) != 0 {
				t.Errorf("rcode %d with %d records: an error must become SERVFAIL", r.Rcode, len(r.Answer))
			}
			opt := r.IsEdns0()
			if opt == nil || len(opt.Option) != 1 || opt.Option[0].(*dns.EDNS0_EDE).InfoCode != tt.code {
				t.Errorf("%v, want Extended DNS Error %d", opt, tt.code)
			}
			if got := counterValue(t, counter) - before; got != 1 {
				t.Errorf("reason %s was counted %v times", tt.reason, got)
			}
		})
	}
}

// TestSeriesAreFew: whatever happens in a zone, it has few series.
func TestSeriesAreFew(t *testing.T) {
	const zone = "few.example."
	var c tally
	c.count("dns://:53", zone, resultFound)
	for _, f := range failures {
		lookupErrors.WithLabelValues(zone, f.reason).Inc()
	}
	lookupErrors.WithLabelValues(zone, failureOf(errors.New("x")).reason).Inc()
	lookupDuration.WithLabelValues(zone).Observe(1)
	if n := len(seriesWith(t, zone)); n == 0 || n > 60 {
		t.Errorf("%d series for one zone", n)
	}
	tr := &tree{block: &block{}, zone: zone}
	tr.tally.servers.Store(c.servers.Load())
	tr.forget()
	if left := seriesWith(t, zone); len(left) != 0 {
		t.Errorf("series that outlive their zone:\n%s", strings.Join(left, "\n"))
	}
}
