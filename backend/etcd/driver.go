package etcd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/remote"
)

func init() { backend.Register("etcd", Driver{}) }

// defaultPrefix is where the keys of a tree begin when the Corefile does not say.
const defaultPrefix = "/enumim/"

// defaultPort is where etcd listens for clients.
const defaultPort = "2379"

// Driver is the backend driver "etcd". The zero value is ready for use.
//
//	backend etcd HOST[:PORT]... {
//	    prefix PREFIX       what the keys of the tree begin with (/enumim/)
//	    user NAME           whom to log in as; with password
//	    ...                 options of package remote; mode is always feed
//	}
type Driver struct{}

// options is a parsed configuration, ready to be opened.
type options struct {
	*remote.Options
	hosts  []string // "host:port", in the order given
	prefix string
	user   string
}

// Parse implements backend.Driver. The errors it returns begin with the place in the Corefile.
func (Driver) Parse(c backend.Config) (backend.Opener, error) {
	o := &options{Options: remote.New(c), prefix: defaultPrefix}
	if len(c.Args) == 0 {
		return nil, c.Errorf(c.Pos, "no members given: write backend etcd HOST:PORT...")
	}
	for _, arg := range c.Args {
		host, err := address(arg)
		if err != nil {
			return nil, c.Errorf(c.Pos, "%w", err)
		}
		if slices.Contains(o.hosts, host) {
			return nil, c.Errorf(c.Pos, "%s is given twice", host)
		}
		o.hosts = append(o.hosts, host)
	}
	seen := map[string]bool{}
	for _, opt := range c.Options {
		if seen[opt.Name] {
			return nil, opt.Errorf("given twice")
		}
		seen[opt.Name] = true
		if err := o.set(c, opt); err != nil {
			return nil, err
		}
	}
	switch {
	case o.Mode != remote.Feed:
		return nil, c.Errorf(c.Pos, "mode store: etcd is always mirrored, since it holds no more than a server does in memory; leave the option out")
	case seen["user"] != seen["password"]:
		return nil, c.Errorf(c.Pos, "user and password go together: give both or neither")
	}
	if err := o.Finish(c, o.hosts...); err != nil {
		return nil, err
	}
	return o, nil
}

func (o *options) set(c backend.Config, opt backend.Option) error {
	switch opt.Name {
	case "prefix":
		prefix, err := opt.One()
		if err != nil {
			return err
		}
		if err := checkPrefix(prefix); err != nil {
			return opt.Errorf("%w", err)
		}
		o.prefix = prefix
		return nil
	case "user":
		user, err := opt.One()
		o.user = user
		return err
	}
	known, err := o.Set(c, opt)
	if err == nil && !known {
		err = c.UnknownOption(opt, remote.Names("prefix", "user")...)
	}
	return err
}

// longestPrefix bounds the option prefix, in octets.
const longestPrefix = 200

// checkPrefix says what is wrong with a prefix. It stands in names of events, where blanks part words; and
// after a digit nobody could tell where the number begins.
func checkPrefix(prefix string) error {
	switch last := prefix[len(prefix)-1]; {
	case len(prefix) > longestPrefix:
		return fmt.Errorf("expected at most %d characters, got %d", longestPrefix, len(prefix))
	case strings.ContainsFunc(prefix, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' }):
		return fmt.Errorf("expected printable ASCII without blanks and quotes, got %q", prefix)
	case '0' <= last && last <= '9':
		return fmt.Errorf("%q ends in a digit, so that the number after it has no beginning; end it in a slash", prefix)
	}
	return nil
}

var errAddress = errors.New("this is no address: expected HOST:PORT")

// address reads HOST or HOST:PORT and returns "host:port". Errors do not repeat what was written: it may hold a password.
func address(arg string) (string, error) {
	switch {
	case strings.Contains(arg, "://"):
		return "", errors.New("a URL is no address: write HOST:PORT; TLS is on, unless the host is loopback or the option tls says otherwise")
	case strings.ContainsAny(arg, "@=?;"):
		return "", errors.New("the address of a member holds no user or password, and no options: use the options user and password")
	}
	if host, ok := remote.HostPort(arg, defaultPort); ok {
		return host, nil
	}
	return "", errAddress
}

// Key implements backend.Opener. The order of the members does not matter.
func (o *options) Key() string {
	return fmt.Sprintf("%q prefix=%q user=%q %s", slices.Sorted(slices.Values(o.hosts)), o.prefix, o.user, o.Options.Key())
}

// data says which data the feed brings.
func (o *options) data() string {
	return fmt.Sprintf("etcd %q prefix=%q", slices.Sorted(slices.Values(o.hosts)), o.prefix)
}

// source names the tree in events.
func (o *options) source() string {
	s := strings.Join(o.hosts, ",")
	if !strings.HasPrefix(o.prefix, "/") {
		s += "/"
	}
	return s + o.prefix
}

// Open implements backend.Opener. It does not wait for etcd and does not fail.
func (o *options) Open(ctx context.Context, observe func(backend.Event)) (backend.Backend, error) {
	return o.Options.Open(ctx, remote.Parts{Source: o.source(), Data: o.data(), Feed: o.feed(observe)}, observe)
}

func (o *options) feed(observe func(backend.Event)) *feed {
	if observe == nil {
		observe = func(backend.Event) {}
	}
	source := o.source()
	return &feed{
		cluster: o.cluster(), codec: &o.Codec, share: o.Shrink,
		tell: func(e backend.Event) {
			e.Source = source
			observe(e)
		},
	}
}

// OpenWriter implements backend.WriterOpener. It marks the prefix as a tree of enumim, where that was not done.
func (o *options) OpenWriter(ctx context.Context) (backend.Writer, error) {
	return openWriter(ctx, o.cluster(), &o.Codec)
}

func (o *options) cluster() *cluster {
	return &cluster{hosts: o.hosts, prefix: o.prefix, user: o.user, password: o.Password.Get, tls: o.TLS, life: o.Options}
}

var _ backend.WriterOpener = (*options)(nil)
