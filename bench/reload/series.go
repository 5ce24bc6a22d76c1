//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/enumim/enumim/bench/internal/data"
	"github.com/enumim/enumim/bench/internal/peer"
	"github.com/enumim/enumim/bench/internal/proc"
	"github.com/enumim/enumim/bench/internal/stat"
)

const (
	calm     = 2 * time.Second // under load before the change
	after    = time.Second     // and after it was seen
	pollTime = time.Millisecond
	mostTime = 55 * time.Second // of the load; it ends at a minute
	mega     = 1e6
)

// series are the measurements of one server, a value for each round.
type series struct {
	load, loadCPU        []float64 // seconds
	seen, cpu            []float64 // seconds until the change was seen; of the processor, beyond what queries took
	before, peak         []float64 // MB
	p50Before, p50       []float64 // microseconds
	p99Before, p99, most []float64
	lost                 []float64
}

func (s *series) measure(ctx context.Context, build *peer.Build, spec peer.Spec, rate int) error {
	v, err := build.Start(ctx, spec)
	if err != nil {
		return err
	}
	defer v.Stop()
	if err := data.Change(v.Original(), v.Scratch()); err != nil {
		return err
	}
	pids := v.PIDs()
	// A reload takes about as long as the start did, and CoreDNS file looks for changes now and then.
	span := min(mostTime, calm+after+2*v.Ready+20*time.Second)
	trace := v.Scratch() + ".trace"
	loaded := make(chan error, 1)
	lost := 0.0
	go func() {
		r, err := v.Blast("-rate", strconv.Itoa(rate), "-sockets", "2", "-window", "200", "-time", span.String(), "-trace", trace)
		if r != nil {
			lost = float64(r.Lost)
		}
		loaded <- err
	}()
	time.Sleep(calm / 2)
	usual := proc.CPU(pids)
	time.Sleep(calm / 2)
	usual = proc.CPU(pids) - usual // in half of calm
	memory := proc.PSS(pids)
	if err := proc.ResetPeak(pids); err != nil {
		return err
	}
	cpu, began := proc.CPU(pids), time.Now()
	peak, err := change(ctx, v, span-calm)
	took := time.Since(began)
	cpu = proc.CPU(v.PIDs()) - cpu - time.Duration(float64(usual)*took.Seconds()/(calm/2).Seconds())
	if blasted := <-loaded; err == nil {
		err = blasted
	}
	if err != nil {
		return err
	}
	s.load = append(s.load, v.Ready.Seconds())
	s.loadCPU = append(s.loadCPU, v.LoadCPU.Seconds())
	s.seen = append(s.seen, took.Seconds())
	s.cpu = append(s.cpu, cpu.Seconds())
	s.before = append(s.before, float64(memory)/mega)
	s.peak = append(s.peak, float64(max(peak, memory))/mega)
	s.lost = append(s.lost, lost)
	return s.latencies(trace, began, began.Add(took))
}

// change changes the number and waits until that is seen. It returns the most memory that was in use,
// in octets.
func change(ctx context.Context, v *peer.Server, most time.Duration) (peak int64, err error) {
	began := time.Now()
	if err := v.Replace(v.Scratch()); err != nil {
		return 0, err
	}
	for looked := began; !v.Serves(data.ChangedText); time.Sleep(pollTime) {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		if time.Since(began) > most {
			return 0, fmt.Errorf("%s: the change was not seen within %v", v, most)
		}
		// Only what has several processes needs to be watched all the time; that costs.
		if pids := v.PIDs(); len(pids) > 1 && time.Since(looked) > 50*time.Millisecond {
			looked = time.Now()
			peak = max(peak, proc.PSS(pids))
		}
	}
	if pids := v.PIDs(); len(pids) == 1 {
		peak = proc.Peak(pids[0])
	}
	return peak, nil
}

// latencies reads the trace of the load and compares the time before the change with that until it
// was seen.
func (s *series) latencies(trace string, from, to time.Time) error {
	text, err := os.ReadFile(trace)
	if err != nil {
		return err
	}
	var before, meanwhile []float64
	for line := range strings.Lines(string(text)) {
		var at, us int64
		if _, err := fmt.Sscan(line, &at, &us); err != nil {
			return fmt.Errorf("%s: %w", trace, err)
		}
		switch sent := time.UnixMicro(at); {
		case sent.After(from.Add(-calm/2)) && sent.Before(from):
			before = append(before, float64(us))
		case sent.After(from) && sent.Before(to):
			meanwhile = append(meanwhile, float64(us))
		}
	}
	s.p50Before = append(s.p50Before, stat.Median(before))
	s.p50 = append(s.p50, stat.Median(meanwhile))
	s.p99Before = append(s.p99Before, stat.Quantile(before, .99))
	s.p99 = append(s.p99, stat.Quantile(meanwhile, .99))
	s.most = append(s.most, stat.Quantile(meanwhile, 1))
	return nil
}
