//go:build unix

package file

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
)

// sample says what the file of a benchmark is like.
type sample struct {
	zone     bool
	sorted   bool
	distinct bool // URIs have nothing to do with the number
}

func (s sample) String() string {
	pick := func(is bool, yes, no string) string {
		if is {
			return yes
		}
		return no
	}
	return pick(s.zone, "zone", "numbers") + "/" + pick(s.distinct, "distinct", "derived") + "/" + pick(s.sorted, "sorted", "unsorted")
}

// write makes a file of size numbers with 1.7 records on average.
func (s sample) write(b *testing.B, path string, size int) {
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	r := rand.New(rand.NewPCG(3, 5))
	list := make([]uint64, 0, size)
	seen := map[uint64]bool{}
	for len(list) < size {
		thousand := r.Uint64N(1e7)
		if seen[thousand] {
			continue
		}
		seen[thousand] = true
		for i, p := range r.Perm(1000) {
			if i < 500 && len(list) < size {
				list = append(list, 49_000_000_0000+thousand*1000+uint64(p))
			}
		}
	}
	if s.sorted {
		slices.Sort(list)
	}
	kinds := []struct{ service, scheme, host string }{
		{"E2U+im", "im", "example.com"}, {"E2U+sip", "sip", "sip.example.net"}, {"E2U+pres", "pres", "example.com"},
	}
	if s.zone {
		fmt.Fprint(w, "$ORIGIN e164.arpa.\n$TTL 3600\n@ IN SOA ns.example.net. hostmaster.example.net. 1 7200 900 1209600 300\n@ IN NS ns.example.net.\n")
	}
	for _, n := range list {
		user := fmt.Sprintf("+%d", n)
		if s.distinct {
			user = fmt.Sprintf("%012x", r.Uint64()>>16)
		}
		records := []int{1, 1, 1, 1, 1, 2, 2, 2, 3, 3}[r.IntN(10)]
		if !s.zone {
			fmt.Fprintf(w, "+%d", n)
		}
		for i, k := range kinds[:records] {
			if !s.zone {
				fmt.Fprintf(w, " %s:%s@%s", k.scheme, user, k.host)
				continue
			}
			digits := []byte(fmt.Sprint(n))
			slices.Reverse(digits)
			w.Write(bytes.Join(bytes.Split(digits, nil), []byte{'.'}))
			fmt.Fprintf(w, " IN NAPTR 100 %d \"u\" \"%s\" \"!^.*$!%s:%s@%s!\" .\n", 10+10*i, k.service, k.scheme, user, k.host)
		}
		if !s.zone {
			w.WriteByte('\n')
		}
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkLoad loads a million numbers from a file. The processor time is that of the process, the
// garbage collector's share in it, and the least of all loads: other things that the machine does
// only add to it.
func BenchmarkLoad(b *testing.B) {
	const size = 1_000_000
	for i := range 8 {
		s := sample{zone: i&4 != 0, distinct: i&2 != 0, sorted: i&1 == 0}
		b.Run(s.String(), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "data")
			s.write(b, path, size)
			o, err := parse(path)
			if err != nil {
				b.Fatal(err)
			}
			o.apexes = apexesOf(b, apex)
			stop := peakHeap()
			least := time.Hour
			for b.Loop() {
				runtime.GC()
				before := processorTime(b)
				var refused error
				l := newLoader(o, 0, func(e backend.Event) {
					if e.Kind == backend.Refused {
						refused = e.Err
					}
				}, func(served) {})
				if l.round(b.Context()); refused != nil || l.tables[apex] == nil {
					b.Fatal(refused)
				}
				least = min(least, processorTime(b)-before)
			}
			b.ReportMetric(float64(stop())/size, "B-peak/number")
			b.ReportMetric(least.Seconds()*1000, "least-cpu-ms")
		})
	}
}

// processorTime is the time that the process has spent outside of the kernel.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano())
}

// peakHeap looks at the size of the heap until the function that it returns is called, which returns
// the greatest.
func peakHeap() func() uint64 {
	done, peak := make(chan struct{}), make(chan uint64)
	go func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		most := uint64(0)
		s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		for {
			metrics.Read(s)
			most = max(most, s[0].Value.Uint64())
			select {
			case <-done:
				peak <- most
				return
			case <-tick.C:
			}
		}
	}()
	return func() uint64 { close(done); return <-peak }
}
