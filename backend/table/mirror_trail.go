package table

import (
	"slices"
	"weak"

	"github.com/enumim/enumim/backend"
)

// Trail implements backend.Trailer.
func (m *mirror) Trail() *backend.Trail {
	t := new(backend.Trail)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.trails = append(m.trails, weak.Make(t))
	return t
}

// trailed notes changes on each trail that somebody holds; nil stands for everything.
func (m *mirror) trailed(changes []backend.Change) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.trails = slices.DeleteFunc(m.trails, func(p weak.Pointer[backend.Trail]) bool {
		switch t := p.Value(); {
		case t == nil:
			return true
		case changes == nil:
			t.Lose()
		default:
			t.Add(changes)
		}
		return false
	})
}
