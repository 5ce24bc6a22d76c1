package etcd

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/remote"
)

const (
	// connectTime is how long a member may take to be connected to, log us in and answer.
	connectTime = 2 * time.Second
	// pageTime is how long a page of a full read may take.
	pageTime = 10 * time.Second
	// largestReply bounds a message of etcd, and so what a hostile one can make us hold.
	largestReply = 64 << 20
	// largestRequest is what etcd takes by default (--max-request-bytes), less what frames it.
	largestRequest = 1 << 20
	// A connection without a sign of life is asked for one; gRPC asks no more often than every 10 s.
	keepaliveEvery = 10 * time.Second
	keepaliveTime  = 3 * time.Second
)

// cluster is where a tree lives and how to get there.
type cluster struct {
	hosts    []string
	prefix   string
	user     string
	password func() (string, error)
	tls      func(host string) (*tls.Config, error)
	next     int // the host to try next
	life     *remote.Options
}

// member is a connection to one member of the cluster. All of a feed's requests go to one, so that what it says
// about the whole (a linearizable read) tells about the watch it serves.
type member struct {
	*clientv3.Client
	*cluster
	host string
	// cause is why the last connection failed.
	cause atomic.Pointer[error]
	// met is whether there was a connection. A member is one and no other: gRPC would make the next by itself, in the
	// middle of a read, to whatever is there by then, and what was found out of the one before would be taken for true of it.
	met atomic.Bool
	at  atomic.Pointer[net.Addr] // where it is
}

// errMet: the connection was lost, and another is begun with all questions.
var errMet = errors.New("the connection to etcd was lost")

// connect connects to the first member that answers a linearizable read with a marker, and returns that. A member that
// has none, or says what no etcd does, may be one of another cluster by now: the others are asked, too.
func (c *cluster) connect(ctx context.Context) (m *member, at *marker, err error) {
	var told error // of one that answered: it says more than that another cannot be reached
	for range c.hosts {
		m, at, err = c.dial(ctx, c.hosts[c.next%len(c.hosts)])
		if err == nil || ctx.Err() != nil {
			return m, at, err
		}
		c.next++
		if told == nil && (errors.Is(err, errUnmarked) || errors.Is(err, backend.ErrInvalidData) || errors.Is(err, errElecting)) {
			told = err
		}
	}
	return nil, nil, cmp.Or(told, err)
}

func (c *cluster) dial(ctx context.Context, host string) (*member, *marker, error) {
	m, err := c.open(ctx, host)
	if err != nil {
		return nil, nil, err
	}
	at, err := m.marker(ctx, 0)
	if err != nil {
		m.Close()
		return nil, nil, m.failed(ctx, err)
	}
	return m, at, nil
}

// open makes a connection, which waits for the first request if there is nobody to log in.
func (c *cluster) open(ctx context.Context, host string) (*member, error) {
	m := &member{cluster: c, host: host}
	password, err := c.password()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", backend.ErrUnavailable, err)
	}
	var dialer net.Dialer
	m.Client, err = clientv3.New(clientv3.Config{
		Endpoints:   []string{host},
		DialTimeout: connectTime,
		Context:     context.WithoutCancel(ctx), // ends with Close
		// The client would write to standard error, and the texts hold keys.
		Logger:               zap.NewNop(),
		Username:             c.user,
		Password:             password,
		MaxUnaryRetries:      1, // the feed begins again by itself
		MaxCallSendMsgSize:   2 * largestRequest,
		MaxCallRecvMsgSize:   largestReply,
		DialKeepAliveTime:    keepaliveEvery,
		DialKeepAliveTimeout: keepaliveTime,
		DialOptions: []grpc.DialOption{
			grpc.WithTransportCredentials(&transport{insecure.NewCredentials(), m}),
			// With a dialer of our own no proxy of the environment stands between.
			grpc.WithContextDialer(func(ctx context.Context, addr string) (net.Conn, error) {
				if m.met.Load() {
					return nil, errMet
				}
				conn, err := dialer.DialContext(ctx, "tcp", addr)
				if op, ok := errors.AsType[*net.OpError](err); ok {
					m.cause.Store(&op.Err)
				}
				if err == nil {
					at := conn.RemoteAddr()
					m.at.Store(&at)
				}
				return conn, err
			}),
			grpc.WithChainUnaryInterceptor(failFast),
			grpc.WithUserAgent("enumim"),
		},
	})
	if err != nil {
		return nil, m.failed(ctx, err)
	}
	return m, nil
}

// failFast makes requests to a member that cannot be reached fail at once; the client lets them wait.
func failFast(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	return invoke(ctx, method, req, reply, cc, append(opts, grpc.WaitForReady(false))...)
}

// failed classifies the error of a connection and names the member.
func (m *member) failed(ctx context.Context, err error) error {
	if !errors.Is(err, backend.ErrUnavailable) && !errors.Is(err, backend.ErrInvalidData) {
		err = classify(ctx, err)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if cause := m.cause.Load(); cause != nil && errors.Is(err, backend.ErrUnavailable) {
		return fmt.Errorf("%w: member %s: %w", backend.ErrUnavailable, m.host, *cause)
	}
	return fmt.Errorf("member %s: %w", m.host, err)
}

// Close ends the connection and all that goes on over it.
func (m *member) Close() {
	_ = m.Client.Close() // tells only that it was closed
}

// marker reads the marker at a revision, 0 for the newest. It is read from the whole cluster: a member that is
// cut off cannot answer.
func (m *member) marker(ctx context.Context, revision int64) (*marker, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	reply, err := m.Get(clientv3.WithRequireLeader(ctx), m.prefix+markerKey, clientv3.WithRev(revision))
	if err != nil {
		return nil, err
	}
	if reply.Header.GetRevision() <= 0 {
		return nil, errOdd // an empty message is a reply, too
	}
	if len(reply.Kvs) == 0 {
		return nil, errNoMarker(m.prefix)
	}
	if string(reply.Kvs[0].GetKey()) != m.prefix+markerKey {
		return nil, errOdd
	}
	at, err := parseMarker(reply.Kvs[0])
	if at != nil {
		at.revision = reply.Header.GetRevision()
	}
	return at, err
}

// transport secures connections with what the options say at that time, for the member connected to.
type transport struct {
	credentials.TransportCredentials // without TLS
	member                           *member
}

// ClientHandshake implements credentials.TransportCredentials.
func (t *transport) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (conn net.Conn, info credentials.AuthInfo, err error) {
	defer func() { t.member.met.Store(err == nil) }()
	config, err := t.member.tls(t.member.host)
	if err != nil {
		t.member.cause.Store(&err)
		return nil, nil, err
	}
	if config == nil {
		return t.TransportCredentials.ClientHandshake(ctx, authority, raw)
	}
	// gRPC verifies the authority, whatever name the configuration has.
	conn, info, err = credentials.NewTLS(config).ClientHandshake(ctx, config.ServerName, raw)
	if err != nil {
		why := handshake(err)
		t.member.cause.Store(&why)
	}
	return conn, info, err
}

// Clone implements credentials.TransportCredentials.
func (t *transport) Clone() credentials.TransportCredentials {
	return &transport{t.TransportCredentials.Clone(), t.member}
}
