//go:build linux

package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/bench/internal/stat"
	"github.com/enumim/enumim/corefile"
	"github.com/enumim/enumim/e164"
)

const apex = "e164.arpa."

// open opens PostgreSQL as a backend and waits until it can answer.
func (r *run) open(options string) (h *backend.Handle, took time.Duration, err error) {
	a, err := e164.ParseApex(apex)
	if err != nil {
		return nil, 0, err
	}
	_, opener, err := corefile.ParseBackend("postgres "+r.server.Addr+"/enumim { "+options+" }", backend.Config{Apexes: []e164.Apex{a}})
	if err != nil {
		return nil, 0, err
	}
	var last atomic.Value
	began := time.Now()
	b, err := opener.Open(r.ctx, func(e backend.Event) {
		if e.Err != nil {
			last.Store(e.Err)
		}
	})
	if err != nil {
		return nil, 0, err
	}
	h = backend.NewHandle(b, backend.Limits{Timeout: 10 * time.Second, InFlight: 4096}, nil)
	for !h.Ready() {
		if time.Since(began) > 5*time.Minute || r.ctx.Err() != nil {
			return nil, 0, fmt.Errorf("%s does not become ready: %v", options, last.Load())
		}
		time.Sleep(time.Millisecond)
	}
	return h, time.Since(began), nil
}

// mirrors measures how long it takes until the numbers are in memory.
func (r *run) mirrors(rounds int) (seconds []float64, err error) {
	for range rounds {
		h, took, err := r.open("mode feed")
		if err != nil {
			return nil, err
		}
		if err := h.Close(); err != nil {
			return nil, err
		}
		seconds = append(seconds, took.Seconds())
	}
	return seconds, nil
}

// numbers reads some numbers of the set.
func (r *run) numbers() (list []e164.Number, err error) {
	f, err := os.Open(r.files.Numbers)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan() && len(list) < 200_000; {
		digits, _, _ := strings.Cut(lines.Text(), " ")
		n, err := e164.Parse(digits)
		if err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list, nil
}

// askers is how many ask at once.
const askers = 256

// throughput has so many ask for a time, and returns how many answers a second there were.
func throughput(workers int, span time.Duration, numbers []e164.Number, ask func(e164.Number) error) (float64, error) {
	var done atomic.Int64
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	began := time.Now()
	for w := range workers {
		wg.Go(func() {
			for i := w; time.Since(began) < span; i += workers {
				if err := ask(numbers[i%len(numbers)]); err != nil {
					failed.Store(&err)
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return float64(done.Load()) / time.Since(began).Seconds(), nil
}

// storeLookup is a look-up of a number that is there.
func (r *run) storeLookup(h *backend.Handle) func(e164.Number) error {
	return func(n e164.Number) error {
		var a backend.Answer
		err := h.Lookup(r.ctx, backend.Query{Apex: apex, Name: e164.Name{Number: n}}, &a)
		if err == nil && a.Kind != backend.Found {
			err = fmt.Errorf("an answer of kind %d", a.Kind)
		}
		return err
	}
}

// way is one way to ask.
type way struct {
	name string
	ask  func(e164.Number) error
	each []float64 // microseconds for a look-up, of each round
}

// looksUp measures mode store beside the bare client: one query after the other, and many at once.
func (r *run) looksUp() error {
	numbers, err := r.numbers()
	if err != nil {
		return err
	}
	if err := r.oneByOne(numbers); err != nil {
		return err
	}
	return r.atOnce(numbers)
}

// oneByOne measures what the discipline of mode store adds to the same statement through the bare client. Each has one
// connection, and each number is asked for in all ways, one after the other, so that whatever else the machine does
// hits all alike.
func (r *run) oneByOne(numbers []e164.Number) error {
	h, _, err := r.open("mode store; connections 1")
	if err != nil {
		return err
	}
	defer h.Close()
	lookup := r.storeLookup(h)
	if err := lookup(numbers[0]); err != nil {
		return err
	}
	b, err := r.bareClient(1)
	if err != nil {
		return err
	}
	defer b.close(r.ctx)
	ways := []*way{
		{name: "bare client, the same statement", ask: func(n e164.Number) error { return b.lookup(r.ctx, n) }},
		{name: "mode store", ask: lookup},
		{name: "bare client, SELECT by key", ask: func(n e164.Number) error { return b.plain(r.ctx, n) }},
	}
	next := 0
	for round := range r.rounds + 1 { // the first warms up
		sums, count := make([]time.Duration, len(ways)), 0
		for began := time.Now(); time.Since(began) < time.Duration(len(ways))*r.span; count++ {
			n := numbers[next%len(numbers)]
			next++
			for k := range ways {
				i := (k + count) % len(ways)
				start := time.Now()
				if err := ways[i].ask(n); err != nil {
					return fmt.Errorf("%s: %w", ways[i].name, err)
				}
				sums[i] += time.Since(start)
			}
		}
		for i := range ways {
			if round > 0 {
				ways[i].each = append(ways[i].each, float64(sums[i].Microseconds())/float64(count))
			}
		}
	}
	fmt.Fprintf(r.out, "\nLook-ups in PostgreSQL one after the other, from one process, each on one connection; median of %d rounds\n\n", r.rounds)
	r.show(ways)
	fmt.Fprintf(r.out, "\nMode store takes %.3f times the same statement through the bare client (at most 1.10 is wanted), %.2f times a SELECT by key.\n",
		stat.Median(stat.Ratios(ways[1].each, ways[0].each)), stat.Median(stat.Ratios(ways[1].each, ways[2].each)))
	return nil
}

// atOnce measures what gathering brings where many ask.
func (r *run) atOnce(numbers []e164.Number) error {
	h, _, err := r.open("mode store")
	if err != nil {
		return err
	}
	defer h.Close()
	lookup := r.storeLookup(h)
	if err := lookup(numbers[0]); err != nil {
		return err
	}
	b, err := r.bareClient(connections)
	if err != nil {
		return err
	}
	defer b.close(r.ctx)
	direct := func(n e164.Number) error { return b.lookup(r.ctx, n) }
	ways := []*way{
		{name: "bare client, one after the other", ask: direct},
		{name: "bare client, 4 connections, one by one", ask: direct},
		{name: "mode store, gathered", ask: lookup},
	}
	workers := []int{1, askers, askers}
	order := rand.New(rand.NewPCG(3, 4))
	for round := range r.rounds + 1 { // the first warms up
		for _, i := range order.Perm(len(ways)) {
			qps, err := throughput(workers[i], r.span, numbers, ways[i].ask)
			if err != nil {
				return fmt.Errorf("%s: %w", ways[i].name, err)
			}
			if round > 0 {
				ways[i].each = append(ways[i].each, 1e6/qps)
			}
		}
	}
	fmt.Fprintf(r.out, "\n%d look-ups at once; median of %d rounds of %v\n\n", askers, r.rounds, r.span)
	r.show(ways)
	fmt.Fprintf(r.out, "\nGathered it answers %.1f times as many as one after the other, %.1f times as many as 4 connections one by one (10 is wanted).\n",
		stat.Median(stat.Ratios(ways[0].each, ways[2].each)), stat.Median(stat.Ratios(ways[1].each, ways[2].each)))
	return nil
}

// show prints what each way came to.
func (r *run) show(ways []*way) {
	fmt.Fprintf(r.out, "%42s  %10s  %10s\n", "", "a second", "us each")
	for _, w := range ways {
		fmt.Fprintf(r.out, "%42s  %10.0f  %10.1f\n", w.name, 1e6/stat.Median(w.each), stat.Median(w.each))
	}
}
