package mysql

import (
	"context"

	"github.com/enumim/enumim/backend/sqlstore"
)

// standing implements sqlstore.Home. A replica is what has read_only on, as for feeds.
func (s *store) standing(ctx context.Context, d *dialer, at int) (r sqlstore.Standing, err error) {
	ctx, cancel := context.WithTimeout(ctx, sqlstore.HomePatience)
	defer cancel()
	made, err := d.connectTo(ctx, at, false, 1)
	if err != nil {
		return r, err
	}
	c := &conn{session: made, at: at}
	defer c.hangUp()
	if err := s.prepare(ctx, c, sqlstore.HomePatience); err != nil {
		return r, err
	}
	if r.Serial, err = s.look(ctx, c); err != nil {
		return r, err
	}
	err = c.query(ctx, "SELECT @@global.read_only", someColumns(1), func(row [][]byte) error {
		r.Replica = isOn(row[0])
		return nil
	})
	if err == nil {
		r.Late, _, err = lateness(ctx, made, replicaSQL, r.Replica)
	}
	return r, fault("ask how far it is", err)
}
