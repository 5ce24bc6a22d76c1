package redis

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	client "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/remote"
)

const (
	// connectTime is how long a server may take to be connected to.
	connectTime = 2 * time.Second
	// callTime is how long a call takes at most that has no deadline of its own.
	callTime = 5 * time.Second
	// nearTime is how long a call that nobody waits for any more may go on.
	nearTime = time.Second
	// redirects bounds how often a Cluster may send a call elsewhere.
	redirects = 3
)

// The client library prints by itself, to standard error and with addresses; what matters is in its errors.
func init() { client.SetLogger(silent{}) }

type silent struct{}

// Printf prints nothing.
func (silent) Printf(context.Context, string, ...any) {}

// connection is a pool of connections to where a tree is: one server, the master that sentinels name, or the node
// of a Cluster that has the slot.
type connection struct {
	client.UniversalClient
	cluster *client.ClusterClient // nil for none
	single  *client.Client        // nil with cluster
	stop    context.CancelFunc    // of dials and calls
	life    context.Context
	// forgotten is how often the connections that rest were given up.
	forgotten atomic.Uint64

	mu     sync.Mutex
	closed bool
	made   map[*framed]bool // those that stand
	work   sync.WaitGroup   // dials, and calls that nobody waits for any more
}

// enter begins work that Close waits for; false is that it is too late.
func (c *connection) enter() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.work.Add(1)
	}
	return !c.closed
}

// connect makes a pool of at most size connections. It connects when one is needed.
func (o *options) connect(size int) *connection {
	c := &connection{}
	c.life, c.stop = context.WithCancel(context.Background())
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		if !c.enter() {
			return &failed{err: client.ErrClosed}, nil
		}
		defer c.work.Done()
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(c.life, cancel)()
		made := c.forgotten.Load()
		conn, err := dial(ctx, network, addr, o.TLS)
		if err != nil {
			// The library stops to try for a second after some dials have failed. A connection on which all fails is
			// forgotten at once.
			return &failed{err: err}, nil
		}
		return (&framed{Conn: conn, of: c, made: made}).begin(), nil
	}
	if o.cluster {
		c.cluster = client.NewClusterClient(&client.ClusterOptions{
			Addrs: o.hosts, Dialer: dial, MaxRedirects: redirects, DisableRoutingPolicies: true,
			NewClient: func(node *client.Options) *client.Client {
				own := o.client(size)
				own.Addr, own.Dialer, own.NodeAddress = node.Addr, dial, node.NodeAddress
				c := client.NewClient(own)
				c.AddHook(slotsHook{})
				return c
			},
			Protocol: 2, MaxRetries: -1, ReadTimeout: callTime, WriteTimeout: callTime, ContextTimeoutEnabled: true,
			MinRetryBackoff: time.Millisecond, MaxRetryBackoff: 50 * time.Millisecond, DisableIdentity: true,
			MaintNotificationsConfig: noNotifications(),
		})
		c.UniversalClient = c.cluster
		return c
	}
	own := o.client(size)
	own.Addr, own.Dialer = o.hosts[0], dial
	if o.master != "" {
		s := &sentinels{options: o}
		own.ConnMaxLifetime, own.ConnMaxLifetimeJitter = masterTime, masterTime/10
		own.Dialer = func(ctx context.Context, network, _ string) (net.Conn, error) {
			addr, err := s.master(ctx, dial)
			if err != nil {
				return &failed{err: err}, nil
			}
			return dial(ctx, network, addr)
		}
	}
	c.single = client.NewClient(own)
	c.UniversalClient = c.single
	return c
}

// client returns the options of the library that all have in common: it neither tries again by itself, nor tells
// the server who it is, and waits for nothing longer than the context.
func (o *options) client(size int) *client.Options {
	return &client.Options{
		Protocol: 2, DB: o.database,
		CredentialsProviderContext: credentials(o.username, o.Password),
		MaxRetries:                 -1, DialTimeout: connectTime, DialerRetries: 1,
		ReadTimeout: callTime, WriteTimeout: callTime, ContextTimeoutEnabled: true,
		PoolSize: size, PoolTimeout: callTime, PipelinePoolSize: -1,
		DisableIdentity: true, MaintNotificationsConfig: noNotifications(),
	}
}

// credentials returns what reads the password for each connection.
func credentials(user string, password remote.Secret) func(context.Context) (string, string, error) {
	return func(context.Context) (string, string, error) {
		text, err := password.Get()
		if err != nil {
			return "", "", fmt.Errorf("%w: redis: %w", backend.ErrUnavailable, err)
		}
		return user, text, nil
	}
}

func noNotifications() *maintnotifications.Config {
	return &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
}

// dial connects to an address.
func dial(ctx context.Context, network, addr string, config func(string) (*tls.Config, error)) (net.Conn, error) {
	if isSocket(addr) {
		network = "unix"
	}
	t, err := config(addr)
	if err != nil {
		return nil, err
	}
	d := net.Dialer{Timeout: connectTime, KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}}
	conn, err := d.DialContext(ctx, network, addr)
	if err != nil || t == nil {
		return conn, err
	}
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	secure := tls.Client(conn, t)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close() // there is an error already
		return nil, err
	}
	return secure, nil
}

// followed looks at the error of a call: it gives up the connections that rest where the server said nothing, and has the
// client library look for the tree again where that is so or the node says that it has moved. That a node moves it just now (ASK) is an error: the one that gives it away says so for each key that
// it misses, also in a script, but the one that takes it answers for keys that have not come yet as if they were not
// there.
func (c *connection) followed(ctx context.Context, err error) error {
	var told client.Error
	if err != nil && !errors.As(err, &told) {
		// The server may be gone without a word: those that wait would be found dead one after the other.
		c.forgotten.Add(1)
	}
	if c.cluster != nil && err != nil && (isWord(err, "MOVED", "READONLY", "CLUSTERDOWN") || !errors.As(err, &told)) {
		c.cluster.ReloadState(ctx)
	}
	return err
}

// node returns the server that has the tree now.
func (c *connection) node(ctx context.Context, k keys) (*client.Client, error) {
	if c.cluster == nil {
		return c.single, nil
	}
	node, err := c.cluster.MasterForKey(ctx, k.meta())
	if err != nil {
		return nil, classify(ctx, err)
	}
	return node, nil
}

// call makes a call that is given up when ctx ends. The library keeps to deadlines, and does not see that a
// context was cancelled; where the deadline is near, that does not matter.
func (c *connection) call(ctx context.Context, do func(context.Context) error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= nearTime {
		return do(ctx)
	}
	if !c.enter() {
		return client.ErrClosed
	}
	done := make(chan error, 1)
	go func() {
		defer c.work.Done()
		done <- do(ctx)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close ends all connections and what uses them, and waits for it.
func (c *connection) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.stop()
	_ = c.UniversalClient.Close() // the second time it is closed already
	c.work.Wait()
	return nil
}

// failed is a connection that could not be made, and says why.
type failed struct{ err error }

func (f *failed) Read([]byte) (int, error)         { return 0, whole{f.err} }
func (f *failed) Write([]byte) (int, error)        { return 0, whole{f.err} }
func (f *failed) Close() error                     { return nil }
func (f *failed) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (f *failed) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (f *failed) SetDeadline(time.Time) error      { return nil }
func (f *failed) SetReadDeadline(time.Time) error  { return nil }
func (f *failed) SetWriteDeadline(time.Time) error { return nil }
