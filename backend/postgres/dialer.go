package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/remote"
	"github.com/enumim/enumim/backend/sqlstore"
)

// patience is how long one server may take to accept a connection where no deadline says less.
const patience = 5 * time.Second

// cancelTime is how long it may take to tell a server that a statement was given up.
const cancelTime = time.Second

// mostMessage bounds what a server may send as one message: a row, which is not large.
const mostMessage = 1 << 20

// dialer makes connections to one of several servers: the one that served last, else the others in order.
type dialer struct {
	hosts    []host
	database string
	user     string
	options  *remote.Options
	// long says that statements may be, as those of writers: the server is told of one that is given up. Elsewhere statement_timeout
	// ends it, and nothing is left to be done on a network that may be what failed.
	long bool
	// base is what pgconn makes of a connection without settings: only it can make one.
	base *pgconn.Config
	good atomic.Uint32 // the host that served last
}

// newDialer prepares connections. pgconn reads PG* variables and files of the home directory; each setting that
// they could bring is given here, so that they cannot change where and as whom we connect.
func newDialer(hosts []host, database, user string, options *remote.Options) (*dialer, error) {
	if os.Getenv("PGSERVICE") != "" {
		return nil, errors.New("the environment has PGSERVICE, which would say where to connect beside the configuration: unset it")
	}
	base, err := pgconn.ParseConfig("host=/ port=1 user=none password=none dbname=none passfile=/dev/null sslmode=disable sslcertmode=allow " +
		"connect_timeout=0 target_session_attrs=any min_protocol_version=3.0 max_protocol_version=3.0 channel_binding=prefer require_auth=''")
	if err != nil {
		return nil, errors.New("the client of PostgreSQL does not take its settings")
	}
	base.User, base.Database, base.Password = user, database, ""
	base.Fallbacks, base.SSLNegotiation = nil, ""
	base.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
		f := pgproto3.NewFrontend(&meter{from: r}, w)
		f.SetMaxBodyLen(mostMessage)
		return f
	}
	base.RuntimeParams = map[string]string{"application_name": "enumim", "client_encoding": "UTF8"}
	return &dialer{hosts: hosts, database: database, user: user, options: options, long: options.Mode == remote.Feed, base: base}, nil
}

// connect returns a connection to the first server that gives one. writable wants one that takes changes.
func (d *dialer) connect(ctx context.Context, writable bool) (*pgconn.PgConn, error) {
	c, _, err := d.connectAny(ctx, writable)
	return c, err
}

// connectAny is connect, and tells to which of the servers.
func (d *dialer) connectAny(ctx context.Context, writable bool) (c *pgconn.PgConn, at int, err error) {
	first := int(d.good.Load())
	for i := range d.hosts {
		at = (first + i) % len(d.hosts)
		if c, err = d.connectTo(ctx, at, writable, len(d.hosts)-i); err == nil {
			d.good.Store(uint32(at))
			return c, at, nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, at, err
}

// elsewhere returns a connection to where the name of the server leads, when that is elsewhere than c; else nil, and
// where nobody is there yet.
func (d *dialer) elsewhere(ctx context.Context, c *pgconn.PgConn) *pgconn.PgConn {
	if !remote.Moved(ctx, d.hosts[d.good.Load()].String(), c.Conn().RemoteAddr()) {
		return nil
	}
	ctx, cancel := remote.Attempt(ctx)
	defer cancel()
	if next, err := d.connect(ctx, false); err == nil {
		return next
	}
	return nil
}

// connectTo tries one server for its share of the time; left is how many servers have not been tried.
func (d *dialer) connectTo(ctx context.Context, at int, writable bool, left int) (*pgconn.PgConn, error) {
	password, err := d.options.Password.Get()
	if err != nil {
		return nil, fmt.Errorf("%w: password: %w", backend.ErrUnavailable, err)
	}
	h, limit := d.hosts[at], patience
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(deadline)/time.Duration(left))
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	config := d.base.Copy()
	config.Host, config.Port, config.Password = h.name, h.port, password
	if config.TLSConfig, err = d.options.TLS(h.String()); err != nil {
		return nil, err
	}
	if writable {
		config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	// What dials when the connection stands is pgconn, to have the server end a statement that was given up.
	var stands, reached atomic.Bool
	config.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if !stands.Load() {
			c, err := new(net.Dialer).DialContext(ctx, network, addr)
			reached.Store(err == nil)
			return c, err
		}
		if !d.long && !writable {
			return nil, backend.ErrClosed
		}
		ctx, cancel := context.WithTimeout(ctx, cancelTime)
		defer cancel()
		c, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return c, c.SetDeadline(time.Now().Add(cancelTime))
	}
	c, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, d.refused(fault("connect", err), reached.Load())
	}
	stands.Store(true)
	return c, nil
}

// refused says of an error of a connection what the server cannot: as whom it was tried, and that another kind of server
// may be what answers.
func (d *dialer) refused(err error, reached bool) error {
	f, ok := errors.AsType[*failure](err)
	switch {
	case !ok:
	case strings.HasPrefix(f.code, "28"):
		f.text += fmt.Sprintf(", the option user is %q", d.user)
	case f.code == "3D000":
		f.text += fmt.Sprintf(": %q", d.database)
	case reached && strings.HasSuffix(f.text, sqlstore.NoAnswer):
		f.text += ", though it takes connections: is it PostgreSQL?"
	}
	return err
}

// configure sets what sessions of ours have. An engine that does not know a setting goes without it.
func configure(ctx context.Context, c *pgconn.PgConn, timeout time.Duration) error {
	settings := [][2]string{
		{"statement_timeout", strconv.FormatInt(timeout.Milliseconds(), 10)},
		{"plan_cache_mode", "force_generic_plan"}, // to plan costs more than to answer
		{"enable_seqscan", "off"},                 // a plan of when the table was empty must not stay
		{"jit", "off"},
	}
	if timeout == 0 { // a long reading has plans of its own
		settings = settings[:1]
	}
	var calls []string
	var values [][]byte
	for i, s := range settings {
		calls = append(calls, fmt.Sprintf("set_config($%d, $%d, false)", 2*i+1, 2*i+2))
		values = append(values, []byte(s[0]), []byte(s[1]))
	}
	err := run(ctx, c, "SELECT "+strings.Join(calls, ", "), values...)
	for i := 0; err != nil && !c.IsClosed() && i < len(settings); i++ { // the one that it does not know is not of all
		_ = run(ctx, c, "SELECT set_config($1, $2, false)", values[2*i:2*i+2]...)
	}
	if c.IsClosed() {
		return fault("set up", err)
	}
	return nil
}

// run runs a statement whose result, if there is one, is not kept: it might have no end.
func run(ctx context.Context, c *pgconn.PgConn, sql string, values ...[]byte) error {
	_, err := c.ExecParams(ctx, sql, values, nil, nil, nil).Close()
	return err
}

// hangUp closes a connection without waiting for the server: pgconn would keep one that it gave up for 15 s, and then
// there would be more than are allowed.
func hangUp(c *pgconn.PgConn) {
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_ = c.Close(ctx) // it is closed either way
	select {
	case <-c.CleanupDone():
	case <-ctx.Done():
		_ = c.Conn().Close() // it may be closed by now
	}
}
