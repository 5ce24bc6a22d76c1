package notation

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// The words for kinds of entries in CSV and JSON lines.
const (
	kindZone = "zone" // the frame: SOA and what else stands at the apex
	// KindEnd is the word for the end of a file.
	KindEnd = "end"
)

var kindWords = [...]string{
	backend.Number: "number", backend.Block: "block", backend.Wildcard: "wildcard",
	backend.Delegation: "delegation", backend.Rename: "rename",
}

const kindList = `"number", "block", "wildcard", "delegation", "rename", "zone" or "end"`

func kindOf(word string) (backend.EntryKind, bool) {
	i := slices.Index(kindWords[:], word)
	return backend.EntryKind(max(i, 0)), i >= 0
}

// mostTTL is the greatest TTL (RFC 2181 section 8).
const mostTTL = math.MaxInt32

// decimal reads a whole number up to most.
func decimal(text string, most uint64) (uint64, error) {
	v, err := strconv.ParseUint(text, 10, 64)
	if err != nil || v > most || text[0] == '+' {
		return 0, fmt.Errorf("expected a whole number from 0 to %d", most)
	}
	return v, nil
}

// What a record has whose order and preference are left out, and how much the preference grows from one to
// the next.
const (
	DefaultOrder    = 100
	FirstPreference = 10
	PreferenceStep  = 10
)

// fields is one NAPTR as CSV and JSON lines give it; what a numbers file may leave out may be left out
// here.
type fields struct {
	order, preference, flags, services, uri, regexp, replacement, data *string
}

// defaults are what a record without order, preference or services has.
type defaults struct {
	order, preference uint64
	services          map[string]string
}

func (d *defaults) begin() { d.order, d.preference = DefaultOrder, FirstPreference }

// record makes a record of fields.
func (d *defaults) record(f *fields) (r naptr.Record, err error) {
	if f.data != nil {
		if f.order != nil || f.preference != nil || f.flags != nil || f.services != nil || f.uri != nil || f.regexp != nil || f.replacement != nil {
			return r, errors.New("a NAPTR has either its fields or its data as a whole")
		}
		_, wire, err := rr.ParseRData("NAPTR", *f.data, "")
		if err != nil {
			return r, fmt.Errorf(`expected the data of a NAPTR in the form \# LENGTH HEX (RFC 3597 section 5): %w`, err)
		}
		r, err := naptr.ParseRecord(wire)
		if err != nil {
			return r, fmt.Errorf("expected the data of a NAPTR: %w", err)
		}
		return r, nil
	}
	if f.order != nil {
		if d.order, err = decimal(*f.order, math.MaxUint16); err != nil {
			return r, fmt.Errorf("order: %w", err)
		}
	}
	if f.preference != nil {
		if d.preference, err = decimal(*f.preference, math.MaxUint16); err != nil {
			return r, fmt.Errorf("preference: %w", err)
		}
	}
	if d.preference > math.MaxUint16 {
		return r, errors.New("the preference of this record would be more than 65535: give it one")
	}
	r.Order, r.Preference = uint16(d.order), uint16(d.preference)
	d.preference += PreferenceStep
	switch {
	case f.uri != nil && f.regexp != nil:
		return r, errors.New("a record has either a URI or a regexp")
	case f.uri != nil:
		if r.Regexp, err = naptr.Literal(*f.uri); err != nil {
			return r, fmt.Errorf("uri: %w", err)
		}
		r.Flags = "u"
	case f.regexp == nil && f.replacement == nil:
		return r, errors.New("expected a URI, a regexp or a replacement")
	case f.regexp != nil:
		if r.Regexp = *f.regexp; r.Regexp != "" {
			r.Flags = "u"
		}
	}
	if f.flags != nil {
		r.Flags = *f.flags
	}
	switch {
	case f.services != nil:
		r.Services = *f.services
	case f.uri != nil:
		if r.Services, err = d.implied(*f.uri); err != nil {
			return r, err
		}
	}
	if f.replacement != nil {
		if r.Replacement, err = WireName(*f.replacement); err != nil {
			return r, fmt.Errorf("replacement: %w", err)
		}
		if IsRoot(r.Replacement) {
			r.Replacement = ""
		}
	}
	return r, r.Check()
}

