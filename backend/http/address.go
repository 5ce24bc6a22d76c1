package http

import (
	"errors"
	"net/url"
	"strings"

	"github.com/enumim/enumim/backend/remote"
)

// address is where a tree is.
type address struct {
	secure bool
	host   string // "host:port"
	name   string // the host as requests name it
	path   string // without slash at its end
}

var errAddress = errors.New("this is no address of a tree: expected https://HOST[:PORT][/PATH], or http:// on this machine")

// parseAddress reads a URL. Errors do not repeat it: it may hold a secret.
func parseAddress(arg string) (a address, err error) {
	u, err := url.Parse(arg)
	switch {
	case err != nil || u.Opaque != "":
		return a, errAddress
	case u.User != nil:
		return a, errors.New("a URL in a Corefile holds no user or password: use the option token")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(arg, "#"):
		return a, errors.New("the URL of a tree ends with its path: no ? and no # behind it")
	}
	port := "80"
	switch u.Scheme {
	case "https":
		a.secure, port = true, "443"
	case "http":
	default:
		return a, errAddress
	}
	var ok bool
	if a.host, ok = remote.HostPort(u.Host, port); !ok || strings.ContainsFunc(u.Host, strange) || strings.ContainsFunc(u.EscapedPath(), strange) {
		return a, errAddress
	}
	a.name = strings.ToLower(u.Host)
	a.path = strings.TrimRight(u.EscapedPath(), "/")
	return a, nil
}

// strange is for what has no place in a request line or header, and for what parts words in events.
func strange(r rune) bool {
	return r <= ' ' || r > '~' || r == '"' || r == '<' || r == '>' || r == '\\'
}

// String returns the URL, without slash at its end.
func (a address) String() string {
	if a.secure {
		return "https://" + a.name + a.path
	}
	return "http://" + a.name + a.path
}
