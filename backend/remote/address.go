package remote

import (
	"net"
	"strconv"
	"strings"
)

// HostPort reads HOST or HOST:PORT, the host being a name or an IP address, one of IPv6 in brackets where a port
// follows. It returns "host:port" in lower case, with port where none is given; ok is false for what is no address.
func HostPort(arg, port string) (address string, ok bool) {
	host, given, err := net.SplitHostPort(arg)
	if err != nil {
		host, given = strings.TrimSuffix(strings.TrimPrefix(arg, "["), "]"), port
		if strings.Contains(host, ":") && net.ParseIP(host) == nil {
			return "", false
		}
	}
	n, err := strconv.ParseUint(given, 10, 16)
	if err != nil || n == 0 || host == "" || strings.ContainsAny(host, "/ \t,\"") {
		return "", false
	}
	return net.JoinHostPort(strings.ToLower(host), given), true
}
