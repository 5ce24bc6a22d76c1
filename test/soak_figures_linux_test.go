package test

import (
	"math"
	"sync/atomic"
	"time"
)

// waits counts how long replies took, in classes each a quarter longer than the one before.
type waits struct {
	classes [128]atomic.Int64
	most    atomic.Int64
}

const firstClass = 20 * time.Microsecond

func (w *waits) add(d time.Duration) {
	i := 0
	if d > firstClass {
		i = min(len(w.classes)-1, 1+int(math.Log(float64(d)/float64(firstClass))/math.Log(1.25)))
	}
	w.classes[i].Add(1)
	for most := w.most.Load(); int64(d) > most && !w.most.CompareAndSwap(most, int64(d)); most = w.most.Load() {
	}
}

func (w *waits) count() (n int64) {
	for i := range w.classes {
		n += w.classes[i].Load()
	}
	return n
}

// spread is what waits say, in milliseconds. What share of all took longer is at most one in two, a hundred, a thousand.
type spread struct {
	Replies int64   `json:"replies"`
	P50     float64 `json:"p50_ms"`
	P99     float64 `json:"p99_ms"`
	P999    float64 `json:"p99.9_ms"`
	Most    float64 `json:"most_ms"`
}

func (w *waits) spread() spread {
	s := spread{Replies: w.count(), Most: milliseconds(time.Duration(w.most.Load()))}
	var n int64
	for i := range w.classes {
		before := n
		n += w.classes[i].Load()
		upTo := min(milliseconds(time.Duration(float64(firstClass)*math.Pow(1.25, float64(i)))), s.Most)
		for _, p := range []struct {
			share float64
			to    *float64
		}{{0.5, &s.P50}, {0.99, &s.P99}, {0.999, &s.P999}} {
			if need := int64(math.Ceil(p.share * float64(s.Replies))); before < need && n >= need {
				*p.to = upTo
			}
		}
	}
	return s
}

// milliseconds returns a time rounded to a hundredth of a millisecond.
func milliseconds(d time.Duration) float64 { return math.Round(d.Seconds()*1e5) / 100 }

// slope returns by how much y grows an hour, as the straight line nearest to the samples does.
func slope(at []time.Duration, y []float64) float64 {
	var n, sx, sy, sxx, sxy float64
	for i := range at {
		x := at[i].Hours()
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y[i], sxx+x*x, sxy+x*y[i]
	}
	if d := n*sxx - sx*sx; d > 0 {
		return (n*sxy - sx*sy) / d
	}
	return 0
}

// storeFigures are what a soak saw of one store.
type storeFigures struct {
	Store    string `json:"store"`
	Versions uint32 `json:"versions"` // that were written
	Unmade   int64  `json:"writes_refused,omitempty"`
	Outages  int    `json:"outages"`
	// SERVFAIL while an outage of this store explains it, and else.
	Failed      int64 `json:"servfail"`
	Unexplained int64 `json:"servfail_unexplained"`
	Stale       int64 `json:"stale"`
	Wrong       int64 `json:"wrong"`
	Lost        int64 `json:"lost"`
	Unsent      int64 `json:"unsent"`
	// From sending to the reply, while nothing is at fault with the store, and else.
	Quiet  spread `json:"quiet"`
	Outage spread `json:"outage"`
	// From when the query was due, whatever kept it.
	Due spread `json:"due"`
	// How much older than what the store held at the moment of the query an answer was at most, and from the end of an
	// outage until data as it is was served, in milliseconds.
	Behind   float64 `json:"behind_ms"`
	Recovery float64 `json:"recovery_ms"`
}

// soakFigures are the result of a soak, a line of the ledger.
type soakFigures struct {
	Kind    string  `json:"kind"` // "soak"
	Date    string  `json:"date"`
	Note    string  `json:"note,omitempty"`
	Minutes float64 `json:"minutes"`
	Max     float64 `json:"max_per_s"`
	Planned float64 `json:"planned_per_s"`

	Queries     int64 `json:"queries"`
	Answered    int64 `json:"answered"`
	Unsent      int64 `json:"unsent"` // for which there was no room within a second
	Lost        int64 `json:"lost"`
	Dropped     int64 `json:"dropped_by_the_system"` // before the server saw them, malformed ones included
	Wrong       int64 `json:"wrong"`
	Failed      int64 `json:"servfail"`
	Unexplained int64 `json:"servfail_unexplained"`
	TCP         int64 `json:"tcp"`
	Closed      int64 `json:"tcp_closed_by_reloads"`
	Malformed   int64 `json:"malformed"`
	Reloads     int   `json:"reloads"`
	Outages     int   `json:"outages"`

	Goroutines [3]int     `json:"goroutines"` // before, at most, after
	Files      [3]int     `json:"files"`
	Resident   [3]float64 `json:"resident_mib"`
	Slope      float64    `json:"resident_slope_mib_per_h"`
	Heap       [2]float64 `json:"heap_mib"` // before and after, when garbage is collected

	Stores []storeFigures `json:"stores"`
}
