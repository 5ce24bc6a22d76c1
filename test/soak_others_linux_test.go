package test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// overTCP asks about all lanes over TCP, one query after the other, on connections that live for 16 queries or so. A
// connection that the server closes because of a reload is what clients expect; they ask again (RFC 7766 section 6.2.4).
func (l *soakLoad) overTCP(apart time.Duration) {
	var conn *dns.Conn
	defer func() {
		if conn != nil {
			conn.Close()
		}
	}()
	plan := schedule{time.Now(), apart}
	var known int64 // how often a reload began or ended when conn was known to stand
	for !l.stopped() {
		s := l.lanes[rand.IntN(len(l.lanes))]
		due, missed := plan.next()
		s.unsent.Add(missed)
		q := s.ask(due)
		q.id = uint16(rand.Uint32())
		l.tcp.Add(1)
		for {
			if conn == nil {
				known = l.reloads.Load()
				c, err := net.DialTimeout("tcp", l.at, patience)
				if err != nil {
					l.fault(&s.lost, err)
					break
				}
				conn = &dns.Conn{Conn: c, UDPSize: dns.MaxMsgSize}
			}
			now := l.reloads.Load()
			conn.SetDeadline(time.Now().Add(patience))
			q.sent = time.Now()
			err := conn.WriteMsg(q.message(q.id))
			var m *dns.Msg
			if err == nil {
				m, err = conn.ReadMsg()
			}
			if err == nil {
				known = now
				if m.Id != q.id {
					l.fault(&s.wrong, fmt.Errorf("a reply to nothing that was asked: %v", m))
					break
				}
				l.judge(q, m)
				break
			}
			conn.Close()
			conn = nil
			var timeout net.Error
			if !(errors.As(err, &timeout) && timeout.Timeout()) && (known%2 == 1 || l.reloads.Load() != known) {
				l.closed.Add(1)
				continue
			}
			l.fault(&s.lost, fmt.Errorf("%s: lost over TCP: %s: %w", s.way, q.key(), err))
			break
		}
		if conn != nil && rand.IntN(16) == 0 {
			conn.Close()
			conn = nil
		}
	}
}

// malformed returns a packet that is no query, made of one.
func malformed(wire []byte) []byte {
	wire = slices.Clone(wire)
	const header = 12
	switch rand.IntN(8) {
	case 0:
		return wire[:rand.IntN(header)]
	case 1:
		return wire[:header+rand.IntN(len(wire)-header-16)]
	case 2: // a reply
		wire[2] |= 0x80
	case 3: // no question where one is told
		return wire[:header]
	case 4: // a name that points to itself
		return append(wire[:header], 0xc0, header, 0, 35, 0, 1)
	case 5: // a label that is longer than what there is
		wire[header] = 63
	case 6: // another opcode
		wire[2] = byte(1+rand.IntN(15)) << 3
	case 7: // 65,535 records that are not there
		binary.BigEndian.PutUint16(wire[6:], 0xffff)
	}
	return wire
}

// disturb sends malformed packets. What comes back, if anything does, is an error and tells nothing.
func (l *soakLoad) disturb(apart time.Duration) {
	conn, err := net.Dial("udp", l.at)
	if err != nil {
		l.fault(&l.lanes[0].lost, err)
		return
	}
	var receiver sync.WaitGroup
	defer receiver.Wait()
	defer conn.Close()
	receiver.Go(func() {
		buf := make([]byte, dns.MaxMsgSize)
		for {
			n, err := conn.Read(buf)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				continue
			}
			m := new(dns.Msg)
			if err := m.Unpack(buf[:n]); err != nil || len(m.Answer)+len(m.Ns) > 0 || m.Rcode == dns.RcodeSuccess || m.Rcode == dns.RcodeNameError {
				l.fault(&l.lanes[0].wrong, fmt.Errorf("%w: the reply to a malformed packet: %x: %w", errWrong, buf[:n], err))
			}
		}
	})
	plan := schedule{time.Now(), apart}
	for !l.stopped() {
		plan.next()
		s := l.lanes[rand.IntN(len(l.lanes))]
		wire, err := query{s.lane, nowhere}.message(uint16(rand.Uint32())).Pack()
		if err == nil {
			_, err = conn.Write(malformed(wire))
		}
		if err != nil {
			continue // the system tells of an earlier packet
		}
		l.malformed.Add(1)
	}
}
