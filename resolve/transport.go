package resolve

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// dial connects to a server.
func (c *Client) dial(ctx context.Context, server Server, transport Transport) (net.Conn, error) {
	network := "tcp"
	if transport == UDP {
		network = "udp"
	}
	conn, err := new(net.Dialer).DialContext(ctx, network, server.Address())
	if err != nil || transport != TLS {
		return conn, err
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.TLS != nil {
		config = c.TLS.Clone()
	}
	config.ServerName = server.certificateName()
	config.NextProtos = []string{"dot"} // RFC 7858 section 7.1
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return secure, nil
}

// within has reads and writes of conn end with ctx. release undoes that; where it returns false conn
// may still be changed, and is of no more use.
func within(ctx context.Context, conn net.Conn) (release func() bool) {
	return context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
}

// session keeps the connections of one call, and what was asked in it.
type session struct {
	c       *Client
	streams map[Server]net.Conn
	trail   []*Exchange
}

func (c *Client) session() *session {
	return &session{c: c, streams: map[Server]net.Conn{}}
}

func (s *session) close() {
	for _, conn := range s.streams {
		_ = conn.Close()
	}
}

// roundTrip sends q and waits for the reply to it, letting pass what is none.
func (s *session) roundTrip(ctx context.Context, server Server, transport Transport, q *query) (reply []byte, strays int, err error) {
	try, cancel := context.WithTimeout(ctx, s.c.timeout())
	defer cancel()
	if transport == UDP {
		reply, strays, err = s.datagrams(try, server, q)
	} else {
		reply, strays, err = s.stream(try, server, transport, q)
	}
	if err != nil {
		err = &ServerError{Server: server, Err: networkError(ctx, err)}
	}
	return reply, strays, err
}

// datagrams asks over UDP. The socket is connected, so that the system drops what comes from elsewhere,
// and new for each query, so that nobody knows its port.
func (s *session) datagrams(ctx context.Context, server Server, q *query) (reply []byte, strays int, err error) {
	conn, err := s.c.dial(ctx, server, UDP)
	if err != nil {
		return nil, 0, err
	}
	defer conn.Close()
	defer within(ctx, conn)()
	if _, err := conn.Write(q.wire); err != nil {
		return nil, 0, err
	}
	buf := make([]byte, 65535)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return nil, strays, err
		}
		if q.answers(buf[:n]) {
			return buf[:n:n], strays, nil
		}
		strays++
	}
}

// stream asks over a connection that stays open for the next query. A server may have closed one in the
// meantime (RFC 7766 section 6.2.4); then it is opened anew.
func (s *session) stream(ctx context.Context, server Server, transport Transport, q *query) (reply []byte, strays int, err error) {
	for {
		conn, open := s.streams[server]
		if !open {
			if conn, err = s.c.dial(ctx, server, transport); err != nil {
				return nil, strays, err
			}
			s.streams[server] = conn
		}
		release := within(ctx, conn)
		reply, more, err := converse(conn, q)
		strays += more
		if !release() || err != nil {
			_ = conn.Close()
			delete(s.streams, server)
		}
		if err == nil || !open || ctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded) {
			return reply, strays, err
		}
	}
}

func converse(conn net.Conn, q *query) (reply []byte, strays int, err error) {
	if err := writeMessage(conn, q.wire); err != nil {
		return nil, 0, err
	}
	for {
		reply, err := readMessage(conn)
		if err != nil {
			return nil, strays, err
		}
		if q.answers(reply) {
			return reply, strays, nil
		}
		strays++
	}
}

// writeMessage sends length and message at once (RFC 7766 section 8).
func writeMessage(w io.Writer, wire []byte) error {
	_, err := w.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(wire))), wire...))
	return err
}

func readMessage(r io.Reader) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	wire := make([]byte, binary.BigEndian.Uint16(length[:]))
	_, err := io.ReadFull(r, wire)
	return wire, err
}

// ended returns why ctx is at its end; nil where it is not. Dialling ends at the deadline a moment before
// the context does.
func ended(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}

// networkError says in the terms of this package what err is. ctx is that of the caller.
func networkError(ctx context.Context, err error) error {
	var op *net.OpError
	var timeout net.Error
	var certificate *tls.CertificateVerificationError
	switch end := ended(ctx); {
	case errors.Is(end, context.DeadlineExceeded):
		return fmt.Errorf("%w: %w", ErrTimeout, end)
	case end != nil:
		return end
	case errors.As(err, &certificate):
		return fmt.Errorf("%w: %w", ErrCertificate, certificate.Err)
	case errors.As(err, &timeout) && timeout.Timeout():
		return ErrTimeout
	case errors.As(err, &op) && op.Err != nil:
		err = op.Err // the rest of the text repeats the address
	}
	return fmt.Errorf("%w: %w", ErrNetwork, err)
}
