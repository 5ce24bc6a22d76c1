package test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// storm sends queries over UDP without waiting for replies, and compares those that come with what was
// right before.
type storm struct {
	at               string
	queries, replies [][]byte // the query's id is its place
	sent, answered   atomic.Int64
	wrong            atomic.Pointer[string]
}

// newStorm asks for everything once, and checks the replies in full.
func newStorm(tb testing.TB, at string, lanes []*lane) *storm {
	tb.Helper()
	s := &storm{at: at}
	conn, err := net.Dial("udp", at)
	if err != nil {
		tb.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	for _, l := range lanes {
		for _, q := range l.queries() {
			wire, err := q.message(uint16(len(s.queries))).Pack()
			if err != nil {
				tb.Fatal(err)
			}
			if _, err := conn.Write(wire); err != nil {
				tb.Fatal(err)
			}
			reply := make([]byte, maxUDP)
			n, err := conn.Read(reply)
			if err != nil {
				tb.Fatal(err)
			}
			m := new(dns.Msg)
			if err := m.Unpack(reply[:n]); err != nil {
				tb.Fatal(err)
			}
			if err := q.check(m, l.low.Load(), false); err != nil {
				tb.Fatal(err)
			}
			s.queries, s.replies = append(s.queries, wire), append(s.replies, reply[:n])
		}
	}
	return s
}

// receive checks what comes until conn is closed.
func (s *storm) receive(conn net.Conn) {
	buf := make([]byte, dns.MaxMsgSize)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		s.answered.Add(1)
		if i := int(binary.BigEndian.Uint16(buf)); i >= len(s.replies) || !bytes.Equal(buf[:n], s.replies[i]) {
			text := fmt.Sprintf("%x", buf[:n])
			s.wrong.Store(&text)
		}
	}
}

// blow sends from several sockets for some time: as many queries as allowed says of the time since the
// beginning. It returns how many were sent and answered.
func (s *storm) blow(length time.Duration, allowed func(time.Duration) int64) (sent, answered int64, err error) {
	const sockets, batch = 4, 16
	var senders, receivers sync.WaitGroup
	s.sent.Store(0)
	s.answered.Store(0)
	began := time.Now()
	for socket := range sockets {
		conn, err := net.Dial("udp", s.at)
		if err != nil {
			return 0, 0, err
		}
		receivers.Go(func() { s.receive(conn) })
		senders.Go(func() {
			defer conn.Close()
			at := socket * len(s.queries) / sockets
			for elapsed := time.Duration(0); elapsed < length; elapsed = time.Since(began) {
				if s.sent.Load() >= allowed(elapsed) {
					time.Sleep(100 * time.Microsecond)
					continue
				}
				s.sent.Add(batch)
				for range batch {
					conn.Write(s.queries[at]) // one that the system does not take is lost, as others are
					at = (at + 1) % len(s.queries)
				}
			}
		})
	}
	senders.Wait()
	sent, answered = s.sent.Load(), s.answered.Load()
	receivers.Wait()
	return sent, answered, nil
}

// window are the outstanding queries while the capacity is measured; more than what the server's
// socket holds would be lost.
const window = 128

// capacity returns how many queries a second the server answers: there are always some waiting.
func (s *storm) capacity(tb testing.TB) float64 {
	tb.Helper()
	const length = 2 * time.Second
	sent, answered, err := s.blow(length, func(time.Duration) int64 { return s.answered.Load() + window })
	if err != nil {
		tb.Fatal(err)
	}
	if sent-answered > 2*window {
		tb.Fatalf("%d of %d queries lost while the capacity was measured", sent-answered, sent)
	}
	return float64(answered) / length.Seconds()
}

// resident returns the octets of memory that the process has.
func (d *daemon) resident(tb testing.TB) int {
	tb.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", d.cmd.Process.Pid))
	var total, resident int
	if _, err2 := fmt.Sscan(string(text), &total, &resident); err != nil || err2 != nil {
		tb.Fatal("the server is gone: ", err, err2)
	}
	return resident * os.Getpagesize()
}

// maxGrowth is how much memory an overload may cost. CoreDNS has a goroutine for each datagram that it
// has read and not answered. It is one goroutine that reads, which the scheduler lets run for 10 ms at
// most before all that wait have had their turn; in that time it reads some thousands of datagrams, each
// of which takes some 10 kB of stack and message until it is answered.
const maxGrowth = 64 << 20

// Under twice the load that it can answer the server goes on, its replies are right, those over TCP do
// come, its memory is bounded; and when the load ends, it is as before at once.
func TestOverload(t *testing.T) {
	length := 10 * time.Second
	if *long {
		length = 5 * time.Minute
	}
	dir := home(t)
	lanes := []*lane{newLane(t, dir, 0, 1000, false), newLane(t, dir, 1, 1000, true)}
	// With one core the server cannot outrun what sends.
	d := startLanes(t, dir, lanes, "GOMAXPROCS=1")
	s := newStorm(t, d.at, lanes)
	capacity := s.capacity(t)
	before := d.rests(t, lanes)
	base := d.resident(t)

	tcp := startWorkers(t, d.at, lanes, 0)
	var sent, answered int64
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		// Twice what it answered alone, and twice what it answers now.
		sent, answered, err = s.blow(length, func(elapsed time.Duration) int64 {
			return 2 * max(s.answered.Load(), int64(capacity*elapsed.Seconds()))
		})
	}()
	var peak, goroutines int
	for tick, over := 0, false; !over; tick++ {
		select {
		case <-done:
			over = true
		case <-time.After(20 * time.Millisecond):
			peak = max(peak, d.resident(t))
			if tick%50 == 0 {
				goroutines = max(goroutines, int(metric(d.fetch(t, d.metrics+"/metrics"), "go_goroutines", "")))
			}
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	ended := time.Now()
	time.Sleep(50 * time.Millisecond) // until the socket is empty
	if err := d.serves(1, query{lanes[0], 0}); err != nil || time.Since(ended) > within(time.Second) {
		t.Errorf("%v after the end of the overload: %v", time.Since(ended), err)
	}
	tcp.stop(t)
	t.Logf("capacity %.0f a second; %d queries in %v, %.0f a second, of which %d were answered, %.0f a second",
		capacity, sent, length, float64(sent)/length.Seconds(), answered, float64(answered)/length.Seconds())
	t.Logf("resident: %d MiB before, %d MiB at most; %d goroutines before, %d at most", base>>20, peak>>20, before.goroutines, goroutines)
	if wrong := s.wrong.Load(); wrong != nil {
		t.Errorf("a wrong reply: %s", *wrong)
	}
	if float64(sent) < 1.8*float64(answered) {
		t.Error("that was no overload: the queries were not sent fast enough")
	}
	if peak-base > maxGrowth {
		t.Errorf("the server grew by %d MiB, more than %d", (peak-base)>>20, maxGrowth>>20)
	}
	d.returnsTo(t, before, lanes, 4<<20)
	l := startLoad(t, d.at, lanes)
	time.Sleep(time.Second)
	l.stop(t)
}
