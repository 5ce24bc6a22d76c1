package test

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
)

// soakWindow is how many queries are outstanding over UDP at most, in all: what does not fit into the receive
// buffer of the server's socket would be lost. Malformed packets come on top.
const soakWindow = 200

// bearable is how late a query may be sent. One that would be later is counted, and not sent.
const bearable = time.Second

// soakLoad asks the lanes of a soak by a schedule, over a UDP socket for each, TCP, and with malformed packets, and
// judges every reply.
type soakLoad struct {
	at    string
	lanes []*soaked
	quit  chan struct{}
	wg    sync.WaitGroup
	slots int // of each lane
	// apart is the time between two queries of a lane over UDP; 0 sends when there is room, all lanes alike often.
	apart time.Duration

	tcp, closed, malformed atomic.Int64
	reloads                *atomic.Int64 // odd while a Corefile is reloaded

	mu     sync.Mutex
	faults []error // the first ones
}

// startSoakLoad asks so many queries a second until stop is called; as many as are answered where rate is 0, over UDP
// alone.
func startSoakLoad(at string, lanes []*soaked, reloads *atomic.Int64, rate float64) *soakLoad {
	l := &soakLoad{at: at, lanes: lanes, quit: make(chan struct{}), slots: max(soakWindow/len(lanes), 4), reloads: reloads}
	if rate > 0 {
		l.apart = time.Duration(float64(time.Second) * float64(len(lanes)) / (rate * 0.9))
		const workers = 4
		apart := time.Duration(float64(time.Second) * workers / (rate * 0.05))
		for range workers {
			l.wg.Go(func() { l.overTCP(apart) })
		}
		l.wg.Go(func() { l.disturb(time.Duration(float64(time.Second) / (rate * 0.05))) })
	}
	for _, s := range lanes {
		l.wg.Go(func() { l.overUDP(s) })
	}
	return l
}

func (l *soakLoad) stop() {
	close(l.quit)
	l.wg.Wait()
}

func (l *soakLoad) stopped() bool {
	select {
	case <-l.quit:
		return true
	default:
		return false
	}
}

func (l *soakLoad) fault(count *atomic.Int64, err error) {
	count.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.faults) < 20 {
		l.faults = append(l.faults, fmt.Errorf("%s: %w", time.Now().UTC().Format(time.TimeOnly), err))
	}
}

// schedule says when queries are due.
type schedule struct {
	due   time.Time
	apart time.Duration
}

// next waits until a query is due, and returns when it was, and how many that were due are too late by now.
func (s *schedule) next() (due time.Time, missed int64) {
	now := time.Now()
	for ; now.Sub(s.due) > bearable; s.due = s.due.Add(s.apart) {
		missed++
	}
	due = s.due
	s.due = due.Add(s.apart)
	time.Sleep(due.Sub(now))
	return due, missed
}

// socket is a UDP socket with the queries that are outstanding on it.
type socket struct {
	net.Conn
	mu      sync.Mutex
	free    chan int
	pending []*soakQuery
	last    uint16                // id of a query
	over    map[uint16]*soakQuery // those given up
}

// overUDP asks about one lane.
func (l *soakLoad) overUDP(s *soaked) {
	conn, err := net.Dial("udp", l.at)
	if err != nil {
		l.fault(&s.lost, err)
		return
	}
	k := &socket{Conn: conn, free: make(chan int, l.slots), pending: make([]*soakQuery, l.slots), over: map[uint16]*soakQuery{}}
	for i := range l.slots {
		k.free <- i
	}
	var receiver sync.WaitGroup
	done := make(chan struct{})
	receiver.Go(func() { l.receive(s, k, done) })
	defer func() {
		// What is outstanding has its time to come.
		for until := time.Now().Add(patience); len(k.free) < l.slots && time.Now().Before(until); {
			time.Sleep(time.Millisecond)
		}
		close(done)
		conn.Close()
		receiver.Wait()
	}()
	plan := schedule{time.Now(), l.apart}
	for !l.stopped() {
		due := time.Now()
		if l.apart > 0 {
			var missed int64
			due, missed = plan.next()
			s.unsent.Add(missed)
		} else if s.asked.Load() > l.least()+int64(l.slots) {
			time.Sleep(100 * time.Microsecond)
			continue
		}
		var slot int
		select {
		case slot = <-k.free:
		case <-l.quit:
			return
		}
		q := s.ask(due)
		k.mu.Lock()
		k.last++
		q.id = k.last
		delete(k.over, q.id)
		k.pending[slot] = q
		k.mu.Unlock()
		wire, err := q.message(q.id).Pack()
		if err == nil {
			_, err = conn.Write(wire)
		}
		if err != nil {
			l.fault(&s.lost, err)
			return
		}
	}
}

// least returns how many queries were sent for the lane that had the fewest.
func (l *soakLoad) least() int64 {
	least := l.lanes[0].asked.Load()
	for _, s := range l.lanes[1:] {
		least = min(least, s.asked.Load())
	}
	return least
}

// receive judges the replies that a socket gets.
func (l *soakLoad) receive(s *soaked, k *socket, done chan struct{}) {
	buf := make([]byte, dns.MaxMsgSize)
	swept := time.Now()
	for {
		select {
		case <-done:
			return
		default:
		}
		if time.Since(swept) > 500*time.Millisecond {
			l.sweep(s, k)
			swept = time.Now()
		}
		k.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		n, err := k.Read(buf)
		if err != nil {
			if timeout := net.Error(nil); !errors.As(err, &timeout) {
				return
			}
			continue
		}
		m := new(dns.Msg)
		if err := m.Unpack(buf[:n]); err != nil {
			l.fault(&s.wrong, fmt.Errorf("the reply does not unpack: %w: %x", err, buf[:n]))
			continue
		}
		var q *soakQuery
		k.mu.Lock()
		for slot, p := range k.pending {
			if p != nil && p.id == m.Id {
				q = p
				k.pending[slot] = nil
				k.free <- slot
			}
		}
		if late := k.over[m.Id]; q == nil && late != nil {
			q = late
			delete(k.over, m.Id)
			s.lost.Add(-1)
		}
		k.mu.Unlock()
		if q == nil {
			l.fault(&s.wrong, fmt.Errorf("a reply to nothing that was asked: %v", m))
			continue
		}
		l.judge(q, m)
	}
}

// sweep gives up queries that got no reply.
func (l *soakLoad) sweep(s *soaked, k *socket) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for slot, p := range k.pending {
		if p != nil && time.Since(p.sent) > patience {
			l.fault(&s.lost, fmt.Errorf("%s: no reply to %s", s.way, p.key()))
			k.over[p.id], k.pending[slot] = p, nil
			k.free <- slot
		}
	}
}

func (l *soakLoad) judge(q *soakQuery, m *dns.Msg) {
	if err := q.judge(m, time.Now()); err != nil {
		l.fault(&q.lane.wrong, fmt.Errorf("%s: %w", q.lane.way, err))
	}
}
