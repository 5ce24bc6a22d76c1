package proxy

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"testing"
)

// Names is who this process asks for names, as long as a test runs that has no others beside it.
type Names struct {
	mu sync.Mutex
	at map[string]netip.Addr
}

// NewNames has this process look names up here, and nowhere else. There is no name at the beginning.
func NewNames(t testing.TB) *Names {
	t.Helper()
	n := &Names{at: map[string]netip.Addr{}}
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	before := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
	var wg sync.WaitGroup
	wg.Go(func() { n.answer(conn) })
	t.Cleanup(func() {
		net.DefaultResolver = before
		conn.Close()
		wg.Wait()
	})
	return n
}

// Set gives a name an IPv4 address; "" for none.
func (n *Names) Set(name, address string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if address == "" {
		delete(n.at, name)
		return
	}
	n.at[name] = netip.MustParseAddr(address)
}

func (n *Names) answer(conn net.PacketConn) {
	query := make([]byte, 512)
	for {
		size, from, err := conn.ReadFrom(query)
		if err != nil {
			return
		}
		if size > 12 {
			conn.WriteTo(n.reply(query[:size]), from)
		}
	}
}

// reply answers a question (RFC 1035 section 4.1).
func (n *Names) reply(query []byte) []byte {
	name, end := "", 12
	for ; query[end] != 0; end += 1 + int(query[end]) {
		if name != "" {
			name += "."
		}
		name += string(query[end+1 : end+1+int(query[end])])
	}
	isA := binary.BigEndian.Uint16(query[end+1:]) == 1
	n.mu.Lock()
	at, known := n.at[name]
	n.mu.Unlock()
	code, answers := byte(0), byte(0)
	switch {
	case !known:
		code = 3
	case isA:
		answers = 1
	}
	out := append([]byte{query[0], query[1], 0x81, 0x80 | code, 0, 1, 0, answers, 0, 0, 0, 0}, query[12:end+5]...)
	if answers > 0 {
		out = append(out, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
		out = append(out, at.AsSlice()...)
	}
	return out
}
