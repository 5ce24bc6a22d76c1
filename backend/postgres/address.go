package postgres

import (
	"net"
	"strconv"
	"strings"

	"github.com/enumim/enumim/backend"
)

// host is one server: a name or address and a port, or the folder of a socket.
type host struct {
	name string
	port uint16
}

func (h host) isSocket() bool { return strings.HasPrefix(h.name, "/") }

// String returns "host:port", or the path of the socket.
func (h host) String() string {
	if h.isSocket() {
		return h.name + "/.s.PGSQL." + strconv.Itoa(int(h.port))
	}
	return net.JoinHostPort(h.name, strconv.Itoa(int(h.port)))
}

const defaultPort = 5432

// parseAddress reads HOST[:PORT][,HOST...]/DATABASE, also behind "postgres://". A host that begins with a slash
// is the folder of a socket. What stands there is not repeated in errors: it may hold a password.
func parseAddress(c backend.Config, arg string) (hosts []host, database string, err error) {
	rest := arg
	for _, scheme := range []string{"postgres://", "postgresql://"} {
		rest = strings.TrimPrefix(rest, scheme)
	}
	slash := strings.LastIndexByte(rest, '/')
	switch {
	case strings.ContainsAny(rest, "@?&= \x00"):
		return nil, "", c.Errorf(c.Pos, "expected HOST[:PORT][,HOST...]/DATABASE: user, password and all else are options")
	case slash <= 0 || slash == len(rest)-1:
		return nil, "", c.Errorf(c.Pos, "expected HOST[:PORT][,HOST...]/DATABASE, such as db.example.net/enumim")
	}
	for one := range strings.SplitSeq(rest[:slash], ",") {
		h := host{name: one, port: defaultPort}
		if at := strings.LastIndexByte(one, ':'); at >= 0 && (strings.Count(one, ":") == 1 || one[at-1] == ']') {
			port, err := strconv.ParseUint(one[at+1:], 10, 16)
			if err != nil || port == 0 {
				return nil, "", c.Errorf(c.Pos, "the port of a server is not a number from 1 to 65535")
			}
			h.name, h.port = one[:at], uint16(port)
		}
		if !h.isSocket() {
			h.name = strings.TrimSuffix(strings.TrimPrefix(h.name, "["), "]")
		}
		if h.name == "" || !h.isSocket() && strings.ContainsAny(h.name, "/[]") {
			return nil, "", c.Errorf(c.Pos, "expected HOST[:PORT][,HOST...]/DATABASE: one of the hosts is none")
		}
		hosts = append(hosts, h)
	}
	return hosts, rest[slash+1:], nil
}
