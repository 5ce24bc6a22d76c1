package enumim

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/corefile"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr/rr"
)

// frame is what stands at an apex whose backend knows numbers only: the SOA and NS of the Corefile.
// For a backend that brings a zone it keeps the SOA of that, unpacked.
type frame struct {
	soa    dns.SOA       // without owner and serial
	names  string        // MNAME and RNAME as SOA RDATA begins with
	ns     backend.RRset // the NS
	serial serial
	zone   atomic.Pointer[zoneSOA]
}

type zoneSOA struct {
	zone *backend.Zone
	soa  *dns.SOA
}

// setFrame makes the frame from the options, with the defaults ns.ZONE and hostmaster.ZONE.
func (t *tree) setFrame() error {
	o := &t.Options
	hosts := o.NS
	if len(hosts) == 0 {
		hosts = []string{"ns." + t.zone}
	}
	soa := corefile.SOA{MName: hosts[0], RName: "hostmaster." + t.zone, Refresh: 7200, Retry: 900, Expire: 1209600}
	if o.SOA != nil {
		soa = *o.SOA
	}
	t.frame.ns = backend.RRset{Type: dns.TypeNS, TTL: o.TTL}
	for _, host := range hosts {
		wire, err := rr.NameToWire(host)
		if err != nil {
			return fmt.Errorf("ns %s: %w", host, err)
		}
		t.frame.ns.Data = append(t.frame.ns.Data, wire)
	}
	for _, name := range []string{soa.MName, soa.RName} {
		wire, err := rr.NameToWire(name)
		if err != nil {
			return fmt.Errorf("soa %s: %w", name, err)
		}
		t.frame.names += wire
	}
	t.frame.soa = dns.SOA{
		Hdr: dns.RR_Header{Rrtype: dns.TypeSOA, Class: dns.ClassINET, Ttl: o.TTL},
		Ns:  soa.MName, Mbox: soa.RName,
		Refresh: soa.Refresh, Retry: soa.Retry, Expire: soa.Expire, Minttl: o.NegativeTTL,
	}
	return nil
}

// lost returns a name server of the frame that lies in this tree, for which covered asks, and has no
// address there: an NS must lead to one (RFC 2181 section 10.3). "" is none, or that it is not known.
func (t *tree) lost(covered func(t *tree, host string) bool) string {
	var a backend.Answer
	lookup := func(name e164.Name) bool {
		return t.source.Lookup(context.Background(), backend.Query{Apex: t.zone, Name: name}, &a) == nil
	}
	if apex, err := t.apex.Parse(t.zone); err != nil || !lookup(apex) || a.Zone != nil {
		return ""
	}
	for _, wire := range t.frame.ns.Data {
		host, err := rr.NameFromWire(wire)
		if err != nil {
			continue
		}
		name, err := t.apex.Parse(host)
		if err != nil || covered(t, host) || !lookup(name) || a.Kind == backend.Delegated {
			continue
		}
		if indexType(a.Sets, dns.TypeA) < 0 && indexType(a.Sets, dns.TypeAAAA) < 0 {
			return host
		}
	}
	return ""
}

// warnOfLost tells of name servers that nobody finds, one for each block: the others are named alike. What a store
// brings is not known before it is asked.
func (g *generation) warnOfLost() {
	for _, b := range g.blocks {
		if !b.local || !b.source.Ready() {
			continue
		}
		for _, t := range b.trees {
			if host := t.lost(g.covers); host != "" {
				log.Warningf("%s: zone %s: its name server %s has no address, so that nobody finds it: name one that has, such as ns ns1.example.net",
					b.Pos, t.zone, host)
				break
			}
		}
	}
}

// covers reports whether another tree than t has an apex that is nearer to host.
func (g *generation) covers(t *tree, host string) bool {
	for _, b := range g.blocks {
		for _, other := range b.trees {
			if len(other.zone) > len(t.zone) && dns.IsSubDomain(other.zone, host) {
				return true
			}
		}
	}
	return false
}

// sets returns the SOA and NS of the frame as a backend would.
func (f *frame) sets(serial uint32) []backend.RRset {
	rdata := []byte(f.names)
	for _, n := range []uint32{serial, f.soa.Refresh, f.soa.Retry, f.soa.Expire, f.soa.Minttl} {
		rdata = binary.BigEndian.AppendUint32(rdata, n)
	}
	return []backend.RRset{{Type: dns.TypeSOA, TTL: f.soa.Hdr.Ttl, Data: []string{string(rdata)}}, f.ns}
}

