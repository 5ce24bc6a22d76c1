//go:build linux

// Command guard measures what it costs to inspect what passes: the time that a CoreDNS on one core runs for
// each query that it forwards, beside the same without a guard, for answers without NAPTR records, with
// sound ones, with faulty ones, and out of the cache. NSD answers behind it, on the core of what asks. All
// servers run at once and are loaded one after the other, in random order, in several rounds; ratios are
// taken within a round.
//
//	go run ./bench/guard
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/enumim/enumim/bench/internal/peer"
	"github.com/enumim/enumim/bench/internal/stat"
)

type options struct {
	rounds     int
	time, warm time.Duration
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 15, "rounds, 50 at most")
	flag.DurationVar(&o.time, "time", 400*time.Millisecond, "time for each measurement in a round, 1s at most")
	flag.DurationVar(&o.warm, "warm", time.Second, "time for each before the first round, 1s at most")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "guard:", err)
		stop()
		os.Exit(1)
	}
}

// chain is a CoreDNS with these plugins in front of forward.
type chain struct {
	name, plugins string
}

const (
	guard  = "enumim_guard e164.arpa {\n%s\n}\n"
	behind = "cache\nenumim e164.arpa {\n%s\n}\n"
)

func with(name, frame, lines string) chain { return chain{name, fmt.Sprintf(frame, lines)} }

var (
	forward = chain{"forward", ""}
	cached  = chain{"cache forward", "cache\n"}
)

// groups are what is asked, and of whom: of the first without a guard.
var groups = []struct {
	title   string
	queries kind
	chains  []chain
}{
	{"A, no NAPTR in the answer", address, []chain{forward, with("guard: enforce", guard, "inspect enforce")}},
	{"NAPTR, two sound records", sound, []chain{
		forward, with("guard: observe", guard, "inspect observe"), with("guard: annotate", guard, "inspect annotate"),
		with("guard: enforce", guard, "inspect enforce"), with("guard: repair", guard, "inspect enforce\nclients asterisk\nrepair"),
	}},
	{"NAPTR, a sound record and a faulty one", faulty, []chain{
		forward, with("guard: observe", guard, "inspect observe"), with("guard: annotate", guard, "inspect annotate"),
		with("guard: enforce", guard, "inspect enforce\nclients asterisk"), with("guard: repair", guard, "inspect enforce\nclients asterisk\nrepair"),
	}},
	{"NAPTR out of the cache, two sound records", sound, []chain{
		cached, with("guard: observe, cache", guard+"cache\n", "inspect observe"), with("guard: enforce, cache", guard+"cache\n", "inspect enforce"),
		with("cache, enumim: enforce", behind, "inspect enforce"),
	}},
}

// series are the measurements of one chain with one kind of queries.
type series struct {
	*server
	queries       kind
	cpu, qps, p50 []float64
	lost, sent    int
}

func run(ctx context.Context, o options, out io.Writer) error {
	if o.rounds < 1 || o.rounds > 50 || o.time <= 0 || o.time > time.Second || o.warm <= 0 || o.warm > time.Second {
		return fmt.Errorf("%d rounds of %v after %v: at most 50 of 1s after 1s are possible", o.rounds, o.time, o.warm)
	}
	build, err := peer.Make("")
	if err != nil {
		return err
	}
	defer build.Close()
	b, err := newBench(ctx, build)
	if err != nil {
		return err
	}
	defer b.close()
	var all []*series
	for _, g := range groups {
		for _, c := range g.chains {
			s, err := b.server(ctx, c)
			if err != nil {
				return err
			}
			all = append(all, &series{server: s, queries: g.queries})
			if _, err := s.blast(ctx, g.queries, o.warm, 0); err != nil {
				return err
			}
		}
	}
	order := rand.New(rand.NewPCG(1, 2))
	for round := range o.rounds {
		for _, i := range order.Perm(len(all)) {
			if err := all[i].measure(ctx, o.time, round); err != nil {
				return err
			}
		}
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, o.rounds)
	}
	report(out, o, all)
	return nil
}

func (s *series) measure(ctx context.Context, length time.Duration, round int) error {
	r, err := s.blast(ctx, s.queries, length, round*1237)
	if err != nil {
		return err
	}
	s.cpu = append(s.cpu, r.cpu)
	s.qps = append(s.qps, float64(r.Received)/r.Seconds)
	s.p50 = append(s.p50, float64(r.P50.Microseconds()))
	s.lost += r.Lost
	s.sent += r.Sent
	return nil
}

func report(out io.Writer, o options, all []*series) {
	fmt.Fprintf(out, "%s\nCPU of CoreDNS a query at saturation, with EDNS; median of %d rounds of %v; ratios to the first of each group\n",
		peer.Versions([]peer.Spec{{Kind: peer.NSD}}), o.rounds, o.time)
	for _, g := range groups {
		own := all[:len(g.chains)]
		all = all[len(g.chains):]
		fmt.Fprintf(out, "\n%s:\n\n", g.title)
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintf(w, "chain\tus/query\tmore\tqueries/s\tp50 us\tlost\tratio\tquartiles\t\n")
		for _, s := range own {
			ratios := stat.Ratios(s.cpu, own[0].cpu)
			fmt.Fprintf(w, "%s\t%.2f\t%s\t%.0f\t%.0f\t%.2f%%\t%.3f\t%.3f-%.3f\t\n", s.name, stat.Median(s.cpu), more(s.cpu, own[0].cpu),
				stat.Median(s.qps), stat.Median(s.p50), 100*float64(s.lost)/float64(s.sent), stat.Median(ratios), stat.Quantile(ratios, .25), stat.Quantile(ratios, .75))
		}
		w.Flush()
	}
}

// more is the median of what a query costs beyond the first, in microseconds.
func more(cpu, base []float64) string {
	differences := make([]float64, len(cpu))
	for i := range cpu {
		differences[i] = cpu[i] - base[i]
	}
	return strconv.FormatFloat(stat.Median(differences), 'f', 2, 64)
}
