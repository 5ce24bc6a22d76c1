package table

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// denseNumbers are subscribers of full ranges of ten thousand; sparse ones are random.
func denseNumbers(n int) []e164.Number {
	out := make([]e164.Number, n)
	for i := range out {
		out[i] = number(44_1632_000_000+uint64(i/10000)*30000+uint64(i%10000), 12)
	}
	return out
}

func sparseNumbers(n int) []e164.Number {
	r := rand.New(rand.NewPCG(5, 6))
	out := make([]e164.Number, 0, n+n/50)
	for range n + n/50 {
		l := 11 + r.IntN(3)
		d := uint64(1 + r.IntN(8))
		for range l - 1 {
			d = d*10 + uint64(r.IntN(10))
		}
		out = append(out, number(d, l))
	}
	slices.Sort(out)
	out = slices.Compact(out)
	return out[:n]
}

// derivedEntry has a URI made of the number; ownEntry one of its own.
func derivedEntry(e *backend.Entry, n e164.Number, i int) {
	*e = backend.Entry{Name: e164.Name{Number: n}, TTL: 3600, Records: append(e.Records[:0], naptr.Record{
		Order: 100, Preference: 10, Flags: "u", Services: "E2U+im",
		Regexp: "!^.*$!im:+" + n.Digits() + "@example.com!",
	})}
}

func ownEntry(e *backend.Entry, n e164.Number, i int) {
	*e = backend.Entry{Name: e164.Name{Number: n}, TTL: 3600, Records: append(e.Records[:0], naptr.Record{
		Order: 100, Preference: 10, Flags: "u", Services: "E2U+im",
		Regexp: fmt.Sprintf("!^.*$!im:user%08d@example.com!", i),
	})}
}

func buildNumbers(t testing.TB, numbers []e164.Number, fill func(*backend.Entry, e164.Number, int)) *Table {
	t.Helper()
	tab := New(Options{Apexes: []e164.Apex{testApex}})
	b := tab.Builder()
	var e backend.Entry
	for i, n := range numbers {
		fill(&e, n, i)
		if err := b.Add(&e, uint32(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Publish(false); err != nil {
		t.Fatal(err)
	}
	return tab
}

func BenchmarkLookup(b *testing.B) {
	sizes := []int{1_000_000}
	if *long {
		sizes = append(sizes, 10_000_000)
	}
	for _, size := range sizes {
		for _, dist := range []string{"dense", "sparse"} {
			numbers := denseNumbers(size)
			if dist == "sparse" {
				numbers = sparseNumbers(size)
			}
			tab := buildNumbers(b, numbers, derivedEntry)
			r := rand.New(rand.NewPCG(7, 8))
			ask := map[string][]e164.Number{}
			for range 1 << 20 {
				n := numbers[r.IntN(len(numbers))]
				ask["hit"] = append(ask["hit"], n)
				other, _ := n.Prefix(n.Len() - 1).Child('0' + byte(r.IntN(10)))
				other, _ = other.Child('7')
				ask["miss"] = append(ask["miss"], other)
				ask["ent"] = append(ask["ent"], n.Prefix(r.IntN(n.Len())))
			}
			for _, kind := range []string{"hit", "miss", "ent"} {
				list := ask[kind]
				b.Run(fmt.Sprintf("%d/%s/%s", size, dist, kind), func(b *testing.B) {
					b.ReportAllocs()
					ctx := context.Background()
					i := 0
					for b.Loop() {
						if _, err := tab.Lookup(ctx, backend.Query{Apex: "example.com.", Name: e164.Name{Number: list[i&(1<<20-1)]}}); err != nil {
							b.Fatal(err)
						}
						i++
					}
					st := tab.Stats()
					b.ReportMetric(float64(st.Bytes)/float64(st.Entries()), "B/number")
				})
			}
		}
	}
}

// BenchmarkLookupCold measures look-ups between which a walk over 4 MiB takes the caches, as a server's
// other work does: the lower quartile of one look-up, with the reading of the clock.
func BenchmarkLookupCold(b *testing.B) {
	sizes := []int{10_000, 1_000_000}
	if *long {
		sizes = append(sizes, 10_000_000)
	}
	for _, size := range sizes {
		for dist, numbers := range map[string][]e164.Number{"dense": denseNumbers(size), "sparse": sparseNumbers(size)} {
			tab := buildNumbers(b, numbers, derivedEntry)
			b.Run(fmt.Sprintf("%d/%s", size, dist), func(b *testing.B) {
				r := rand.New(rand.NewPCG(7, 8))
				other := make([]uint64, 4<<20/8)
				var times []time.Duration
				ctx := context.Background()
				q := backend.Query{Apex: "example.com."}
				for b.Loop() {
					q.Name.Number = numbers[r.IntN(len(numbers))]
					var a backend.Answer
					for i := 0; i < len(other); i += 8 {
						other[i]++
					}
					start := time.Now()
					err := tab.Fill(ctx, q, &a)
					times = append(times, time.Since(start))
					if err != nil || a.Kind != backend.Found {
						b.Fatal(a.Kind, err)
					}
				}
				slices.Sort(times)
				b.ReportMetric(float64(times[len(times)/4]), "ns/lookup")
			})
		}
	}
}

func BenchmarkBuild(b *testing.B) {
	const size = 1_000_000
	dense := denseNumbers(size)
	shuffled := slices.Clone(dense)
	rand.New(rand.NewPCG(9, 9)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	for _, c := range []struct {
		name    string
		numbers []e164.Number
		fill    func(*backend.Entry, e164.Number, int)
	}{
		{"ascending/derived", dense, derivedEntry},
		{"ascending/own", dense, ownEntry},
		{"shuffled/derived", shuffled, derivedEntry},
		{"shuffled/own", shuffled, ownEntry},
	} {
		b.Run(c.name, func(b *testing.B) {
			entries := make([]backend.Entry, len(c.numbers))
			for i, n := range c.numbers {
				c.fill(&entries[i], n, i)
			}
			b.ReportAllocs()
			for b.Loop() {
				tab := New(Options{})
				bld := tab.Builder()
				for i := range entries {
					if err := bld.Add(&entries[i], uint32(i)); err != nil {
						b.Fatal(err)
					}
				}
				if err := bld.Publish(false); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/size, "ns/entry")
		})
	}
}

func BenchmarkApply(b *testing.B) {
	sizes := []int{1_000_000}
	if *long {
		sizes = append(sizes, 10_000_000)
	}
	for _, size := range sizes {
		numbers := denseNumbers(size)
		tab := buildNumbers(b, numbers, derivedEntry)
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			b.ReportAllocs()
			r := rand.New(rand.NewPCG(1, 1))
			change := make([]backend.Change, 1)
			for b.Loop() {
				ownEntry(&change[0].Entry, numbers[r.IntN(len(numbers))], r.IntN(1000))
				if err := tab.Apply(change); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