// soa writes the SOA of the tree: that of the zone, or that of the Corefile where there is no zone.
// owner is the apex as the query spells it.
func (t *tree) soa(ctx context.Context, into *dns.SOA, zone *backend.Zone, owner string) error {
	if zone == nil {
		*into = t.frame.soa
		into.Serial = t.frame.serial.now(ctx, t)
		into.Hdr.Name = owner
		return nil
	}
	known := t.frame.zone.Load()
	if known == nil || known.zone != zone {
		soa, err := unpackSOA(t.zone, zone)
		if err != nil {
			return err
		}
		known = &zoneSOA{zone, soa}
		t.frame.zone.Store(known)
	}
	*into = *known.soa
	into.Hdr.Name = owner
	return nil
}

func unpackSOA(name string, zone *backend.Zone) (*dns.SOA, error) {
	if len(zone.SOA.Data) != 1 {
		return nil, fmt.Errorf("%w: a zone without its one SOA", backend.ErrInvalidData)
	}
	record, err := rr.Unpack(name, zone.SOA.TTL, dns.TypeSOA, zone.SOA.Data[0])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", backend.ErrInvalidData, err)
	}
	return record.(*dns.SOA), nil
}

// serial is the SOA serial of a tree without a zone. Whatever the backend says, it does not go back
// while this process lives (RFC 1982 arithmetic).
type serial struct {
	last  atomic.Uint32 // told; 0 for none
	asked atomic.Int64  // when the backend was asked last, as time since start
	// shift is added to what the backend says, where something larger was told before it said anything: when the
	// store was away, or by the tree of another backend. nil before it says something.
	shift atomic.Pointer[uint32]
}

// follow has the serial go on from that of the frame that answered before; same says that it is the same backend.
func (f *frame) follow(was *frame, same bool) {
	last := was.serial.last.Load()
	if zone := was.zone.Load(); zone != nil {
		last = zone.soa.Serial
	}
	f.serial.last.Store(last)
	if same {
		f.serial.shift.Store(was.serial.shift.Load())
	}
}

// serialAge is how long the serial of a store is used before it is asked again, which is a round trip.
const serialAge = 5 * time.Second

// start stands in for the serial of a backend that counts no changes.
var start = time.Now()

func (s *serial) now(ctx context.Context, t *tree) uint32 {
	last := s.last.Load()
	if t.serialer != nil && (t.local || last == 0 || s.due()) {
		last = s.ask(ctx, t)
	}
	if last == 0 {
		s.last.CompareAndSwap(0, uint32(start.Unix()))
		return s.last.Load()
	}
	return last
}

// shifted returns the serial for n, the backend's. What it says first is not told where it is less than what was
// told: the serials then go on from that, as far apart as the backend's are.
func (s *serial) shifted(n uint32) uint32 {
	shift := s.shift.Load()
	if shift == nil {
		shift = new(uint32)
		if last := s.last.Load(); last != 0 && int32(n-last) < 0 {
			*shift = last + 1 - n
		}
		if !s.shift.CompareAndSwap(nil, shift) {
			shift = s.shift.Load()
		}
	}
	return n + *shift
}

// due lets one caller through each serialAge.
func (s *serial) due() bool {
	now, asked := int64(time.Since(start)), s.asked.Load()
	return now-asked >= int64(serialAge) && s.asked.CompareAndSwap(asked, now)
}

// generation returns what the backend says, 0 for nothing: no number is to go without an answer for it, also where the
// backend panics, which no handle guards here.
func (t *tree) generation(ctx context.Context) (n uint32) {
	defer func() {
		if recover() != nil {
			panics.Inc()
			n = 0
		}
	}()
	n, err := t.serialer.Serial(ctx, t.zone)
	if err != nil {
		return 0
	}
	return n
}

// ask asks the backend and returns the serial to use, 0 where none is known.
func (s *serial) ask(ctx context.Context, t *tree) uint32 {
	if !t.local { // memory needs no timer, which would cost more than a negative answer
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, t.Limits.Timeout)
		defer cancel()
	}
	n := t.generation(ctx)
	if n == 0 {
		return s.last.Load()
	}
	n = s.shifted(n)
	for {
		last := s.last.Load()
		if last != 0 && int32(n-last) <= 0 {
			return last
		}
		if s.last.CompareAndSwap(last, n) {
			return n
		}
	}
}
