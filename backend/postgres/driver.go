package postgres

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/remote"
)

func init() { backend.Register("postgres", Driver{}) }

// Driver is the backend driver "postgres". The zero value is ready for use.
//
//	backend postgres HOST[:PORT][,HOST...]/DATABASE {
//	    user NAME           enumim by default
//	    schema NAME         where the tables are: enumim
//	    query FILE          mode store: an SQL statement that asks the operator's own tables
//	    below FILE          and one that tells below which numbers others lie
//	    all FILE            mode feed: a statement that returns all rows of the operator's own tables
//	    refresh DURATION    how often it is asked (1m; 1s to 24h, at most half of stale)
//	    powerdns            mode feed: the tables of PowerDNS, read every refresh
//	    ...                 the options of package remote
//	}
type Driver struct{}

// options is a parsed configuration, ready to be opened.
type options struct {
	*remote.Options
	hosts        []host
	database     string
	user, schema string
	query, below string            // paths
	all          string            // path
	statements   [sha256.Size]byte // of what the files have
	refresh      time.Duration
	powerdns     bool
	ttl          uint32 // of rows of PowerDNS that have none
}

// Bounds of the option refresh.
const (
	defaultRefresh = time.Minute
	leastRefresh   = time.Second
	mostRefresh    = 24 * time.Hour
)

// Parse implements backend.Driver.
func (Driver) Parse(c backend.Config) (backend.Opener, error) {
	if len(c.Args) != 1 {
		return nil, c.Errorf(c.Pos, "expected one HOST[:PORT][,HOST...]/DATABASE")
	}
	o := &options{Options: remote.New(c), user: "enumim", schema: DefaultSchema, refresh: defaultRefresh, ttl: c.TTL}
	var err error
	if o.hosts, o.database, err = parseAddress(c, c.Args[0]); err != nil {
		return nil, err
	}
	given := map[string]backend.Option{}
	for _, opt := range c.Options {
		known, err := o.set(c, opt, given)
		switch {
		case err != nil:
			return nil, err
		case !known:
			return nil, c.UnknownOption(opt, remote.Names("user", "schema", "query", "below", "all", "refresh", "powerdns")...)
		}
	}
	if err := o.check(given); err != nil {
		return nil, err
	}
	o.statements = sumOf(o.query, o.below, o.all)
	hosts := make([]string, len(o.hosts))
	for i, h := range o.hosts {
		hosts[i] = h.String()
	}
	if err := o.Finish(c, hosts...); err != nil {
		return nil, err
	}
	return o, nil
}

func (o *options) set(c backend.Config, opt backend.Option, given map[string]backend.Option) (known bool, err error) {
	if known, err := o.Set(c, opt); known {
		return true, err
	}
	if _, twice := given[opt.Name]; twice {
		return true, opt.Errorf("given twice")
	}
	given[opt.Name] = opt
	path := func(to *string) (bool, error) {
		arg, err := opt.One()
		if err == nil {
			*to = c.Path(arg)
		}
		return true, err
	}
	switch opt.Name {
	case "user", "schema":
		arg, err := opt.One()
		switch {
		case err != nil:
		case len(arg) > 63 || strings.ContainsRune(arg, 0):
			err = opt.Errorf("expected a name of up to 63 octets")
		case opt.Name == "user":
			o.user = arg
		default:
			o.schema = arg
		}
		return true, err
	case "query":
		return path(&o.query)
	case "below":
		return path(&o.below)
	case "all":
		return path(&o.all)
	case "powerdns":
		o.powerdns = true
		if len(opt.Args) > 0 {
			err = opt.Errorf("expected nothing behind it")
		}
		return true, err
	case "refresh":
		o.refresh, err = opt.Duration(leastRefresh, mostRefresh)
		return true, err
	}
	return false, nil
}

