//go:build linux

// Command memory measures what numbers cost in memory: in the index of enumim alone, in its heap, and
// for the whole process of enumim and others, before and under load.
//
//	go run ./bench/memory -n 1000000
//	go run ./bench/memory -n 10000000 -sparse -servers enumim-derived,enumim-distinct
//
// With -backend it measures the server that users have with data of their own, at the start and while a reload opens
// the backend anew:
//
//	go run ./bench/memory -backend 'file numbers.txt'
//	go run ./bench/memory -apex e164.example.net -backend 'postgres db.example.net/enumim { mode feed }'
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/enumim/enumim/bench/internal/data"
	"github.com/enumim/enumim/bench/internal/peer"
	"github.com/enumim/enumim/bench/internal/proc"
)

const mega = 1e6

func main() {
	var numbers data.Spec
	flag.IntVar(&numbers.N, "n", 1_000_000, "numbers")
	flag.BoolVar(&numbers.Sparse, "sparse", false, "spread the numbers at random instead of filling half of each thousand")
	flag.BoolVar(&numbers.Single, "single", false, "one record a number, instead of 1.7 on average")
	servers := flag.String("servers", "enumim-derived,enumim-distinct,enumim-zone,nsd,knot,bind,file", "KIND[@N] with commas between")
	dir := flag.String("data", "", "folder that keeps sets of numbers; by default one for temporary files")
	backend := flag.String("backend", "", "a backend line as in a Corefile, in one line: measure this one, and the server without numbers")
	apex := flag.String("apex", "e164.arpa", "the tree that the backend of -backend serves")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if *backend != "" {
		err = own(ctx, *apex, *backend, os.Stdout)
	} else {
		err = run(ctx, *servers, numbers, *dir, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "memory:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, servers string, numbers data.Spec, dir string, out io.Writer) error {
	specs, err := peer.Parse(servers, numbers)
	if err != nil {
		return err
	}
	build, err := peer.Make(dir)
	if err != nil {
		return err
	}
	defer build.Close()
	fmt.Fprintf(out, "%s\nMemory, %d numbers where not said otherwise, %s, %s\n\n", peer.Versions(specs), numbers.N,
		either(numbers.Sparse, "sparse", "dense"), either(numbers.Single, "one record a number", "1.7 records a number"))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "server\tindex B/number\tof it text\theap B/number\tprocess MB\tB/number\tunder load MB\tat most MB\tstart s\tCPU s\t\n")
	for _, spec := range specs {
		if err := measure(ctx, w, build, spec); err != nil {
			return err
		}
	}
	return w.Flush()
}

// own measures a backend, and before it one that has one number.
func own(ctx context.Context, apex, backend string, out io.Writer) error {
	p, err := buildProgram(ctx)
	if err != nil {
		return err
	}
	defer p.close()
	one := filepath.Join(p.dir, "one")
	if err := os.WriteFile(one, []byte("+12025550100 im:user@example.com\n"), 0o600); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s\n", peer.Versions(nil))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "backend\tstart s\tCPU s\tresident MB\tat most MB\twhile reloaded MB\tafterwards MB\t\n")
	for _, line := range []string{"file " + one, backend} {
		s, err := p.spends(ctx, apex, line, nil)
		if err != nil {
			return err
		}
		kind, _, _ := strings.Cut(line, " ")
		if line != backend {
			kind = "one number"
		}
		fmt.Fprintf(w, "%s\t%.2f\t%.2f\t%.0f\t%.0f\t%.0f\t%.0f\t\n", kind, s.start.Seconds(), s.cpu.Seconds(),
			float64(s.rest)/mega, float64(s.most)/mega, float64(s.again)/mega, float64(s.then)/mega)
	}
	return w.Flush()
}

func measure(ctx context.Context, w io.Writer, build *peer.Build, spec peer.Spec) error {
	n := float64(spec.Data.N)
	index := "-\t-\t-"
	if spec.Kind.Enumim() {
		x, err := indexOf(ctx, build, spec)
		if err != nil {
			return err
		}
		index = fmt.Sprintf("%.2f\t%.2f\t%.2f", float64(x.Bytes)/n, float64(x.TextBytes)/n, float64(x.heap)/n)
	}
	v, err := build.Start(ctx, spec)
	if err != nil {
		return err
	}
	defer v.Stop()
	time.Sleep(time.Second) // for what ends behind the start
	rest := proc.PSS(v.PIDs())
	r, err := v.Blast("-time", "3s")
	if err == nil {
		err = v.Plausible(r)
	}
	if err != nil {
		return err
	}
	busy := proc.PSS(v.PIDs())
	fmt.Fprintf(w, "%s\t%s\t%.0f\t%.0f\t%.0f\t%.0f\t%.2f\t%.2f\t\n", v, index, float64(rest)/mega, float64(rest)/n, float64(busy)/mega,
		float64(proc.Peak(v.PIDs()[0]))/mega, v.Ready.Seconds(), v.LoadCPU.Seconds())
	return nil
}

func either(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}
