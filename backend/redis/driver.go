package redis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/remote"
)

func init() { backend.Register("redis", Driver{}) }

// Defaults and bounds of the options.
const (
	defaultPrefix  = "enum:"
	longestPrefix  = 200 // octets
	defaultPort    = "6379"
	sentinelPort   = "26379"
	defaultRefresh = 15 * time.Minute
	leastRefresh   = time.Minute
	mostRefresh    = 24 * time.Hour
	mostDatabase   = 1 << 20
)

// Driver is the backend driver "redis". The zero value is ready for use.
//
//	backend redis HOST[:PORT]... {
//	    prefix PREFIX        what the keys of the tree begin with ("enum:", in a cluster "{enum}:")
//	    database N           which database of the server (0)
//	    username NAME        whom to log in as; with password
//	    sentinel MASTER      the addresses are of sentinels, which know this master
//	    sentinel_username NAME
//	    sentinel_password file:PATH|env:NAME
//	    cluster              the addresses are of nodes of a Cluster
//	    refresh DURATION|off feed: how often all is read again, for what was written without telling (15m)
//	    ...                  options of package remote
//	}
type Driver struct{}

// options is a parsed configuration, ready to be opened.
type options struct {
	*remote.Options
	keys
	hosts            []string // "host:port", or the path of a socket
	database         int
	username         string
	master           string // with sentinels; "" without
	sentinelUser     string
	sentinelPassword remote.Secret
	cluster          bool
	refresh          time.Duration // 0 for never
}

// Parse implements backend.Driver. The errors it returns begin with the place in the Corefile.
func (Driver) Parse(c backend.Config) (backend.Opener, error) {
	o := &options{Options: remote.New(c), refresh: defaultRefresh}
	given := map[string]backend.Option{}
	for _, opt := range c.Options {
		if _, twice := given[opt.Name]; twice {
			return nil, opt.Errorf("given twice")
		}
		given[opt.Name] = opt
		if err := o.set(c, opt); err != nil {
			return nil, err
		}
	}
	if err := o.addresses(c); err != nil {
		return nil, err
	}
	if err := o.finish(given); err != nil {
		return nil, err
	}
	return o, o.Finish(c, o.hosts...)
}

func (o *options) set(c backend.Config, opt backend.Option) (err error) {
	switch opt.Name {
	case "prefix":
		o.prefix, err = opt.One()
	case "database":
		o.database, err = opt.Count(0, mostDatabase)
	case "username":
		o.username, err = opt.One()
	case "sentinel":
		o.master, err = opt.One()
	case "sentinel_username":
		o.sentinelUser, err = opt.One()
	case "sentinel_password":
		o.sentinelPassword, err = remote.ParseSecret(c, opt)
	case "cluster":
		if o.cluster = true; len(opt.Args) != 0 {
			err = opt.Errorf("expected no argument, got %d", len(opt.Args))
		}
	case "refresh":
		if len(opt.Args) == 1 && opt.Args[0] == "off" {
			o.refresh = 0
			return nil
		}
		o.refresh, err = opt.Duration(leastRefresh, mostRefresh)
	default:
		var known bool
		if known, err = o.Set(c, opt); err == nil && !known {
			err = c.UnknownOption(opt, remote.Names("prefix", "database", "username", "sentinel", "sentinel_username",
				"sentinel_password", "cluster", "refresh")...)
		}
	}
	return err
}

// finish checks the options together.
func (o *options) finish(given map[string]backend.Option) error {
	has := func(name string) bool { _, ok := given[name]; return ok }
	if o.prefix == "" {
		if o.prefix = defaultPrefix; o.cluster {
			o.prefix = "{enum}:"
		}
	}
	if err := checkPrefix(o.prefix); err != nil {
		return given["prefix"].Errorf("%w", err)
	}
	switch {
	case o.cluster && o.master != "":
		return given["cluster"].Errorf("cluster and sentinel are two ways to run Redis: give one of them")
	case o.cluster && o.database != 0:
		return given["database"].Errorf("a Cluster has database 0 only")
	case o.cluster && !tagged(o.prefix):
		return given["prefix"].Errorf("in a Cluster a tree lives in one slot: give the prefix a hash tag, such as {enum}:")
	case has("username") && !has("password"):
		return given["username"].Errorf("give its password, too")
	case o.master == "" && (has("sentinel_username") || has("sentinel_password")):
		return given[first(has, "sentinel_username", "sentinel_password")].Errorf("there are no sentinels: give the option sentinel")
	case has("sentinel_username") && !has("sentinel_password"):
		return given["sentinel_username"].Errorf("give its password, too")
	case o.Mode == remote.Store && has("refresh"):
		return given["refresh"].Errorf("only mode feed has it: in mode store nothing is kept")
	}
	return nil
}

