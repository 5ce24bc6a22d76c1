package notation

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr/rr"
)

// Item is an object, or rows, of a file: an entry, the frame of a zone, or the end.
type Item struct {
	Entry   backend.Entry
	Zone    *backend.Zone // of the frame of a zone; else nil
	Apex    e164.Apex     // the same
	End     bool
	Entries uint64 // of the end: how many stand before it
}

// Objects reads the objects of a file, those that Codec writes or people's. Rules of stores (Codec.Check) are
// not applied. It is for one goroutine.
type Objects struct {
	// Broken has entries that are marked as broken accepted, as Codec writes them.
	Broken bool

	codec    *Codec
	scanner  scanner
	defaults defaults
	item     Item

	kind    string
	number  bool
	entries bool
	ttlSet  bool
	none    bool
}

// Objects returns a reader of objects.
func (c *Codec) Objects() *Objects { return &Objects{codec: c} }

// Read reads one object, from UTF-8. The item with all that it refers to is used again for the next one. A
// *Fault tells where in the line an error is.
func (r *Objects) Read(line []byte) (*Item, error) {
	s := &r.scanner
	*s = scanner{text: line}
	e := &r.item.Entry
	r.item = Item{Entry: backend.Entry{Records: e.Records[:0], TTL: r.codec.ttl()}}
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

func (r *Objects) member(name string) error {
	s, e := &r.scanner, &r.item.Entry
	switch name {
	case "kind":
		start := s.at
		kind, err := s.string()
		if err != nil {
			return err
		}
		if _, ok := kindOf(kind); !ok && kind != kindZone && kind != KindEnd {
			s.at = start
			return s.fail("expected one of " + kindList)
		}
		r.kind = kind
		return nil
	case "number":
		return r.text(func(text string) (err error) {
			e.Name.Number, err = parseNumber(text, r.codec.DialPlan, false)
			r.number = err == nil
			return err
		})
	case "name":
		return r.text(func(text string) (err error) {
			e.Name.Labels, err = parseLabels(text)
			return err
		})
	case "apex":
		return r.text(func(text string) (err error) {
			r.item.Apex, err = e164.ParseApex(text)
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
		v, err := s.uint(mostTTL)
		e.TTL, r.ttlSet = uint32(v), true
		return err
	case "entries":
		v, err := s.uint(math.MaxInt64)
		r.item.Entries, r.entries = v, true
		return err
	case "none":
		r.none = true
		return s.true()
	case "broken":
		if !r.Broken {
			return errUnknown
		}
		e.Broken = true
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
func (r *Objects) text(take func(string) error) error {
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
func (r *Objects) record() error {
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
	r.item.Entry.Records = append(r.item.Entry.Records, record)
	return nil
}

// finish checks what was read of one object.
func (r *Objects) finish() error {
	e := &r.item.Entry
	line := func(format string, args ...any) error { return &Fault{Want: fmt.Sprintf(format, args...)} }
	framed := e.Sets != nil && r.item.Apex != (e164.Apex{})
	rest := r.number || e.Name.Labels != "" || e.Min != 0 || e.Max != 0 || r.ttlSet || len(e.Records) > 0 || len(e.Glue) > 0 || r.none
	switch r.kind {
	case "":
		return line(`"kind" is missing: expected one of %s`, kindList)
	case KindEnd:
		if !r.entries || rest || e.Sets != nil || r.item.Apex != (e164.Apex{}) {
			return line(`the end has "kind" and "entries", and nothing else`)
		}
		r.item.End = true
		return nil
	case kindZone:
		if !framed || rest || r.entries {
			return line(`a zone has "kind", "apex" and "sets", and nothing else`)
		}
		return r.item.frame(e.Sets)
	}
	e.Kind, _ = kindOf(r.kind)
	switch {
	case !r.number:
		return line(`"number" is missing`)
	case r.entries || r.item.Apex != (e164.Apex{}):
		return line(`"entries" is for the end, "apex" for a zone`)
	case e.Broken && (r.none || r.ttlSet || len(e.Records)+len(e.Sets)+len(e.Glue) > 0):
		return line(`"broken" is for an entry without anything else`)
	case e.Broken:
		e.TTL = 0
		return finish(e)
	case r.none == (len(e.Records)+len(e.Sets) > 0):
		return line(`expected "records", "sets", or "none":true for what exists without records`)
	case r.ttlSet && len(e.Records) == 0:
		return line(`"ttl" is that of "records", and there are none: give each of the "sets" its own`)
	}
	return finish(e)
}

// frame makes the zone of an item.
func (it *Item) frame(sets []backend.RRset) error {
	if err := LegalFrame(sets); err != nil {
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
	it.Zone = z
	return nil
}
