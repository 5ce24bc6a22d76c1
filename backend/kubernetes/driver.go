package kubernetes

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/remote"
)

func init() { backend.Register("kubernetes", Driver{}) }

// Driver is the backend driver "kubernetes". The zero value is ready for use.
//
//	backend kubernetes [HOST[:PORT]] {
//	    namespace NAME...|*        where the resources are; * for everywhere (that of the service account)
//	    selector LABELS            which of them (all)
//	    token file:PATH|env:NAME   whom to ask as (the service account)
//	    status                     tells each resource in its status what became of it
//	    ...                        options of package remote; mode is always feed
//	}
//
// Without HOST it is the API server of the cluster that the server runs in.
type Driver struct {
	dir string // of the service account; "" for that of pods
}

// options is a parsed configuration, ready to be opened.
type options struct {
	*remote.Options
	host       string   // "host:port"; "" for that of the environment
	namespaces []string // sorted; none for that of the service account, one that is "" for all
	selector   string
	token      remote.Secret
	account    account
	proof      time.Duration // proofTime
	// writesStatus says that resources are told what became of them.
	writesStatus bool
}

// defaultPort is where API servers listen if a Corefile does not say.
const defaultPort = "6443"

// mostNamespaces bounds the watches that a server has open.
const mostNamespaces = 16

// Parse implements backend.Driver. The errors it returns begin with the place in the Corefile.
func (d Driver) Parse(c backend.Config) (backend.Opener, error) {
	o := &options{Options: remote.New(c), account: account{dir: cmp.Or(d.dir, accountDir)}, proof: proofTime}
	switch len(c.Args) {
	case 0:
	case 1:
		host, err := hostOf(c.Args[0])
		if err != nil {
			return nil, c.Errorf(c.Pos, "%w", err)
		}
		o.host = host
	default:
		return nil, c.Errorf(c.Pos, "expected one API server, got %d: give them one address", len(c.Args))
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
		return nil, c.Errorf(c.Pos, "mode store: an API server is always mirrored, since it cannot be asked for numbers; leave the option out")
	case slices.ContainsFunc(c.Options, func(opt backend.Option) bool { return opt.Name == "tls" && slices.Equal(opt.Args, []string{"off"}) }):
		return nil, c.Errorf(c.Pos, "tls off: API servers speak TLS only; leave the option out")
	case o.host != "" && !seen["namespace"]:
		return nil, c.Errorf(c.Pos, "no namespace: write namespace NAME, or namespace * for all")
	case o.host != "" && !seen["token"] && !seen["tls_cert"]:
		return nil, c.Errorf(c.Pos, "no token: write token file:PATH, or tls_cert")
	}
	return o, o.secure(c, seen)
}

// secure has TLS on, with what a pod is given where the Corefile does not say.
func (o *options) secure(c backend.Config, seen map[string]bool) error {
	var given []backend.Option
	if !seen["tls"] {
		given = append(given, backend.Option{Name: "tls", Args: []string{"on"}, Pos: c.Pos})
	}
	if o.host == "" && !seen["tls_ca"] {
		given = append(given, backend.Option{Name: "tls_ca", Args: []string{o.account.ca()}, Pos: c.Pos})
	}
	for _, opt := range given {
		if _, err := o.Set(c, opt); err != nil {
			return err
		}
	}
	return o.Finish(c)
}

func (o *options) set(c backend.Config, opt backend.Option) (err error) {
	switch opt.Name {
	case "namespace":
		o.namespaces, err = namespaces(opt)
		return err
	case "selector":
		o.selector, err = selector(opt)
		return err
	case "token":
		o.token, err = remote.ParseSecret(c, opt)
		return err
	case "status":
		o.writesStatus = true
		if len(opt.Args) > 0 {
			return opt.Errorf("expected no arguments, got %d", len(opt.Args))
		}
		return nil
	case "password":
		return opt.Errorf("here it is a token: write token file:PATH or token env:NAME")
	}
	known, err := o.Set(c, opt)
	if err == nil && !known {
		err = c.UnknownOption(opt, remote.Names("namespace", "selector", "status", "token")...)
	}
	return err
}

// label is a name of RFC 1123, which namespaces have.
var label = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)

func namespaces(opt backend.Option) ([]string, error) {
	if slices.Equal(opt.Args, []string{"*"}) {
		return []string{""}, nil
	}
	list := slices.Sorted(slices.Values(opt.Args))
	switch {
	case len(list) == 0:
		return nil, opt.Errorf("expected the names of namespaces, or * for all")
	case len(slices.Compact(slices.Clone(list))) < len(list):
		return nil, opt.Errorf("a namespace is given twice")
	case len(list) > mostNamespaces:
		return nil, opt.Errorf("expected at most %d namespaces: write * for all, and tell with selector which resources", mostNamespaces)
	}
	for _, name := range list {
		if !label.MatchString(name) {
			return nil, opt.Errorf("expected the name of a namespace, or * for all, got %q", name)
		}
	}
	return list, nil
}

// selector reads a label selector. Words are joined: a Corefile parts them at blanks.
func selector(opt backend.Option) (string, error) {
	text := strings.Join(opt.Args, " ")
	switch {
	case text == "":
		return "", opt.Errorf("expected labels, such as tree=public")
	case len(text) > 1000 || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' || r == '"' }):
		return "", opt.Errorf("expected labels in ASCII, such as tree=public, 1000 characters at most")
	}
	return text, nil
}

var errAddress = errors.New("this is no address: expected HOST:PORT")

// hostOf reads HOST or HOST:PORT, also as the URL that people know.
func hostOf(arg string) (string, error) {
	if u, err := url.Parse(arg); err == nil && u.Scheme == "https" {
		if u.User != nil || strings.TrimSuffix(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
			return "", errors.New("expected https://HOST:PORT, and nothing behind it")
		}
		arg = u.Host
	}
	if host, ok := remote.HostPort(arg, defaultPort); ok {
		return host, nil
	}
	return "", errAddress
}

// Key implements backend.Opener.
func (o *options) Key() string {
	return fmt.Sprintf("%s status=%t %s", o.data(), o.writesStatus, o.Options.Key())
}

// data says which data the feed brings.
func (o *options) data() string {
	return fmt.Sprintf("kubernetes %q namespaces=%q selector=%q token=%q", o.host, o.namespaces, o.selector, o.token)
}

// source names the resources in events.
func (o *options) source() string {
	where := o.host
	if where == "" {
		where = "kubernetes"
	}
	switch {
	case len(o.namespaces) == 0:
		where += "/own"
	case o.namespaces[0] == "":
		where += "/*"
	default:
		where += "/" + strings.Join(o.namespaces, ",")
	}
	if o.selector != "" {
		where += "?" + strings.ReplaceAll(o.selector, " ", "")
	}
	return where
}

// Open implements backend.Opener. It does not wait for the API server and does not fail.
func (o *options) Open(ctx context.Context, observe func(backend.Event)) (backend.Backend, error) {
	source := o.source()
	f := &feed{options: o, tell: func(e backend.Event) {
		if observe != nil {
			e.Source = source
			observe(e)
		}
	}}
	return o.Options.Open(ctx, remote.Parts{Source: source, Data: o.data(), Feed: f}, observe)
}
