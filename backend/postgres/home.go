package postgres

import (
	"context"

	"github.com/enumim/enumim/backend/sqlstore"
)

// standing implements sqlstore.Home.
func (s *store) standing(ctx context.Context, d *dialer, at int) (r sqlstore.Standing, err error) {
	ctx, cancel := context.WithTimeout(ctx, sqlstore.HomePatience)
	defer cancel()
	c, err := d.connectTo(ctx, at, false, 1)
	if err != nil {
		return r, err
	}
	defer hangUp(c)
	if err := s.prepare(ctx, c, sqlstore.HomePatience); err != nil {
		return r, err
	}
	if r.Serial, err = s.check(ctx, c); err != nil {
		return r, err
	}
	err = each(c.ExecParams(ctx, "SELECT pg_is_in_recovery(), "+lateSQL, nil, nil, nil, nil), 2, func(row [][]byte) error {
		r.Replica, r.Late = yes(row[0]), lag(row[1])
		return nil
	})
	return r, fault("ask how far it is", err)
}
