package resolve

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/miekg/dns"
)

// Transport is how a server is asked.
type Transport uint8

// The transports. The zero value asks over UDP and, where a reply does not fit, over TCP (RFC 7766
// section 5).
const (
	UDP Transport = iota
	TCP
	TLS // RFC 7858
)

// String returns "udp", "tcp" or "tls"; "" for what is no Transport.
func (t Transport) String() string {
	switch t {
	case UDP:
		return "udp"
	case TCP:
		return "tcp"
	case TLS:
		return "tls"
	}
	return ""
}

// Server is a name server. Servers are comparable; the zero Server is none.
type Server struct {
	Host      string // an address, for IPv6 without brackets, or a host name
	Port      uint16 // 0 stands for 53, and for 853 with TLS
	Transport Transport
	Name      string // what the certificate of a TLS server must be for; "" stands for Host
}

// ParseServer reads a server as people write it: "192.0.2.53", "2001:db8::53", "ns.example.net", each
// with a port behind a colon where wanted, IPv6 addresses then in brackets; before it "tcp://" or
// "tls://"; behind a TLS server "#name", the name of its certificate. It returns ErrServer.
func ParseServer(s string) (Server, error) {
	var server Server
	rest := s
	if scheme, after, ok := strings.Cut(s, "://"); ok {
		rest = after
		switch strings.ToLower(scheme) {
		case "tcp":
			server.Transport = TCP
		case "tls":
			server.Transport = TLS
		case "udp":
		default:
			return Server{}, ErrServer
		}
	}
	rest, name, named := strings.Cut(rest, "#")
	if named && (server.Transport != TLS || !isHost(name)) {
		return Server{}, ErrServer
	}
	server.Name = name
	host, port := rest, ""
	if _, err := netip.ParseAddr(rest); err != nil {
		inner, bracketed := strings.CutPrefix(rest, "[")
		switch {
		case bracketed && strings.HasSuffix(inner, "]"):
			host = strings.TrimSuffix(inner, "]")
		case strings.Contains(rest, ":"):
			if host, port, err = net.SplitHostPort(rest); err != nil || port == "" {
				return Server{}, ErrServer
			}
		}
		if a, err := netip.ParseAddr(host); bracketed && (err != nil || !a.Is6()) {
			return Server{}, ErrServer
		}
	}
	if !isHost(host) {
		return Server{}, ErrServer
	}
	server.Host = host
	if port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return Server{}, ErrServer
		}
		server.Port = uint16(n)
	}
	return server, nil
}

// isHost reports whether s is an address or can be a host name.
func isHost(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	if len(s) > 253 || s == "" {
		return false
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(s, "."), ".") {
		if label == "" || len(label) > 63 || strings.IndexFunc(label, func(r rune) bool {
			return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
		}) >= 0 {
			return false
		}
	}
	return true
}

// SystemServers returns the servers that a file in the form of resolv.conf(5) names; the one of this
// machine where it names none. "" stands for /etc/resolv.conf.
func SystemServers(path string) ([]Server, error) {
	if path == "" {
		path = "/etc/resolv.conf"
	}
	conf, err := dns.ClientConfigFromFile(path)
	if err != nil {
		return nil, err
	}
	var servers []Server
	for _, host := range conf.Servers {
		if isHost(host) {
			servers = append(servers, Server{Host: host})
		}
	}
	if len(servers) == 0 {
		servers = append(servers, Server{Host: "127.0.0.1"})
	}
	return servers, nil
}

// Address returns host and port, as net.Dial takes them.
func (s Server) Address() string {
	port := s.Port
	if port == 0 {
		port = 53
		if s.Transport == TLS {
			port = 853
		}
	}
	return net.JoinHostPort(s.Host, strconv.Itoa(int(port)))
}

// String returns the server as ParseServer reads it, with its port.
func (s Server) String() string {
	text := s.Address()
	if s.Transport != UDP {
		text = fmt.Sprintf("%s://%s", s.Transport, text)
	}
	if s.Name != "" {
		text += "#" + s.Name
	}
	return text
}

// certificateName returns the name that the server has to prove.
func (s Server) certificateName() string {
	if s.Name != "" {
		return s.Name
	}
	host, _, _ := strings.Cut(s.Host, "%") // no certificate has a zone
	return strings.TrimSuffix(host, ".")
}
