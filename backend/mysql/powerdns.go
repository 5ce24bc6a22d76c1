package mysql

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/powerdns"
	"github.com/enumim/enumim/backend/sqlstore"
	"github.com/enumim/enumim/e164"
)

// powerdnsFeed reads the tables of PowerDNS again and again: nothing tells for certain that nothing changed in them.
type powerdnsFeed struct {
	dialer  *dialer
	apex    e164.Apex
	ttl     uint32
	refresh time.Duration
	teller  powerdns.Teller

	seen string // the sum of the rows that were taken; "" for none
}

// powerdnsFeed returns the feed that the options ask for.
func (o *options) powerdnsFeed(d *dialer, observe func(backend.Event)) *powerdnsFeed {
	return &powerdnsFeed{
		dialer: d, apex: o.Apexes[0], ttl: o.TTL, refresh: o.Refresh, teller: powerdns.Teller{Source: o.source(), Observe: observe},
	}
}

// Run implements backend.Feed.
func (f *powerdnsFeed) Run(ctx context.Context, sink backend.Sink) error {
	f.seen = ""
	return sqlstore.Repeat(ctx, f.refresh, func(ctx context.Context) error { return f.read(ctx, sink) })
}

// read brings the whole tree where it is another one than before, on a connection of its own: refreshes may be hours apart.
func (f *powerdnsFeed) read(ctx context.Context, sink backend.Sink) error {
	zones, ok := sink.(backend.ZoneSink)
	if !ok {
		return errors.New("powerdns: zones are not taken here")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	idle := time.AfterFunc(sqlstore.PollPatience, cancel)
	defer idle.Stop()
	s, err := f.dialer.connect(ctx, false)
	if err != nil {
		return err
	}
	defer s.hangUp()
	if err := checkEngines(ctx, s, "domains", "records"); err != nil {
		return err
	}
	return s.inSnapshot(ctx, func() error {
		idle.Reset(sqlstore.ReadPatience)
		if f.seen != "" {
			s.sum = sqlstore.NewSum()
			tree, err := f.tree(ctx, s)
			if err == nil {
				err = drain(ctx, s, rowsSQL(tree.Domains()), idle)
			}
			switch {
			case err != nil:
				return err
			case s.sum.Text() == f.seen:
				return sink.Apply(nil)
			}
		}
		f.seen, s.sum = "", sqlstore.NewSum()
		idle.Reset(sqlstore.ReadPatience)
		tree, err := f.tree(ctx, s)
		if err != nil {
			return err
		}
		if err := zones.ReplaceZone(tree.Zone, tree.Entries(rowsOf(ctx, s, idle, tree.Domains()))); err != nil {
			return err
		}
		f.seen = s.sum.Text()
		f.teller.Tell(tree.Findings())
		return nil
	})
}

// tree finds the zones at and below the apex.
func (f *powerdnsFeed) tree(ctx context.Context, s *session) (*powerdns.Tree, error) {
	var domains []powerdns.Domain
	st, err := s.prepare(ctx, "SELECT d.id, d.name, (SELECT COUNT(*) FROM records r"+
		" WHERE r.domain_id = d.id AND r.name = d.name AND r.type = 'SOA' AND r.disabled = 0)"+
		" FROM domains d WHERE d.name = ? OR RIGHT(d.name, CHAR_LENGTH(?) + 1) = CONCAT('.', ?)")
	if err != nil {
		return nil, missing(fault("read the table domains", err))
	}
	apex := strings.TrimSuffix(f.apex.String(), ".")
	err = s.ask(ctx, st, []any{apex, apex, apex}, someColumns(3), func(row [][]byte) error {
		soa, err := strconv.Atoi(string(row[2]))
		domains = append(domains, powerdns.Domain{ID: string(row[0]), Name: string(row[1]), SOA: soa})
		return err
	})
	if err := errors.Join(err, s.safely(st.Close)); err != nil {
		return nil, missing(fault("read the table domains", err))
	}
	return powerdns.New(f.apex, f.ttl, domains)
}

// errUnwanted ends a reading whose rows are not wanted any more.
var errUnwanted = fmt.Errorf("%w: read: given up", backend.ErrUnavailable)

// missing says what is wrong where the tables are not those of PowerDNS.
func missing(err error) error {
	f, ok := errors.AsType[*failure](err)
	switch {
	case !ok:
		return err
	case f.number == 1044, f.number == 1142, f.number == 1143:
		return fmt.Errorf("%w: the user may not read the tables domains and records of PowerDNS: grant SELECT as docs/powerdns.md says (%d)", f.sentinel, f.number)
	case f.number == 1146, f.number == 1054:
		return fmt.Errorf("%w: the tables domains and records of PowerDNS are not there, or have other columns: look at the data base (%d)", f.sentinel, f.number)
	}
	return err
}

// rowsSQL reads the rows of zones. The order is the same whenever they are.
func rowsSQL(domains []string) string {
	ids := slices.Sorted(slices.Values(domains))
	return "SELECT r.id, r.domain_id, LOWER(r.name), r.type, r.content, r.ttl, r.prio FROM records r" +
		" WHERE r.disabled = 0 AND r.domain_id IN (" + strings.Join(ids, ",") + ") ORDER BY REVERSE(r.name), r.id"
}

// rowsOf reads the rows of zones, each good until the next. PowerDNS does not tell letter case apart here, since the
// collation of its tables does not.
func rowsOf(ctx context.Context, s *session, idle *time.Timer, domains []string) iter.Seq2[*powerdns.Row, error] {
	return func(yield func(*powerdns.Row, error) bool) {
		var row powerdns.Row
		n, on := 0, true
		err := s.query(ctx, rowsSQL(domains), someColumns(7), func(v [][]byte) error {
			row = powerdns.Row{ID: v[0], Domain: v[1], Name: v[2], Type: v[3], Content: v[4], TTL: v[5], Prio: v[6]}
			if on = yield(&row, nil); !on {
				return errUnwanted
			}
			if n++; n%sqlstore.ReadSome == 0 {
				idle.Reset(sqlstore.ReadPatience)
			}
			return nil
		})
		idle.Stop()
		switch {
		case !on:
			s.hangUp()
		case err != nil:
			yield(nil, missing(fault("read the table records", err)))
		}
	}
}
