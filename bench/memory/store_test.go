//go:build linux

package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/enumim/enumim/backend/postgres"
	"github.com/enumim/enumim/bench/internal/data"
	"github.com/enumim/enumim/test/servers"
)

// stores start a store in a folder, and return its backend line, and where the server keeps something of it.
var stores = []struct {
	name  string
	start func(b *testing.B, dir string) (line, kept string)
}{
	{"bolt", func(_ *testing.B, dir string) (string, string) {
		path := filepath.Join(dir, "numbers.bolt")
		return "bolt " + path, path
	}},
	{"postgres", func(b *testing.B, dir string) (string, string) {
		s := servers.Postgres(b, "autovacuum=off")
		c, err := pgconn.Connect(b.Context(), "postgres://enumim@"+s.Addr+"/enumim")
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close(context.WithoutCancel(b.Context()))
		if err := c.Exec(b.Context(), postgres.Schema).Close(); err != nil {
			b.Fatal(err)
		}
		return feed("postgres "+s.Addr+"/enumim", "mode feed", dir)
	}},
	{"redis", func(b *testing.B, dir string) (string, string) {
		return feed("redis "+servers.Redis(b).Addr, "mode feed", dir)
	}},
	{"etcd", func(b *testing.B, dir string) (string, string) { return feed("etcd "+servers.Etcd(b).Addr, "", dir) }},
}

// feed is the line of a backend that is mirrored, and where its snapshot is.
func feed(line, options, dir string) (string, string) {
	path := filepath.Join(dir, "snapshot")
	return fmt.Sprintf("%s { %s; snapshot %s }", line, options, path), path
}

// BenchmarkStores measures the server with its numbers in each store, and how much it keeps of it on the disk:
//
//	go test -run '^$' -bench Stores -benchtime 1x ./bench/memory
func BenchmarkStores(b *testing.B) {
	p, err := buildProgram(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(p.close)
	tool := filepath.Join(p.dir, "enumim")
	if out, err := exec.Command("go", "build", "-o", tool, "github.com/enumim/enumim/cmd/enumim").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	for _, store := range stores {
		for _, n := range []int{10_000, 100_000, 1_000_000} {
			b.Run(fmt.Sprint(store.name, "/", n), func(b *testing.B) {
				dir := b.TempDir()
				files, err := data.Spec{N: n, Distinct: true}.Make(dir)
				if err != nil {
					b.Fatal(err)
				}
				line, kept := store.start(b, dir)
				if out, err := exec.CommandContext(b.Context(), tool, "import", files.Numbers, line).CombinedOutput(); err != nil {
					b.Fatalf("%v\n%s", err, out)
				}
				for b.Loop() {
					s, err := p.spends(b.Context(), "e164.arpa", line, nil)
					if err != nil {
						b.Fatal(err)
					}
					s.tell(b)
					b.ReportMetric(float64(octets(b, kept))/float64(n), "disk-B/number")
				}
			})
		}
	}
}

// tell reports what a server takes.
func (s spent) tell(b *testing.B) {
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(s.rest)/mega, "MB")
	b.ReportMetric(float64(s.most)/mega, "at-start-MB")
	b.ReportMetric(float64(s.again)/mega, "reloaded-MB")
	b.ReportMetric(float64(s.then)/mega, "then-MB")
	b.ReportMetric(s.cpu.Seconds(), "start-CPU-s")
}

// octets is the size of a file, or of all in a folder.
func octets(b *testing.B, path string) (sum int64) {
	err := filepath.WalkDir(path, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := os.Stat(path)
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return sum
}
