package ldap

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/remote"
)

const (
	// connectTime is how long a directory may take to be connected to, each for the connection, TLS and logging in.
	connectTime = 2 * time.Second
	// pingTime is how long it may take to answer what costs it nothing.
	pingTime = 2 * time.Second
	// searchTime is how long it may take to begin with an answer, or to go on with it: it may have to look through
	// all that it holds.
	searchTime = 30 * time.Second
	// readTime is how long it may take to send everything.
	readTime = 15 * time.Minute
)

// servers are the directories, which hold the same, and how to get to them.
type servers struct {
	hosts    []string // "host:port"
	user     string   // a DN, or for Active Directory user@domain; "" for nobody
	password func() (string, error)
	tls      func(host string) (*tls.Config, error)
	startTLS bool
	life     *remote.Options // how long a connection serves
	next     int             // the host to try next
}

// conn is a connection to one directory. It is for one goroutine, which waits for each answer.
type conn struct {
	net.Conn
	ctx   context.Context //nolint:containedctx // it is what ends the connection
	r     *bufio.Reader
	last  int64 // message ID
	until time.Time
	count int // of messages since the last rest
	stop  func() bool
}

// connect connects to the first directory that takes the user. The connection ends with ctx.
func (s *servers) connect(ctx context.Context) (c *conn, err error) {
	for range s.hosts {
		host := s.hosts[s.next%len(s.hosts)]
		if c, err = s.dial(ctx, host); err == nil {
			return c, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		err = fmt.Errorf("%s: %w", host, err)
		s.next++
	}
	return nil, err
}

// elsewhere returns a connection to where the name of the directory leads, when that is elsewhere than c; else nil, and
// where nobody is there yet.
func (s *servers) elsewhere(ctx context.Context, c *conn) *conn {
	if !remote.Moved(ctx, s.hosts[s.next%len(s.hosts)], c.RemoteAddr()) {
		return nil
	}
	if next, err := s.connect(ctx); err == nil {
		return next
	}
	return nil
}

func (s *servers) dial(ctx context.Context, host string) (*conn, error) {
	config, err := s.tls(host)
	if err != nil {
		return nil, err
	}
	password, err := s.password()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", backend.ErrUnavailable, err)
	}
	dialer := net.Dialer{Timeout: connectTime}
	raw, err := dialer.DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, classify(ctx, err)
	}
	c := &conn{ctx: ctx, Conn: raw, r: bufio.NewReader(raw)}
	c.stop = context.AfterFunc(ctx, func() { raw.Close() })
	if err := s.login(c, config, password); err != nil {
		c.Close()
		return nil, classify(ctx, err)
	}
	return c, nil
}

// login secures a connection and says who we are.
func (s *servers) login(c *conn, config *tls.Config, password string) error {
	if config != nil && s.startTLS {
		if err := c.extended(oidStartTLS); err != nil {
			if _, refused := errors.AsType[resultError](err); refused {
				err = fmt.Errorf("%w: it has no TLS at this port, or no certificate: see the option starttls", err)
			}
			return err
		}
		if c.r.Buffered() > 0 {
			return errOdd // somebody between speaks for the directory
		}
	}
	if config != nil {
		if err := c.secure(config); err != nil {
			return err
		}
	}
	if s.user == "" {
		return nil
	}
	return c.bind(s.user, password)
}

func (c *conn) secure(config *tls.Config) error {
	t := tls.Client(c.Conn, config)
	ctx, cancel := context.WithTimeout(c.ctx, connectTime)
	defer cancel()
	if err := t.HandshakeContext(ctx); err != nil {
		return handshake(err)
	}
	c.Conn, c.r = t, bufio.NewReader(t)
	return nil
}

// Close ends the connection. It says good-bye where that does not take long.
func (c *conn) Close() error {
	c.stop()
	c.until = time.Time{}
	if c.ctx.Err() == nil {
		unbind := ber.Encode(ber.ClassApplication, ber.TypePrimitive, ldap.ApplicationUnbindRequest, nil, "")
		_ = c.send(time.Second/10, unbind)
	}
	return c.Conn.Close()
}

// patient sets how long what comes next may take.
func (c *conn) patient(d time.Duration) error {
	at := time.Now().Add(d)
	if !c.until.IsZero() && c.until.Before(at) {
		at = c.until
	}
	return c.SetDeadline(at)
}

// send sends a request, and has the next receive wait for its answer.
func (c *conn) send(patience time.Duration, op *ber.Packet, controls ...ldap.Control) error {
	c.last++
	packet := ber.NewSequence("")
	packet.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, c.last, ""))
	packet.AppendChild(op)
	if len(controls) > 0 {
		list := ber.Encode(ber.ClassContext, ber.TypeConstructed, 0, nil, "")
		for _, control := range controls {
			list.AppendChild(control.Encode())
		}
		packet.AppendChild(list)
	}
	if err := c.patient(patience); err != nil {
		return err
	}
	_, err := c.Write(packet.Bytes())
	return err
}

// receive returns the next message of the answer.
func (c *conn) receive(patience time.Duration) (*message, error) {
	if err := c.patient(patience); err != nil {
		return nil, err
	}
	m, err := readMessage(c.r)
	c.count++
	switch {
	case err != nil:
		return nil, err
	case m.id == 0 && m.op == tagExtendedReply:
		return nil, errGone
	case m.id != c.last:
		return nil, errOdd // there is one request at a time
	}
	return m, nil
}

// rest returns how long to leave the directory alone after what it sent.
func (c *conn) rest() time.Duration {
	n := c.count
	c.count = 0
	return min(time.Duration(n)*restEach, mostRest)
}

// result receives an answer that is but a result.
func (c *conn) result(patience time.Duration, op byte) error {
	m, err := c.receive(patience)
	if err != nil {
		return err
	}
	if m.op != op {
		return errOdd
	}
	return success(m.body)
}

// success returns the code of a result that is none.
func success(body []byte) error {
	code, err := resultOf(body)
	if err != nil || code == ldap.LDAPResultSuccess {
		return err
	}
	return resultError(code)
}

// extended makes a request that has nothing but a name (RFC 4511 section 4.12).
func (c *conn) extended(oid string) error {
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationExtendedRequest, nil, "")
	op.AppendChild(ber.NewString(ber.ClassContext, ber.TypePrimitive, 0, oid, ""))
	if err := c.send(connectTime, op); err != nil {
		return err
	}
	return c.result(connectTime, tagExtendedReply)
}

// bind logs in with a password (RFC 4513 section 5.1.3). Without one a directory would let anybody in as nobody
// (section 5.1.2); Secret.Get knows no empty secrets.
func (c *conn) bind(user, password string) error {
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationBindRequest, nil, "")
	op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, 3, ""))
	op.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, user, ""))
	op.AppendChild(ber.NewString(ber.ClassContext, ber.TypePrimitive, 0, password, ""))
	if err := c.send(connectTime, op); err != nil {
		return err
	}
	return c.result(connectTime, tagBindReply)
}
