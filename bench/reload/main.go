//go:build linux

// Command reload measures how long servers take to load their data, and what it costs to change one
// number of it while they answer: time until the change is seen, processor time, memory, and what
// happens to the latency of queries meanwhile. Each round starts the servers anew.
//
//	go run ./bench/reload -n 1000000
//	go run ./bench/reload -servers enumim-derived,enumim-zone -rate 20000
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"text/tabwriter"

	"github.com/enumim/enumim/bench/internal/data"
	"github.com/enumim/enumim/bench/internal/peer"
	"github.com/enumim/enumim/bench/internal/stat"
)

type options struct {
	numbers data.Spec
	servers string
	rounds  int
	rate    int
	dir     string
}

func main() {
	var o options
	flag.IntVar(&o.numbers.N, "n", 1_000_000, "numbers")
	flag.BoolVar(&o.numbers.Sparse, "sparse", false, "spread the numbers at random instead of filling half of each thousand")
	flag.BoolVar(&o.numbers.Single, "single", false, "one record a number, instead of 1.7 on average")
	flag.BoolVar(&o.numbers.Sorted, "sorted", false, "files in ascending order of the numbers, instead of in none")
	flag.StringVar(&o.servers, "servers", "enumim-derived,enumim-distinct,enumim-zone,nsd,knot,bind,file", "KIND[+PLUGIN...][@N] with commas between")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds")
	flag.IntVar(&o.rate, "rate", 1000, "queries a second meanwhile")
	flag.StringVar(&o.dir, "data", "", "folder that keeps sets of numbers; by default one for temporary files")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "reload:", err)
		stop()
		os.Exit(1)
	}
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
	all := make([]series, len(specs))
	for round := range o.rounds {
		for i, spec := range specs {
			if err := all[i].measure(ctx, build, spec, o.rate); err != nil {
				return err
			}
		}
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, o.rounds)
	}
	fmt.Fprintf(out, "%s\nLoading %d numbers where not said otherwise, %s, %s, %s; then one of them changes under %d queries a second.\nMedians of %d rounds\n\n",
		peer.Versions(specs), o.numbers.N, either(o.numbers.Sparse, "sparse", "dense"),
		either(o.numbers.Single, "one record a number", "1.7 records a number"),
		either(o.numbers.Sorted, "in order", "in no order"), o.rate, o.rounds)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "server\tload s\tCPU s\tseen s\tleast\tCPU s\tMB before\tat most\ttimes\tp50 us before\tmeanwhile\tp99 before\tmeanwhile\tmost\tlost\t\n")
	for i := range all {
		s := &all[i]
		fmt.Fprintf(w, "%s\t", specs[i])
		for _, c := range []struct {
			values []float64
			format string
		}{
			{s.load, "%.2f"}, {s.loadCPU, "%.2f"}, {s.seen, "%.3f"}, {[]float64{stat.Quantile(s.seen, 0)}, "%.3f"}, {s.cpu, "%.2f"},
			{s.before, "%.0f"}, {s.peak, "%.0f"}, {stat.Ratios(s.peak, s.before), "%.2f"},
			{s.p50Before, "%.0f"}, {s.p50, "%.0f"}, {s.p99Before, "%.0f"}, {s.p99, "%.0f"}, {s.most, "%.0f"}, {s.lost, "%.0f"},
		} {
			fmt.Fprintf(w, c.format+"\t", stat.Median(c.values))
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

func either(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}
