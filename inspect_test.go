package enumim

import (
	"context"
	"testing"

	"github.com/coredns/coredns/plugin"
	"github.com/miekg/dns"

	"github.com/enumim/enumim/corefile"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/guard"
)

// number1 is the ENUM domain of +44 1632 960083, for which the tests ask others.
const number1 = "3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa."

// good is what others answer to that.
const good = number1 + ` 600 IN NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .`

// inspectBlock returns a block without a backend that inspects zones.
func inspectBlock(mode guard.Mode, zones ...string) *block {
	b := &block{Block: &corefile.Block{Options: corefile.Defaults(), Inspect: &corefile.Inspect{Policy: guard.Policy{Mode: mode}}}}
	for _, zone := range zones {
		b.Inspect.Zones = append(b.Inspect.Zones, mustApex(zone))
	}
	return b
}

// stub is a judge of a test; what it does not say is what a guard without findings does.
type stub struct {
	query func(r *dns.Msg) *dns.Msg
	judge func(r, m *dns.Msg) guard.Verdict
	bits  func(r, m *dns.Msg) *dns.Msg
}

func (s stub) Restore(r, m *dns.Msg) *dns.Msg {
	if s.bits == nil {
		return m
	}
	return s.bits(r, m)
}

func (s stub) Query(r *dns.Msg) *dns.Msg {
	if s.query == nil {
		return r
	}
	return s.query(r)
}

func (s stub) Judge(r, m *dns.Msg) guard.Verdict {
	if s.judge == nil {
		return guard.Verdict{Msg: m}
	}
	return s.judge(r, m)
}

// inspecting returns a Guard for e164.arpa in which s judges.
func inspecting(mode guard.Mode, s judge, next plugin.HandlerFunc) Guard {
	all := inspectorsOf([]*block{inspectBlock(mode, "e164.arpa")})
	all.zones["e164.arpa."].judge = s
	return Guard{Next: next, inspectors: all}
}

// records reads records of master-file text, one each.
func records(tb testing.TB, text ...string) (list []dns.RR) {
	tb.Helper()
	for _, line := range text {
		record, err := dns.NewRR(line)
		if err != nil {
			tb.Fatal(err)
		}
		list = append(list, record)
	}
	return list
}

// answering is a next plugin that answers with records.
func answering(tb testing.TB, text ...string) plugin.HandlerFunc {
	return func(_ context.Context, w dns.ResponseWriter, r *dns.Msg) (int, error) {
		m := new(dns.Msg).SetReply(r)
		m.Answer = records(tb, text...)
		return dns.RcodeSuccess, w.WriteMsg(m)
	}
}

// Only a query whose answer can hold NAPTR, for a name in an inspected zone, is looked at.
func TestWhichQueriesAreInspected(t *testing.T) {
	naptr := func() *dns.Msg { return query1(number1, dns.TypeNAPTR) }
	for name, test := range map[string]struct {
		r    *dns.Msg
		want int
	}{
		"NAPTR":            {naptr(), 1},
		"ANY":              {query1(number1, dns.TypeANY), 1},
		"other case":       {query1("3.8.0.0.6.9.2.3.6.1.4.4.E164.aRPa.", dns.TypeNAPTR), 1},
		"the zone":         {query1("e164.arpa.", dns.TypeNAPTR), 1},
		"A":                {query1(number1, dns.TypeA), 0},
		"AXFR":             {query1("e164.arpa.", dns.TypeAXFR), 0},
		"another zone":     {query1("1.e164.example.", dns.TypeNAPTR), 0},
		"a label's end":    {query1("1.xe164.arpa.", dns.TypeNAPTR), 0},
		"a label with dot": {query1(`1\.e164.arpa.`, dns.TypeNAPTR), 0},
		"CHAOS":            {func() *dns.Msg { m := naptr(); m.Question[0].Qclass = dns.ClassCHAOS; return m }(), 0},
		"class ANY":        {func() *dns.Msg { m := naptr(); m.Question[0].Qclass = dns.ClassANY; return m }(), 1},
		"NOTIFY":           {func() *dns.Msg { m := naptr(); m.Opcode = dns.OpcodeNotify; return m }(), 0},
		"no question":      {&dns.Msg{}, 0},
		"two questions":    {func() *dns.Msg { m := naptr(); m.Question = append(m.Question, m.Question[0]); return m }(), 0},
	} {
		t.Run(name, func(t *testing.T) {
			judged := 0
			g := inspecting(guard.Observe, stub{judge: func(_, m *dns.Msg) guard.Verdict {
				judged++
				return guard.Verdict{Msg: m}
			}}, answering(t, good))
			askHandler(t, g, test.r, nil)
			if judged != test.want {
				t.Errorf("judged %d times, want %d", judged, test.want)
			}
		})
	}
}

