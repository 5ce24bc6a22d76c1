//go:build linux

// Command compare measures what a query costs: the time that a server on one core runs for each, while
// the other core sends queries as fast as answers come. All servers run at once and are loaded one
// after the other, in random order, in several rounds; ratios are taken within a round, as the machine
// changes its mind from one to the next.
//
//	go run ./bench/compare -n 1000000
//	go run ./bench/compare -servers enumim-derived@10000,enumim-derived@1000000,enumim-derived@10000000
//	go run ./bench/compare -servers enumim-derived,enumim-derived+prometheus,enumim-derived+cache
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

	"github.com/enumim/enumim/bench/internal/data"
	"github.com/enumim/enumim/bench/internal/peer"
	"github.com/enumim/enumim/bench/internal/stat"
)

const everyone = "floor,enumim-derived,enumim-distinct,enumim-zone,nsd,knot,bind,file"

type options struct {
	numbers data.Spec
	servers string
	rounds  int
	time    time.Duration
	warm    time.Duration
	dir     string
}

func main() {
	var o options
	flag.IntVar(&o.numbers.N, "n", 1_000_000, "numbers")
	flag.BoolVar(&o.numbers.Sparse, "sparse", false, "spread the numbers at random instead of filling half of each thousand")
	flag.BoolVar(&o.numbers.Single, "single", false, "one record a number, as the floor answers, instead of 1.7 on average")
	flag.StringVar(&o.servers, "servers", everyone, "KIND[+PLUGIN...][@N] with commas between; ratios are to the first")
	flag.IntVar(&o.rounds, "rounds", 7, "rounds")
	flag.DurationVar(&o.time, "time", 2*time.Second, "time for each server in a round")
	flag.DurationVar(&o.warm, "warm", time.Second, "time for each server before the first round")
	flag.StringVar(&o.dir, "data", "", "folder that keeps sets of numbers; by default one for temporary files")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		stop()
		os.Exit(1)
	}
}

// series are the measurements of one server.
type series struct {
	*peer.Server
	cpu, user, system, qps, busy, p50, octets []float64
	lost, sent                                int
}

func run(ctx context.Context, o options, out io.Writer) error {
	specs, err := peer.Parse(o.servers, o.numbers)
	if err != nil {
		return err
	}
	build, err := peer.Make(o.dir)
	if err != nil {
		return err
	}
	defer build.Close()
	var all []*series
	for _, spec := range specs {
		v, err := build.Start(ctx, spec)
		if err != nil {
			return err
		}
		defer v.Stop()
		all = append(all, &series{Server: v})
		if _, err := v.Blast("-time", o.warm.String()); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%s answers after %.1f s\n", v, v.Ready.Seconds())
	}
	order := rand.New(rand.NewPCG(1, 2))
	for round := range o.rounds {
		for _, i := range order.Perm(len(all)) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err := all[i].measure("-time", o.time.String(), "-skip", strconv.Itoa(round*123_457)); err != nil {
				return err
			}
		}
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, o.rounds)
	}
	report(out, o, specs, all)
	return nil
}

func (s *series) measure(args ...string) error {
	r, err := s.Blast(args...)
	if err == nil {
		err = s.Plausible(r)
	}
	if err != nil {
		return err
	}
	s.cpu = append(s.cpu, r.CPU)
	s.user = append(s.user, r.User)
	s.system = append(s.system, r.System)
	s.qps = append(s.qps, float64(r.Received)/r.Seconds)
	s.busy = append(s.busy, r.Busy)
	s.p50 = append(s.p50, float64(r.P50.Microseconds()))
	s.octets = append(s.octets, float64(r.Octets)/float64(r.Received))
	s.lost += r.Lost
	s.sent += r.Sent
	return nil
}

func report(out io.Writer, o options, specs []peer.Spec, all []*series) {
	fmt.Fprintf(out, "%s\nCPU a query at saturation, %d numbers where not said otherwise, %s, %s; median of %d rounds of %v\n\n",
		peer.Versions(specs), o.numbers.N, either(o.numbers.Sparse, "sparse", "dense"),
		either(o.numbers.Single, "one record a number", "1.7 records a number"), o.rounds, o.time)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "server\tus/query\tleast\tuser\tsystem\tqueries/s\tbusy\tp50 us\tlost\toctets\tratio\tquartiles\t\n")
	for _, s := range all {
		ratios := stat.Ratios(s.cpu, all[0].cpu)
		fmt.Fprintf(w, "%s\t%.2f\t%.2f\t%.1f\t%.1f\t%.0f\t%.0f%%\t%.0f\t%.2f%%\t%.0f\t%.3f\t%.3f-%.3f\t\n", s, stat.Median(s.cpu),
			stat.Quantile(s.cpu, 0), stat.Median(s.user), stat.Median(s.system), stat.Median(s.qps), 100*stat.Median(s.busy),
			stat.Median(s.p50), 100*float64(s.lost)/float64(s.sent), stat.Median(s.octets), stat.Median(ratios), stat.Quantile(ratios, .25), stat.Quantile(ratios, .75))
	}
	w.Flush()
	fmt.Fprintf(out, "\nMedian paired ratios, row to column:\n\n")
	fmt.Fprint(w, "\t")
	for _, s := range all {
		fmt.Fprintf(w, "%s\t", s)
	}
	fmt.Fprintln(w)
	for _, s := range all {
		fmt.Fprintf(w, "%s\t", s)
		for _, base := range all {
			fmt.Fprintf(w, "%.3f\t", stat.Median(stat.Ratios(s.cpu, base.cpu)))
		}
		fmt.Fprintln(w)
	}
	w.Flush()
}

func either(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}
