package convert

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr/rr"
)

const typeNS = rr.TypeNS

// Timers of an SOA in seconds, as RIPE-203 and RFC 2308 section 5 have it, for zones whose input has none.
const (
	refresh     = 3600
	retry       = 600
	expire      = 14 * 24 * 3600
	negativeTTL = 300
)

// newZone makes the frame of a zone. The notes say what the user should mend.
func (o *Options) newZone(apex e164.Apex, ttl uint32) (z *backend.Zone, notes []string, err error) {
	servers := o.NameServers
	if len(servers) == 0 {
		servers = []string{"ns.invalid."}
		notes = append(notes, "the SOA and NS of the zone name a server that does not exist: tell yours with --ns")
	}
	var hosts []string
	for _, s := range servers {
		wire, err := hostName(s)
		switch {
		case err != nil:
			return nil, notes, fmt.Errorf("name server %q: %w", s, err)
		case slices.ContainsFunc(hosts, func(h string) bool { return notation.Lower(h) == notation.Lower(wire) }):
			return nil, notes, fmt.Errorf("name server %q: named twice", s)
		}
		if _, err := apex.Parse(notation.NameText(wire)); err == nil {
			notes = append(notes, "a name server of the zone lies in the zone, which needs its addresses: add its A and AAAA records")
		}
		hosts = append(hosts, wire)
	}
	mailbox := o.Hostmaster
	if mailbox == "" {
		mailbox = "hostmaster." + apex.String()
	}
	rname, err := hostName(mailbox)
	if err != nil {
		return nil, notes, fmt.Errorf("hostmaster %q: %w", mailbox, err)
	}
	serial := max(o.Serial, 1)
	soa := []byte(hosts[0] + rname)
	for _, v := range []uint32{serial, refresh, retry, expire, negativeTTL} {
		soa = binary.BigEndian.AppendUint32(soa, v)
	}
	return &backend.Zone{
		SOA:    backend.RRset{Type: rr.TypeSOA, TTL: ttl, Data: []string{string(soa)}},
		Sets:   []backend.RRset{{Type: rr.TypeNS, TTL: ttl, Data: hosts}},
		Serial: serial,
	}, notes, nil
}

// hostName reads the name of a host or mailbox that a user gives.
func hostName(text string) (string, error) {
	const name = "expected a domain name such as ns1.example.net"
	if _, err := netip.ParseAddr(strings.TrimSuffix(text, ".")); err == nil {
		return "", errors.New("an address: expected the name of the host that has it (RFC 1035 section 3.3.11)")
	}
	for i := range len(text) {
		switch c := text[i]; {
		case c == '@':
			return "", errors.New("a mail address is written with a dot for its @ here: hostmaster.example.net")
		case c <= ' ' || c > '~' || c == '/' || c == ':':
			return "", errors.New(name)
		}
	}
	wire, err := notation.WireName(text)
	if err == nil && notation.IsRoot(wire) {
		err = errors.New(name)
	}
	return wire, err
}
