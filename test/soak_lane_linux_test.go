package test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/test/proxy"
)

// soaked is a lane of a soak, and what was seen of it.
type soaked struct {
	*lane
	way   string
	proxy *proxy.Proxy // before the store, if that has a server
	// held is locked by who writes, and while to write would hang.
	held sync.Mutex
	down atomic.Bool // an outage explains what the server says
	// seen is for each number the latest version that was answered.
	seen []atomic.Uint32
	// whole says when the version was written, nanoseconds from the beginning; by its last digits.
	whole [1 << 12]atomic.Int64

	asked, answered, failed, unexplained, stale, wrong, lost, unsent, unmade atomic.Int64
	quiet, outage, due                                                       waits
	behind                                                                   atomic.Int64
	recovery                                                                 time.Duration
	outages                                                                  int

	mu      sync.Mutex
	reasons map[string]int // of SERVFAIL that no outage explains
}

// soakBegan is the beginning of monotonic times.
var soakBegan = time.Now()

// soakQuery is one query.
type soakQuery struct {
	query
	lane      *soaked
	id        uint16
	due, sent time.Time
	down      bool   // when it was sent
	low       uint32 // what was seen of the number before
}

// ask makes a query: five of nine ask for a number that is there, or comes and goes, three for one of a million that
// are not, one for a name above numbers.
func (s *soaked) ask(due time.Time) *soakQuery {
	s.asked.Add(1)
	q := &soakQuery{query: query{lane: s.lane}, lane: s, due: due, sent: time.Now(), down: s.down.Load()}
	switch kind := rand.IntN(9); {
	case kind < 5:
		q.i = rand.IntN(s.size)
		q.low = s.seen[q.i].Load()
	case kind < 8:
		q.i = random - rand.IntN(1e6)
	default:
		q.i = prefixes - rand.IntN(9)
	}
	return q
}

// judge returns what is wrong with a reply, and counts what is to be counted of it.
func (q *soakQuery) judge(m *dns.Msg, now time.Time) error {
	s := q.lane
	s.answered.Add(1)
	s.due.add(now.Sub(q.due))
	down := q.down || s.down.Load()
	if down {
		s.outage.add(now.Sub(q.sent))
	} else {
		s.quiet.add(now.Sub(q.sent))
	}
	stale := isStale(m)
	switch {
	case m.Rcode == dns.RcodeServerFailure:
		codes := extended(m)
		if len(m.Answer) > 0 || len(codes) != 1 || !slices.Contains(reasons, codes[0]) {
			return fmt.Errorf("%w: SERVFAIL with other than one of the reasons %v: %v", errWrong, reasons, m)
		}
		if down {
			s.failed.Add(1)
			return nil
		}
		s.unexplained.Add(1)
		s.mu.Lock()
		s.reasons[m.IsEdns0().Option[0].String()]++
		s.mu.Unlock()
		return nil
	case stale:
		s.stale.Add(1)
		if !down {
			return fmt.Errorf("%w: nothing is at fault, and the reply says so: %v", errWrong, m)
		}
	}
	v, err := q.version(m)
	switch {
	case err != nil:
		return err
	case q.i < 0:
		return nil
	case v == 0 && q.i%10 != 9:
		return fmt.Errorf("%w: each version has the number: %v", errWrong, m)
	case v == 0:
		return nil
	case v > s.high.Load() || v < q.low && !stale:
		return fmt.Errorf("%w: version %d, expected %d to %d: %v", errWrong, v, q.low, s.high.Load(), m)
	}
	for low := s.seen[q.i].Load(); v > low && !s.seen[q.i].CompareAndSwap(low, v); low = s.seen[q.i].Load() {
	}
	if next := s.whole[(v+1)%uint32(len(s.whole))].Load(); next != 0 && !down && v < s.high.Load() {
		if behind := int64(q.sent.Sub(soakBegan)) - next; behind > s.behind.Load() {
			s.behind.Store(behind)
		}
	}
	return nil
}

// write writes a version every second, until quit is closed. What a fault of the store stopped is written again.
func (s *soaked) write(quit chan struct{}, opener backend.WriterOpener) {
	for beat := time.Now(); ; beat = beat.Add(time.Second) {
		select {
		case <-quit:
			return
		case <-time.After(time.Until(beat)):
		}
		s.held.Lock()
		v := s.high.Load()
		if s.whole[v%uint32(len(s.whole))].Load() != 0 {
			v++
			s.whole[v%uint32(len(s.whole))].Store(0)
			s.high.Store(v)
		}
		err := s.writeVersion(v, opener)
		if err == nil {
			s.whole[v%uint32(len(s.whole))].Store(int64(time.Since(soakBegan)))
		} else {
			s.unmade.Add(1)
		}
		s.held.Unlock()
		if late := time.Since(beat); late > time.Second {
			beat = time.Now().Add(-time.Second)
		}
	}
}

func (s *soaked) writeVersion(v uint32, opener backend.WriterOpener) error {
	if s.store == nil {
		return errors.Join(os.WriteFile(s.path+".aside", []byte(s.file(v)), 0o644), os.Chtimes(s.path+".aside", time.Time{}, time.Now().Add(-time.Minute)),
			os.Rename(s.path+".aside", s.path))
	}
	err := writeTo(opener, func(yield func(backend.Change, error) bool) {
		for i := range s.size {
			has, had := s.has(v, i), s.has(v-1, i)
			if (has || had) && !yield(backend.Change{Entry: s.entry(v, i), Delete: !has}, nil) {
				return
			}
		}
	})
	if err == nil && s.store.written != nil {
		s.store.written()
	}
	return err
}

// soakLanes makes lanes in files, and in those stores that are one server, or none: what becomes of several is for
// TestFaults.
func soakLanes(t *testing.T, dir string, size int) (lanes []*soaked) {
	add := func(name string, l *lane) *soaked {
		s := &soaked{lane: l, way: name, seen: make([]atomic.Uint32, l.size), reasons: map[string]int{}}
		s.whole[1].Store(1)
		lanes = append(lanes, s)
		return s
	}
	add("numbers file", newLane(t, dir, 0, size, false))
	add("zone file", newLane(t, dir, 1, size, true))
	for _, w := range storeWays {
		p := w.start(t)
		if len(p.servers) > 1 {
			continue
		}
		l := &lane{apex: fmt.Sprintf("l%d.example.net.", len(lanes)), size: size, store: p}
		l.put(t)
		s := add(w.name, l)
		if len(p.servers) == 1 {
			s.proxy = proxy.New(t, p.servers[0].Addr)
			p.via = strings.ReplaceAll(p.line, p.servers[0].Addr, s.proxy.Addr)
		}
	}
	return lanes
}

// reset forgets what was counted.
func (s *soaked) reset() {
	for _, n := range []*atomic.Int64{&s.asked, &s.answered, &s.failed, &s.unexplained, &s.stale, &s.wrong, &s.lost, &s.unsent, &s.unmade, &s.behind} {
		n.Store(0)
	}
	s.quiet, s.outage, s.due = waits{}, waits{}, waits{}
}
