package ldap

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/remote"
)

func init() { backend.Register("ldap", Driver{}) }

// Driver is the backend driver "ldap". The zero value is ready for use.
//
//	backend ldap HOST[:PORT][,HOST...][/BASE] {
//	    base DN               where the people are, if it does not stand behind the hosts
//	    filter FILTER         who they are (RFC 4515)
//	    user DN               whom to log in as; with password
//	    number ATTRIBUTE...   where their numbers stand (telephoneNumber ipPhone mobile)
//	    uri [SERVICES] URI    what a number leads to, with attributes in braces; may be repeated
//	    country CODE          the country of numbers without "+"
//	    trunk DIGITS|none     what is dialled before those (0)
//	    international DIGITS  what is dialled before a country code (00)
//	    national N[-N]        how many digits numbers of the country have, without trunk
//	    shared skip|union     what becomes of numbers of several people
//	    refresh DURATION      how often everything is read (5m)
//	    starttls              TLS begins on a connection without it
//	    ...                   options of package remote; mode is always feed
//	}
type Driver struct{}

// options is a parsed configuration, ready to be opened.
type options struct {
	*remote.Options
	mapping
	hosts        []string // "host:port", in the order given
	base, filter string
	user         string
	refresh      time.Duration
	startTLS     bool
	uris         []string // the templates, as they were given
}

// The bounds and the default of refresh.
const (
	leastRefresh   = 10 * time.Second
	mostRefresh    = 24 * time.Hour
	defaultRefresh = 5 * time.Minute
)

// The mapping where the Corefile does not say. homePhone is not in it: that somebody's employer knows a number does
// not mean that everybody should.
var (
	defaultNumbers = []string{"telephoneNumber", "ipPhone", "mobile"}
	defaultURIs    = []string{"im:{mail}", "sip:{msRTCSIP-PrimaryUserAddress}"}
)

// Parse implements backend.Driver. The errors it returns begin with the place in the Corefile.
func (Driver) Parse(c backend.Config) (backend.Opener, error) {
	o := &options{Options: remote.New(c), refresh: defaultRefresh}
	o.codec = &o.Codec
	o.dial = dialling{plain: c.DialPlan, trunk: "0", international: []string{"00"}}
	places, err := o.where(c)
	if err != nil {
		return nil, err
	}
	seen := map[string]backend.Option{}
	for _, opt := range c.Options {
		if _, twice := seen[opt.Name]; twice && opt.Name != "uri" {
			return nil, opt.Errorf("given twice")
		}
		seen[opt.Name] = opt
		if err := o.set(c, opt); err != nil {
			return nil, err
		}
	}
	if seen["refresh"].Name == "" {
		o.refresh = min(o.refresh, o.Stale/2)
	}
	if err := o.together(c, seen); err != nil {
		return nil, err
	}
	if len(o.numbers) == 0 {
		o.numbers = defaultNumbers
	}
	for _, uri := range defaultURIs {
		if seen["uri"].Name == "" {
			if err := o.uri("", uri); err != nil {
				return nil, err
			}
		}
	}
	return o, o.secure(c, seen, places)
}

// where reads the hosts, and the base behind them.
func (o *options) where(c backend.Config) (places []string, err error) {
	for i, arg := range c.Args {
		if strings.Contains(arg, "://") {
			return nil, c.Errorf(c.Pos, "a URL is no address: write HOST:PORT/BASE; TLS is on, unless the host is loopback or the option tls says otherwise")
		}
		hosts, base, found := strings.Cut(arg, "/")
		if found && i < len(c.Args)-1 {
			return nil, c.Errorf(c.Pos, "the base stands behind the last of the hosts; where it has blanks, put that in quotes: \"HOST/ou=our people,dc=example,dc=com\"")
		}
		if found {
			if o.base, err = checkBase(base); err != nil {
				return nil, c.Errorf(c.Pos, "%w", err)
			}
		}
		for host := range strings.SplitSeq(hosts, ",") {
			if _, ok := remote.HostPort(host, "389"); !ok {
				return nil, c.Errorf(c.Pos, "this is no address: expected HOST:PORT")
			}
			if slices.Contains(places, host) {
				return nil, c.Errorf(c.Pos, "%s is given twice", host)
			}
			places = append(places, host)
		}
	}
	if len(places) == 0 {
		return nil, c.Errorf(c.Pos, "no directory given: write backend ldap HOST:PORT/BASE")
	}
	return places, nil
}

