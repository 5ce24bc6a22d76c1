package backend

import (
	"sync"

	"github.com/enumim/enumim/e164"
)

// mostTrail is how many names a Trail holds.
const mostTrail = 10_000

// Trail tells what changed in a backend since it began. All methods are safe for concurrent use. The zero value is an
// empty trail.
type Trail struct {
	mu    sync.Mutex
	names map[e164.Name]struct{}
	count uint64
	lost  bool
}

// Trailer is implemented by backends that can tell what changed in them, such as those of table.Mirror.
type Trailer interface {
	Backend
	// Trail begins a trail, which goes on for as long as somebody holds it. What Lookup says is on it already.
	Trail() *Trail
}

// Add notes the names that changes are about; of a block, a number in it.
func (t *Trail) Add(changes []Change) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count++
	for i := range changes {
		if t.lost = t.lost || len(t.names) >= mostTrail; t.lost {
			t.names = nil
			return
		}
		if t.names == nil {
			t.names = make(map[e164.Name]struct{})
		}
		t.names[changes[i].trailed()] = struct{}{}
	}
}

// trailed returns a name that the entry decides.
func (e *Entry) trailed() e164.Name {
	name := e.Name
	for e.Kind == Block && name.Number.Len() < e.Min {
		child, ok := name.Number.Child('0')
		if !ok {
			break
		}
		name.Number = child
	}
	return name
}

// Lose notes that everything may have changed.
func (t *Trail) Lose() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count++
	t.lost, t.names = true, nil
}

// Names returns what changed, and how often something did; ok is false where that is too much to tell.
func (t *Trail) Names() (names []e164.Name, count uint64, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for name := range t.names {
		names = append(names, name)
	}
	return names, t.count, !t.lost
}
