package resolve

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

const (
	// maxNonTerminals on one way to a URI; more count as a loop (RFC 6116 section 5.2.1).
	maxNonTerminals = 5
	// maxNames bounds the names that one number leads to, since each record can lead to others.
	maxNames = 32
)

// Result is what a number leads to.
type Result struct {
	Number e164.Number
	AUS    string // the Application Unique String that expressions are applied to
	Status Status // the best of Trees
	URIs   []URI  // in the order to try
	Trees  []Tree // the apexes looked at, in order
	Trail  []*Exchange
}

// Tree is one apex and what was found below it.
type Tree struct {
	Apex   e164.Apex
	Name   string // the ENUM domain of the number
	Status Status
}

// URI is one result.
type URI struct {
	URI      string
	Services []enumservice.Service // those of the record that are wanted, left to right
	Record   naptr.Record
	Owner    string // of the record: the ENUM domain, or where aliases and non-terminals lead
	TTL      uint32 // in seconds
}

// Lookup returns the URIs of a number, those of every order: a caller stops at the first that it can
// use, and is not to go on to a greater order then (RFC 3403 section 4.1). Trees are looked at in order until one has URIs. The Result is
// never nil and tells how far it came. The error is nil where it could be told what there is, also when
// that is nothing; see Result.Status. A tree that cannot be told ends the look-up: what stands in the
// next one may be meant for others.
func (c *Client) Lookup(ctx context.Context, n e164.Number) (*Result, error) {
	s := c.session()
	defer s.close()
	res := &Result{Number: n, AUS: n.String()}
	if c.DialPlan {
		res.AUS = n.Digits()
	}
	apexes := c.Apexes
	if len(apexes) == 0 {
		public, err := e164.ParseApex("e164.arpa.")
		if err != nil {
			return res, err
		}
		apexes = []e164.Apex{public}
	}
	for _, apex := range apexes {
		if !n.IsValid() || !n.HasPrefix(apex.Prefix()) {
			continue
		}
		w := &walk{s: s, aus: res.AUS, public: apex.Public(), seen: map[string]bool{}}
		tree := Tree{Apex: apex, Name: apex.Domain(n)}
		var err error
		res.URIs, tree.Status, err = w.follow(ctx, tree.Name, 0)
		res.Trees = append(res.Trees, tree)
		res.Trail = s.trail
		if err != nil {
			res.Status = Unknown
			return res, fmt.Errorf("%s below %s: %w", n.Masked(), apex, err)
		}
		res.Status = max(res.Status, tree.Status)
		if tree.Status == Found {
			return res, nil
		}
	}
	if len(res.Trees) == 0 {
		return res, ErrNumber
	}
	return res, nil
}

// walk applies the records of one tree.
type walk struct {
	s      *session
	aus    string
	public bool
	names  int
	seen   map[string]bool // names whose records were looked at, to end loops
}

// follow returns the URIs of the records at name, after depth non-terminals.
func (w *walk) follow(ctx context.Context, name string, depth int) ([]URI, Status, error) {
	w.names++
	found, err := w.s.find(ctx, name, dns.TypeNAPTR)
	for _, name := range found.names {
		w.seen[name] = true
	}
	if err != nil || found.status != Found {
		return nil, found.status, err
	}
	var uris []URI
	var trouble error
	for _, r := range sorted(found.records) {
		more, err := w.consider(ctx, r, depth)
		if err != nil {
			r.Why = "what it leads to cannot be told"
			trouble = err
			if ended(ctx) != nil {
				break
			}
		}
		uris = append(uris, more...)
	}
	switch {
	case len(uris) > 0:
		return uris, Found, nil
	case trouble != nil:
		// That nothing else was found says nothing of what stands there.
		return nil, Unknown, trouble
	}
	return nil, NoURI, nil
}

// sorted returns the records by order and preference, those of one rank as they came (RFC 6116
// section 5.2).
func sorted(records []*Record) []*Record {
	return slices.SortedStableFunc(slices.Values(records), func(a, b *Record) int {
		x, y := a.RR.(*dns.NAPTR), b.RR.(*dns.NAPTR)
		return cmp.Or(cmp.Compare(x.Order, y.Order), cmp.Compare(x.Preference, y.Preference))
	})
}

// consider applies one record.
func (w *walk) consider(ctx context.Context, r *Record, depth int) ([]URI, error) {
	record, err := rr.From(r.RR.(*dns.NAPTR))
	switch {
	case err != nil:
		r.Why = err.Error()
	case record.NonTerminal():
		return w.nonTerminal(ctx, r, record, depth)
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
			return []URI{uri}, nil
		}
	}
	return nil, nil
}

// nonTerminal goes on at the name that a record refers to (RFC 6116 section 5.2.1).
func (w *walk) nonTerminal(ctx context.Context, r *Record, record naptr.Record, depth int) ([]URI, error) {
	next, err := rr.NameFromWire(record.Replacement)
	switch {
	case err != nil || next == ".":
		r.Why = "non-terminal without a name to go on with"
	case w.seen[dns.CanonicalName(next)]:
		r.Why = "loop: it leads to a name that was asked for before"
	case depth >= maxNonTerminals:
		r.Why = fmt.Sprintf("loop: more than %d non-terminals", maxNonTerminals)
	case w.names >= maxNames:
		r.Why = ErrTooMany.Error()
		return nil, ErrTooMany
	default:
		uris, status, err := w.follow(ctx, next, depth+1)
		if err == nil && status != Found {
			r.Why = "it leads to nothing: " + status.String()
		}
		return uris, err
	}
	return nil, nil
}
