package resolve

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

const (
	// maxNonTerminals on one way to a URI; more count as a loop (RFC 6116 section 5.2.1).
	maxNonTerminals = 5
	// maxNames bounds the names that one number leads to, since each record can lead to others.
	maxNames = 32
)

// walk applies the records of one tree. Each name is asked for once and gives its URIs once, by the
// first way that leads there; a shorter way that is found later leads further, so that the order of
// the records does not decide what is found.
type walk struct {
	s      *session
	aus    string
	public bool
	names  int               // asked for
	places map[string]*place // by name; aliases share what they lead to
	used   map[*Record]bool  // non-terminals that led to URIs
}

func newWalk(s *session, aus string, public bool) *walk {
	return &walk{s: s, aus: aus, public: public, places: map[string]*place{}, used: map[*Record]bool{}}
}

// place is the records at the end of the aliases of a name, and what they gave.
type place struct {
	records []*Record
	status  Status
	err     error // of Unknown
	depth   int   // the fewest non-terminals that led here
	open    bool  // it lies on the way that is being followed
	cut     bool  // the way on from here was too long
}

// look asks for a name.
func (w *walk) look(ctx context.Context, name string) *place {
	w.names++
	found, err := w.s.find(ctx, name, dns.TypeNAPTR)
	if err != nil {
		p := &place{err: err}
		w.places[dns.CanonicalName(name)] = p
		return p
	}
	p := w.places[found.owner]
	if p == nil {
		p = &place{status: found.status, records: sorted(found.records), depth: math.MaxInt}
	} else {
		for _, r := range found.records {
			r.Why = "the same record as before"
		}
	}
	for _, name := range found.names {
		w.places[name] = p
	}
	return p
}

// follow returns the URIs of the records at p that were not found before, after depth non-terminals.
func (w *walk) follow(ctx context.Context, p *place, depth int) []URI {
	if depth >= p.depth || len(p.records) == 0 {
		return nil
	}
	if p.depth == math.MaxInt {
		p.status = NoURI
	}
	p.depth, p.cut, p.open = depth, false, true
	defer func() { p.open = false }()
	var uris []URI
	for _, r := range p.records {
		uris = append(uris, w.consider(ctx, p, r, depth)...)
		if p.err != nil && ended(ctx) != nil {
			break
		}
	}
	// Where more can be found by a shorter way, it is behind these.
	p.records = slices.DeleteFunc(p.records, func(r *Record) bool { return r.RR.(*dns.NAPTR).Flags != "" })
	switch {
	case len(uris) > 0 || p.status == Found:
		p.status = Found
	case p.err != nil:
		// That nothing else was found says nothing of what stands there.
		p.status = Unknown
	default:
		p.status = NoURI
	}
	return uris
}

// consider applies one record of p.
func (w *walk) consider(ctx context.Context, p *place, r *Record, depth int) []URI {
	record, err := rr.From(r.RR.(*dns.NAPTR))
	switch {
	case err != nil:
		r.Why = err.Error()
	case record.NonTerminal():
		return w.nonTerminal(ctx, p, r, record, depth)
	case !record.Terminal(): // before order and service count (RFC 6116 section 3.4.2)
		r.Why = "its flag is not one of ENUM"
	default:
		uri := URI{Record: record, Owner: r.RR.Header().Name, TTL: r.RR.Header().Ttl}
		uri.Services, r.Why = w.services(record)
		if r.Why == "" {
			uri.URI, r.Why = w.substitute(record)
		}
		if r.Why == "" {
			r.URI = uri.URI
			return []URI{uri}
		}
	}
	return nil
}

// nonTerminal goes on at the name that a record of p refers to (RFC 6116 section 5.2.1).
func (w *walk) nonTerminal(ctx context.Context, p *place, r *Record, record naptr.Record, depth int) []URI {
	next, err := rr.NameFromWire(record.Replacement)
	if err != nil || next == "." {
		r.Why = "non-terminal without a name to go on with"
		return nil
	}
	next = dns.CanonicalName(next)
	to := w.places[next]
	if to == nil {
		switch {
		case depth >= maxNonTerminals:
			r.Why = fmt.Sprintf("loop: more than %d non-terminals", maxNonTerminals)
			p.cut = true
			return nil
		case w.names >= maxNames:
			r.Why = ErrTooMany.Error()
			p.err = ErrTooMany
			return nil
		}
		to = w.look(ctx, next)
	}
	if to.open {
		r.Why = "loop: it leads back to a name on the way to it"
		return nil
	}
	before := to.depth <= depth+1
	uris := w.follow(ctx, to, depth+1)
	p.cut = p.cut || to.cut
	why := ""
	switch {
	case len(uris) > 0:
		w.used[r] = true
	case to.status == Unknown:
		p.err = to.err
		why = "what it leads to cannot be told"
	case to.status == Found:
		p.status = Found
		why = "it leads to nothing that was not found before"
		if before {
			why = "it leads to the same name as an earlier record"
		}
	case to.cut:
		why = fmt.Sprintf("it leads to nothing within %d non-terminals", maxNonTerminals)
	default:
		why = "it leads to nothing: " + to.status.String()
	}
	if w.used[r] { // perhaps by a longer way
		why = ""
	}
	r.Why = why
	return uris
}
