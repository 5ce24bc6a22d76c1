package ldap

import (
	"slices"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
)

// mapping says what becomes of a person's attributes.
type mapping struct {
	numbers   []string // attributes, in lower case
	templates []*template
	dial      dialling
	codec     *notation.Codec
	union     bool // a number of several people has the URIs of all of them; else it is left out
}

// What a person may bring: more is nobody's, and would make an RRset that no client reads.
const (
	mostValues = 16 // of one attribute
	mostURIs   = 16 // of one number
)

// line is one number of a person and its records.
type line struct {
	number  e164.Number
	records []naptr.Record
}

func (l line) equal(o line) bool { return l.number == o.number && slices.Equal(l.records, o.records) }

// attributes are those that are asked for, without repetition.
func (m *mapping) attributes() []string {
	names := slices.Clone(m.numbers)
	for _, t := range m.templates {
		names = append(names, t.attributes()...)
	}
	for i := range names {
		names[i] = strings.ToLower(names[i])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// lines returns what is served of a person, and notes what is not.
func (m *mapping) lines(p *found, note notes) (lines []line) {
	given := false
	for _, n := range m.numbersOf(p, note, &given) {
		if l := (line{n, m.records(p, n, note)}); len(l.records) > 0 {
			lines = append(lines, l)
		} else {
			note.count(ruleNoURI)
		}
	}
	if !given {
		note.count(ruleNoNumber)
	}
	return lines
}

// numbersOf returns the numbers of a person that can be served. given is set when there is any value at all.
func (m *mapping) numbersOf(p *found, note notes, given *bool) (numbers []e164.Number) {
	for _, name := range m.numbers {
		for range len(p.attributes[strings.ToLower(name)]) - mostValues {
			note.count(ruleMany)
		}
		for _, value := range p.values(name) {
			*given = true
			n, err := m.dial.parse(value)
			switch {
			case err != nil:
				note.count(ruleOf(err))
			case slices.Contains(numbers, n):
			case m.codec.Check(&backend.Entry{Name: e164.Name{Number: n}}) != nil:
				note.count(ruleOutside)
			default:
				numbers = append(numbers, n)
			}
		}
	}
	return numbers
}

// records returns the records of one number of a person, in the order of the templates.
func (m *mapping) records(p *found, n e164.Number, note notes) (records []naptr.Record) {
	for _, t := range m.templates {
		for _, uri := range t.expand(p, n, note) {
			r, err := t.record(uri)
			e := backend.Entry{Name: e164.Name{Number: n}, Records: []naptr.Record{r}}
			if err == nil {
				err = m.codec.Check(&e)
			}
			if err != nil {
				note.count(ruleURI)
				continue
			}
			records = add(records, r)
		}
	}
	return records
}

// add appends a record behind those that there are, unless it is one of them.
func add(records []naptr.Record, r naptr.Record) []naptr.Record {
	same := func(o naptr.Record) bool { return o.Services == r.Services && o.Regexp == r.Regexp }
	if len(records) >= mostURIs || slices.ContainsFunc(records, same) {
		return records
	}
	r.Order, r.Preference = notation.DefaultOrder, uint16(notation.FirstPreference+notation.PreferenceStep*len(records))
	return append(records, r)
}

// expand returns the URIs that a template makes of a person: one for each value, none where an attribute has none.
func (t *template) expand(p *found, n e164.Number, note notes) []string {
	uris := []string{""}
	for _, piece := range t.pieces {
		values := []string{""}
		switch {
		case piece.name == numberName:
			values[0] = n.Digits()
		case piece.name != "":
			values = values[:0]
			for _, value := range p.values(piece.name) {
				if text, err := t.escape(piece, value); err == nil {
					values = append(values, text)
				} else {
					note.count(ruleURI)
				}
			}
		}
		var longer []string
		for _, uri := range uris {
			for _, value := range values {
				longer = append(longer, uri+piece.text+value)
			}
		}
		uris = longer[:min(len(longer), mostURIs)]
	}
	return uris
}

// record returns the record of a URI.
func (t *template) record(uri string) (r naptr.Record, err error) {
	r = naptr.Record{Flags: "u", Services: t.services}
	if r.Services == "" {
		scheme, _ := notation.SchemeOf(uri)
		service, err := enumservice.ForScheme(scheme)
		if err != nil {
			return r, err
		}
		r.Services = "E2U+" + service.String()
	}
	if r.Regexp, err = naptr.Literal(uri); err != nil {
		return r, err
	}
	return r, r.Check()
}
