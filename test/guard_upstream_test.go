package test

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/miekg/dns"
)

// responder returns the messages that answer a query, as octets: none, one or several.
type responder func(network string, r *dns.Msg) [][]byte

// upstream is a name server of the test, which may answer as no honest one does.
type upstream struct {
	server
	respond atomic.Pointer[responder]
	asked   atomic.Int64

	packet   net.PacketConn
	listener net.Listener
	running  sync.WaitGroup
	mu       sync.Mutex
	conns    map[net.Conn]bool
	stopped  bool
}

// startUpstream starts a server that runs until the test ends.
func startUpstream(tb testing.TB, respond responder) *upstream {
	tb.Helper()
	at := fmt.Sprintf("%s:%d", loopback, freePort(tb))
	u := &upstream{server: server{"upstream", at}, conns: map[net.Conn]bool{}}
	u.respond.Store(&respond)
	var err error
	if u.packet, err = net.ListenPacket("udp", at); err != nil {
		tb.Fatal(err)
	}
	if u.listener, err = net.Listen("tcp", at); err != nil {
		tb.Fatal(err)
	}
	u.running.Go(u.serveUDP)
	u.running.Go(u.serveTCP)
	tb.Cleanup(u.stop)
	return u
}

// answering makes the server answer otherwise from now on.
func (u *upstream) answering(respond responder) { u.respond.Store(&respond) }

// stop ends the server, and its connections as a crash does.
func (u *upstream) stop() {
	u.mu.Lock()
	u.stopped = true
	u.packet.Close()
	u.listener.Close()
	for conn := range u.conns {
		conn.Close()
	}
	u.mu.Unlock()
	u.running.Wait()
}

func (u *upstream) replies(network string, wire []byte) [][]byte {
	u.asked.Add(1)
	r := new(dns.Msg)
	if r.Unpack(wire) != nil || len(r.Question) != 1 {
		return nil
	}
	return (*u.respond.Load())(network, r)
}

func (u *upstream) serveUDP() {
	buf := make([]byte, dns.MaxMsgSize)
	for {
		n, from, err := u.packet.ReadFrom(buf)
		if err != nil {
			return
		}
		wire := append([]byte(nil), buf[:n]...)
		u.running.Go(func() {
			for _, reply := range u.replies("udp", wire) {
				u.packet.WriteTo(reply, from)
			}
		})
	}
}

func (u *upstream) serveTCP() {
	for {
		conn, err := u.listener.Accept()
		if err != nil {
			return
		}
		u.mu.Lock()
		if u.stopped {
			conn.Close()
		}
		u.conns[conn] = true
		u.mu.Unlock()
		u.running.Go(func() { u.serveConn(conn) })
	}
}

func (u *upstream) serveConn(conn net.Conn) {
	defer func() {
		conn.Close()
		u.mu.Lock()
		delete(u.conns, conn)
		u.mu.Unlock()
	}()
	for {
		var length [2]byte
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return
		}
		wire := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(conn, wire); err != nil {
			return
		}
		for _, reply := range u.replies("tcp", wire) {
			conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...))
		}
	}
}

// answers returns a responder that answers every query with what set makes of an empty reply.
func answers(tb testing.TB, set func(r, m *dns.Msg)) responder {
	return func(network string, r *dns.Msg) [][]byte {
		m := new(dns.Msg).SetReply(r)
		set(r, m)
		if opt := r.IsEdns0(); opt != nil && m.IsEdns0() == nil {
			m.SetEdns0(maxUDP, opt.Do())
		}
		m.Compress = true
		if network == "udp" {
			size := dns.MinMsgSize
			if opt := r.IsEdns0(); opt != nil {
				size = int(opt.UDPSize())
			}
			m.Truncate(size)
		}
		wire, err := m.Pack()
		if err != nil {
			tb.Errorf("what the upstream is to answer does not pack: %v", err)
			return nil
		}
		return [][]byte{wire}
	}
}
