package mysql

import (
	"context"
	"time"

	"github.com/enumim/enumim/backend/sqlstore"
)

// conn is a connection of a pool.
type conn struct {
	*session
	at      int          // the host, as they are configured
	lookups [9]statement // by the power of two of how many numbers they ask for
	lookup  statement    // of an operator's own
	check   statement    // or below, of an operator's own
}

// Limit implements sqlstore.Conn.
func (c *conn) Limit(ctx context.Context, timeout time.Duration) error { return c.limit(ctx, timeout) }

// Closed implements sqlstore.Conn.
func (c *conn) Closed() bool { return c.closed }

// Leave implements sqlstore.Conn.
func (c *conn) Leave() { c.leave() }

// HangUp implements sqlstore.Conn.
func (c *conn) HangUp() { c.hangUp() }

// newPool returns a pool whose connections prepare makes ready.
func newPool(d *dialer, most int, prepare func(context.Context, *conn, time.Duration) error) *sqlstore.Pool[*conn] {
	return sqlstore.NewPool(most, sqlstore.Opener[*conn]{
		Open: func(ctx context.Context, timeout time.Duration) (*conn, error) {
			made, at, err := d.connectAny(ctx, false)
			if err != nil {
				return nil, err
			}
			c := &conn{session: made, at: at}
			if err := prepare(ctx, c, timeout); err != nil {
				c.hangUp()
				return nil, err
			}
			return c, nil
		},
		Left:     func(c *conn) bool { return int(d.good.Load()) < c.at },
		Outdated: outdated, Patience: patience, Options: d.options,
	})
}
