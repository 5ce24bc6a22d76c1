package guard

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// What one message makes the guard allocate is bounded, whatever is in it.
func TestMemoryBound(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector keeps nothing in pools")
	}
	const runs, bound = 10, 256 << 10
	for name, answer := range hostile() {
		for i, p := range costly {
			g := New(apex(t), p)
			r, m := hostileReply(answer)
			var first, before, after runtime.MemStats
			runtime.ReadMemStats(&first)
			g.Judge(r, m)
			runtime.ReadMemStats(&before)
			for range runs {
				g.Judge(r, m)
			}
			runtime.ReadMemStats(&after)
			if once := before.TotalAlloc - first.TotalAlloc; once > 2*bound { // with what is kept for the next
				t.Errorf("%s, policy %d: %d octets for the first message", name, i, once)
			}
			if each := (after.TotalAlloc - before.TotalAlloc) / runs; each > bound {
				t.Errorf("%s, policy %d: %d octets for a message", name, i, each)
			}
		}
	}
}

// What is beyond the bounds is told, and not let through where answers are enforced; what is within is.
func TestBounds(t *testing.T) {
	call := func(i int) dns.RR {
		record := naptrRR("E2U+sip", fmt.Sprintf("!^.*$!sip:%d@example.com!", i))
		record.(*dns.NAPTR).Preference = uint16(i)
		return record
	}
	usual := func(i int) dns.RR {
		record := naptrRR("E2U+sip", fmt.Sprintf(`!^\\+44(.*)$!sip:%d-\\1@example.com!`, i))
		record.(*dns.NAPTR).Preference = uint16(i)
		return record
	}
	several := func(records func(int) dns.RR, n int) (list []dns.RR) {
		for i := range n {
			list = append(list, records(i))
		}
		return list
	}
	owners := several(call, maxSets+1)
	for i, record := range owners[:maxSets] {
		record.Header().Name = fmt.Sprintf("n%d.%s", i, qname)
	}
	slices.Reverse(owners) // the one that was asked for counts, wherever it stands
	escaped := call(1)
	escaped.Header().Name = strings.Repeat(`\200`, 63) + "." + strings.Repeat(`\200`, 63) + "."
	for _, c := range []struct {
		name   string
		answer []dns.RR
		beyond int
	}{
		{"as many as are checked", several(call, maxRecords), 0},
		{"more", several(call, maxRecords+3), 3},
		{"as many expressions as people have", several(usual, 20), 0},
		{"more expressions than anybody has", several(usual, 60), -1},
		{"as many owners as are told apart", owners[:maxSets], 0},
		{"and the one that was asked for last", append(slices.Clone(owners[1:]), owners[0]), 1},
		{"more owners", owners, 1},
		{"an owner that no number has", []dns.RR{call(0), escaped}, 1},
		{"other applications", slices.Repeat([]dns.RR{good()[5]}, maxRecords), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, m := answered(c.answer...)
			told := 0
			for _, f := range New(apex(t), Policy{Mode: Observe}).Judge(r, m).Counts {
				if f.Rule == RuleUnchecked {
					told = f.N
				}
			}
			v := New(apex(t), Policy{Mode: Enforce}).Judge(r, m)
			if told != c.beyond && (c.beyond >= 0 || told == 0) || len(v.Msg.Answer) != len(m.Answer)-told || (v.Action == Withheld) != (told > 0) {
				t.Errorf("%d unchecked, %s: %d of %d records are left", told, v.Action, len(v.Msg.Answer), len(m.Answer))
			}
			asked := func(record dns.RR) bool { return record.Header().Name == qname }
			if slices.ContainsFunc(m.Answer, asked) != slices.ContainsFunc(v.Msg.Answer, asked) {
				t.Errorf("what was asked for is gone: %v", v.Msg.Answer)
			}
		})
	}
}

// That a set has too many records is told of that set, not of an answer that has two.
func TestTooManyRecords(t *testing.T) {
	var answer []dns.RR
	for i := range maxRecords + 20 {
		record := naptrRR("E2U+sip", "!^.*$!sip:alice@example.com!")
		record.(*dns.NAPTR).Preference = uint16(i)
		answer = append(answer, record)
	}
	g := New(apex(t), Policy{Mode: Observe})
	if v := g.Judge(answered(answer...)); !tells(v, tooManyRecords) {
		t.Errorf("%v", v.Counts)
	}
	for i := range answer {
		if i%2 == 0 {
			answer[i].Header().Name = "elsewhere.example."
		}
	}
	if v := g.Judge(answered(answer...)); tells(v, tooManyRecords) || !tells(v, RuleUnchecked) {
		t.Errorf("two sets: %v", v.Counts)
	}
}

// The bound on what it takes: see maxEffort.
func BenchmarkHostile(b *testing.B) {
	shapes := hostile()
	for _, name := range slices.Sorted(maps.Keys(shapes)) {
		for i, p := range costly {
			b.Run(fmt.Sprintf("%s, policy %d", name, i), func(b *testing.B) {
				g := New(apex(b), p)
				r, m := hostileReply(shapes[name])
				b.ReportAllocs()
				for b.Loop() {
					g.Judge(r, m)
				}
			})
		}
	}
}

// What nearly every answer costs.
func BenchmarkJudge(b *testing.B) {
	for _, p := range costly {
		b.Run(fmt.Sprintf("mode %d repair %t", p.Mode, p.Repair), func(b *testing.B) {
			g := New(apex(b), p)
			r, m := answered(good()[:2]...)
			b.ReportAllocs()
			for b.Loop() {
				g.Judge(r, m)
			}
		})
	}
}