// A query with two questions, or two OPT records, gets to no server behind: its answer could not be judged.
func TestGuardRefusesMalformed(t *testing.T) {
	two := query1(number1, dns.TypeA)
	two.Question = append(two.Question, query1(number1, dns.TypeNAPTR).Question...)
	opts := withOPT(withOPT(query1(number1, dns.TypeNAPTR), 1232, false), 1232, false)
	for name, r := range map[string]*dns.Msg{"two questions": two, "two OPT": opts} {
		g := inspecting(guard.Enforce, stub{}, func(context.Context, dns.ResponseWriter, *dns.Msg) (int, error) {
			t.Errorf("%s: passed on", name)
			return dns.RcodeSuccess, nil
		})
		if m := askHandler(t, g, r, nil); m.Rcode != dns.RcodeFormatError {
			t.Errorf("%s: %v", name, m)
		}
	}
}

// The zero Guard, and one whose blocks inspect nothing, pass everything on.
func TestNothingToInspect(t *testing.T) {
	if inspectorsOf([]*block{{Block: &corefile.Block{}}}) != nil {
		t.Error("inspectors of a block that inspects nothing")
	}
	if r := askHandler(t, Guard{Next: answering(t, good)}, query1(number1, dns.TypeNAPTR), nil); len(r.Answer) != 1 {
		t.Errorf("got %v", r)
	}
}

// Several blocks: the longest zone decides.
func TestLongestZoneInspects(t *testing.T) {
	all := inspectorsOf([]*block{
		inspectBlock(guard.Observe, "e164.arpa", "9.4.e164.arpa"),
		inspectBlock(guard.Enforce, "4.4.e164.arpa"),
	})
	for name, want := range map[string]string{
		number1: "4.4.e164.arpa.", "4.e164.arpa.": "e164.arpa.", "1.9.4.E164.ARPA.": "9.4.e164.arpa.", "arpa.": "",
	} {
		zone := ""
		if i := all.match(query1(name, dns.TypeNAPTR)); i != nil {
			zone = i.zone
		}
		if zone != want {
			t.Errorf("%s: inspected as %q, want %q", name, zone, want)
		}
	}
}

// What enumim answers itself is not inspected; what falls through to others is, and so is what is below no
// tree of its own.
func TestOwnAnswersAreNotInspected(t *testing.T) {
	judged := 0
	judge := stub{judge: func(_, m *dns.Msg) guard.Verdict { judged++; return guard.Verdict{Msg: m} }}
	e := serve(t, "4.4.e164.arpa", newMemory(t, "4.4.e164.arpa", fixture), func(b *block) {
		b.Options.Fall.SetZonesFromArgs(nil)
		b.Inspect = &corefile.Inspect{Zones: []e164.Apex{e164Root}, Policy: guard.Policy{Mode: guard.Observe}}
	})
	e.inspectors = inspectorsOf(e.state.blocks)
	e.inspectors.zones["e164.arpa."].judge = judge
	e.Next = answering(t, good)
	for name, want := range map[string]int{number1: 0, "9.4.4.e164.arpa.": 1, "1.9.4.e164.arpa.": 1} {
		judged = 0
		if r := askHandler(t, e, query1(name, dns.TypeNAPTR), nil); len(r.Answer) == 0 || judged != want {
			t.Errorf("%s: judged %d times, want %d: %v", name, judged, want, r)
		}
	}
}

// A block without a backend is no tree, needs nothing to be ready, and opens nothing.
func TestInspectingBlockHasNoBackend(t *testing.T) {
	b := inspectBlock(guard.Enforce, "e164.arpa")
	b.Apexes = []e164.Apex{e164Root}
	trees, err := forestOf([]*block{b})
	if err != nil || trees.match("e164.arpa.") != nil {
		t.Errorf("a tree without a backend, or error %v", err)
	}
	g := &generation{blocks: []*block{b}}
	e := Enumim{Next: answering(t, good), forest: trees, inspectors: inspectorsOf(g.blocks), state: g}
	if err := g.open(); err != nil || !e.Ready() || !(Guard{state: g}).Ready() {
		t.Errorf("ready %v, error %v", e.Ready(), err)
	}
	if r := askHandler(t, e, query1(number1, dns.TypeNAPTR), nil); len(r.Answer) != 1 {
		t.Errorf("got %v", r)
	}
	if err := g.finalShutdown(); err != nil {
		t.Error(err)
	}
}

// Queries that can have no NAPTR in their answer pay nothing.
func TestOtherQueriesPayNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	next := plugin.HandlerFunc(func(context.Context, dns.ResponseWriter, *dns.Msg) (int, error) { return 0, nil })
	g := inspecting(guard.Enforce, stub{}, next)
	w, ctx := &writer{}, context.Background()
	for _, r := range []*dns.Msg{query1(number1, dns.TypeA), query1("1.example.", dns.TypeNAPTR)} {
		without := testing.AllocsPerRun(100, func() { _, _ = plugin.NextOrFailure(guardName, next, ctx, w, r) })
		with := testing.AllocsPerRun(100, func() { _, _ = g.ServeDNS(ctx, w, r) })
		if with != without {
			t.Errorf("%s: %v allocations, without the guard %v", r.Question[0].String(), with, without)
		}
	}
}