func checkBase(base string) (string, error) {
	if dn, err := ldap.ParseDN(base); err != nil || len(dn.RDNs) == 0 || strings.ContainsFunc(base, isControl) {
		return "", errors.New("expected the DN of a base, such as ou=people,dc=example,dc=com (RFC 4514)")
	}
	return base, nil
}

// together checks what options mean together.
func (o *options) together(c backend.Config, seen map[string]backend.Option) error {
	given := func(name string) bool { return seen[name].Name != "" }
	switch {
	case o.Mode != remote.Feed:
		return c.Errorf(c.Pos, "mode store: a directory is always mirrored, since it cannot be asked for what its values mean; leave the option out")
	case o.base == "":
		return c.Errorf(c.Pos, "no base: write HOST/ou=people,dc=example,dc=com, or the option base")
	case given("user") != given("password"):
		return c.Errorf(c.Pos, "user and password go together: give both or neither")
	case o.Stale < 2*o.refresh:
		return c.Errorf(c.Pos, "stale %v is less than two times refresh %v: data that is read so seldom would expire", o.Stale, o.refresh)
	}
	for _, name := range []string{"country", "trunk", "international", "national"} {
		if given(name) && o.dial.plain {
			return seen[name].Errorf("the trees are of a dial plan, whose digits are what they are")
		}
		if given(name) && !o.dial.country.IsValid() && name != "international" {
			return seen[name].Errorf("give the option country, too")
		}
	}
	if o.dial.country.IsValid() && o.dial.trunk == "" && o.dial.least == 0 {
		return seen["country"].Errorf("with trunk none, say with national how many digits a number has: an extension would be taken for one")
	}
	return nil
}

// secure finds out whether TLS is on, and with that the ports.
func (o *options) secure(c backend.Config, seen map[string]backend.Option, places []string) error {
	if opt := seen["starttls"]; o.startTLS && seen["tls"].Name == "" {
		if _, err := o.Set(c, backend.Option{Name: "tls", Args: []string{"on"}, Pos: opt.Pos}); err != nil {
			return err
		}
	}
	if err := o.Finish(c, places...); err != nil {
		return err
	}
	if o.startTLS && !o.Secure() {
		return seen["starttls"].Errorf("the option tls says that TLS is off")
	}
	port := "389"
	if o.Secure() && !o.startTLS {
		port = "636"
	}
	for _, place := range places {
		host, _ := remote.HostPort(place, port)
		o.hosts = append(o.hosts, host)
	}
	return nil
}

// Key implements backend.Opener. The order of the hosts does not matter.
func (o *options) Key() string {
	return fmt.Sprintf("%s user=%q refresh=%s starttls=%t %s", o.data(), o.user, o.refresh, o.startTLS, o.Options.Key())
}

// data says which data the feed brings.
func (o *options) data() string {
	return fmt.Sprintf("ldap %q base=%q filter=%q user=%q number=%q uri=%q dial=%q union=%t", slices.Sorted(slices.Values(o.hosts)),
		o.base, o.filter, o.user, o.numbers, o.uris, fmt.Sprintf("%+v", o.dial), o.union)
}

// source names the directory in events.
func (o *options) source() string {
	return strings.Join(o.hosts, ",") + "/" + strings.ReplaceAll(o.base, " ", "")
}

// fresh is how long data is current after the directory said so: until the next full read ends, since not every directory
// tells what has changed in between.
func (o *options) fresh() time.Duration {
	return o.refresh + max(o.refresh/2, 3*backend.FreshEvery)
}

// Open implements backend.Opener. It does not wait for the directory and does not fail.
func (o *options) Open(ctx context.Context, observe func(backend.Event)) (backend.Backend, error) {
	if observe == nil {
		observe = func(backend.Event) {}
	}
	source := o.source()
	f := &feed{
		servers: &servers{hosts: o.hosts, user: o.user, password: o.Password.Get, tls: o.TLS, startTLS: o.startTLS, life: o.Options},
		mapping: &o.mapping, base: o.base, filter: o.filter, refresh: o.refresh,
		tell: func(e backend.Event) {
			e.Source = source
			observe(e)
		},
	}
	return o.Options.Open(ctx, remote.Parts{Source: source, Data: o.data(), Feed: f, Fresh: o.fresh()}, observe)
}
