//go:build linux

// Command stores measures enumim with its numbers in PostgreSQL, which it starts: how long an import takes, and until
// the numbers are mirrored; what mode store adds to the bare client library and what gathering brings; and what a query
// costs, the server's and PostgreSQL's time together, beside a file and beside PowerDNS with the same numbers.
//
//	go run ./bench/stores
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/enumim/enumim/bench/internal/data"
	"github.com/enumim/enumim/bench/internal/peer"
	"github.com/enumim/enumim/bench/internal/stat"
	"github.com/enumim/enumim/test/servers"
)

const everyone = "enumim-distinct,postgres-feed,postgres-store,pdns,pdns-cached"

// run is a run of the program.
type run struct {
	ctx    context.Context
	out    io.Writer
	n      int
	rounds int
	span   time.Duration
	warm   time.Duration
	names  string // of servers

	files  data.Files
	tool   string
	server *servers.Server
}

func main() {
	r := run{out: os.Stdout}
	flag.IntVar(&r.n, "n", 1_000_000, "numbers")
	flag.IntVar(&r.rounds, "rounds", 5, "rounds")
	flag.DurationVar(&r.span, "time", 2*time.Second, "time for each measurement in a round")
	flag.DurationVar(&r.warm, "warm", 4*time.Second, "time for each server before the first round")
	flag.StringVar(&r.names, "servers", everyone, "servers to compare, with commas between; ratios are to the first")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	r.ctx = ctx
	err := r.all()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "stores:", err)
		os.Exit(1)
	}
}

// all does everything. What follows Make is kept to one core and comes last.
func (r *run) all() (err error) {
	h := &host{}
	defer h.end(&err)
	dir, err := os.MkdirTemp("", "enumim-bench-stores")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	r.tool = filepath.Join(dir, "enumim")
	if out, err := exec.CommandContext(r.ctx, "go", "build", "-o", r.tool, "github.com/enumim/enumim/cmd/enumim").CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	sets := filepath.Join(os.TempDir(), "enumim-bench")
	if err := os.MkdirAll(sets, 0o700); err != nil {
		return err
	}
	spec := data.Spec{N: r.n, Distinct: true}
	if r.files, err = spec.Make(sets); err != nil {
		return err
	}
	// fsync stays off: an import is held to the work, not to the disk of a virtual machine.
	r.server = servers.Postgres(h, "shared_buffers=1GB", "max_wal_size=4GB", "autovacuum=off")
	specs, err := peer.Parse(r.names, spec)
	if err != nil {
		return err
	}
	fmt.Fprintf(r.out, "%s\nPostgreSQL %s, %d numbers, 1.7 records a number\n\n", peer.Versions(specs), version(), r.n)

	took, err := r.imported()
	if err != nil {
		return err
	}
	fmt.Fprintf(r.out, "enumim import takes %.1f s (at most 60 for a million are wanted).\n", took.Seconds())
	seconds, err := r.mirrors(r.rounds)
	if err != nil {
		return err
	}
	fmt.Fprintf(r.out, "They are mirrored in %.2f s, median of %d (%.2f to %.2f; at most 3 for a million are wanted).\n",
		stat.Median(seconds), r.rounds, stat.Quantile(seconds, 0), stat.Quantile(seconds, 1))
	if err := r.looksUp(); err != nil {
		return err
	}
	if strings.Contains(r.names, "pdns") {
		if err := r.forPowerDNS(); err != nil {
			return err
		}
	}
	return r.compare(specs)
}

// series are the measurements of one server.
type series struct {
	*peer.Server
	cpu, database, qps, p50 []float64
	lost, sent              int
}

// compare measures what a query costs at saturation.
func (r *run) compare(specs []peer.Spec) error {
	build, err := peer.Make("")
	if err != nil {
		return err
	}
	defer build.Close()
	build.Database = peer.Database{Addr: r.server.Addr, PIDs: r.server.PIDs}
	var all []*series
	for _, spec := range specs {
		v, err := build.Start(r.ctx, spec)
		if err != nil {
			return err
		}
		defer v.Stop()
		all = append(all, &series{Server: v})
		if _, err := v.Blast("-time", r.warm.String()); err != nil {
			return err
		}
	}
	order := rand.New(rand.NewPCG(1, 2))
	for round := range r.rounds {
		for _, i := range order.Perm(len(all)) {
			if err := r.ctx.Err(); err != nil {
				return err
			}
			s := all[i]
			b, err := s.Blast("-time", r.span.String(), "-skip", strconv.Itoa((round+1)*123_457))
			if err == nil {
				err = s.Plausible(b)
			}
			if err != nil {
				return err
			}
			s.cpu, s.database = append(s.cpu, b.CPU), append(s.database, b.Database)
			s.qps, s.p50 = append(s.qps, float64(b.Received)/b.Seconds), append(s.p50, float64(b.P50.Microseconds()))
			s.lost, s.sent = s.lost+b.Lost, s.sent+b.Sent
		}
	}
	fmt.Fprintf(r.out, "\nCPU a query at saturation, of the server and of PostgreSQL; median of %d rounds of %v\n\n", r.rounds, r.span)
	w := tabwriter.NewWriter(r.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "server\tus/query\tof PostgreSQL\tqueries/s\tp50 us\tlost\t")
	for _, base := range all {
		fmt.Fprintf(w, "to %s\t", base)
	}
	fmt.Fprintln(w)
	for _, s := range all {
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%.0f\t%.0f\t%.2f%%\t", s, stat.Median(s.cpu), stat.Median(s.database), stat.Median(s.qps), stat.Median(s.p50),
			100*float64(s.lost)/float64(max(1, s.sent)))
		for _, base := range all {
			fmt.Fprintf(w, "%.3f\t", stat.Median(stat.Ratios(s.cpu, base.cpu)))
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

// version tells the version of PostgreSQL.
func version() string {
	paths, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(paths) == 0 {
		return "unknown"
	}
	out, _ := exec.Command(paths[len(paths)-1], "--version").Output()
	return strings.TrimSpace(strings.TrimPrefix(string(out), "postgres (PostgreSQL) "))
}

// host is what package servers takes for a test: it ends the program with what a test would fail with.
type host struct {
	testing.TB
	cleanups []func()
}

var errHost = errors.New("no server")

func (h *host) Helper()           {}
func (h *host) Cleanup(f func())  { h.cleanups = append(h.cleanups, f) }
func (h *host) Fatal(args ...any) { panic(fmt.Errorf("%w: %s", errHost, fmt.Sprint(args...))) }
func (h *host) Skip(args ...any)  { h.Fatal(args...) }

// end cleans up, and turns what Fatal said into an error.
func (h *host) end(err *error) {
	v := recover()
	for _, f := range slices.Backward(h.cleanups) {
		f()
	}
	if v == nil {
		return
	}
	fault, ok := v.(error)
	if _, bug := v.(runtime.Error); !ok || bug || !errors.Is(fault, errHost) {
		panic(v)
	}
	*err = fault
}
