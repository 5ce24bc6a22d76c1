package http

import (
	"context"
	"fmt"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/remote"
)

func init() { backend.Register("http", Driver{}) }

// Driver is the backend driver "http". The zero value is ready for use.
//
//	backend http URL {
//	    token file:PATH|env:NAME   a bearer token, sent with each request
//	    refresh DURATION           mode feed: how often is asked what changed (1s; 100ms to 24h, at most half of stale)
//	    ...                        options of package remote
//	}
type Driver struct{}

// options is a parsed configuration, ready to be opened.
type options struct {
	*remote.Options
	at      address
	token   remote.Secret
	refresh time.Duration
}

// Bounds of the option refresh.
const (
	defaultRefresh = time.Second
	leastRefresh   = 100 * time.Millisecond
	mostRefresh    = 24 * time.Hour
)

// Parse implements backend.Driver. The errors it returns begin with the place in the Corefile.
func (Driver) Parse(c backend.Config) (backend.Opener, error) {
	o := &options{Options: remote.New(c), refresh: defaultRefresh}
	if len(c.Args) != 1 {
		return nil, c.Errorf(c.Pos, "expected one URL, got %d", len(c.Args))
	}
	var err error
	if o.at, err = parseAddress(c.Args[0]); err != nil {
		return nil, c.Errorf(c.Pos, "%w", err)
	}
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
	if opt, said := given["refresh"]; said {
		switch {
		case o.Mode == remote.Store:
			return nil, opt.Errorf("only mode feed has it: in mode store nothing is kept")
		case 2*o.refresh > o.Stale:
			return nil, opt.Errorf("it must not be longer than half of the option stale, so that data survives a refresh that fails")
		}
	}
	if err := o.secure(c, given); err != nil {
		return nil, err
	}
	if err := o.Finish(c, o.at.host); err != nil {
		return nil, err
	}
	return o, nil
}

func (o *options) set(c backend.Config, opt backend.Option) (err error) {
	switch opt.Name {
	case "token":
		o.token, err = remote.ParseSecret(c, opt)
		return err
	case "refresh":
		o.refresh, err = opt.Duration(leastRefresh, mostRefresh)
		return err
	case "password":
		return opt.Errorf("here it is a token: write token file:PATH or token env:NAME")
	}
	known, err := o.Set(c, opt)
	if err == nil && !known {
		err = c.UnknownOption(opt, remote.Names("token", "refresh")...)
	}
	return err
}

// secure holds the option tls against the URL, which says it, too. What leaves the machine in the clear, token and
// numbers, has to be meant.
func (o *options) secure(c backend.Config, given map[string]backend.Option) error {
	opt, said := given["tls"]
	switch {
	case said && o.at.secure != (opt.Args[0] == "on"):
		if !o.at.secure {
			return opt.Errorf("the URL says http: write https://")
		}
		return opt.Errorf("the URL says https: write http://, which is for networks that nobody else can listen to")
	case said:
		return nil
	case !o.at.secure && !o.local():
		return c.Errorf(c.Pos, "http:// sends token and numbers in the clear: write https://, or tls off where nobody else can listen")
	}
	arg := "off"
	if o.at.secure {
		arg = "on"
	}
	_, err := o.Set(c, backend.Option{Name: "tls", Args: []string{arg}, Pos: c.Pos})
	return err
}

// local reports whether the address is of this machine, by what package remote thinks of it.
func (o *options) local() bool {
	config, err := remote.New(backend.Config{}).TLS(o.at.host)
	return config == nil && err == nil
}

// Key implements backend.Opener.
func (o *options) Key() string {
	return fmt.Sprintf("http %q token=%q refresh=%s %s", o.at, o.token, o.refresh, o.Options.Key())
}

// Open implements backend.Opener. It does not wait for the server and does not fail.
func (o *options) Open(ctx context.Context, observe func(backend.Event)) (backend.Backend, error) {
	source := o.at.String()
	p := remote.Parts{Source: source, Data: "http " + source}
	if o.Mode == remote.Store {
		p.Store = &store{client: o.client(o.Connections), codec: &o.Codec}
	} else {
		p.Feed = &feed{options: o, tell: func(e backend.Event) {
			if observe != nil {
				e.Source = source
				observe(e)
			}
		}}
		p.Fresh = o.refresh + max(o.refresh/2, 3*backend.FreshEvery)
	}
	return o.Options.Open(ctx, p, observe)
}

func (o *options) client(connections int) *client {
	return &client{at: o.at, token: &token{secret: o.token}, pool: newPool(connections, o.at.host, o.Options)}
}
