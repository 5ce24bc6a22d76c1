package remote

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
)

// Mode is how a store is used.
type Mode uint8

const (
	Feed  Mode = iota // mirrored in memory: answers never wait, and outlive an outage
	Store             // asked for each query: for what is too large to mirror
)

// String returns the mode as the Corefile has it.
func (m Mode) String() string {
	if m == Store {
		return "store"
	}
	return "feed"
}

// Options are the options that drivers share. New makes them.
//
//	mode feed|store           how the store is used; a driver may have one of them only
//	stale DURATION            feed: how old data may be that is still served (1h; 1m to 72h)
//	shrink PERCENT|off        feed: how much a refresh may lose (20)
//	snapshot PATH             feed: where the last good data is kept for a start without the store
//	connections N             the most connections at once (4; 1 to 64)
//	password file:PATH|env:NAME
//	tls on|off                on, but for a store at loopback addresses and sockets only
//	tls_ca PATH               who may have signed the certificate of the store; else the system's
//	tls_cert PATH KEYPATH     a certificate of our own
//	tls_server_name NAME      whom the certificate of the store must name, where the address does not
type Options struct {
	Mode        Mode
	Stale       time.Duration
	Shrink      float64 // share, 0 to 1; negative for no guard
	Snapshot    string  // path; "" for none
	Connections int
	Password    Secret
	Codec       notation.Codec
	Apexes      []e164.Apex
	Life        time.Duration // how long a connection serves before it is looked whether its server moved; no option

	given  map[string]backend.Option
	secure security
}

// Bounds and defaults of the options.
const (
	defaultStale       = time.Hour
	leastStale         = time.Minute
	mostStale          = 72 * time.Hour // RFC 8767 section 5 suggests one to three days
	defaultShrink      = 20             // percent
	defaultConnections = 4
	mostConnections    = 64
)

// New returns the options as they are without any given.
func New(c backend.Config) *Options {
	return &Options{
		Stale: defaultStale, Shrink: defaultShrink / 100.0, Connections: defaultConnections,
		Codec:  notation.Codec{Apexes: c.Apexes, DialPlan: c.DialPlan, TTL: c.TTL},
		Apexes: c.Apexes, Life: life,
		given: make(map[string]backend.Option),
	}
}

// setters read the shared options.
var setters = map[string]func(o *Options, c backend.Config, opt backend.Option) error{
	"mode": func(o *Options, _ backend.Config, opt backend.Option) error {
		arg, err := opt.One()
		if err != nil {
			return err
		}
		switch arg {
		case Feed.String():
			o.Mode = Feed
		case Store.String():
			o.Mode = Store
		default:
			return opt.Errorf("expected feed or store, got %q", arg)
		}
		return nil
	},
	"stale": func(o *Options, _ backend.Config, opt backend.Option) (err error) {
		o.Stale, err = opt.Duration(leastStale, mostStale)
		return err
	},
	"shrink": func(o *Options, _ backend.Config, opt backend.Option) error {
		percent, err := opt.Percentage()
		if o.Shrink = float64(percent) / 100; percent == 0 {
			o.Shrink = -1
		}
		return err
	},
	"snapshot": func(o *Options, c backend.Config, opt backend.Option) (err error) {
		o.Snapshot, err = path(c, opt, 0, 1)
		return err
	},
	"connections": func(o *Options, _ backend.Config, opt backend.Option) (err error) {
		o.Connections, err = opt.Count(1, mostConnections)
		return err
	},
	"password": func(o *Options, c backend.Config, opt backend.Option) (err error) {
		o.Password, err = ParseSecret(c, opt)
		return err
	},
	"tls": func(o *Options, _ backend.Config, opt backend.Option) (err error) {
		o.secure.on, err = opt.Switch()
		o.secure.said = true
		return err
	},
	"tls_ca": func(o *Options, c backend.Config, opt backend.Option) (err error) {
		o.secure.ca, err = path(c, opt, 0, 1)
		return err
	},
	"tls_cert": func(o *Options, c backend.Config, opt backend.Option) (err error) {
		if o.secure.cert, err = path(c, opt, 0, 2); err == nil {
			o.secure.key, err = path(c, opt, 1, 2)
		}
		return err
	},
	"tls_server_name": func(o *Options, _ backend.Config, opt backend.Option) (err error) {
		o.secure.name, err = opt.One()
		if err == nil && strings.ContainsAny(o.secure.name, ":/@?;= ") { // not repeated: it may hold a secret
			err = opt.Errorf("expected the name of a host, without port or parameters")
		}
		return err
	},
}

// path returns the argument i, of n that there are to be, as a path.
func path(c backend.Config, opt backend.Option, i, n int) (string, error) {
	if len(opt.Args) != n {
		return "", opt.Errorf("expected %s, got %d", [...]string{1: "one path", 2: "two paths, of a certificate and of its key"}[n], len(opt.Args))
	}
	arg := opt.Args[i]
	if arg == "" || strings.IndexByte(arg, 0) >= 0 {
		return "", opt.Errorf("%q is no path", arg)
	}
	return c.Path(arg), nil
}

// Set reads an option. known is false for one that the drivers do not share, which is then the driver's own.
func (o *Options) Set(c backend.Config, opt backend.Option) (known bool, err error) {
	set, known := setters[opt.Name]
	if !known {
		return false, nil
	}
	if _, twice := o.given[opt.Name]; twice {
		return true, opt.Errorf("given twice")
	}
	o.given[opt.Name] = opt
	return true, set(o, c, opt)
}

// Names returns the names of the options that Set knows, and a driver's own, for Config.UnknownOption.
func Names(own ...string) []string {
	names := slices.Clone(own)
	for name := range setters {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Finish checks the options together. hosts are the addresses ("host:port", or the path of a socket) that
// the store is at: TLS is on, unless all of them are loopback or the Corefile says otherwise. For addresses that
// become known later see Options.TLS.
func (o *Options) Finish(_ backend.Config, hosts ...string) error {
	if o.Mode == Store {
		for _, name := range []string{"stale", "shrink", "snapshot"} {
			if opt, ok := o.given[name]; ok {
				return opt.Errorf("only mode feed has it: in mode store nothing is kept")
			}
		}
	}
	if !o.secure.said {
		o.secure.on = slices.ContainsFunc(hosts, func(host string) bool { return !isLocal(host) })
	}
	for _, name := range []string{"tls_ca", "tls_cert", "tls_server_name"} {
		if opt, ok := o.given[name]; ok && !o.secure.on {
			return opt.Errorf("TLS is off: all addresses are loopback, or the option tls says so; write tls on")
		}
	}
	return nil
}

// Key returns the canonical form of the options, for Opener.Key; secrets are where they come from.
func (o *Options) Key() string {
	apexes := make([]string, len(o.Apexes))
	for i, a := range o.Apexes {
		apexes[i] = a.String()
	}
	slices.Sort(apexes)
	return fmt.Sprintf("%+q dialplan=%t ttl=%d mode=%s stale=%s shrink=%g snapshot=%q connections=%d password=%q %s",
		apexes, o.Codec.DialPlan, o.Codec.TTL, o.Mode, o.Stale, o.Shrink, o.Snapshot, o.Connections, o.Password.source, o.secure)
}
