package blast

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

const (
	batch     = 32
	maxAnswer = 4096
	patience  = 500 * time.Millisecond
	look      = patience / 4 // how often lost answers are looked for
	breath    = 50 * time.Microsecond
)

// socks are all sockets; one goroutine serves them in turn.
type socks struct {
	list    []sock
	polls   []unix.PollFd
	out, in *packets
	queries [][]byte
	next    int
	start   time.Time
	Result
}

// sock is one socket with its outstanding queries. An id stands for one of them until it is answered.
type sock struct {
	fd   int
	sent []time.Duration // by id; 0 where nothing is outstanding
	free []uint16        // ids
}

func open(o Options, queries [][]byte) (*socks, error) {
	s := &socks{out: newPackets(maxQuery), in: newPackets(maxAnswer), queries: queries, next: o.Skip % len(queries)}
	for range o.Sockets {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			s.close()
			return nil, err
		}
		one := sock{fd: fd, sent: make([]time.Duration, o.Window)}
		for id := range o.Window {
			one.free = append(one.free, uint16(id))
		}
		s.list = append(s.list, one)
		s.polls = append(s.polls, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
		err = errors.Join(
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 1<<20),
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, 1<<20),
			unix.Connect(fd, &unix.SockaddrInet4{Port: int(o.Server.Port()), Addr: o.Server.Addr().As4()}),
		)
		if err != nil {
			s.close()
			return nil, fmt.Errorf("%v: %w", o.Server, err)
		}
	}
	return s, nil
}

func (s *socks) close() {
	for i := range s.list {
		_ = unix.Close(s.list[i].fd)
	}
}

// run sends and receives until the time is over.
func (s *socks) run(o Options) error {
	s.start = time.Now()
	checked := time.Duration(0)
	for {
		now := time.Since(s.start)
		if now >= o.Time {
			s.Start, s.Seconds = s.start, now.Seconds()
			return nil
		}
		busy := false
		for i := range s.list {
			n, err := s.exchange(&s.list[i], o)
			if err != nil {
				return err
			}
			busy = busy || n > 0
		}
		if !busy {
			s.wait(o)
		}
		if now-checked > look {
			checked = now
			s.giveUp(now)
		}
	}
}

// wait sleeps until there is an answer or, at a given rate, the time for the next query.
func (s *socks) wait(o Options) {
	ts := unix.NsecToTimespec(int64(time.Millisecond))
	if o.Rate > 0 {
		ts = unix.NsecToTimespec(int64(breath))
	}
	_, _ = unix.Ppoll(s.polls, &ts, nil) // a signal is as good as an answer
}

// exchange takes what has arrived at a socket and sends what may be sent, a batch of each at most. It
// returns how many datagrams these were.
func (s *socks) exchange(one *sock, o Options) (int, error) {
	got, err := s.in.receive(one.fd)
	if err != nil {
		return 0, err
	}
	if got > 0 {
		now := time.Since(s.start)
		for i := range got {
			s.receive(one, now, s.in.got(i))
		}
	}
	n := min(batch, len(one.free))
	if o.Rate > 0 {
		n = min(n, max(0, int(time.Since(s.start).Seconds()*float64(o.Rate))-s.Sent))
	}
	if n == 0 {
		return got, nil
	}
	now := time.Since(s.start)
	for i := range n {
		id := one.free[len(one.free)-1]
		one.free = one.free[:len(one.free)-1]
		query := s.queries[s.next]
		if s.next++; s.next == len(s.queries) {
			s.next = 0
		}
		buf := s.out.set(i, len(query))
		copy(buf, query)
		binary.BigEndian.PutUint16(buf, id)
		one.sent[id] = now
	}
	s.Sent += n
	return got + n, s.out.send(one.fd, n)
}

func (s *socks) receive(one *sock, now time.Duration, answer []byte) {
	if len(answer) < 12 {
		return
	}
	id := binary.BigEndian.Uint16(answer)
	if int(id) >= len(one.sent) || one.sent[id] == 0 {
		return // one that was given up
	}
	s.Samples = append(s.Samples, Sample{one.sent[id], now - one.sent[id]})
	one.sent[id] = 0
	one.free = append(one.free, id)
	s.Received++
	s.Octets += len(answer)
	s.Answers += int(binary.BigEndian.Uint16(answer[6:]))
	switch answer[3] & 15 {
	case 0:
		s.NoError++
	case 3:
		s.NXDomain++
	default:
		s.Other++
	}
}

// giveUp counts queries that have waited too long as lost.
func (s *socks) giveUp(now time.Duration) {
	for i := range s.list {
		one := &s.list[i]
		for id, sent := range one.sent {
			if sent != 0 && now-sent > patience {
				one.sent[id] = 0
				one.free = append(one.free, uint16(id))
				s.Lost++
			}
		}
	}
}