func first(has func(string) bool, names ...string) string {
	return names[max(slices.IndexFunc(names, has), 0)]
}

func (o *options) addresses(c backend.Config) error {
	if len(c.Args) == 0 {
		return c.Errorf(c.Pos, "no address given: write backend redis HOST:PORT")
	}
	port := defaultPort
	if o.master != "" {
		port = sentinelPort
	}
	for _, args := range c.Args {
		for arg := range strings.SplitSeq(args, ",") {
			host, err := address(arg, port)
			if err != nil {
				return c.Errorf(c.Pos, "%w", err)
			}
			if slices.Contains(o.hosts, host) {
				return c.Errorf(c.Pos, "%s is given twice", host)
			}
			o.hosts = append(o.hosts, host)
		}
	}
	if len(o.hosts) > 1 && !o.cluster && o.master == "" {
		return c.Errorf(c.Pos, "several addresses: say with the option sentinel or cluster what they are of")
	}
	return nil
}

// checkPrefix says what is wrong with a prefix. It stands in names of events, where blanks part words; and after a
// digit nobody could tell where the number begins.
func checkPrefix(prefix string) error {
	switch last := prefix[len(prefix)-1]; {
	case len(prefix) > longestPrefix:
		return fmt.Errorf("expected at most %d characters, got %d", longestPrefix, len(prefix))
	case strings.ContainsFunc(prefix, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' }):
		return fmt.Errorf("expected printable ASCII without blanks and quotes, got %q", prefix)
	case '0' <= last && last <= '9':
		return fmt.Errorf("%q ends in a digit, so that the number after it has no beginning; end it in a colon", prefix)
	}
	return nil
}

// tagged reports whether a prefix has a hash tag, which makes all its keys live in one slot of a Cluster.
func tagged(prefix string) bool {
	_, rest, ok := strings.Cut(prefix, "{")
	return ok && strings.IndexByte(rest, '}') > 0
}

func isSocket(addr string) bool { return strings.HasPrefix(addr, "/") }

// address reads HOST, HOST:PORT or the path of a socket. Errors do not repeat what was written: it may hold a password.
func address(arg, port string) (string, error) {
	switch {
	case strings.Contains(arg, "://"):
		return "", errors.New("a URL is no address: write HOST:PORT; TLS is on, unless the host is loopback or the option tls says otherwise")
	case strings.ContainsAny(arg, "@=?;"):
		return "", errors.New("the address holds no user or password, and no options: use the options username and password")
	case isSocket(arg) && !strings.ContainsAny(arg, " \t\""):
		return arg, nil
	}
	if host, ok := remote.HostPort(arg, port); ok {
		return host, nil
	}
	return "", errAddress
}

var errAddress = errors.New("this is no address: expected HOST:PORT, or the path of a socket")

// Key implements backend.Opener. The order of the addresses does not matter.
func (o *options) Key() string {
	return fmt.Sprintf("%q prefix=%q database=%d username=%q sentinel=%q %q %q cluster=%t refresh=%s %s", slices.Sorted(slices.Values(o.hosts)),
		o.prefix, o.database, o.username, o.master, o.sentinelUser, o.sentinelPassword, o.cluster, o.refresh, o.Options.Key())
}

// data says which data a feed brings.
func (o *options) data() string {
	return fmt.Sprintf("redis %q sentinel=%q database=%d prefix=%q", slices.Sorted(slices.Values(o.hosts)), o.master, o.database, o.prefix)
}

// source names the tree in events.
func (o *options) source() string {
	s := strings.Join(o.hosts, ",") + "/"
	if o.master != "" {
		s += o.master + "/"
	}
	if o.database != 0 {
		s += strconv.Itoa(o.database) + "/"
	}
	return s + o.prefix
}

// Open implements backend.Opener. It does not wait for Redis and does not fail.
func (o *options) Open(ctx context.Context, observe func(backend.Event)) (backend.Backend, error) {
	if o.Mode == remote.Feed {
		return o.Options.Open(ctx, remote.Parts{Source: o.source(), Data: o.data(), Feed: o.feed(observe)}, observe)
	}
	return o.Options.Open(ctx, remote.Parts{Source: o.source(), Store: o.store(observe)}, observe)
}

// OpenWriter implements backend.WriterOpener. It makes an empty tree where there is none.
func (o *options) OpenWriter(ctx context.Context) (backend.Writer, error) { return o.writer(ctx) }

var _ backend.WriterOpener = (*options)(nil)
