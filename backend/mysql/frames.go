package mysql

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"net"
	"time"
)

// frames is a connection that holds what the server sends to what it may send, before the client library reads it:
// the library takes lengths and counts for granted, takes a row that is cut for the end of all rows, and waits for
// ever for the end of an endless packet. It also brings TLS, so that it sees the packets within; the library sees a
// connection that it need not secure.
type frames struct {
	raw    net.Conn // what is closed
	conn   net.Conn // raw, or TLS above it
	in     *bufio.Reader
	secure *tls.Config // nil for without TLS
	failed error       // why it is no good any more, where it is known better than by the library

	phase   phase
	shift   byte // by how much packets are numbered higher than the library thinks, for one more of TLS
	old     bool // rows end with the EOF of old
	command byte // the last one
	fresh   bool // what comes next begins a reply
	packets int  // of the reply

	head []byte // to be read: of the packet that was begun
	left int    // of it, still to come
}

// phase is what the two sides talk about.
type phase uint8

const (
	greeting phase = iota
	logging        // in
	commands
)

const (
	mostPacket  = 1 << 20 // of a row, which is not large
	mostLogging = 8 << 10 // of a packet before commands
	mostPeek    = 64      // of a packet that is looked at
	mostColumns = 250     // they are told in one octet
)

// What is done with capabilities of the server.
const (
	capLocalFiles   = 0x00000080
	capProtocol41   = 0x00000200
	capTLS          = 0x00000800
	capDeprecateEOF = 0x01000000
	capPluginAuth   = 0x00080000
)

// The first octets of packets.
const (
	isOK        = 0x00
	isMore      = 0x01
	isLocalFile = 0xfb
	isEnd       = 0xfe // also: switch to another way to log in
	isError     = 0xff
)

var (
	errProtocol = errors.New("what answers is not MariaDB or MySQL, or what it says is damaged")
	errNoTLS    = errors.New("the server has no TLS")
)

func newFrames(raw net.Conn, secure *tls.Config) *frames {
	return &frames{raw: raw, conn: raw, in: bufio.NewReaderSize(raw, 16<<10), secure: secure}
}

// fail keeps the first error: the library replaces it by one of its own.
func (f *frames) fail(err error) error {
	if f.failed == nil {
		f.failed = err
	}
	return err
}

// Read implements net.Conn.
func (f *frames) Read(p []byte) (n int, err error) {
	for n < len(p) {
		switch {
		case len(f.head) > 0:
			c := copy(p[n:], f.head)
			f.head = f.head[c:]
			n += c
		case n > 0 && f.in.Buffered() < 4+mostPeek: // do not wait for more
			if f.left == 0 || f.in.Buffered() == 0 {
				return n, nil
			}
			fallthrough
		case f.left > 0:
			c, err := f.in.Read(p[n:min(len(p), n+f.left)])
			n += c
			f.left -= c
			if err != nil {
				return n, f.fail(err)
			}
		default:
			if err := f.packet(); err != nil {
				return n, f.fail(err)
			}
		}
	}
	return n, nil
}

// packet begins the next packet.
func (f *frames) packet() error {
	var head [4]byte
	start, err := f.in.Peek(4)
	if err != nil {
		return err
	}
	copy(head[:], start)
	size := int(head[0]) | int(head[1])<<8 | int(head[2])<<16
	most := mostPacket
	if f.phase != commands {
		most = mostLogging
	}
	if size == 0 || size > most {
		return errProtocol
	}
	if f.phase == commands {
		start, err = f.in.Peek(4 + min(size, mostPeek))
	} else {
		start, err = f.in.Peek(4 + size)
	}
	if err != nil {
		return err
	}
	f.packets++
	body := start[4:]
	switch f.phase {
	case greeting:
		f.phase = logging
		body, err = f.greet(append([]byte(nil), body...))
	case logging:
		head[3] -= f.shift
		err = f.login(body)
	default:
		err = f.reply(body, size)
	}
	if err != nil {
		return err
	}
	f.head = append(append(make([]byte, 0, 4+len(body)), head[:]...), body...)
	f.left = size - len(body)
	_, err = f.in.Discard(4 + len(body))
	return err
}

// Write implements net.Conn. The library writes a packet, or several, at once.
func (f *frames) Write(p []byte) (int, error) {
	if f.failed != nil {
		return 0, f.failed
	}
	if len(p) < 5 {
		return 0, f.fail(errProtocol)
	}
	switch {
	case f.phase == greeting || len(f.head) > 0 || f.left > 0 || f.in.Buffered() > 0:
		return 0, f.fail(errProtocol) // it said more than it was asked: what it says next may be for something else
	case f.phase == logging && p[3] != 0:
		return f.answer(p)
	case p[3] == 0:
		f.phase, f.command, f.fresh, f.packets = commands, p[4], true, 0
	}
	n, err := f.conn.Write(p)
	if err != nil {
		_ = f.fail(err)
	}
	return n, err
}

// answer writes a packet of the time before commands, with TLS before the first.
func (f *frames) answer(p []byte) (int, error) {
	out := append([]byte(nil), p...)
	if f.shift == 0 && out[3] == 1 {
		if len(out) < 36 {
			return 0, f.fail(errProtocol)
		}
		capabilities := binary.LittleEndian.Uint32(out[4:])
		f.old = capabilities&capDeprecateEOF == 0
		if f.secure != nil {
			binary.LittleEndian.PutUint32(out[4:], capabilities|capTLS)
			request := append([]byte{32, 0, 0, 1}, out[4:36]...)
			if _, err := f.conn.Write(request); err != nil {
				return 0, f.fail(err)
			}
			secured := tls.Client(f.raw, f.secure)
			if err := secured.Handshake(); err != nil {
				return 0, f.fail(err)
			}
			f.conn, f.shift = secured, 1
			f.in = bufio.NewReaderSize(secured, 16<<10)
		}
	}
	out[3] += f.shift
	if _, err := f.conn.Write(out); err != nil {
		return 0, f.fail(err)
	}
	return len(p), nil
}

// whole reports whether a reply was of so many columns and rows, and nothing else.
func (f *frames) whole(columns, rows int) bool {
	want := 1 + columns + rows + 1
	if f.old {
		want++
	}
	return f.failed == nil && f.packets == want && len(f.head) == 0 && f.left == 0 && f.in.Buffered() == 0
}

// Close implements net.Conn. It does not wait for the server, not even for TLS to end.
func (f *frames) Close() error { return f.raw.Close() }

// LocalAddr and the others implement net.Conn.
func (f *frames) LocalAddr() net.Addr                { return f.raw.LocalAddr() }
func (f *frames) RemoteAddr() net.Addr               { return f.raw.RemoteAddr() }
func (f *frames) SetDeadline(t time.Time) error      { return f.raw.SetDeadline(t) }
func (f *frames) SetReadDeadline(t time.Time) error  { return f.raw.SetReadDeadline(t) }
func (f *frames) SetWriteDeadline(t time.Time) error { return f.raw.SetWriteDeadline(t) }
