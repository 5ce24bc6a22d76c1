package mysql

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/remote"
	"github.com/enumim/enumim/backend/sqlstore"
)

// patience is how long one server may take to accept a connection where no deadline says less.
const patience = 5 * time.Second

// dialer makes connections to one of several servers: the one that served last, else the others in order.
type dialer struct {
	hosts    []host
	database string
	user     string
	options  *remote.Options
	good     atomic.Uint32 // the host that served last
}

func newDialer(hosts []host, database, user string, options *remote.Options) *dialer {
	return &dialer{hosts: hosts, database: database, user: user, options: options}
}

// connect returns a session with the first server that gives one. writable wants one that takes changes.
func (d *dialer) connect(ctx context.Context, writable bool) (*session, error) {
	s, _, err := d.connectAny(ctx, writable)
	return s, err
}

// connectAny is connect, and tells with which of the servers.
func (d *dialer) connectAny(ctx context.Context, writable bool) (s *session, at int, err error) {
	first := int(d.good.Load())
	for i := range d.hosts {
		at = (first + i) % len(d.hosts)
		if s, err = d.connectTo(ctx, at, writable, len(d.hosts)-i); err == nil {
			d.good.Store(uint32(at))
			return s, at, nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, at, err
}

// elsewhere returns a connection to where the name of the server leads, when that is elsewhere than s; else nil, and
// where nobody is there yet.
func (d *dialer) elsewhere(ctx context.Context, s *session) *session {
	if !remote.Moved(ctx, string(d.hosts[d.good.Load()]), s.frames.RemoteAddr()) {
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
func (d *dialer) connectTo(ctx context.Context, at int, writable bool, left int) (*session, error) {
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
	secure, err := d.options.TLS(string(h))
	if err != nil {
		return nil, err
	}
	s := &session{}
	config := mysql.NewConfig()
	config.User, config.Passwd, config.DBName = d.user, password, d.database
	config.Net, config.Addr, config.Logger = h.network(), string(h), silence{}
	if secure != nil {
		config.Net = "unix" // says to the library that nobody else hears what is said
	}
	config.AllowCleartextPasswords = config.Net == "unix"
	config.CheckConnLiveness = false
	config.DialFunc = func(ctx context.Context, _, _ string) (net.Conn, error) {
		raw, err := (&net.Dialer{}).DialContext(ctx, h.network(), string(h))
		if err != nil {
			return nil, err
		}
		s.frames = newFrames(raw, secure)
		return s.frames, nil
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, fmt.Errorf("%w: connect: the client of MySQL does not take its settings", backend.ErrUnavailable)
	}
	err = func() (err error) {
		defer func() {
			if recover() != nil {
				err = errProtocol
			}
		}()
		s.conn, err = connector.Connect(ctx)
		return err
	}()
	if err != nil {
		if s.frames != nil {
			_ = s.frames.Close()
			if s.frames.failed != nil && ctx.Err() == nil {
				err = s.frames.failed
			}
		}
		return nil, d.refused(fault("connect", err), s.frames != nil)
	}
	if err := d.setUp(ctx, s, writable); err != nil {
		s.hangUp()
		return nil, err
	}
	return s, nil
}

// refused says of an error of a connection what the server cannot: as whom it was tried, and that another kind of server,
// which waits for us to speak first, may be what answers.
func (d *dialer) refused(err error, reached bool) error {
	f, ok := errors.AsType[*failure](err)
	switch {
	case !ok:
	case f.number == 1044, f.number == 1045, f.number == 1698, f.number == 3118, f.number == 4151:
		f.text += fmt.Sprintf(", the option user is %q", d.user)
	case f.number == 1049:
		f.text += fmt.Sprintf(": %q", d.database)
	case reached && strings.HasSuffix(f.text, sqlstore.NoAnswer):
		f.text += ", though it takes connections: is it MariaDB or MySQL?"
	}
	return err
}

// silence takes what the client library would log.
type silence struct{}

func (silence) Print(...any) {}

// setUp sets what sessions of ours have, whatever the server has as defaults: text is UTF-8 and has its meaning,
// each statement sees what was committed before it, and a transaction one state. A result has all of its rows
// (sql_select_limit), sorted by all of their names, and no transaction follows another by itself (completion_type), which
// would see the state of its beginning for ever.
func (d *dialer) setUp(ctx context.Context, s *session, writable bool) error {
	for _, sql := range []string{
		"SET SESSION autocommit = 1, sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO', time_zone = '+00:00', " +
			"character_set_client = 'utf8mb4', character_set_connection = 'utf8mb4', character_set_results = 'utf8mb4', " +
			"completion_type = 'NO_CHAIN', sql_select_limit = 18446744073709551615, sql_big_selects = 1, max_sort_length = 1024, sql_auto_is_null = 0",
		"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
	} {
		if err := s.exec(ctx, sql); err != nil {
			return fault("set up", err)
		}
	}
	if !writable {
		return nil
	}
	readOnly := true
	err := s.query(ctx, "SELECT @@global.read_only", someColumns(1), func(row [][]byte) error {
		readOnly = isOn(row[0])
		return nil
	})
	if err == nil && readOnly {
		err = fmt.Errorf("%w: connect: the server is read-only: a replica, or read_only is on", backend.ErrUnavailable)
	}
	return fault("set up", err)
}

// limit has the server end statements that take longer, where it can: it would go on working for nobody.
func (s *session) limit(ctx context.Context, timeout time.Duration) error {
	ms := max(timeout.Milliseconds(), 1)
	err := s.exec(ctx, "SET SESSION max_statement_time = "+strconv.FormatFloat(float64(ms)/1000, 'f', 3, 64)) // MariaDB
	if err != nil && !s.closed {
		err = s.exec(ctx, "SET SESSION max_execution_time = "+strconv.FormatInt(ms, 10)) // MySQL
	}
	if s.closed {
		return fault("set up", err)
	}
	return nil
}

// someColumns refuses a result with another number of columns.
func someColumns(n int) func([]string) error {
	return func(columns []string) error {
		if len(columns) != n {
			return sqlstore.ErrColumn
		}
		return nil
	}
}

// inSnapshot calls f within a transaction that sees one state of the data base. When f fails the session is closed, and
// the transaction with it.
func (s *session) inSnapshot(ctx context.Context, f func() error) error {
	if err := s.briefly(ctx, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"); err != nil {
		s.hangUp()
		return fault("begin", err)
	}
	if err := f(); err != nil {
		s.hangUp()
		return err
	}
	return fault("commit", s.briefly(ctx, "COMMIT"))
}

// briefly runs a statement that takes a server no time. It has a deadline of its own: no clock of rows runs before the
// first and after the last.
func (s *session) briefly(ctx context.Context, sql string) error {
	ctx, cancel := context.WithTimeout(ctx, sqlstore.PollPatience)
	defer cancel()
	return s.exec(ctx, sql)
}
