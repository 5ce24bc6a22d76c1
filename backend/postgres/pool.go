package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/enumim/enumim/backend/sqlstore"
)

// conn is a connection of a pool.
type conn struct {
	*pgconn.PgConn
	at int // the host, as they are configured
}

// Limit implements sqlstore.Conn.
func (c *conn) Limit(ctx context.Context, timeout time.Duration) error {
	return configure(ctx, c.PgConn, timeout)
}

// Closed implements sqlstore.Conn.
func (c *conn) Closed() bool { return c.IsClosed() }

// Leave implements sqlstore.Conn.
func (c *conn) Leave() { hangUp(c.PgConn) }

// HangUp implements sqlstore.Conn.
func (c *conn) HangUp() { hangUp(c.PgConn) }

// newPool returns a pool whose connections prepare makes ready.
func newPool(d *dialer, most int, prepare func(context.Context, *pgconn.PgConn, time.Duration) error) *sqlstore.Pool[*conn] {
	return sqlstore.NewPool(most, sqlstore.Opener[*conn]{
		Open: func(ctx context.Context, timeout time.Duration) (*conn, error) {
			made, at, err := d.connectAny(ctx, false)
			if err != nil {
				return nil, err
			}
			if err := prepare(ctx, made, timeout); err != nil {
				hangUp(made)
				return nil, err
			}
			return &conn{made, at}, nil
		},
		Left:     func(c *conn) bool { return int(d.good.Load()) < c.at },
		Outdated: outdated, SessionEnded: sessionEnded, Patience: patience, Options: d.options,
	})
}