// implied returns the services field that the scheme of a URI stands for.
func (d *defaults) implied(uri string) (string, error) {
	scheme, ok := SchemeOf(uri)
	if !ok {
		return "", errors.New("uri: expected a URI such as sip:user@example.com (RFC 3986)")
	}
	if s := d.services[scheme]; s != "" {
		return s, nil
	}
	s, err := enumservice.ForScheme(scheme)
	if err != nil {
		return "", fmt.Errorf("services: %w: name it, as in E2U+voice:tel", err)
	}
	if d.services == nil {
		d.services = make(map[string]string)
	}
	d.services[scheme] = "E2U+" + s.String()
	return d.services[scheme], nil
}

// splitRecord returns how a record is shown: its URI where every number yields that, else the regexp.
// whole is set where a field is not text of the sort that ok tells, so that all of the data is shown.
func splitRecord(r *naptr.Record, ok func(string) bool) (uri string, isURI bool, whole string) {
	if !ok(r.Flags) || !ok(r.Services) || !ok(r.Regexp) {
		wire, err := r.AppendWire(nil)
		if err == nil {
			return "", false, GenericRData(string(wire))
		}
	}
	// Without flags and services there is nothing to tell a URI by.
	if uri, plain := naptr.CutLiteral(r.Regexp); plain && uri != "" && r.Flags != "" && r.Services != "" && ok(uri) {
		return uri, true, ""
	}
	return "", false, ""
}

// finish checks an entry that CSV or JSON lines gave.
func finish(e *backend.Entry) error {
	has := func(typ uint16) bool {
		return slices.ContainsFunc(e.Sets, func(s backend.RRset) bool { return s.Type == typ })
	}
	n := e.Name.Number
	switch {
	case e.Kind != backend.Block && (e.Min != 0 || e.Max != 0):
		return errors.New("min and max are for blocks")
	case e.Kind == backend.Block && e.Name.Labels != "":
		return errors.New("a block has no name beside its digits")
	case e.Kind == backend.Block && (e.Min < max(1, n.Len()) || e.Max < e.Min || e.Max > e164.MaxDigits):
		return errLengths(n)
	case e.Broken:
		return legalName(e)
	case e.Kind == backend.Wildcard && len(e.Records)+len(e.Sets) == 0:
		return errors.New("a wildcard without records is none")
	case e.Kind == backend.Block && len(e.Sets) > 0:
		return errors.New("a block has NAPTR records only")
	case e.Kind == backend.Delegation && (!has(rr.TypeNS) || len(e.Records) > 0):
		return errors.New("a delegation has NS records, perhaps DS, and no NAPTR")
	case e.Kind == backend.Rename && !has(rr.TypeDNAME):
		return errors.New("a rename has a DNAME record")
	case e.Kind != backend.Rename && has(rr.TypeDNAME) || e.Kind != backend.Delegation && has(rr.TypeDS):
		return errors.New("DNAME records are for entries of kind rename, DS records for delegations")
	case e.Kind != backend.Delegation && len(e.Glue) > 0:
		return errors.New("hosts with addresses are for delegations")
	}
	if err := legalName(e); err != nil {
		return err
	}
	return legalSets(e)
}

func errLengths(n e164.Number) error {
	return fmt.Errorf("min and max are the digits that the numbers of the block have in all: expected %d <= min <= max <= 15", max(1, n.Len()))
}

// addData adds RDATA to the set of its type. The TTL of a set is one.
func addData(sets []backend.RRset, typ uint16, ttl uint32, data string) ([]backend.RRset, error) {
	i := slices.IndexFunc(sets, func(s backend.RRset) bool { return s.Type == typ })
	if i < 0 {
		return append(sets, backend.RRset{Type: typ, TTL: ttl, Data: []string{data}}), nil
	}
	s := &sets[i]
	switch {
	case s.TTL != ttl:
		return sets, errors.New("the records of one type at one name have one TTL (RFC 2181 section 5.2)")
	case slices.Contains(s.Data, data):
		return sets, errTwice
	}
	s.Data = append(s.Data, data)
	return sets, nil
}
