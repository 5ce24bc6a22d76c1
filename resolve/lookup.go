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
		tree := Tree{Apex: apex, Name: apex.Domain(n)}
		w := newWalk(s, res.AUS, apex.Public())
		top := w.look(ctx, tree.Name)
		res.URIs = w.follow(ctx, top, 0)
		tree.Status = top.status
		res.Trees = append(res.Trees, tree)
		res.Trail = s.trail
		if top.status == Unknown {
			res.Status = Unknown
			return res, fmt.Errorf("%s below %s: %w", n.Masked(), apex, top.err)
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

// sorted returns the records by order and preference, those of one rank as they came (RFC 6116
// section 5.2).
func sorted(records []*Record) []*Record {
	return slices.SortedStableFunc(slices.Values(records), func(a, b *Record) int {
		x, y := a.RR.(*dns.NAPTR), b.RR.(*dns.NAPTR)
		return cmp.Or(cmp.Compare(x.Order, y.Order), cmp.Compare(x.Preference, y.Preference))
	})
}
