package postgres

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// million are numbers with a URI each, as the Writer takes them.
func million(n int) iter.Seq2[backend.Change, error] {
	return func(yield func(backend.Change, error) bool) {
		for i := range n {
			digits, _ := e164.ParseDigits(fmt.Sprint(12030000000 + i))
			c := backend.Change{Entry: backend.Entry{Name: e164.Name{Number: digits}, TTL: 3600, Records: []naptr.Record{{
				Order: 100, Preference: 10, Flags: "u", Services: "E2U+sip", Regexp: fmt.Sprintf("!^.*$!sip:u%d@example.com!", i),
			}}}}
			if !yield(c, nil) {
				return
			}
		}
	}
}

// BenchmarkMillion is the time of an import of a million numbers, and of what follows: the first mirror, look-ups
// one by one, and gathered.
func BenchmarkMillion(b *testing.B) {
	const size = 1_000_000
	d := start15(b, "shared_buffers=512MB", "max_wal_size=4GB")
	schema := d.tree(b)
	b.Run("import", func(b *testing.B) {
		for range b.N {
			d.exec(b, "TRUNCATE "+schema+".record")
			w := d.writer(b, schema)
			must(b, w.Write(b.Context(), million(size), func(int) {}))
			w.Close()
		}
		b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/import")
	})
	b.Run("mirror", func(b *testing.B) {
		for range b.N {
			start := time.Now()
			m, r := d.open(b, schema, "mode feed")
			eventually(b, time.Minute, "mirrored", func() bool { return r.count(backend.Loaded) > 0 })
			b.ReportMetric(time.Since(start).Seconds(), "s/mirror")
			m.Close()
		}
	})
	for _, callers := range []int{1, 64, 256} {
		b.Run(fmt.Sprintf("store/callers=%d", callers), func(b *testing.B) {
			s, _ := d.open(b, schema, "mode store")
			var next atomic.Int64
			var wait sync.WaitGroup
			for range callers {
				wait.Go(func() {
					for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
						n, _ := e164.ParseDigits(fmt.Sprint(12030000000 + i*7919%size))
						if a, err := s.Lookup(context.Background(), backend.Query{Name: e164.Name{Number: n}}); err != nil || a.Kind != backend.Found {
							b.Error(a.Kind, err)
							return
						}
					}
				})
			}
			wait.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lookups/s")
		})
	}
}
