package main

import (
	"flag"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var benchNumbers = flag.Int("numbers", 100_000, "how many numbers BenchmarkStores imports")

// BenchmarkStores measures the whole of an import into an empty store, the same again, and an export:
//
//	go test -run ^$ -bench Stores -benchtime 1x ./cmd/enumim -numbers 1000000
func BenchmarkStores(b *testing.B) {
	for _, s := range stores {
		b.Run(s.name, func(b *testing.B) {
			store := s.start(b)
			file := filepath.Join(b.TempDir(), "numbers.txt")
			write(b, file, lines(*benchNumbers))
			took := func(unit string, args ...string) {
				begun := time.Now()
				out, errs, code := tool(b, "", args...)
				if code != exitOK || unit == "again-s" && !strings.Contains(out, "Nothing to change") {
					b.Fatalf("%v: exit %d\n%s", args, code, errs)
				}
				b.ReportMetric(time.Since(begun).Seconds(), unit)
			}
			for b.Loop() {
				took("import-s", "import", file, store)
				took("again-s", "import", file, store)
				took("export-s", "export", "-o", file+".back", store)
			}
		})
	}
}
