package test

import (
	"cmp"
	"fmt"
	"strings"
)

// overloadFigures are what an overload did, a line of the ledger.
type overloadFigures struct {
	Kind    string  `json:"kind"` // "overload"
	Date    string  `json:"date"`
	Note    string  `json:"note,omitempty"`
	GOGC    string  `json:"gogc,omitempty"` // of the server, where it was set
	Minutes float64 `json:"minutes"`
	Numbers int     `json:"numbers"`
	Limit   int     `json:"limit_mib"` // of memory; 0 where the machine has none
	Apart   bool    `json:"apart"`     // server and sender had a processor each

	Peak     float64 `json:"peak_per_s"` // answered while there were always some waiting
	After    float64 `json:"peak_after_per_s"`
	Best     float64 `json:"best_per_s"` // answered while fewer were waiting
	Offered  float64 `json:"offered_per_s"`
	Answered float64 `json:"answered_per_s"`
	Queries  int64   `json:"queries"`
	Replies  int64   `json:"replies"`
	TCP      int64   `json:"tcp"` // all of which were answered
	// Time of a processor that a query took at the peak, and one that was answered in the overload, in microseconds.
	CPU [2]float64 `json:"cpu_us"`

	// Before, and at most.
	Goroutines [2]int `json:"goroutines"`
	Resident   [2]int `json:"resident_mib"`
	Charged    int    `json:"charged_mib"` // to the control group, at most
	Full       int    `json:"limit_hit"`   // how often the group was at its limit

	During   spread  `json:"during"`
	Normal   float64 `json:"normal_p99_ms"` // the highest of half seconds before
	Recovery float64 `json:"recovery_ms"`   // until a half second was no worse than that
}

// goodput is which share of the peak was answered in the overload.
func (f overloadFigures) goodput() float64 { return f.Answered / f.Peak }

func (l *told) overloadTable() string {
	if len(l.overloads) == 0 {
		return "Nothing was run yet.\n"
	}
	var b strings.Builder
	b.WriteString("| | numbers | minutes | peak, after it | best | offered | answered | of the peak | CPU µs | goroutines | resident MiB | at the limit | p50, p99, most ms | before p99 | again after ms |\n" +
		"|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, f := range l.overloads {
		fmt.Fprintf(&b, "| %s | %d | %.0f | %.0f, %.0f | %.0f | %.0f | %.0f | %.1f %% | %.1f, %.1f | %d, %d | %d, %d | %d | %.0f, %.0f, %.0f | %.1f | %.0f |\n", f.Date, f.Numbers, f.Minutes,
			f.Peak, f.After, f.Best, f.Offered, f.Answered, 100*f.goodput(), f.CPU[0], f.CPU[1], f.Goroutines[0], f.Goroutines[1], f.Resident[0], f.Resident[1], f.Full,
			f.During.P50, f.During.P99, f.During.Most, f.Normal, f.Recovery)
	}
	for _, f := range l.overloads {
		fmt.Fprintf(&b, "\n%s (%s; GOGC %s): %d queries over UDP, of which %d were answered, none wrong, and %d over TCP, all of which were.\n",
			f.Date, cmp.Or(f.Note, "nothing beside it"), cmp.Or(f.GOGC, "100"), f.Queries, f.Replies, f.TCP)
	}
	return b.String()
}
