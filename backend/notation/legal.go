package notation

import (
	"errors"
	"fmt"
	"slices"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr/rr"
)

// legalName says what is wrong with the name of an entry: one name has one form, or two entries with
// different names would be one.
func legalName(e *backend.Entry) error {
	name := e.Name
	last := ""
	for s := name.Labels; s != ""; s = s[1+s[0]:] {
		last = s[1 : 1+s[0]]
	}
	// With what stands for the root. The apex adds some, of which nothing is known here.
	octets := len(name.Labels) + 2*name.Number.Len() + 1
	switch {
	case octets > 255:
		return errors.New("the name has more than 255 octets (RFC 1035 section 2.3.4)")
	case len(last) == 1 && last[0] >= '0' && last[0] <= '9' && name.Number.Len() < e164.MaxDigits:
		return errors.New(`the last label of "name" is a digit: it belongs to the number`)
	case name.IsWildcard() && e.Kind == backend.Number:
		return errors.New(`the first label of "name" is "*": that is an entry of kind wildcard, with the name of its parent`)
	case name.IsWildcard() && e.Kind != backend.Wildcard:
		return errors.New("no NS or DNAME at a wildcard, where they have no meaning (RFC 4592 sections 4.2 and 4.4)")
	}
	return nil
}

// legalSets says what no zone may have at one name.
func legalSets(e *backend.Entry) error {
	has := func(typ uint16) bool {
		return slices.ContainsFunc(e.Sets, func(s backend.RRset) bool { return s.Type == typ })
	}
	size := 0
	wire := make([]byte, 0, 256) // for its length alone
	for i := range e.Records {
		var err error
		if wire, err = e.Records[i].AppendWire(wire[:0]); err != nil {
			return err
		}
		size += len(wire)
		if slices.Contains(e.Records[:i], e.Records[i]) {
			return errTwice
		}
	}
	if err := legalSize(rr.TypeNAPTR, len(e.Records), size); err != nil {
		return err
	}
	cname := has(rr.TypeCNAME)
	if cname && len(e.Records) > 0 {
		return errAlone
	}
	for i := range e.Sets {
		s := &e.Sets[i]
		switch typ := s.Type; {
		case cname && !besideCNAME(typ):
			return errAlone
		case typ == rr.TypeSOA:
			return errors.New("the SOA of a zone is an entry of kind zone")
		case typ == rr.TypeNS && e.Kind != backend.Delegation:
			return errors.New("NS records are for entries of kind delegation, those of the apex for the zone")
		case e.Kind == backend.Delegation && typ != rr.TypeNS && typ != rr.TypeDS:
			return fmt.Errorf("a delegation has NS records and perhaps DS: it would hide those of type %s", rr.TypeText(typ))
		case len(s.Data) > 1 && (typ == rr.TypeCNAME || typ == rr.TypeDNAME):
			return fmt.Errorf("a name has one %s", rr.TypeText(typ))
		}
		size := 0
		for _, data := range s.Data {
			size += len(data)
		}
		if err := legalSize(s.Type, len(s.Data), size); err != nil {
			return err
		}
	}
	return nil
}

var errTwice = errors.New("this record stands there twice")

var errAlone = errors.New("nothing may stand beside a CNAME, which has a name for itself (RFC 1034 section 3.6.2)")

// besideCNAME tells what may stand at the name of a CNAME: itself, and what signs it (RFC 4034 sections 3
// and 4, RFC 2181 section 10.1).
func besideCNAME(typ uint16) bool {
	switch typ {
	case rr.TypeCNAME, rr.TypeRRSIG, rr.TypeNSEC, rr.TypeKEY:
		return true
	}
	return false
}

// legalSize refuses an RRset that no message can carry: with its owner name compressed, each record takes
// 12 octets beside its data.
func legalSize(typ uint16, records, octets int) error {
	if records*12+octets > 1<<16-1 {
		return fmt.Errorf("%d records of type %s with %d octets do not fit a message of 65535 octets", records, rr.TypeText(typ), octets)
	}
	return nil
}

// LegalFrame says what is wrong with the RRsets of the apex.
func LegalFrame(sets []backend.RRset) error {
	for i := range sets {
		switch s := &sets[i]; {
		case s.Type == rr.TypeCNAME:
			return errors.New("no CNAME at the apex, where the SOA stands (RFC 1034 section 3.6.2)")
		case s.Type == rr.TypeDNAME && len(s.Data) > 1:
			return errors.New("a name has one DNAME")
		case s.Type == rr.TypeDS:
			return errors.New("the DS records of a zone stand in the zone above it (RFC 4035 section 2.4)")
		}
	}
	return nil
}
