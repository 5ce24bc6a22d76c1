package sqlstore

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/remote"
)

// Options are those that the drivers of SQL have, beside those of package remote.
//
//	user NAME           enumim by default
//	query FILE          mode store: an SQL statement that asks the operator's own tables
//	below FILE          and one that tells below which numbers others lie
//	all FILE            mode feed: a statement that returns all rows of the operator's own tables
//	refresh DURATION    how often it is asked (1m; 1s to 24h, at most half of stale)
//	powerdns            mode feed: the tables of PowerDNS, read every refresh
type Options struct {
	*remote.Options
	User     string
	Query    string // path, as the next two
	Below    string
	All      string
	Refresh  time.Duration
	PowerDNS bool
	TTL      uint32 // of rows of PowerDNS that have none

	mostName   int
	statements [sha256.Size]byte // of what the files have
	given      map[string]backend.Option
}

// Bounds of the option refresh.
const (
	defaultRefresh = time.Minute
	leastRefresh   = time.Second
	mostRefresh    = 24 * time.Hour
)

// New returns the options as they are without any given. Names have up to mostName octets.
func New(c backend.Config, mostName int) *Options {
	return &Options{
		Options: remote.New(c), User: "enumim", Refresh: defaultRefresh, TTL: c.TTL,
		mostName: mostName, given: map[string]backend.Option{},
	}
}

// Names lists the options and more, as remote.Names does.
func Names(more ...string) []string {
	return remote.Names(append([]string{"user", "query", "below", "all", "refresh", "powerdns"}, more...)...)
}

// Set reads an option; known is false for those that are none of these, nor of package remote.
func (o *Options) Set(c backend.Config, opt backend.Option) (known bool, err error) {
	if known, err := o.Options.Set(c, opt); known {
		return true, err
	}
	var read func() error
	path := func(to *string) func() error {
		return func() error {
			arg, err := opt.One()
			if err == nil {
				*to = c.Path(arg)
			}
			return err
		}
	}
	switch opt.Name {
	case "user":
		read = func() (err error) {
			o.User, err = o.Name(opt)
			return err
		}
	case "query":
		read = path(&o.Query)
	case "below":
		read = path(&o.Below)
	case "all":
		read = path(&o.All)
	case "powerdns":
		read = func() error {
			if o.PowerDNS = true; len(opt.Args) > 0 {
				return opt.Errorf("expected no argument, got %d", len(opt.Args))
			}
			return nil
		}
	case "refresh":
		read = func() (err error) {
			o.Refresh, err = opt.Duration(leastRefresh, mostRefresh)
			return err
		}
	default:
		return false, nil
	}
	if err := o.Once(opt); err != nil {
		return true, err
	}
	return true, read()
}

// Once notes that an option is given, and refuses it when it is given again.
func (o *Options) Once(opt backend.Option) error {
	if o.Given(opt.Name) {
		return opt.Errorf("given twice")
	}
	o.given[opt.Name] = opt
	return nil
}

// Given reports whether an option is given.
func (o *Options) Given(name string) bool {
	_, given := o.given[name]
	return given
}

// Name reads a name that the server knows.
func (o *Options) Name(opt backend.Option) (string, error) {
	name, err := opt.One()
	if err == nil && (len(name) > o.mostName || strings.ContainsRune(name, 0)) {
		err = opt.Errorf("expected a name of up to %d octets", o.mostName)
	}
	return name, err
}

// Rule is what an option needs of the others.
type Rule struct {
	Option string
	OK     bool
	Want   string
}

// Finish holds the options against one another, after all were set. hosts are as remote's.
func (o *Options) Finish(c backend.Config, hosts []string, more ...Rule) error {
	if !o.Given("refresh") {
		o.Refresh = min(o.Refresh, o.Stale/2)
	}
	for _, rule := range append([]Rule{
		{"query", o.Mode == remote.Store, "only mode store has it: write mode store, or all FILE instead"},
		{"below", o.Query != "", "it goes with the option query"},
		{"all", o.Mode == remote.Feed, "only mode feed has it: write query FILE instead"},
		{"powerdns", o.Mode == remote.Feed, "only mode feed has it"},
		{"powerdns", o.All == "", "it reads the tables of PowerDNS; the option all is for others"},
		{"powerdns", o.Snapshot == "", "the option snapshot does not go with it: a snapshot holds no zone"},
		{"powerdns", len(o.Apexes) == 1, "it serves one zone: give each apex an enumim block of its own"},
		{"refresh", o.All != "" || o.PowerDNS, "it goes with the option all or powerdns; without, changes are followed as they come"},
		{"refresh", 2*o.Refresh <= o.Stale, "it must not be longer than half of the option stale, so that data survives a refresh that fails"},
	}, more...) {
		if opt, given := o.given[rule.Option]; given && !rule.OK {
			return opt.Errorf("%s", rule.Want)
		}
	}
	o.statements = sumOf(o.Query, o.Below, o.All)
	return o.Options.Finish(c, hosts...)
}

// Key is part of what backend.Opener has.
func (o *Options) Key() string {
	return fmt.Sprintf("user=%q query=%q below=%q all=%q statements=%x refresh=%s powerdns=%t ttl=%d %s",
		o.User, o.Query, o.Below, o.All, o.statements, o.Refresh, o.PowerDNS, o.TTL, o.Options.Key())
}
