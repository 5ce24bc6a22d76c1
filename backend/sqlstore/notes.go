package sqlstore

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/enumim/enumim/backend"
)

// Notes gathers what is wrong with rows, and tells it as findings: each once in a while, with how often it was.
type Notes struct {
	Source  string
	Observe func(backend.Event)

	mu    sync.Mutex
	count map[finding]int
	told  time.Time
}

type finding struct{ rule, text string }

// How often findings are told, and how many different ones are kept.
const (
	notesEvery = 10 * time.Second
	mostNotes  = 50
)

// Entry notes an entry that came with an error; known is false for a row that stands nowhere.
func (n *Notes) Entry(known bool, err error) {
	if err == nil {
		return
	}
	f := finding{"row", "a row cannot be served: " + err.Error()}
	if !known {
		f = finding{"row-lost", "a row tells no number and is left out: " + err.Error()}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.count == nil {
		n.count = map[finding]int{}
	}
	if _, have := n.count[f]; have || len(n.count) < mostNotes {
		n.count[f]++
	}
}

// Tell tells the findings, unless it just did.
func (n *Notes) Tell() {
	n.mu.Lock()
	if len(n.count) == 0 || !n.told.IsZero() && time.Since(n.told) < notesEvery {
		n.mu.Unlock()
		return
	}
	count := n.count
	n.count, n.told = nil, time.Now()
	n.mu.Unlock()
	if n.Observe == nil {
		return
	}
	for _, f := range slices.SortedFunc(maps.Keys(count), func(a, b finding) int { return cmp.Or(cmp.Compare(a.rule, b.rule), cmp.Compare(a.text, b.text)) }) {
		n.Observe(backend.Event{Kind: backend.Finding, Source: n.Source, Rule: f.rule, Text: f.text, Count: count[f]})
	}
}

// Older tells that changes are gone that were seen. That it is served all the same is as with a fail-over: nobody but the
// data base has data. rule names the finding.
func (n *Notes) Older(rule string) {
	if n.Observe != nil {
		n.Observe(backend.Event{Kind: backend.Finding, Source: n.Source, Rule: rule, Count: 1,
			Text: "the data base has older data than it had, as after a fail-over to a replica that lags, or a restore: changes that were confirmed are gone; write them anew with enumim import or sync"})
	}
}
