package table

import (
	"errors"
	"fmt"
	"time"

	"github.com/enumim/enumim/backend"
)

// How old data is, for look-ups.
const (
	fresh uint32 = iota
	stale
	expired
)

var errExpired = fmt.Errorf("%w: the store was not heard of for too long", backend.ErrStale)

// tell tells an event. m.telling is held.
func (m *mirror) tell(e backend.Event) {
	if m.o.Observe == nil {
		return
	}
	e.Source = m.o.Source
	m.o.Observe(e)
}

// fail notes that the feed does not work. A feed whose data was refused works, and that was told.
func (m *mirror) fail(err error) {
	m.telling.Lock()
	defer m.telling.Unlock()
	m.mu.Lock()
	told := !m.turned && m.reason.News(err, m.down)
	m.down = m.down || !m.turned
	m.up = m.up && m.turned
	m.mu.Unlock()
	if told {
		m.tell(backend.Event{Kind: backend.Unavailable, Err: err})
	}
}

// confirm notes that the feed works and that data is what was current a while ago, and tells what there is to tell.
func (m *mirror) confirm(loaded *backend.Event, late time.Duration) {
	m.fresh = true
	m.telling.Lock()
	defer m.telling.Unlock()
	m.mu.Lock()
	again := m.down && late < m.o.Fresh
	if late < m.o.Fresh {
		m.down, m.up = false, true
	}
	if loaded != nil {
		m.refused = nil
	}
	if now := time.Now(); late < m.howOld(now) {
		m.since(now.Add(-late))
	}
	m.mu.Unlock()
	if again {
		m.tell(backend.Event{Kind: backend.Recovered})
	}
	if loaded != nil {
		m.tell(*loaded)
	}
}

// refuse tells that a tree or a change was refused: for the same reason once, until a tree is taken.
func (m *mirror) refuse(err error) {
	m.turned = true
	m.telling.Lock()
	defer m.telling.Unlock()
	m.mu.Lock()
	known := m.refused
	told := known != nil && (errors.Is(known, backend.ErrShrunk) && errors.Is(err, backend.ErrShrunk) || known.Error() == err.Error())
	m.refused = err
	m.mu.Unlock()
	if !told {
		m.tell(backend.Event{Kind: backend.Refused, Err: err, Entries: m.Len()})
	}
}

// since notes when data was current. m.mu is held.
func (m *mirror) since(at time.Time) {
	m.current, m.slept = at, m.asleep()
	m.setAge()
}

// howOld returns how old data is. The wall clock has no part in it: set forward it would make good data too old, set
// back it would keep data for ever. The monotonic clock stands still while the machine is suspended, which is added;
// less than a second is only the time between two looks. m.mu is held.
func (m *mirror) howOld(now time.Time) time.Duration {
	age := now.Sub(m.current)
	if slept := m.asleep() - m.slept; slept > time.Second {
		age += slept
	}
	return age
}

// currentAt returns when data was current, as the wall clock has it now; zero for never. m.mu is held.
func (m *mirror) currentAt() time.Time {
	if m.current.IsZero() {
		return time.Time{}
	}
	now := time.Now()
	return now.Add(-m.howOld(now))
}

// lookEvery is how often at the least the age of data is looked at: timers rest while the machine is suspended.
const lookEvery = time.Minute

// setAge sets how old data is, and when to look again. m.mu is held.
func (m *mirror) setAge() {
	switch age := m.howOld(time.Now()); {
	case age < m.o.Fresh:
		m.aged.Store(fresh)
		m.clock.Reset(min(m.o.Fresh-age, lookEvery))
	case age < m.o.Stale:
		m.aged.Store(stale)
		m.clock.Reset(min(m.o.Stale-age, lookEvery))
	default:
		m.aged.Store(expired)
	}
}

// age is called when data may have become stale, or too old.
func (m *mirror) age() {
	m.telling.Lock()
	defer m.telling.Unlock()
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return
	}
	m.setAge()
	age := m.aged.Load()
	first := age != fresh && !m.down && m.refused == nil
	silent := fmt.Errorf("%w: for %v the store did not say that it has the newest data", backend.ErrUnavailable, m.o.Fresh)
	if first {
		m.reason.News(silent, false)
	}
	m.up = m.up && (age == fresh || m.refused != nil)
	m.down = m.down || first
	m.mu.Unlock()
	switch {
	case age == expired:
		m.tell(backend.Event{Kind: backend.Unavailable, Err: errExpired})
	case first:
		m.tell(backend.Event{Kind: backend.Unavailable, Err: silent})
	}
}
