package corefile

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// defaultStatus is beside the ports of the plugins prometheus (9153), ready, health and pprof.
const defaultStatus = "localhost:9154"

// Status is the status line: where the page of this server is.
type Status struct {
	Address string // to listen at: host and port
	// Everyone says that others than this machine may reach the page.
	Everyone bool
}

// Host returns the host of the address, "" for all addresses of the machine.
func (s *Status) Host() string {
	host, _, _ := net.SplitHostPort(s.Address)
	return host
}

// status reads where the status page is. What is there tells whose number leads where, without a password: so that it is
// for this machine alone, unless a word says otherwise.
func (l *line) status() (*Status, error) {
	if err := l.count(0, 2, "an address such as "+defaultStatus); err != nil {
		return nil, err
	}
	s := &Status{Address: defaultStatus}
	if len(l.args) > 0 {
		s.Address = l.args[0]
	}
	if len(l.args) > 1 {
		if l.args[1] != "everyone" {
			return nil, l.errorf("status %q: expected nothing behind the address, or everyone", l.args[1])
		}
		s.Everyone = true
	}
	host, port, err := net.SplitHostPort(s.Address)
	if _, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil {
		return nil, l.errorf("status %q: expected a host and a port, such as %s", s.Address, defaultStatus)
	}
	if !s.Everyone && !loopback(host) {
		return nil, l.errorf("status %s: others than this machine could look up whose number leads where, without a password: "+
			"write %s, or everyone behind the address where only trusted people reach it", s.Address, net.JoinHostPort("localhost", port))
	}
	return s, nil
}

// loopback reports whether only the machine itself reaches a host.
func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}
