package redis

import (
	"fmt"
	"net"
	"syscall"

	"github.com/enumim/enumim/backend"
)

// What a server may send, far above what an honest one does. The client library believes lengths: it makes room
// for 2 GB when it is told that so much will come.
const (
	longestLine  = 64 << 10 // octets of a line, errors among them
	largestBulk  = 16 << 20 // octets of one string
	mostElements = 1 << 20  // of one array
	deepestReply = 8        // arrays in arrays
	largestReply = 64 << 20 // octets of one reply, with 16 for each element announced
)

// framed is a connection whose replies are looked at as they come, before the client library believes them. What
// does not keep to the protocol, or is too large, ends the connection.
type framed struct {
	net.Conn
	f    frame
	of   *connection
	made uint64 // of.forgotten when it was made
}

func (c *framed) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if fault := c.f.take(b[:n]); fault != nil {
		_ = c.Close() // what comes next could be taken for another reply
		return 0, whole{fault}
	}
	return n, err
}

// SyscallConn lets the client library see whether a connection that rests is forgotten, was closed, or has something that
// nobody asked for; of one with TLS only the first can be seen.
func (c *framed) SyscallConn() (syscall.RawConn, error) {
	if c.made != c.of.forgotten.Load() {
		return nil, net.ErrClosed
	}
	if raw, ok := c.Conn.(syscall.Conn); ok {
		return raw.SyscallConn()
	}
	return unseen{}, nil
}

// unseen is a connection of the system that there is nothing to see of.
type unseen struct{}

func (unseen) Control(func(uintptr)) error    { return nil }
func (unseen) Read(func(uintptr) bool) error  { return nil }
func (unseen) Write(func(uintptr) bool) error { return nil }

// frame follows replies (RESP2 and RESP3) octet by octet: where they begin and end, and what they announce. The
// zero frame stands before a reply.
type frame struct {
	kind   byte  // of the line that is read; 0 before one
	line   int   // octets of it
	number int64 // that it announces, -1 for nil
	minus  bool
	cr     bool
	digits bool
	skip   int64   // octets of a string, with its line end, that are to come
	open   []int64 // elements that are to come of the arrays that are read
	size   int64   // of the reply
}

func errReply(what string) error {
	return fmt.Errorf("%w: redis: a reply %s", backend.ErrUnavailable, what)
}

// errTooLarge: what was asked for cannot be read; less of it perhaps can.
var errTooLarge = fmt.Errorf("%w: redis: a reply is too large: is there a value of more than %d octets?", backend.ErrInvalidData, largestBulk)

// take follows the octets. An error is final.
func (f *frame) take(b []byte) error {
	for len(b) > 0 {
		if f.skip > 0 {
			n := min(f.skip, int64(len(b)))
			f.skip -= n
			b = b[n:]
			if f.skip == 0 {
				f.ended()
			}
			continue
		}
		if err := f.octet(b[0]); err != nil {
			return err
		}
		b = b[1:]
	}
	return nil
}

// octet follows one octet of a line.
func (f *frame) octet(c byte) error {
	f.line++
	switch {
	case f.kind == 0:
		f.kind, f.line, f.number, f.minus, f.cr, f.digits = c, 1, 0, false, false, false
		switch c {
		case '+', '-', ':', ',', '#', '(', '_', '$', '!', '=', '*', '%', '~', '>':
			return nil
		}
		return errReply("is not of the protocol: is this a Redis server, and the option tls right?")
	case f.line > longestLine:
		return errReply("has a line without end")
	case f.cr && c == '\n':
		return f.lineEnded()
	case c == '\r':
		f.cr = true
		return nil
	}
	f.cr = false
	if !announces(f.kind) {
		return nil
	}
	switch {
	case c == '-' && f.line == 2:
		f.minus = true
	case c < '0' || c > '9' || f.number > 1<<40:
		return errReply("announces no length")
	default:
		f.number = 10*f.number + int64(c-'0')
		f.digits = true
	}
	return nil
}

// announces reports whether a line of this kind tells how much follows it.
func announces(kind byte) bool {
	switch kind {
	case '$', '!', '=', '*', '%', '~', '>':
		return true
	}
	return false
}

func (f *frame) lineEnded() error {
	kind := f.kind
	f.kind = 0
	f.size += int64(f.line)
	if !announces(kind) {
		f.ended()
		return nil
	}
	switch {
	case !f.digits:
		return errReply("announces no length")
	case f.minus && f.number != 1:
		return errReply("announces a negative length")
	case f.minus:
		f.ended()
		return nil
	}
	switch kind {
	case '$', '!', '=':
		f.skip = f.number + 2
		f.size += f.skip
		if f.number > largestBulk || f.size > largestReply {
			return errTooLarge
		}
		return nil
	case '%':
		f.number *= 2
	}
	f.size += 16 * f.number
	switch {
	case f.number > mostElements || f.size > largestReply:
		return errTooLarge
	case f.number == 0:
		f.ended()
		return nil
	case len(f.open) >= deepestReply:
		return errReply("is nested too deep")
	}
	f.open = append(f.open, f.number)
	return nil
}

// ended notes the end of an element, and of the arrays whose last it was.
func (f *frame) ended() {
	for len(f.open) > 0 {
		last := len(f.open) - 1
		f.open[last]--
		if f.open[last] > 0 {
			return
		}
		f.open = f.open[:last]
	}
	f.size = 0
}
