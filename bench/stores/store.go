//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/bench/internal/stat"
	"github.com/enumim/enumim/corefile"
	"github.com/enumim/enumim/e164"
)

const apex = "e164.arpa."

// open opens PostgreSQL as a backend and waits until it can answer.
func (r *run) open(mode string) (h *backend.Handle, took time.Duration, err error) {
	a, err := e164.ParseApex(apex)
	if err != nil {
		return nil, 0, err
	}
	_, opener, err := corefile.ParseBackend("postgres "+r.server.Addr+"/enumim { mode "+mode+" }", backend.Config{Apexes: []e164.Apex{a}})
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
			return nil, 0, fmt.Errorf("mode %s does not become ready: %v", mode, last.Load())
		}
		time.Sleep(time.Millisecond)
	}
	return h, time.Since(began), nil
}

// mirrors measures how long it takes until the numbers are in memory.
func (r *run) mirrors(rounds int) (seconds []float64, err error) {
	for range rounds {
		h, took, err := r.open("feed")
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

// bare is the client library, asked what the backend asks.
type bare struct {
	free chan *pgx.Conn
	sql  string
}

// connections is how many there are, as in the backend by default.
const connections = 4

// statement finds the text of the look-up of mode store among what the connections of the server asked last.
func (r *run) statement() (string, error) {
	c, err := r.connect("enumim")
	if err != nil {
		return "", err
	}
	defer c.Close(context.WithoutCancel(r.ctx))
	var text string
	err = c.QueryRow(r.ctx, "SELECT query FROM pg_stat_activity WHERE query LIKE '%ANY($1::text[])%' AND pid <> pg_backend_pid() LIMIT 1").Scan(&text)
	if err != nil {
		return "", fmt.Errorf("the look-up of the backend is not found: %w", err)
	}
	return text, nil
}

func (b *bare) lookup(ctx context.Context, n e164.Number) error {
	digits := n.Digits()
	var prefixes []string
	for i := 1; i <= len(digits); i++ {
		prefixes = append(prefixes, digits[:i])
	}
	c := <-b.free
	defer func() { b.free <- c }()
	rows, err := c.Query(ctx, b.sql, []string{digits}, prefixes)
	if err != nil {
		return err
	}
	defer rows.Close()
	count := 0
	for rows.Next() {
		for range rows.RawValues() {
			count++
		}
	}
	if count == 0 {
		return errors.New("no rows")
	}
	return rows.Err()
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

// looksUp measures mode store beside the bare client: one query after the other, and many at once.
func (r *run) looksUp() error {
	numbers, err := r.numbers()
	if err != nil {
		return err
	}
	h, _, err := r.open("store")
	if err != nil {
		return err
	}
	defer h.Close()
	lookup := func(n e164.Number) error {
		var a backend.Answer
		err := h.Lookup(r.ctx, backend.Query{Apex: apex, Name: e164.Name{Number: n}}, &a)
		if err == nil && a.Kind != backend.Found {
			err = fmt.Errorf("an answer of kind %d", a.Kind)
		}
		return err
	}
	if err := lookup(numbers[0]); err != nil {
		return err
	}
	b := &bare{}
	if b.sql, err = r.statement(); err != nil {
		return err
	}
	b.free = make(chan *pgx.Conn, connections)
	for range connections {
		c, err := r.connect("enumim")
		if err != nil {
			return err
		}
		defer c.Close(context.WithoutCancel(r.ctx))
		// As the backend has it: by default PostgreSQL makes a plan for each of the first five queries.
		if _, err := c.Exec(r.ctx, "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off"); err != nil {
			return err
		}
		b.free <- c
	}
	direct := func(n e164.Number) error { return b.lookup(r.ctx, n) }

	ways := []struct {
		name    string
		workers int
		ask     func(e164.Number) error
		qps     []float64
	}{
		{"bare client, one after the other", 1, direct, nil},
		{"mode store, one after the other", 1, lookup, nil},
		{"bare client, 4 connections, one by one", askers, direct, nil},
		{"mode store, gathered", askers, lookup, nil},
	}
	for i := range ways { // warm up
		if _, err := throughput(ways[i].workers, r.span, numbers, ways[i].ask); err != nil {
			return fmt.Errorf("%s: %w", ways[i].name, err)
		}
	}
	order := rand.New(rand.NewPCG(3, 4))
	for range r.rounds {
		for _, i := range order.Perm(len(ways)) {
			qps, err := throughput(ways[i].workers, r.span, numbers, ways[i].ask)
			if err != nil {
				return fmt.Errorf("%s: %w", ways[i].name, err)
			}
			ways[i].qps = append(ways[i].qps, qps)
		}
	}
	fmt.Fprintf(r.out, "\nLook-ups in PostgreSQL, from one process; median of %d rounds of %v\n\n", r.rounds, r.span)
	fmt.Fprintf(r.out, "%42s  %10s  %10s\n", "", "a second", "us each")
	for _, w := range ways {
		each := 1e6 / stat.Median(w.qps)
		fmt.Fprintf(r.out, "%42s  %10.0f  %10.1f\n", w.name, stat.Median(w.qps), each)
	}
	fmt.Fprintf(r.out, "\nMode store takes %.3f times the bare client (at most 1.10 is wanted).\n", stat.Median(stat.Ratios(ways[0].qps, ways[1].qps)))
	fmt.Fprintf(r.out, "Gathered it answers %.1f times as many as one after the other, %.1f times as many as 4 connections one by one (10 is wanted).\n",
		stat.Median(stat.Ratios(ways[3].qps, ways[0].qps)), stat.Median(stat.Ratios(ways[3].qps, ways[2].qps)))
	return nil
}
