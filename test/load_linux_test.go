package test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
)

var long = flag.Bool("long", false, "run what takes long: 300 reloads, every damage, ten minutes of overload (more than half an hour in all)")

// Bounds of the load. What is outstanding over UDP has to fit into the receive buffer of the server's
// socket (the default of 212,992 octets holds some 250 small datagrams), so that none is lost but by
// the server.
const (
	udpWorkers, udpWindow = 4, 16
	tcpWorkers, tcpWindow = 2, 8
	tcpLife               = 4                    // windows that a connection lives for, on average
	patience              = 15 * time.Second     // more than what a machine that is very busy takes to reply
	breath                = 8 * time.Millisecond // between windows
)

// load asks a server all the time, over UDP and TCP, and checks every reply. No query is asked twice,
// with one exception: see closed.
type load struct {
	at    string
	lanes []*lane
	quit  chan struct{}
	wg    sync.WaitGroup
	pause time.Duration // between windows

	asked, answered, lost, wrong atomic.Int64
	// closed counts TCP connections that the server closed while a Corefile was reloaded; the queries
	// outstanding on them are asked again on a new one, which is what RFC 7766 section 6.2.4 expects of
	// clients. CoreDNS ends the connections of an old instance.
	closed  atomic.Int64
	reloads atomic.Int64 // odd while a Corefile is reloaded
	overlap atomic.Bool  // two instances may serve different versions

	// outage is set while a store may fail: replies may be stale, or SERVFAIL with a reason. failed, stale and
	// slowest (nanoseconds) are of all replies, whether it is set or not.
	outage                 atomic.Bool
	failed, stale, slowest atomic.Int64
	// aside is for servers whose store fails now and then: replies that are stale, or SERVFAIL with a reason, while nothing
	// is at fault are counted in untimely, and are not wrong. A machine that is busy makes a store late, too.
	aside    atomic.Bool
	untimely atomic.Int64

	mu     sync.Mutex
	faults []error // the first ones
}

// startLoad asks until stop is called or the test ends.
func startLoad(tb testing.TB, at string, lanes []*lane) *load {
	return startWorkers(tb, at, lanes, udpWorkers)
}

// startWorkers is startLoad with fewer workers for UDP.
func startWorkers(tb testing.TB, at string, lanes []*lane, udpWorkers int) *load {
	return startPaced(tb, at, lanes, udpWorkers, breath)
}

// startPaced is startWorkers with another pause between windows.
func startPaced(tb testing.TB, at string, lanes []*lane, udpWorkers int, pause time.Duration) *load {
	l := &load{at: at, lanes: lanes, quit: make(chan struct{}), pause: pause}
	for range udpWorkers {
		l.wg.Go(func() { l.work("udp", udpWindow) })
	}
	for range tcpWorkers {
		l.wg.Go(func() { l.work("tcp", tcpWindow) })
	}
	tb.Cleanup(func() { l.stop(tb) })
	return l
}

// stop ends the load and fails the test if anything was lost or wrong.
func (l *load) stop(tb testing.TB) {
	tb.Helper()
	select {
	case <-l.quit:
		return
	default:
	}
	close(l.quit)
	l.wg.Wait()
	tb.Logf("%d queries, %d replies, %d lost, %d wrong or torn; %d TCP connections closed by reloads of the Corefile",
		l.asked.Load(), l.answered.Load(), l.lost.Load(), l.wrong.Load(), l.closed.Load())
	for _, err := range l.faults {
		tb.Error(err)
	}
	if n := l.untimely.Load(); n > 0 && once() {
		tb.Logf("%d replies said that something is at fault, and nothing was", n)
	} else if n > 0 {
		tb.Errorf("%d replies said that something is at fault, and nothing was", n)
	}
	if l.answered.Load() == 0 {
		tb.Error("no query was answered")
	}
	if asked, answered := l.asked.Load(), l.answered.Load(); asked != answered {
		tb.Errorf("%d queries got %d replies", asked, answered)
	}
}

func (l *load) fault(count *atomic.Int64, err error) {
	count.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.faults) < 5 {
		l.faults = append(l.faults, err)
	}
}

