package etcd

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/test/servers"
)

// BenchmarkLoad measures an import into one etcd and how long a server takes to mirror it from nothing. ns/op is
// of the import.
func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := servers.Etcd(b, "--quota-backend-bytes", fmt.Sprint(8<<30), "--auto-compaction-mode", "revision", "--auto-compaction-retention", "1000")
			o := opener(b, []string{s.Addr})
			for range b.N {
				w, err := o.OpenWriter(bounded(b))
				must(b, err)
				start := time.Now()
				must(b, w.Write(b.Context(), changesOf(people(n), false), func(int) {}))
				b.ReportMetric(float64(n)/time.Since(start).Seconds(), "written/s")
				must(b, w.Close())
				status, err := client(b, s.Addr).Status(bounded(b), s.Addr)
				must(b, err)
				b.ReportMetric(float64(status.DbSizeInUse)/float64(n), "db-B/number")
				b.ReportMetric(float64(status.DbSize)/float64(n), "file-B/number")
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				start = time.Now()
				mirror := serve(b, s.Addr)
				for end := start.Add(5 * time.Minute); mirror.loads() == 0; time.Sleep(time.Millisecond) {
					if time.Now().After(end) {
						b.Fatal(mirror.String())
					}
				}
				b.ReportMetric(time.Since(start).Seconds(), "load-s")
				runtime.GC()
				runtime.ReadMemStats(&after)
				b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(n), "heap-B/number")
				if e, _ := mirror.find(backend.Loaded); e.Entries != n {
					b.Fatalf("%d entries", e.Entries)
				}
			}
		})
	}
}
