package enumim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// spare is what all numbers of the trees to harvest begin with, and what a harvester knows; no country has it.
var spare = e164.MustParse("+999")

// They have twelve digits.
const numberLen = 12

// below returns n with some digits behind it.
func below(n e164.Number, value, digits int) e164.Number {
	for _, digit := range fmt.Sprintf("%0*d", digits, value) {
		n, _ = n.Child(byte(digit))
	}
	return n
}

// harvestTrees are trees of ten thousand numbers: at random over nine digits, and in twenty ranges of a thousand, of which
// half are assigned. starts are where the ranges begin.
func harvestTrees(r *rand.Rand) (spread, ranges, starts []e164.Number) {
	for len(spread) < 10_000 {
		spread = append(spread, below(spare, r.IntN(1e9), 9))
		if len(spread) == 10_000 {
			slices.Sort(spread)
			spread = slices.Compact(spread)
		}
	}
	for len(starts) < 20 {
		if start := below(spare, r.IntN(1e6), 6); !slices.Contains(starts, start) {
			starts = append(starts, start)
			for _, i := range r.Perm(1000)[:500] {
				ranges = append(ranges, below(start, i, 3))
			}
		}
	}
	slices.Sort(ranges)
	return spread, ranges, starts
}

// randomSource gives the same trees each time.
func randomSource() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// treeOfNumbers is a memory of numbers, in order, that have one record each.
func treeOfNumbers(t testing.TB, list []e164.Number) *memory {
	m := newMemory(t, "e164.arpa", numbers)
	name, _ := m.apexOf().Parse(number0)
	record := m.find(name)
	record.Form = backend.Stored
	m.hook = func(_ context.Context, q backend.Query) (backend.Answer, error, bool) {
		i, found := slices.BinarySearch(list, q.Name.Number)
		switch {
		case found && q.Name.IsNumber():
			return record, nil, true
		case i < len(list) && q.Name.IsNumber() && list[i].HasPrefix(q.Name.Number):
			return backend.Answer{Kind: backend.Descendants}, nil, true
		}
		return backend.Answer{Kind: backend.Absent}, nil, true
	}
	return m
}

// harvester collects the numbers of a tree from one address.
type harvester struct {
	t        *testing.T
	exchange func(r *dns.Msg, remote net.Addr) *dns.Msg
	most     int           // queries
	patience time.Duration // how long it waits in all for those who refuse it
	mute     bool          // refusals are not explained

	queries, refusals    int
	found                map[e164.Number]bool
	firstAt, firstNumber int // queries and numbers up to the first refusal
}

// ask returns what a name seems to be; ok is false when the harvester gives up.
func (h *harvester) ask(n e164.Number) (kind backend.Kind, ok bool) {
	for {
		if h.queries >= h.most {
			return 0, false
		}
		r := withOPT(query1(e164Root.Domain(n), dns.TypeNAPTR), 1232, false)
		h.queries++
		got := h.exchange(r, overUDP)
		if got.Truncated {
			h.queries++
			got = h.exchange(r.Copy(), overTCP)
		}
		switch {
		case got.Rcode == dns.RcodeNameError:
			return backend.Absent, true
		case got.Rcode == dns.RcodeRefused:
			if !h.mute {
				wantProhibited(h.t, got)
			}
			if h.refusals++; h.refusals == 1 {
				h.firstAt, h.firstNumber = h.queries, len(h.found)
			}
			if h.patience <= 0 {
				return 0, false
			}
			const pause = 10 * time.Minute
			time.Sleep(pause)
			h.patience -= pause
		case got.Rcode != dns.RcodeSuccess:
			h.t.Fatalf("got %v", got)
		case len(got.Answer) > 0:
			h.found[n] = true
			return backend.Found, true
		default:
			return backend.Descendants, true
		}
	}
}

// wantProhibited fails unless a reply says why there is none.
func wantProhibited(t *testing.T, got *dns.Msg) {
	t.Helper()
	opt := got.IsEdns0()
	if opt == nil || len(opt.Option) != 1 || opt.Option[0].(*dns.EDNS0_EDE).InfoCode != dns.ExtendedErrorCodeProhibited || len(got.Answer)+len(got.Ns) > 0 {
		t.Errorf("refused with %v, want EDE 18 and nothing else", got)
	}
}