// check holds options against one another.
func (o *options) check(given map[string]backend.Option) error {
	if _, said := given["schema"]; o.powerdns && !said {
		o.schema = "" // PowerDNS says none either
	}
	if _, said := given["refresh"]; !said {
		o.refresh = min(o.refresh, o.Stale/2)
	}
	for _, rule := range []struct {
		option string
		ok     bool
		want   string
	}{
		{"query", o.Mode == remote.Store, "only mode store has it: write mode store, or all FILE instead"},
		{"below", o.query != "", "it goes with the option query"},
		{"all", o.Mode == remote.Feed, "only mode feed has it: write query FILE instead"},
		{"powerdns", o.Mode == remote.Feed, "only mode feed has it"},
		{"powerdns", o.all == "", "it reads the tables of PowerDNS; the option all is for others"},
		{"powerdns", o.Snapshot == "", "the option snapshot does not go with it: a snapshot holds no zone"},
		{"powerdns", len(o.Apexes) == 1, "it serves one zone: give each apex an enumim block of its own"},
		{"refresh", o.all != "" || o.powerdns, "it goes with the option all or powerdns; without, changes are followed as they come"},
		{"refresh", 2*o.refresh <= o.Stale, "it must not be longer than half of the option stale, so that data survives a refresh that fails"},
		{"schema", o.query == "" && o.all == "", "statements of your own name their tables themselves"},
	} {
		if opt, ok := given[rule.option]; ok && !rule.ok {
			return opt.Errorf("%s", rule.want)
		}
	}
	return nil
}

// Key implements backend.Opener.
func (o *options) Key() string {
	return fmt.Sprintf("postgres %q user=%q query=%q below=%q all=%q statements=%x refresh=%s powerdns=%t schema=%q ttl=%d %s", o.source(), o.user, o.query, o.below, o.all,
		o.statements, o.refresh, o.powerdns, o.schema, o.ttl, o.Options.Key())
}

// data says which data a feed brings: rows may be hidden from a user, and a statement has tables of its own.
func (o *options) data(sql string) string {
	return fmt.Sprintf("postgres %q schema=%q user=%q all=%x", o.source(), o.schema, o.user, sha256.Sum256([]byte(sql)))
}

// source names the store in events.
func (o *options) source() string {
	names := make([]string, len(o.hosts))
	for i, h := range o.hosts {
		names[i] = h.String()
	}
	source := strings.Join(names, ",") + "/" + o.database
	if o.schema != DefaultSchema && o.schema != "" {
		source += "." + o.schema
	}
	return source
}

// Open implements backend.Opener.
func (o *options) Open(ctx context.Context, observe func(backend.Event)) (backend.Backend, error) {
	d, err := newDialer(o.hosts, o.database, o.user, o.Options)
	if err != nil {
		return nil, err
	}
	note := &notes{source: o.source(), observe: observe}
	if o.Mode == remote.Feed {
		p := remote.Parts{Source: o.source(), Data: o.data(""), Feed: &feed{dialer: d, schema: o.schema, codec: &o.Codec, note: note}}
		if o.powerdns {
			f := o.powerdnsFeed(d, observe)
			p.Feed, p.Fresh, p.Form = f, f.fresh(), backend.Stored
		}
		if o.all != "" {
			sql, err := readSQL(o.all)
			if err != nil {
				return nil, fmt.Errorf("option all: %w", err)
			}
			f := &ownFeed{dialer: d, sql: sql, refresh: o.refresh, codec: &o.Codec, note: note}
			p.Feed, p.Data, p.Fresh = f, o.data(sql), f.fresh()
		}
		return o.Options.Open(ctx, p, observe)
	}
	s := &store{codec: &o.Codec, note: note}
	if o.query != "" {
		s.own = &ownQueries{}
		if s.own.query, err = readSQL(o.query); err != nil {
			return nil, fmt.Errorf("option query: %w", err)
		}
		if s.own.below, err = readSQL(o.below); err != nil {
			return nil, fmt.Errorf("option below: %w", err)
		}
	}
	s.pool = newPool(d, o.Connections, func(ctx context.Context, c *pgconn.PgConn, timeout time.Duration) error {
		return s.prepare(ctx, c, o.schema, timeout)
	})
	return o.Options.Open(ctx, remote.Parts{Source: o.source(), Store: s}, observe)
}
