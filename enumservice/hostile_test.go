package enumservice

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/enumim/enumim/naptr"
)

// hostileRecord is a record that costs as much as it can, and what Append and Repair may allocate for it.
type hostileRecord struct {
	name             string
	services, regexp string
	check, repair    cost
}

type cost struct{ times, octets uint64 }

var hostile = []hostileRecord{
	{"literal", "E2U+im", "!^.*$!im:alice@example.com!", cost{0, 0}, cost{3, 500}},
	{"services", "E2U+sip+im+a:b:c+d+e", "!^.*$!im:user@example.com!", cost{0, 0}, cost{14, 2600}},
	{"percent", "E2U+sip", "!^.*$!sip:" + strings.Repeat("%41", 75) + "@x.example!", cost{0, 0}, cost{3, 500}},
	{"parameters", "E2U+sip", "!^.*$!sip:x.example;" + strings.Join(strings.Split("abcdefghijklmnopqrstuvwxyz0123456789", ""), ";") + "!", cost{0, 0}, cost{3, 500}},
	{"short", "E2U+im", `!^(.*)$!i\1!`, cost{1, 100}, cost{4, 600}},
	{"groups", "E2U+im", "!^" + strings.Repeat("(1?)", 40) + `$!im:user\1@example.com!`, cost{0, 50}, cost{4, 800}},
	{"nested", "E2U+im", "!^" + strings.Repeat("(", 60) + "1" + strings.Repeat(")*", 60) + `$!im:user\1@example.com!`, cost{0, 50}, cost{4, 800}},
	{"alternatives", "E2U+im", "!^(" + strings.Repeat("1*|", 60) + `2)*$!im:user\1@example.com!`, cost{0, 50}, cost{4, 800}},
	{"counts", "E2U+im", `!^(.{0,20}){0,20}x$!im:user\1@example.com!`, cost{0, 50}, cost{4, 800}},
	{"too many counts", "E2U+im", `!^(((.{1,15}){1,15}){1,15})*(.*)*.*.*$!im:user\1@example.com!`, cost{1, 100}, cost{4, 600}},
	{"brackets", "E2U+im", "!^" + strings.Repeat("[[:alnum:]0-9+]*", 13) + `$!im:user@example.com!`, cost{1, 100}, cost{4, 600}},
	{"letter case", "E2U+im", "!^" + strings.Repeat("[a-z]?", 30) + `.*$!im:u@example.com!i`, cost{61, 1600}, cost{64, 2100}},
	{"malformed", "E2U+im", "!" + strings.Repeat("(", 235) + "!im:u@x.example!", cost{2, 130}, cost{4, 550}},
	{"refused by BIND", "E2U+im", "!" + strings.Repeat("(1{", 80) + "!x!", cost{2, 130}, cost{4, 550}},
}

func (h hostileRecord) record() naptr.Record {
	return naptr.Record{Order: 100, Preference: 10, Flags: "u", Services: h.services, Regexp: h.regexp}
}

// measure returns what f allocates, on average: the least of some times, since a collection empties what is pooled.
func measure(f func()) cost {
	const times, rounds = 3, 100
	f()
	least := cost{math.MaxUint64, math.MaxUint64}
	for range times {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range rounds {
			f()
		}
		runtime.ReadMemStats(&after)
		least.times = min(least.times, (after.Mallocs-before.Mallocs)/rounds)
		least.octets = min(least.octets, (after.TotalAlloc-before.TotalAlloc)/rounds)
	}
	return least
}

// What strangers put into a record does not become garbage. (Each bracket that has K or S in either case keeps
// the letters beyond ASCII that fold to them.)
func TestHostileCost(t *testing.T) {
	if raceDetector {
		t.Skip("a sync.Pool forgets at random")
	}
	var found []Finding
	for _, h := range hostile {
		r := h.record()
		if len(r.Regexp) > 255 {
			t.Errorf("%s: %d octets", h.name, len(r.Regexp))
		}
		set := []naptr.Record{r}
		for what, c := range map[string]struct {
			got, most cost
		}{
			"Append": {measure(func() { found = Checker{}.Append(found[:0], number, r) }), h.check},
			"Repair": {measure(func() { Checker{}.Repair(number, set) }), h.repair},
		} {
			if c.got.times > c.most.times || c.got.octets > c.most.octets {
				t.Errorf("%s of %s allocates %d times, %d octets; bound %+v", what, h.name, c.got.times, c.got.octets, c.most)
			}
		}
	}
}

// The stacks of the examiner hold whatever fits into an expression.
func TestExamineLongest(t *testing.T) {
	for _, part := range []string{"a|", "1", ".?", "(1)", "(1)*", "(1|2)*", "(1|", "(", "((1)|", "1{2}|", "(^)*", "^|", "(.|1)?|"} {
		for _, last := range []string{"1", "1|2", "(1)"} {
			deeper := strings.Count(part, "(") - strings.Count(part, ")")
			times := (248 - len(last)) / (len(part) + deeper)
			ere := strings.Repeat(part, times) + last + strings.Repeat(")", times*deeper)
			x, err := naptr.ParseExpression("!" + ere + "!a:!")
			if err != nil {
				t.Fatalf("%s: %v", part, err)
			}
			for used := range uint16(10) {
				examine(ere, x.Delimiter(), 1<<used)
			}
		}
	}
}

func BenchmarkHostile(b *testing.B) {
	for _, h := range hostile {
		r := h.record()
		b.Run(fmt.Sprint(h.name, "/check"), func(b *testing.B) {
			var found []Finding
			b.ReportAllocs()
			for b.Loop() {
				found = Checker{}.Append(found[:0], number, r)
			}
		})
		b.Run(fmt.Sprint(h.name, "/repair"), func(b *testing.B) {
			set := []naptr.Record{r}
			b.ReportAllocs()
			for b.Loop() {
				Checker{}.Repair(number, set)
			}
		})
	}
}
