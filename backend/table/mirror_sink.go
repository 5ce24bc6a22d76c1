package table

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/enumim/enumim/backend"
)

// mirrorSink is the table as the feed sees it.
type mirrorSink mirror

func (s *mirrorSink) Replace(entries iter.Seq2[backend.Entry, error]) error {
	return s.replace(nil, entries)
}

// ReplaceZone implements backend.ZoneSink.
func (s *mirrorSink) ReplaceZone(frame func() *backend.Zone, entries iter.Seq2[backend.Entry, error]) error {
	return s.replace(frame, entries)
}

func (s *mirrorSink) replace(frame func() *backend.Zone, entries iter.Seq2[backend.Entry, error]) error {
	m := (*mirror)(s)
	start := time.Now()
	var broken error // of the feed, not of what it delivered
	err := m.Table.replace(frame, func(yield func(backend.Entry, error) bool) {
		for e, err := range entries {
			if err != nil {
				broken = err
			}
			if !yield(e, err) {
				return
			}
		}
	})
	switch {
	case err == nil:
		m.trailed(nil)
		m.synced, m.turned, m.rest = true, false, false
		serial, _ := m.Table.Serial(context.Background(), "")
		m.confirm(&backend.Event{Kind: backend.Loaded, Entries: m.Len(), Serial: serial, Took: time.Since(start)}, 0)
		m.contradictions()
		m.changed(true)
	case broken == nil || !errors.Is(err, broken):
		m.synced, m.rest = false, true
		m.refuse(err)
	}
	return err
}

func (s *mirrorSink) Apply(changes []backend.Change) error { return s.ApplyLate(changes, 0) }

func (s *mirrorSink) ApplyLate(changes []backend.Change, late time.Duration) error {
	m := (*mirror)(s)
	if !m.synced {
		return backend.ErrNotReady // what the table holds is the Keeper's, or not what the store has
	}
	if len(changes) > 0 {
		m.trailed(changes) // before anybody is answered so
		err := m.Table.Apply(changes)
		switch {
		case errors.Is(err, errAgain):
			m.synced, m.turned = false, true // it is the feed's to deliver all, and nothing to tell
			return err
		case err != nil:
			m.synced = false
			m.refuse(err)
			return err
		}
	}
	m.confirm(nil, late)
	m.changed(len(changes) > 0)
	return nil
}

// changed tells the keeper that there is something to save.
func (m *mirror) changed(data bool) {
	if m.keep != nil {
		m.keep.due(data)
	}
}

// contradictions tells of entries that contradict others.
func (m *mirror) contradictions() {
	n := m.Table.current.Load().contradicted
	if n == 0 {
		return
	}
	m.telling.Lock()
	defer m.telling.Unlock()
	m.tell(backend.Event{Kind: backend.Finding, Rule: "contradiction", Count: n, Entries: m.Len(),
		Text: "entries that contradict others, or stand below a delegation: the former are answered with an error, the latter not at all"})
}
