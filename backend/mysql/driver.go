package mysql

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/remote"
	"github.com/enumim/enumim/backend/sqlstore"
)

func init() { backend.Register("mysql", Driver{}) }

// Driver is the backend driver "mysql". The zero value is ready for use.
//
//	backend mysql HOST[:PORT][,HOST...]/DATABASE {
//	    ...                 the options of packages sqlstore and remote
//	}
type Driver struct{}

// options is a parsed configuration, ready to be opened.
type options struct {
	*sqlstore.Options
	hosts    []host
	database string
	every    time.Duration // how often a feed looks for changes
}

// mostUser is the longest name of a user of MariaDB; those of MySQL have 32.
const mostUser = 128

// Parse implements backend.Driver.
func (Driver) Parse(c backend.Config) (backend.Opener, error) {
	if len(c.Args) != 1 {
		return nil, c.Errorf(c.Pos, "expected one HOST[:PORT][,HOST...]/DATABASE")
	}
	o := &options{Options: sqlstore.New(c, mostUser), every: sqlstore.PollEvery}
	var err error
	if o.hosts, o.database, err = parseAddress(c, c.Args[0]); err != nil {
		return nil, err
	}
	for _, opt := range c.Options {
		known, err := o.Set(c, opt)
		switch {
		case err != nil:
			return nil, err
		case !known:
			return nil, c.UnknownOption(opt, sqlstore.Names()...)
		}
	}
	if err := o.Finish(c, o.names()); err != nil {
		return nil, err
	}
	return o, nil
}

func (o *options) names() []string {
	names := make([]string, len(o.hosts))
	for i, h := range o.hosts {
		names[i] = string(h)
	}
	return names
}

// Key implements backend.Opener.
func (o *options) Key() string {
	return fmt.Sprintf("mysql %q %s", o.source(), o.Options.Key())
}

// data says which data a feed brings: a statement has tables of its own.
func (o *options) data(sql string) string {
	return fmt.Sprintf("mysql %q user=%q all=%x", o.source(), o.User, sha256.Sum256([]byte(sql)))
}

// source names the store in events.
func (o *options) source() string { return strings.Join(o.names(), ",") + "/" + o.database }

// Open implements backend.Opener.
func (o *options) Open(ctx context.Context, observe func(backend.Event)) (backend.Backend, error) {
	d := newDialer(o.hosts, o.database, o.User, o.Options.Options)
	note := &sqlstore.Notes{Source: o.source(), Observe: observe}
	if o.Mode == remote.Feed {
		p := remote.Parts{Source: o.source(), Data: o.data(""), Feed: &feed{dialer: d, every: o.every, codec: &o.Codec, note: note}}
		if o.PowerDNS {
			f := o.powerdnsFeed(d, observe)
			p.Feed, p.Fresh, p.Form = f, sqlstore.Fresh(o.Refresh), backend.Stored
		}
		if o.All != "" {
			sql, err := sqlstore.ReadSQL(o.All)
			if err != nil {
				return nil, fmt.Errorf("option all: %w", err)
			}
			f := &ownFeed{dialer: d, sql: sql, refresh: o.Refresh, codec: &o.Codec, note: note}
			p.Feed, p.Data, p.Fresh = f, o.data(sql), sqlstore.Fresh(o.Refresh)
		}
		return o.Options.Open(ctx, p, observe)
	}
	s := &store{codec: &o.Codec, note: note}
	if o.Query != "" {
		s.own = &ownQueries{}
		var err error
		if s.own.query, err = sqlstore.ReadSQL(o.Query); err != nil {
			return nil, fmt.Errorf("option query: %w", err)
		}
		if s.own.below, err = sqlstore.ReadSQL(o.Below); err != nil {
			return nil, fmt.Errorf("option below: %w", err)
		}
		if err = checkParameters(s.own.query, "query"); err == nil {
			err = checkParameters(s.own.below, "below")
		}
		if err != nil {
			return nil, err
		}
	}
	s.pool = newPool(d, o.Connections, s.prepare)
	beside, stop := context.WithCancel(context.Background())
	if s.stop = stop; len(o.hosts) > 1 {
		home := sqlstore.Home{Good: &d.good, Until: d.options.Until,
			Ask: func(ctx context.Context, at int) (sqlstore.Standing, error) { return s.standing(ctx, d, at) }}
		s.work.Go(func() { home.Keep(beside) })
	}
	return o.Options.Open(ctx, remote.Parts{Source: o.source(), Store: s}, observe)
}
