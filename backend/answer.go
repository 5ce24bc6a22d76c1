package backend

import (
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// Query is what a backend is asked: a name below one of the apexes it was configured with.
type Query struct {
	Apex string // canonical, as e164.Apex.String returns it
	Name e164.Name
}

// Kind says what a backend knows about a name.
type Kind uint8

// The zero Kind is no answer: the handle turns it into an error, so that a backend which forgets to
// answer can never deny a number.
const (
	Unknown     Kind = iota
	Found            // the name has the Rules and Sets of the answer
	Empty            // the name exists and has no records: reserved, out of service (RFC 5346)
	Descendants      // nothing at the name, something below it: an empty non-terminal (RFC 8020)
	Absent           // neither the name nor anything below it exists
	Delegated        // at or below the delegation Owner; Sets holds its NS and DS, Glue the addresses
	Renamed          // below the DNAME at Owner; Sets holds the DNAME (RFC 6672)
)

// Form is how records are answered.
type Form uint8

const (
	// Plain expands the substitution expression for the number asked, so that the record reads
	// "!^.*$!uri!", which every client can use (RFC 5483 section 3.1). The zero value.
	Plain Form = iota
	// Stored answers records as they were provisioned.
	Stored
)

// RRset is a set of resource records of one type other than NAPTR.
type RRset struct {
	Type uint16
	TTL  uint32   // seconds
	Data []string // RDATA of each record, wire octets, names uncompressed
}

// Host is a name server below a delegation with its addresses (glue, RFC 9471).
type Host struct {
	Name string  // uncompressed wire form, with the final zero octet
	Sets []RRset // A and AAAA
}

// Zone is the frame of a tree that brings its own: what stands at the apex of a zone file.
type Zone struct {
	SOA    RRset // exactly one record
	Sets   []RRset
	Serial uint32
	// Explicit says that a wildcard stands in for all names below it but those at and below names which have
	// something of their own, as in PowerDNS. Without it names that exist only for others below them count, too
	// (RFC 4592 section 3.3.1).
	Explicit bool
}

// Answer is what a backend returns for one Query. Everything in it is shared and must not be
// changed by whoever receives it.
type Answer struct {
	Kind Kind
	Form Form // the form that suits where the data comes from; the Corefile may say otherwise
	TTL  uint32
	// Rules are the NAPTR records; TTL, in seconds, is theirs. A rule may have gaps that Text
	// fills, in order (see naptr.Rule). The handler writes them in the order they stand in.
	Rules []naptr.Rule
	Text  string
	// Sets are the RRsets of other types, NAPTR never among them.
	Sets []RRset
	// Owner is the name that owns the NS or DNAME of a Delegated or Renamed answer, or the
	// wildcard that a Found answer was synthesised from; zero otherwise.
	Owner e164.Name
	Glue  []Host
	// Zone is the frame of the zone that the answer is from; nil where the backend knows numbers
	// only and the Corefile gives the frame. The apex itself is answered from it.
	Zone *Zone
	// Stale marks an answer from data that could not be refreshed in time (RFC 8767).
	Stale bool
}