// pending is a query without reply.
type pending struct {
	query
	low    uint32
	other  *map[string]string
	outage bool // when it was sent
	sent   time.Time
}

// work asks windows of queries, each when the one before is answered.
func (l *load) work(network string, window int) {
	var conn *dns.Conn
	defer func() {
		if conn != nil {
			conn.Close()
		}
	}()
	var id uint16
	var reloads int64 // how often a reload began or ended when conn was known to stand
	for {
		select {
		case <-l.quit:
			return
		default:
		}
		var queries []query
		for range window {
			lane := l.lanes[rand.IntN(len(l.lanes))]
			queries = append(queries, query{lane, nowhere + rand.IntN(lane.size-nowhere)})
		}
		l.asked.Add(int64(window))
		for len(queries) > 0 {
			if conn == nil {
				reloads = l.reloads.Load()
				c, err := net.DialTimeout(network, l.at, patience)
				if err != nil {
					l.fault(&l.lost, fmt.Errorf("%d queries lost: %w", len(queries), err))
					break
				}
				conn = &dns.Conn{Conn: c, UDPSize: dns.MaxMsgSize}
			}
			now := l.reloads.Load()
			left, err := l.window(conn, queries, &id)
			if err == nil {
				reloads = now
				break
			}
			conn.Close()
			conn = nil
			var timeout net.Error
			if network == "tcp" && !(errors.As(err, &timeout) && timeout.Timeout()) && (reloads%2 == 1 || l.reloads.Load() != reloads) {
				l.closed.Add(1)
				queries = left
				continue
			}
			l.lost.Add(int64(len(left)) - 1)
			l.fault(&l.lost, fmt.Errorf("%d queries over %s lost, the first %v: %w", len(left), network, left[0].question(), err))
			break
		}
		if network == "tcp" && conn != nil && rand.IntN(tcpLife) == 0 {
			conn.Close()
			conn = nil
		}
		time.Sleep(l.pause)
	}
}

// window sends queries and checks their replies. With an error it returns the queries without reply.
func (l *load) window(conn *dns.Conn, queries []query, id *uint16) (left []query, err error) {
	outstanding := map[uint16]pending{}
	defer func() {
		for _, p := range outstanding {
			left = append(left, p.query)
		}
	}()
	conn.SetDeadline(time.Now().Add(patience))
	for i, q := range queries {
		*id++
		p := pending{q, q.oldest(), q.other.Load(), l.outage.Load(), time.Now()}
		outstanding[*id] = p
		if err := conn.WriteMsg(q.message(*id)); err != nil {
			left = append(left, queries[i+1:]...)
			return left, err
		}
	}
	var last time.Time
	for len(outstanding) > 0 {
		wire, err := conn.ReadMsgHeader(nil)
		if err != nil {
			return left, err
		}
		now := time.Now()
		m := new(dns.Msg)
		if err := m.Unpack(wire); err != nil {
			l.fault(&l.wrong, fmt.Errorf("the reply does not unpack: %w: %x", err, wire))
		}
		p, ok := outstanding[m.Id]
		if !ok {
			l.fault(&l.wrong, fmt.Errorf("a reply to nothing that was asked: %v", m))
			continue
		}
		delete(outstanding, m.Id)
		l.answered.Add(1)
		if _, ok := conn.Conn.(*net.TCPConn); ok && last.After(p.sent) {
			p.sent = last // CoreDNS takes up the queries of a connection one after the other
		}
		last = now
		l.wait(now.Sub(p.sent))
		if excused, err := l.duringOutage(p, m); excused {
			if err != nil {
				l.fault(&l.wrong, err)
			}
			continue
		}
		if err := p.check(m, p.low, l.overlap.Load()); err != nil && !p.excused(m) {
			l.fault(&l.wrong, err)
		}
	}
	return left, nil
}

// excused reports whether a legal damaged file, one that was in place when the query was sent or when
// the reply arrived, explains the reply.
func (p pending) excused(m *dns.Msg) bool {
	for _, other := range []*map[string]string{p.other, p.lane.other.Load()} {
		if other != nil && (*other)[p.key()] == p.canonical(m) {
			return true
		}
	}
	return false
}
