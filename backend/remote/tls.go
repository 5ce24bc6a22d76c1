package remote

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/enumim/enumim/backend"
)

// security is what TLS is made of.
type security struct {
	said      bool // by the Corefile; else an address that is not loopback is secured even so
	on        bool
	ca        string // path; "" for the system's
	cert, key string // paths; "" for none
	name      string // whom the certificate must name; "" for the host
}

// String is the canonical form.
func (s security) String() string {
	on := strconv.FormatBool(s.on)
	if !s.on && !s.said {
		on = "elsewhere"
	}
	return fmt.Sprintf("tls=%s ca=%q cert=%q key=%q name=%q", on, s.ca, s.cert, s.key, s.name)
}

// TLS returns how to connect to a host: nil for without TLS. A host that the Corefile does not have, since the store
// named it, has no less than one that it has: only loopback goes without, if the Corefile does not say so. Files are read again each time, so that
// certificates can be exchanged; TLS 1.2 at least, and the name is always verified. An error is
// backend.ErrUnavailable, wrapped.
func (o *Options) TLS(host string) (*tls.Config, error) {
	if isSocket(host) || !o.secure.on && (o.secure.said || isLocal(host)) {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: o.secure.name}
	if config.ServerName == "" {
		config.ServerName = bareHost(host)
	}
	if config.ServerName == "" {
		return nil, fmt.Errorf("%w: nothing says whom the certificate must name: use the option tls_server_name", backend.ErrUnavailable)
	}
	if o.secure.ca != "" {
		text, err := os.ReadFile(o.secure.ca)
		if err != nil {
			return nil, fmt.Errorf("%w: tls_ca: %w", backend.ErrUnavailable, err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%w: tls_ca: %s holds no certificate in PEM", backend.ErrUnavailable, o.secure.ca)
		}
	}
	if o.secure.cert != "" {
		pair, err := tls.LoadX509KeyPair(o.secure.cert, o.secure.key)
		if path, ok := errors.AsType[*os.PathError](err); ok {
			return nil, fmt.Errorf("%w: tls_cert: %w", backend.ErrUnavailable, path)
		}
		if err != nil { // its text may show what stands in the files
			return nil, fmt.Errorf("%w: tls_cert: %s and %s are no certificate and its key in PEM", backend.ErrUnavailable, o.secure.cert, o.secure.key)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// bareHost returns the host of an address with or without port.
func bareHost(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		address = host
	}
	return strings.TrimSuffix(strings.TrimPrefix(address, "["), "]")
}

func isSocket(address string) bool {
	return strings.HasPrefix(address, "/") || strings.HasPrefix(address, "@")
}

// isLocal reports whether what is sent to an address does not leave the machine.
func isLocal(address string) bool {
	host := strings.ToLower(strings.TrimSuffix(bareHost(address), "."))
	if isSocket(address) || host == "localhost" || strings.HasSuffix(host, ".localhost") { // RFC 6761 section 6.3
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// Secure reports whether TLS is on for the hosts that Finish was given.
func (o *Options) Secure() bool { return o.secure.on }