// down asks for the ten names below n, and goes below those that exist at once.
func (h *harvester) down(n e164.Number) bool {
	for digit := range 10 {
		next := below(n, digit, 1)
		kind, ok := h.ask(next)
		if !ok || kind == backend.Descendants && next.Len() < numberLen && !h.down(next) {
			return false
		}
	}
	return true
}

// dial asks for numbers, one after the other.
func (h *harvester) dial(list []e164.Number) {
	for _, n := range list {
		if _, ok := h.ask(n); !ok {
			return
		}
	}
}

// TestHarvest measures what it takes to collect ten thousand numbers; docs/harvest.md has the figures.
func TestHarvest(t *testing.T) {
	if raceEnabled {
		t.Skip("one goroutine asks a million times: the race detector has nothing to see, and takes minutes")
	}
	r := randomSource()
	spread, ranges, starts := harvestTrees(r)
	var inRanges []e164.Number
	for _, start := range starts {
		for i := range 1000 {
			inRanges = append(inRanges, below(start, i, 3))
		}
	}
	mixed := slices.Clone(inRanges)
	r.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
	anywhere := make([]e164.Number, 100_000)
	for i := range anywhere {
		anywhere[i] = below(spare, r.IntN(1e9), 9)
	}
	walk := func(h *harvester) { h.down(spare) }
	dial := func(list []e164.Number) func(*harvester) { return func(h *harvester) { h.dial(list) } }
	const all, day = 10_000, 24 * time.Hour
	for _, c := range []struct {
		name            string
		tree            []e164.Number
		uniform, refuse bool
		collect         func(*harvester)
		most            int           // queries
		patience        time.Duration // in all
		least, greatest int           // numbers found
		waited          time.Duration // until then, at least
	}{
		{"spread, walk", spread, false, false, walk, 1e6, 0, all, all, 0},
		{"ranges, walk", ranges, false, false, walk, 1e6, 0, all, all, 0},
		{"spread, uniform, walk", spread, true, false, walk, 100_000, 0, 0, 50, 0},
		{"spread, uniform, numbers at random", spread, true, false, dial(anywhere), 1e6, 0, 0, 50, 0},
		{"ranges, uniform, walk", ranges, true, false, walk, 100_000, 0, 0, 1000, 0},
		{"ranges, uniform, ranges that are known", ranges, true, false, dial(inRanges), 1e6, 0, all, all, 0},
		{"spread, refuse, walk", spread, false, true, walk, 1e6, 0, 0, 100, 0},
		{"ranges, refuse, walk", ranges, false, true, walk, 1e6, 0, 0, 500, 0},
		{"spread, refuse, walk for 30 days", spread, false, true, walk, 1e6, 30 * day, 0, 1000, 29 * day},
		{"ranges, refuse, walk to the end", ranges, false, true, walk, 1e6, 365 * day, all, all, 14 * day},
		{"ranges, both, ranges that are known, to the end", ranges, true, true, dial(inRanges), 1e6, 365 * day, all, all, 7 * day},
		{"ranges, both, ranges that are known in no order", ranges, true, true, dial(mixed), 1e6, 0, all, all, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := serve(t, "e164.arpa", treeOfNumbers(t, c.tree), func(b *block) {
					b.Options.Harvest.Uniform, b.Options.Harvest.Refuse = c.uniform, c.refuse
				})
				h := &harvester{t: t, most: c.most, patience: c.patience, found: make(map[e164.Number]bool)}
				h.exchange = func(r *dns.Msg, remote net.Addr) *dns.Msg { return askHandler(t, e, r, remote) }
				c.collect(h)
				waited := c.patience - h.patience
				t.Logf("%d queries, %d of %d numbers, refused %d times, first after %d queries and %d numbers; %v",
					h.queries, len(h.found), len(c.tree), h.refusals, h.firstAt, h.firstNumber, waited)
				if n := len(h.found); n < c.least || n > c.greatest {
					t.Errorf("%d numbers were found, want %d to %d", n, c.least, c.greatest)
				}
				if waited < c.waited {
					t.Errorf("it took %v, want %v at least", waited, c.waited)
				}
			})
		})
	}
}
