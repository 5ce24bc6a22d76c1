package postgres

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/powerdns"
	"github.com/enumim/enumim/backend/sqlstore"
	"github.com/enumim/enumim/e164"
)

// powerdnsFeed reads the tables of PowerDNS again and again, but for when nothing was written to the whole data base.
type powerdnsFeed struct {
	dialer  *dialer
	schema  string // "" for where the server looks for tables
	apex    e164.Apex
	ttl     uint32
	refresh time.Duration
	teller  powerdns.Teller

	seen string // what the data base was like when its tree was taken; "" where that is not known
}

// powerdnsFeed returns the feed that the options ask for.
func (o *options) powerdnsFeed(d *dialer, observe func(backend.Event)) *powerdnsFeed {
	return &powerdnsFeed{
		dialer: d, schema: o.schema, apex: o.Apexes[0], ttl: o.TTL, refresh: o.Refresh, teller: powerdns.Teller{Source: o.source(), Observe: observe},
	}
}

// Run implements backend.Feed.
func (f *powerdnsFeed) Run(ctx context.Context, sink backend.Sink) error {
	f.seen = ""
	return sqlstore.Repeat(ctx, f.refresh, func(ctx context.Context) error { return f.read(ctx, sink) })
}

// read brings the tree where it may have changed, on a connection of its own: refreshes may be hours apart.
func (f *powerdnsFeed) read(ctx context.Context, sink backend.Sink) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	idle := time.AfterFunc(sqlstore.PollPatience, cancel)
	defer idle.Stop()
	c, err := f.dialer.connect(ctx, false)
	if err != nil {
		return err
	}
	defer hangUp(c)
	if err := configure(ctx, c, 0); err != nil {
		return err
	}
	return inSnapshot(ctx, c, func() error {
		seen, err := f.look(ctx, c)
		switch {
		case err != nil:
			return err
		case seen != "" && seen == f.seen:
			return sink.Apply(nil)
		}
		f.seen = ""
		idle.Reset(sqlstore.ReadPatience)
		if err := f.everything(ctx, c, idle, sink); err != nil {
			return err
		}
		f.seen = seen
		return nil
	})
}

// look returns which transactions this one sees, and of which server: when it is the same as before, nothing was
// written, by whomever and wherever in the server. Replicas do not know which transactions they see, and get "".
func (f *powerdnsFeed) look(ctx context.Context, c *pgconn.PgConn) (seen string, err error) {
	const sql = "SELECT pg_is_in_recovery(), pg_current_snapshot()::text || ' ' || extract(epoch FROM pg_postmaster_start_time())::text" +
		" || ' ' || (SELECT oid::text FROM pg_database WHERE datname = current_database())"
	err = each(c.ExecParams(ctx, sql, nil, nil, nil, nil), 2, func(row [][]byte) error {
		if !yes(row[0]) {
			seen = string(row[1])
		}
		return nil
	})
	if c.IsClosed() {
		return "", fault("look for changes", err)
	}
	return seen, fault("look for changes", err)
}

func (f *powerdnsFeed) table(name string) string {
	if f.schema == "" {
		return name
	}
	return pgx.Identifier{f.schema, name}.Sanitize()
}

// everything brings all rows of the zone and of those below it.
func (f *powerdnsFeed) everything(ctx context.Context, c *pgconn.PgConn, idle *time.Timer, sink backend.Sink) error {
	zones, ok := sink.(backend.ZoneSink)
	if !ok {
		return errors.New("powerdns: zones are not taken here")
	}
	tree, err := f.tree(ctx, c)
	if err != nil {
		return err
	}
	sql := "SELECT r.id, r.domain_id, r.name, r.type, r.content, r.ttl, r.prio FROM " + f.table("records") +
		" r WHERE r.disabled = false AND r.domain_id = ANY($1::int[]) ORDER BY reverse(r.name) COLLATE \"C\""
	ids := []byte("{" + strings.Join(tree.Domains(), ",") + "}")
	err = zones.ReplaceZone(tree.Zone, tree.Entries(f.rows(ctx, c, idle, sql, ids)))
	if err == nil {
		f.teller.Tell(tree.Findings())
	}
	return err
}

// tree finds the zones at and below the apex.
func (f *powerdnsFeed) tree(ctx context.Context, c *pgconn.PgConn) (*powerdns.Tree, error) {
	var domains []powerdns.Domain
	sql := "SELECT d.id, d.name, (SELECT count(*) FROM " + f.table("records") +
		" r WHERE r.domain_id = d.id AND r.name = d.name AND r.type = 'SOA' AND r.disabled = false) FROM " + f.table("domains") +
		" d WHERE d.name = $1 OR right(d.name, length($1) + 1) = '.' || $1"
	apex := []byte(strings.TrimSuffix(f.apex.String(), "."))
	err := each(c.ExecParams(ctx, sql, [][]byte{apex}, []uint32{oidText}, nil, nil), 3, func(row [][]byte) error {
		soa, err := strconv.Atoi(string(row[2]))
		domains = append(domains, powerdns.Domain{ID: string(row[0]), Name: string(row[1]), SOA: soa})
		return err
	})
	if err != nil {
		return nil, missing(fault("read the table domains", err))
	}
	return powerdns.New(f.apex, f.ttl, domains)
}

// missing says what is wrong where the tables are not those of PowerDNS.
func missing(err error) error {
	f, ok := errors.AsType[*failure](err)
	switch {
	case !ok:
		return err
	case f.code == "42501":
		return fmt.Errorf("%w: the user may not read the tables domains and records of PowerDNS: grant SELECT as docs/powerdns.md says (SQLSTATE 42501)", f.sentinel)
	case f.code == "42P01", f.code == "42703", f.code == "3F000":
		return fmt.Errorf("%w: the tables domains and records of PowerDNS are not there, or have other columns: look at the data base and at the option schema (SQLSTATE %s)", f.sentinel, f.code)
	}
	return err
}

// oidText is PostgreSQL's type text.
const oidText = 25

// rows reads the rows of a statement, each good until the next.
func (f *powerdnsFeed) rows(ctx context.Context, c *pgconn.PgConn, idle *time.Timer, sql string, ids []byte) iter.Seq2[*powerdns.Row, error] {
	return func(yield func(*powerdns.Row, error) bool) {
		result := c.ExecParams(ctx, sql, [][]byte{ids}, nil, nil, nil)
		var row powerdns.Row
		for n := 0; result.NextRow(); n++ {
			v := result.Values()
			if len(v) != 7 {
				yield(nil, fault("read", sqlstore.ErrColumn))
				hangUp(c)
				return
			}
			row = powerdns.Row{ID: v[0], Domain: v[1], Name: v[2], Type: v[3], Content: v[4], TTL: v[5], Prio: v[6]}
			if !yield(&row, nil) { // what comes is not wanted any more
				hangUp(c)
				return
			}
			if n%sqlstore.ReadSome == 0 {
				idle.Reset(sqlstore.ReadPatience)
			}
		}
		_, err := result.Close()
		idle.Stop()
		if err != nil {
			yield(nil, missing(fault("read the table records", err)))
		}
	}
}
