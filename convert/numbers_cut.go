package convert

import (
	"errors"
	"net/netip"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/naptr/rr"
)

// appendCut appends the name servers, addresses and DS of a delegation.
func (w *numbersText) appendCut(b []byte, e *backend.Entry) []byte {
	for i := range e.Sets {
		if s := &e.Sets[i]; s.Type == rr.TypeNS {
			b = appendTTL(b, s.TTL)
			for _, host := range s.Data {
				b = append(append(b, "\tNS "...), notation.NameText(host)...)
				b = append(appendAddresses(b, e.Glue, host), '\n')
			}
		}
	}
	for i := range e.Sets {
		if s := &e.Sets[i]; s.Type == rr.TypeDS {
			for _, data := range s.Data {
				b = append(append(append(b, "\tDS "...), notation.RDataText(rr.TypeDS, data)...), '\n')
			}
		}
	}
	return b
}

func appendAddresses(b []byte, glue []backend.Host, host string) []byte {
	for i := range glue {
		if notation.Lower(glue[i].Name) != notation.Lower(host) {
			continue
		}
		for _, s := range glue[i].Sets {
			for _, data := range s.Data {
				if addr, ok := netip.AddrFromSlice([]byte(data)); ok {
					b = addr.AppendTo(append(b, ' '))
				}
			}
		}
	}
	return b
}

// numbersHolds says why a numbers file cannot hold an entry, as far as its kind tells; what is wrong
// with its records is for proof to find.
func numbersHolds(e *backend.Entry) error {
	switch {
	case e.Kind == backend.Wildcard:
		return errors.New("a numbers file has no wildcards, which say nothing of the length of numbers and are hidden by names below them (RFC 4592): write it as a block by hand")
	case e.Kind == backend.Rename:
		return errors.New("a numbers file cannot hold a DNAME")
	case !e.Name.IsNumber():
		return errors.New("a numbers file cannot hold names that are no numbers")
	case !e.Name.Number.IsValid() && e.Kind != backend.Block:
		return errors.New("a numbers file cannot hold records of the apex")
	case e.Kind != backend.Delegation:
		for i := range e.Sets {
			return errors.New("a numbers file cannot hold records of type " + rr.TypeText(e.Sets[i].Type))
		}
		return nil
	}
	return cutHolds(e)
}

func cutHolds(e *backend.Entry) error {
	ttl, found := uint32(0), false
	one := func(sets []backend.RRset) bool {
		for i := range sets {
			if found && sets[i].TTL != ttl {
				return false
			}
			ttl, found = sets[i].TTL, true
		}
		return true
	}
	same := one(e.Sets)
	for i := range e.Glue {
		same = same && one(e.Glue[i].Sets)
	}
	if !same {
		return errors.New("a delegation in a numbers file has one TTL for its NS, DS and addresses, here they differ: make them alike")
	}
	return nil
}
