package rr

import (
	"fmt"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/naptr"
)

// maxString is the most octets of a character-string.
const maxString = 255

// From returns the octets of rr. The error, which names the field, wraps ErrEscape, ErrLongString or
// an error of the replacement name. A root replacement becomes "". The strings of the record may share memory with rr, which is safe
// because strings do not change.
func From(rr *dns.NAPTR) (naptr.Record, error) {
	r := naptr.Record{Order: rr.Order, Preference: rr.Preference}
	var err error
	if r.Flags, err = octetsOf(rr.Flags); err != nil {
		return naptr.Record{}, fmt.Errorf("flags: %w", err)
	}
	if r.Services, err = octetsOf(rr.Service); err != nil {
		return naptr.Record{}, fmt.Errorf("services: %w", err)
	}
	if r.Regexp, err = octetsOf(rr.Regexp); err != nil {
		return naptr.Record{}, fmt.Errorf("regexp: %w", err)
	}
	if r.Replacement, err = NameToWire(rr.Replacement); err != nil {
		return naptr.Record{}, fmt.Errorf("replacement: %w", err)
	}
	if r.Replacement == "\x00" {
		r.Replacement = ""
	}
	return r, nil
}

// unpackable stands in for a replacement that is no name. miekg/dns refuses to pack it, because it
// is not fully qualified: better an error there than malformed RDATA on the wire.
const unpackable = "malformed"

// To returns r as miekg/dns holds it, under the header hdr, of which it sets Rrtype. The record packs
// if it has passed naptr.Record.Check; otherwise packing the message returns an error. An empty
// Replacement becomes the root.
func To(hdr dns.RR_Header, r naptr.Record) *dns.NAPTR {
	hdr.Rrtype = dns.TypeNAPTR
	name, err := NameFromWire(r.Replacement)
	if err != nil {
		name = unpackable
	}
	return &dns.NAPTR{
		Hdr:         hdr,
		Order:       r.Order,
		Preference:  r.Preference,
		Flags:       Text(r.Flags),
		Service:     Text(r.Services),
		Regexp:      Text(r.Regexp),
		Replacement: name,
	}
}
