package enumim

import (
	"sync"
	"time"

	"github.com/coredns/coredns/plugin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/enumim/enumim/backend"
)

// What backends tell of themselves when metrics are collected (backend.Stater); those that do not tell, such as
// files, have entries and up from their events.
var (
	backendEntries = stateVec("backend_entries", "Gauge of the entries (numbers, blocks, delegations) that a backend serves.")
	backendUp      = stateVec("backend_up", "Gauge that is 1 while a backend's source could be read the last time, else 0.")
	backendBroken  = stateVec("backend_broken_entries", "Gauge of the entries of a backend that cannot be read, so that what they decide is SERVFAIL.")
	backendSerial  = stateVec("backend_serial", "Gauge of the generation of a backend's data, which grows with each change.")
	backendAge     = stateVec("backend_age_seconds", "Gauge of the time since a backend's data was last known to be what its source holds.")
	backendLimit   = stateVec("backend_age_limit_seconds", "Gauge of the age from which on a backend's data is not served any more.")
)

// stateVec returns a gauge that stateSeries collects.
func stateVec(name, help string) *prometheus.GaugeVec {
	return promauto.With(nil).NewGaugeVec(prometheus.GaugeOpts{
		Namespace: plugin.Namespace, Subsystem: pluginName, Name: name, Help: help,
	}, []string{"backend", "source"})
}

// stateVecs are the gauges whose values are asked for when they are collected.
var stateVecs = []*prometheus.GaugeVec{backendEntries, backendUp, backendBroken, backendSerial, backendAge, backendLimit}

// stateSeries collects the states of all open backends.
var stateSeries = &states{}

func init() { prometheus.MustRegister(stateSeries) }

// states is a prometheus.Collector: what a backend tells is true when it is asked for.
type states struct {
	mu    sync.Mutex
	shown map[[2]string]bool // driver and source of what was collected last
}

// Describe implements prometheus.Collector.
func (s *states) Describe(ch chan<- *prometheus.Desc) {
	for _, vec := range stateVecs {
		vec.Describe(ch)
	}
}

// Collect implements prometheus.Collector.
func (s *states) Collect(ch chan<- prometheus.Metric) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refresh()
	for _, vec := range stateVecs {
		vec.Collect(ch)
	}
}

// refresh asks the backends that are open, and takes the series away of those that no longer are.
func (s *states) refresh() {
	now := make(map[[2]string]bool)
	worst := make(map[[2]string]backend.State)
	for driver, state := range openStates {
		series := [2]string{driver, state.Source}
		if now[series] {
			state = worse(worst[series], state)
		}
		now[series], worst[series] = true, state
	}
	for series, state := range worst {
		show(series[0], state)
	}
	for series := range s.shown {
		if !now[series] && !sourceSeries.held(series) {
			forgetSource(series)
		}
	}
	s.shown = now
}

// openStates yields what the backends in use tell of themselves, with their drivers.
func openStates(yield func(driver string, s backend.State) bool) {
	for g := range generations {
		if !g.opened.Load() {
			continue
		}
		for _, b := range g.blocks {
			if b.source == nil {
				continue
			}
			if s, ok := b.state(); ok && !yield(b.Driver, s) {
				return
			}
			if b.anonymizer != nil && !yield("anonymize", b.anonymizer.state()) {
				return
			}
		}
	}
}

// state returns what the backend tells of itself; ok is false for one that tells nothing, and for one that panics: a
// collector runs in goroutines that nobody guards.
func (b *block) state() (s backend.State, ok bool) {
	defer func() {
		if recover() != nil {
			panics.Inc()
			ok = false
		}
	}()
	teller, ok := backend.As[backend.Stater](b.source.Backend())
	if ok {
		s = teller.State()
	}
	return s, ok
}

// worse is what is shown of two backends with the same source: an alert must not depend on which of them comes last.
// What one does not know, the other may.
func worse(a, b backend.State) backend.State {
	a.Up = a.Up && b.Up
	if a.Entries < 0 || b.Entries >= 0 && b.Entries < a.Entries {
		a.Entries = b.Entries
	}
	a.Broken = max(a.Broken, b.Broken)
	if a.Serial == 0 || b.Serial != 0 && int32(b.Serial-a.Serial) < 0 {
		a.Serial = b.Serial
	}
	if a.Current.IsZero() || !b.Current.IsZero() && b.Current.Before(a.Current) {
		a.Current = b.Current
	}
	if a.Stale == 0 || b.Stale != 0 && b.Stale < a.Stale {
		a.Stale = b.Stale
	}
	return a
}

// show sets the gauges of a source. What is not known has no series.
func show(driver string, s backend.State) {
	set := func(vec *prometheus.GaugeVec, known bool, value float64) {
		if !known {
			vec.DeleteLabelValues(driver, s.Source)
			return
		}
		vec.WithLabelValues(driver, s.Source).Set(value)
	}
	reachable := 0.0
	if s.Up {
		reachable = 1
	}
	set(backendUp, true, reachable)
	set(backendEntries, s.Entries >= 0, float64(s.Entries))
	set(backendBroken, s.Broken >= 0, float64(s.Broken))
	set(backendSerial, s.Serial != 0, float64(s.Serial))
	set(backendAge, !s.Current.IsZero(), max(0, time.Since(s.Current).Seconds()))
	set(backendLimit, s.Stale != 0, s.Stale.Seconds())
}
