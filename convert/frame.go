package convert

import (
	"encoding/binary"
	"fmt"

	"github.com/enumim/enumim/backend"
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

// newZone makes the frame of a zone. The note says what the user should mend.
func (o *Options) newZone(apex e164.Apex, ttl uint32) (z *backend.Zone, note string, err error) {
	servers := o.NameServers
	if len(servers) == 0 {
		servers = []string{"ns.invalid."}
		note = "the SOA and NS of the zone name a server that does not exist: tell yours with --ns"
	}
	var hosts []string
	for _, s := range servers {
		wire, err := wireName(s)
		if err != nil || isRoot(wire) {
			return nil, note, fmt.Errorf("name server %q: expected a domain name", s)
		}
		hosts = append(hosts, wire)
	}
	mailbox := o.Hostmaster
	if mailbox == "" {
		mailbox = "hostmaster." + apex.String()
	}
	rname, err := wireName(mailbox)
	if err != nil {
		return nil, note, fmt.Errorf("hostmaster %q: expected a domain name, such as hostmaster.example.com", mailbox)
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
	}, note, nil
}
