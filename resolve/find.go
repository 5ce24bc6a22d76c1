package resolve

import (
	"context"
	"strings"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// maxAliases bounds how many times a name is asked on for because a reply ends in an alias.
const maxAliases = 8

// Status is what there is at a name.
type Status uint8

const (
	// Unknown: it could not be told. It says nothing of whether the number exists.
	Unknown Status = iota
	// NoName: the name does not exist (NXDOMAIN).
	NoName
	// NoData: the name exists and has no NAPTR records. Some operators say so of numbers that exist
	// and are not in service (RFC 5346 section 4.1.2).
	NoData
	// NoURI: there are NAPTR records, and none gives a URI that is wanted.
	NoURI
	// Found: there are URIs, or, of an RRset, records.
	Found
)

// String returns "unknown", "no name", "no data", "no URI" or "found".
func (s Status) String() string {
	switch s {
	case NoName:
		return "no name"
	case NoData:
		return "no data"
	case NoURI:
		return "no URI"
	case Found:
		return "found"
	}
	return "unknown"
}

// set is what there is of one type at a name, or where its aliases lead.
type set struct {
	status  Status // NoName, NoData or Found
	owner   string // the end of the aliases
	names   []string
	records []*Record // of the type, in the order of the message
	last    *Exchange
}

// find looks the records of one type up. Aliases are followed: within a reply, and by asking again
// where a server of a zone stops at one that leads out of it.
func (s *session) find(ctx context.Context, name string, qtype uint16) (set, error) {
	found := set{owner: dns.CanonicalName(name)}
	seen := map[string]bool{}
	for range maxAliases {
		x, m, err := s.ask(ctx, found.owner, qtype)
		if err != nil {
			return found, err
		}
		found.last = x
		asked := found.owner
		if err := found.follow(x.Records, qtype, seen); err != nil {
			x.Err = &ServerError{Server: x.Server, Err: err}
			return found, x.Err
		}
		switch {
		case len(found.records) > 0 && m.Rcode != dns.RcodeSuccess:
			x.Err = &ServerError{Server: x.Server, Err: ErrMalformed}
			return found, x.Err
		case len(found.records) > 0:
			found.status = Found
			return found, nil
		case m.Rcode == dns.RcodeNameError: // of the last name (RFC 6604 section 2)
			found.status = NoName
			return found, nil
		case found.owner == asked && len(x.Records) > 0:
			// Records of other names are no answer, and no proof that there is none.
			x.Err = &ServerError{Server: x.Server, Err: ErrMalformed}
			return found, x.Err
		case found.owner == asked || has(m.Ns, dns.TypeSOA):
			found.status = NoData
			return found, nil
		}
	}
	return found, ErrAlias
}

// follow walks the aliases of an answer section from f.owner on and takes the records at their end.
func (f *set) follow(section []*Record, qtype uint16, seen map[string]bool) error {
	for {
		if seen[f.owner] {
			return ErrAlias
		}
		seen[f.owner] = true
		f.names = append(f.names, f.owner)
		next := ""
		for _, r := range section {
			hdr := r.RR.Header()
			if hdr.Class != dns.ClassINET || dns.CanonicalName(hdr.Name) != f.owner {
				continue
			}
			switch alias, ok := r.RR.(*dns.CNAME); {
			case hdr.Rrtype == qtype:
				f.records = append(f.records, r)
			case ok:
				next = dns.CanonicalName(alias.Target)
			}
		}
		if next == "" && len(f.records) == 0 {
			next = redirected(section, f.owner)
		}
		if next == "" || len(f.records) > 0 {
			delete(seen, f.owner) // it may be asked for by itself
			return nil
		}
		f.owner = next
	}
}

// redirected returns what a DNAME makes of a name where the CNAME that belongs to it is missing
// (RFC 6672 section 3.4); "" where there is none, or the result is no name.
func redirected(section []*Record, name string) string {
	for _, r := range section {
		d, ok := r.RR.(*dns.DNAME)
		if !ok || d.Hdr.Class != dns.ClassINET {
			continue
		}
		owner := dns.CanonicalName(d.Hdr.Name)
		// One at the root would apply to its own result for ever.
		if owner == name || owner == "." || !dns.IsSubDomain(owner, name) {
			continue
		}
		target := strings.TrimSuffix(name, owner) + strings.TrimPrefix(dns.CanonicalName(d.Target), ".")
		if _, err := rr.NameToWire(target); err == nil {
			return target
		}
	}
	return ""
}

// RRset is the NAPTR records of a name as a server sends them.
type RRset struct {
	Name    string // what was asked, fully qualified
	Owner   string // where the records are: the end of the aliases
	Status  Status // Found, NoData, NoName, or Unknown with an error
	Records []naptr.Record
	TTL     uint32     // in seconds, of the first record
	Size    int        // of the reply in octets
	Header  dns.MsgHdr // of the reply
	Trail   []*Exchange
}

// Raw returns the NAPTR records of a name, in the order of the message, without a look into them. The
// RRset is never nil, and has the trail also with an error.
func (c *Client) Raw(ctx context.Context, name string) (*RRset, error) {
	s := c.session()
	defer s.close()
	found, err := s.find(ctx, dns.Fqdn(name), dns.TypeNAPTR)
	out := &RRset{Name: dns.Fqdn(name), Owner: found.owner, Status: found.status, Trail: s.trail}
	if x := found.last; x != nil {
		out.Size, out.Header = x.Size, x.Header
	}
	for _, r := range found.records {
		record, err := rr.From(r.RR.(*dns.NAPTR))
		if err != nil {
			r.Why = err.Error()
			continue
		}
		if len(out.Records) == 0 {
			out.TTL = r.RR.Header().Ttl
		}
		out.Records = append(out.Records, record)
	}
	return out, err
}
