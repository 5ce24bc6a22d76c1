//go:build linux

// Command profile shows where a server of the CoreDNS build spends its time under load, by package and
// function, and keeps the profiles for `go tool pprof`.
//
//	go run ./bench/profile -server enumim-derived -n 1000000 -out /tmp/profile
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/enumim/enumim/bench/internal/data"
	"github.com/enumim/enumim/bench/internal/peer"
)

func main() {
	var numbers data.Spec
	flag.IntVar(&numbers.N, "n", 1_000_000, "numbers")
	flag.BoolVar(&numbers.Sparse, "sparse", false, "spread the numbers at random instead of filling half of each thousand")
	flag.BoolVar(&numbers.Single, "single", false, "one record a number, instead of 1.7 on average")
	server := flag.String("server", "enumim-derived", "KIND[+PLUGIN...][@N], a plugin of CoreDNS")
	span := flag.Duration("time", 10*time.Second, "how long")
	out := flag.String("out", ".", "folder for the profiles cpu.prof and allocs.prof")
	dir := flag.String("data", "", "folder that keeps sets of numbers; by default one for temporary files")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *server, numbers, *span, *out, *dir); err != nil {
		fmt.Fprintln(os.Stderr, "profile:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, server string, numbers data.Spec, span time.Duration, out, dir string) error {
	specs, err := peer.Parse(server+"+pprof", numbers)
	if err != nil {
		return err
	}
	build, err := peer.Make(dir)
	if err != nil {
		return err
	}
	defer build.Close()
	v, err := build.Start(ctx, specs[0])
	if err != nil {
		return err
	}
	defer v.Stop()
	if _, err := v.Blast("-time", "1s"); err != nil {
		return err
	}
	loaded := make(chan error, 1)
	go func() {
		r, err := v.Blast("-time", (span + 2*time.Second).String())
		if err == nil {
			fmt.Fprintf(os.Stderr, "%d queries, %.2f us each\n", r.Received, r.CPU)
		}
		loaded <- err
	}()
	time.Sleep(time.Second)
	cpu := filepath.Join(out, "cpu.prof")
	err = fetch(ctx, fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", v.Control(), int(span.Seconds())), cpu)
	if err == nil {
		err = fetch(ctx, fmt.Sprintf("http://%s/debug/pprof/allocs", v.Control()), filepath.Join(out, "allocs.prof"))
	}
	if blasted := <-loaded; err == nil {
		err = blasted
	}
	if err != nil {
		return err
	}
	top := exec.CommandContext(ctx, "go", "tool", "pprof", "-top", "-cum", "-nodecount=80", cpu)
	top.Stdout, top.Stderr = os.Stdout, os.Stderr
	return top.Run()
}

func fetch(ctx context.Context, url, path string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, response.Body); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
