package mysql

import (
	"net"
	"strconv"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/remote"
)

// host is one server: "host:port", or the path of a socket.
type host string

func (h host) isSocket() bool { return strings.HasPrefix(string(h), "/") }

func (h host) network() string {
	if h.isSocket() {
		return "unix"
	}
	return "tcp"
}

const (
	defaultPort = 3306
	mostName    = 64 // characters of the name of a data base
)

// parseAddress reads HOST[:PORT][,HOST...]/DATABASE, also behind "mysql://". A host that begins with a slash is the
// path of a socket. What stands there is not repeated in errors: it may hold a password.
func parseAddress(c backend.Config, arg string) (hosts []host, database string, err error) {
	rest := arg
	for _, scheme := range []string{"mysql://", "mariadb://"} {
		rest = strings.TrimPrefix(rest, scheme)
	}
	slash := strings.LastIndexByte(rest, '/')
	switch {
	case strings.ContainsAny(rest, "@?&= \x00`"):
		return nil, "", c.Errorf(c.Pos, "expected HOST[:PORT][,HOST...]/DATABASE: user, password and all else are options")
	case slash <= 0 || slash == len(rest)-1 || len(rest)-slash-1 > mostName:
		return nil, "", c.Errorf(c.Pos, "expected HOST[:PORT][,HOST...]/DATABASE, such as db.example.net/enumim")
	}
	for one := range strings.SplitSeq(rest[:slash], ",") {
		if strings.HasPrefix(one, "/") {
			hosts = append(hosts, host(one))
			continue
		}
		address, ok := remote.HostPort(one, strconv.Itoa(defaultPort))
		if name, _, err := net.SplitHostPort(address); !ok || err != nil || strings.ContainsAny(name, "[]") {
			return nil, "", c.Errorf(c.Pos, "expected HOST[:PORT][,HOST...]/DATABASE: one of the hosts is none")
		}
		hosts = append(hosts, host(address))
	}
	return hosts, rest[slash+1:], nil
}
