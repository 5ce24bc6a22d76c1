package convert

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr/rr"
)

// item is one line of CSV or JSON lines that was understood.
type item struct {
	entry   backend.Entry
	zone    *backend.Zone // of the frame of a zone
	apex    e164.Apex     // the same
	end     bool
	entries uint64 // of the end
}

// jsonReader reads objects that jsonText wrote, or people's.
type jsonReader struct {
	dialPlan bool
	ttl      uint32 // of records without one
	scanner  scanner
	defaults defaults
	item     item

	kind    string
	number  bool
	entries bool
	ttlSet  bool
	none    bool
}

// read reads one line. The item is used again for the next one.
func (r *jsonReader) read(line []byte) (*item, error) {
	s := &r.scanner
	*s = scanner{text: line}
	e := &r.item.entry
	r.item = item{entry: backend.Entry{Records: e.Records[:0], TTL: r.ttl}}
	r.kind, r.number, r.entries, r.ttlSet, r.none = "", false, false, false, false
	r.defaults.begin()
	if err := s.object(r.member); err != nil {
		return nil, err
	}
	if err := s.end(); err != nil {
		return nil, err
	}
	return &r.item, r.finish()
}

func (r *jsonReader) member(name string) error {
	s, e := &r.scanner, &r.item.entry
	switch name {
	case "kind":
		start := s.at
		kind, err := s.string()
		if err != nil {
			return err
		}
		if _, ok := kindOf(kind); !ok && kind != kindZone && kind != kindEnd {
			s.at = start
			return s.fail("expected one of " + kindList)
		}
		r.kind = kind
		return nil
	case "number":
		r.number = true
		return r.text(func(text string) (err error) {
			e.Name.Number, err = parseNumber(text, r.dialPlan, false)
			return err
		})
	case "name":
		return r.text(func(text string) (err error) {
			e.Name.Labels, err = parseLabels(text)
			return err
		})
	case "apex":
		return r.text(func(text string) (err error) {
			r.item.apex, err = e164.ParseApex(text)
			return err
		})
	case "min", "max":
		v, err := s.uint(e164.MaxDigits)
		if name == "min" {
			e.Min = int(v)
		} else {
			e.Max = int(v)
		}
		return err
	case "ttl":
		v, err := s.uint(maxTTL)
		e.TTL, r.ttlSet = uint32(v), true
		return err
	case "entries":
		v, err := s.uint(math.MaxInt64)
		r.item.entries, r.entries = v, true
		return err
	case "none":
		r.none = true
		return s.true()
	case "records":
		return s.array(r.record)
	case "sets":
		sets, err := r.sets()
		e.Sets = sets
		return err
	case "hosts":
		return s.array(r.host)
	}
	return errUnknown
}

// text reads a string that take understands.
func (r *jsonReader) text(take func(string) error) error {
	s := &r.scanner
	s.blanks()
	start := s.at
	text, err := s.string()
	if err != nil {
		return err
	}
	if err := take(text); err != nil {
		s.at = start
		return s.fail(err.Error())
	}
	return nil
}

// record reads one NAPTR.
func (r *jsonReader) record() error {
	s := &r.scanner
	s.blanks()
	start := s.at
	var f fields
	if err := s.object(func(name string) error {
		var to **string
		switch name {
		case "order":
			to = &f.order
		case "preference":
			to = &f.preference
		case "flags":
			to = &f.flags
		case "services":
			to = &f.services
		case "uri":
			to = &f.uri
		case "regexp":
			to = &f.regexp
		case "replacement":
			to = &f.replacement
		case "data":
			to = &f.data
		default:
			return errUnknown
		}
		var text string
		var err error
		if name == "order" || name == "preference" {
			var v uint64
			v, err = s.uint(math.MaxUint16)
			text = strconv.FormatUint(v, 10)
		} else {
			text, err = s.string()
		}
		*to = &text
		return err
	}); err != nil {
		return err
	}
	record, err := r.defaults.record(&f)
	if err != nil {
		s.at = start
		return s.fail(err.Error())
	}
	r.item.entry.Records = append(r.item.entry.Records, record)
	return nil
}

// finish checks what was read of one object.
func (r *jsonReader) finish() error {
	e := &r.item.entry
	line := func(format string, args ...any) error { return &fault{want: fmt.Sprintf(format, args...)} }
	frame := e.Sets != nil && r.item.apex != (e164.Apex{})
	rest := r.number || e.Name.Labels != "" || e.Min != 0 || e.Max != 0 || r.ttlSet || len(e.Records) > 0 || len(e.Glue) > 0 || r.none
	switch r.kind {
	case "":
		return line(`"kind" is missing: expected one of %s`, kindList)
	case kindEnd:
		if !r.entries || rest || e.Sets != nil || r.item.apex != (e164.Apex{}) {
			return line(`the end has "kind" and "entries", and nothing else`)
		}
		r.item.end = true
		return nil
	case kindZone:
		if !frame || rest || r.entries {
			return line(`a zone has "kind", "apex" and "sets", and nothing else`)
		}
		return r.item.frame(e.Sets)
	}
	e.Kind, _ = kindOf(r.kind)
	switch {
	case !r.number:
		return line(`"number" is missing`)
	case r.entries || r.item.apex != (e164.Apex{}):
		return line(`"entries" is for the end, "apex" for a zone`)
	case r.none == (len(e.Records)+len(e.Sets) > 0):
		return line(`expected "records", "sets", or "none":true for what exists without records`)
	case r.ttlSet && len(e.Records) == 0:
		return line(`"ttl" is that of "records", and there are none: give each of the "sets" its own`)
	}
	return finish(e)
}

// frame makes the zone of an item.
func (it *item) frame(sets []backend.RRset) error {
	if err := legalFrame(sets); err != nil {
		return err
	}
	z := &backend.Zone{}
	for _, s := range sets {
		if s.Type == rr.TypeSOA {
			if len(s.Data) != 1 || len(s.Data[0]) < 22 {
				return errors.New("expected one SOA record")
			}
			z.SOA = s
			soa := s.Data[0]
			for _, c := range []byte(soa[len(soa)-20 : len(soa)-16]) {
				z.Serial = z.Serial<<8 | uint32(c)
			}
			continue
		}
		z.Sets = append(z.Sets, s)
	}
	if z.SOA.Data == nil {
		return errors.New("a zone has an SOA record")
	}
	it.zone = z
	return nil
}
