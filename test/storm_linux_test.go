package test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

// storm sends queries over UDP without waiting for replies, and compares those that come with what was
// right before. One thread does all of it, with many datagrams a system call: a sender that needs more than
// one core would take what it measures away from the server.
type storm struct {
	gusts          []*gust
	made           time.Time
	sent, answered atomic.Int64
	wrong          atomic.Pointer[string]
}

// gust is a socket of a storm, with queries of its own, since an id has 16 bits.
type gust struct {
	conn             *ipv4.PacketConn
	queries, replies [][]byte        // the query's id is its place
	asked            []time.Duration // when a query was last sent, since the storm was made
	next             int
	out, in          []ipv4.Message
}

// gusts and squall are how many sockets there are, and how many datagrams a system call sends.
const gusts, squall = 4, 16

// room are the octets of replies that may wait in a socket while others have the processor.
const room = 4 << 20

// asking is a query of a storm.
type asking struct {
	wire  []byte
	check func(reply []byte) error
}

// newStorm asks for everything once, and checks the replies in full.
func newStorm(tb testing.TB, at string, all []asking) *storm {
	tb.Helper()
	s := &storm{made: time.Now()}
	for part := range gusts {
		conn, err := net.Dial("udp4", at)
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { conn.Close() })
		if err := conn.(*net.UDPConn).SetReadBuffer(room); err != nil {
			tb.Fatal(err)
		}
		g := &gust{conn: ipv4.NewPacketConn(conn.(*net.UDPConn))}
		conn.SetDeadline(time.Now().Add(time.Minute))
		for id, a := range all[len(all)*part/gusts : len(all)*(part+1)/gusts] {
			binary.BigEndian.PutUint16(a.wire, uint16(id))
			if _, err := conn.Write(a.wire); err != nil {
				tb.Fatal(err)
			}
			reply := make([]byte, maxUDP)
			n, err := conn.Read(reply)
			if err == nil {
				err = a.check(reply[:n])
			}
			if err != nil {
				tb.Fatal(err)
			}
			g.queries, g.replies = append(g.queries, a.wire), append(g.replies, bytes.Clone(reply[:n]))
		}
		conn.SetDeadline(time.Time{})
		g.asked = make([]time.Duration, len(g.queries))
		for range squall {
			g.out = append(g.out, ipv4.Message{Buffers: make([][]byte, 1)})
			g.in = append(g.in, ipv4.Message{Buffers: [][]byte{make([]byte, maxUDP)}})
		}
		s.gusts = append(s.gusts, g)
	}
	return s
}

// receive takes replies that are there, and returns how many these were.
func (s *storm) receive(g *gust, took *waits) int {
	n, err := g.conn.ReadBatch(g.in, unix.MSG_DONTWAIT)
	if err != nil {
		return 0
	}
	now := time.Since(s.made)
	for _, m := range g.in[:n] {
		reply := m.Buffers[0][:m.N]
		i := len(g.replies)
		if len(reply) > 2 {
			i = int(binary.BigEndian.Uint16(reply))
		}
		if i >= len(g.replies) || !bytes.Equal(reply, g.replies[i]) {
			text := fmt.Sprintf("%x", reply)
			s.wrong.Store(&text)
			continue
		}
		took.add(now - g.asked[i])
	}
	s.answered.Add(int64(n))
	return n
}

// send sends the next queries. One that the system does not take is lost, as others are.
func (s *storm) send(g *gust, n int) {
	now := time.Since(s.made)
	for i := range n {
		g.out[i].Buffers[0], g.asked[g.next] = g.queries[g.next], now
		g.next = (g.next + 1) % len(g.queries)
	}
	for done := 0; done < n; {
		sent, err := g.conn.WriteBatch(g.out[done:n], unix.MSG_DONTWAIT)
		done += max(sent, 1)
		if err != nil {
			break
		}
	}
	s.sent.Add(int64(n))
}

// blow sends for some time: as many queries as allowed says of the time since the beginning. It returns how
// many were sent and answered, and how long the replies took.
func (s *storm) blow(length time.Duration, allowed func(time.Duration) int64) (sent, answered int64, took *waits) {
	s.sent.Store(0)
	s.answered.Store(0)
	took = &waits{}
	began := time.Now()
	for elapsed := time.Duration(0); elapsed < length; elapsed = time.Since(began) {
		busy := false
		for _, g := range s.gusts {
			if n := min(squall, allowed(elapsed)-s.sent.Load()); n > 0 {
				s.send(g, int(n))
				busy = true
			}
			for s.receive(g, took) > 0 {
				busy = true
			}
		}
		if !busy {
			pause := unix.NsecToTimespec(int64(50 * time.Microsecond)) // time.Sleep takes a millisecond where nothing else runs
			_ = unix.Nanosleep(&pause, nil)
		}
	}
	return s.sent.Load(), s.answered.Load(), took
}

// window are the outstanding queries while the peak is measured: enough that the server never waits. More than what its
// socket holds would be lost.
const window = 128

// fewer are those with which a server is at its best: what it has at a time stays in the caches of the processor.
const fewer = 32

// capacity returns how many queries a second the server answers when so many always wait.
func (s *storm) capacity(tb testing.TB, length time.Duration, window int64) float64 {
	tb.Helper()
	sent, answered, _ := s.blow(length, func(time.Duration) int64 { return s.answered.Load() + window })
	if sent-answered > window+gusts*squall {
		tb.Fatalf("%d of %d queries lost while the capacity was measured", sent-answered, sent)
	}
	return float64(answered) / length.Seconds()
}

// calm asks some queries at a time, and returns how long all but one in a hundred of the replies took at most, in milliseconds.
func (s *storm) calm() float64 {
	const length, rate = 500 * time.Millisecond, 2000
	_, _, took := s.blow(length, func(at time.Duration) int64 { return int64(at.Seconds() * rate) })
	return took.spread().P99
}
