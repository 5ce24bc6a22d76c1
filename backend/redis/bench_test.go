package redis

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	client "github.com/redis/go-redis/v9"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/keyed"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/test/servers"
)

// many is how many numbers the trees of benchmarks have; REDIS_BENCH_NUMBERS says another.
func many() int {
	n, err := strconv.Atoi(os.Getenv("REDIS_BENCH_NUMBERS"))
	if err != nil {
		n = 100_000
	}
	return n
}

func someNumber(i int) string { return fmt.Sprintf("1202%07d", i*7%10_000_000) }

// fillMany writes a tree with a block, and n numbers.
func fillMany(b testing.TB, o *options, n int) {
	b.Helper()
	w, err := o.OpenWriter(b.Context())
	must(b, err)
	defer w.Close()
	fill(b, o, set(block("4930", 8, 12, "block"))...)
	var entries iter.Seq2[backend.Change, error] = func(yield func(backend.Change, error) bool) {
		for i := range n {
			if !yield(backend.Change{Entry: number(someNumber(i), fmt.Sprint("user", i))}, nil) {
				return
			}
		}
	}
	must(b, w.Write(b.Context(), entries, func(int) {}))
}

// BenchmarkFind is a look-up in the store, by how many go together.
func BenchmarkFind(b *testing.B) {
	s := servers.Redis(b)
	o := opened(b, s.Addr, "mode store")
	fillMany(b, o, many())
	k := raw(b, s.Addr)
	st := o.store(nil)
	defer st.Close()
	for _, size := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprint("together-", size), func(b *testing.B) {
			numbers := make([]e164.Number, size)
			before := usedCPU(b, k)
			for i := 0; i < b.N; i += size {
				for j := range numbers {
					numbers[j] = num(someNumber(rand.IntN(many())))
				}
				ctx, cancel := context.WithTimeout(b.Context(), time.Second)
				h, err := st.Find(ctx, numbers)
				cancel()
				if err != nil || len(h[0].Entries) != 1 {
					b.Fatal(h, err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "numbers/s")
			b.ReportMetric((usedCPU(b, k)-before)*1e6/float64(b.N), "redis-µs/number")
		})
	}
}

// usedCPU is what the server has worked, in seconds: of use where the machine does other things, too.
func usedCPU(b testing.TB, c *client.Client) (sum float64) {
	info := do(b, c, "INFO", "cpu").(string)
	for _, name := range []string{"used_cpu_sys:", "used_cpu_user:"} {
		_, rest, _ := strings.Cut(info, "\n"+name)
		text, _, _ := strings.Cut(rest, "\r")
		v, err := strconv.ParseFloat(text, 64)
		must(b, err)
		sum += v
	}
	return sum
}

// BenchmarkBare is what the client library takes for one GET, and for an EVAL that does nothing.
func BenchmarkBare(b *testing.B) {
	s := servers.Redis(b)
	c := raw(b, s.Addr)
	do(b, c, "SET", "key", strings.Repeat("x", 150))
	b.Run("get", func(b *testing.B) {
		for b.Loop() {
			must(b, c.Get(b.Context(), "key").Err())
		}
	})
	b.Run("eval", func(b *testing.B) {
		for b.Loop() {
			must(b, c.Eval(b.Context(), find, []string{"meta", "index"}, "none:", keyed.MaxValue, "12025550100").Err())
		}
	})
}

// BenchmarkGather is what the whole backend answers to many who ask at once, and to one.
func BenchmarkGather(b *testing.B) {
	s := servers.Redis(b)
	o := opened(b, s.Addr, "mode store")
	fillMany(b, o, many())
	for _, askers := range []int{1, 16, 256, 1024} {
		b.Run(fmt.Sprint("askers-", askers), func(b *testing.B) {
			be, _ := start(b, o)
			var wg sync.WaitGroup
			for a := range askers {
				wg.Go(func() {
					for i := a; i < b.N; i += askers {
						ctx, cancel := context.WithTimeout(b.Context(), 5*time.Second)
						_, err := be.Lookup(ctx, backend.Query{Apex: testApex, Name: name(someNumber(rand.IntN(many())))})
						cancel()
						if err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "numbers/s")
		})
	}
}

// BenchmarkMirror is a tree read into memory, and what Redis needs for it.
func BenchmarkMirror(b *testing.B) {
	s := servers.Redis(b)
	o := opened(b, s.Addr)
	c := raw(b, s.Addr)
	empty := usedMemory(b, c)
	begun := time.Now()
	fillMany(b, o, many())
	wrote := time.Since(begun)
	b.ReportMetric(0, "ns/op")
	for b.Loop() {
		be, err := o.Open(b.Context(), nil)
		must(b, err)
		eventually(b, 10*time.Minute, "ready", func() string { return ready(be) })
		be.Close()
	}
	b.ReportMetric(float64(usedMemory(b, c)-empty)/float64(many()), "octets/number")
	b.ReportMetric(wrote.Seconds(), "s-to-write")
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s-to-mirror")
}

func usedMemory(b testing.TB, c *client.Client) int {
	info := do(b, c, "INFO", "memory").(string)
	_, rest, _ := strings.Cut(info, "used_memory:")
	n, err := strconv.Atoi(rest[:strings.IndexByte(rest, '\r')])
	must(b, err)
	return n
}
