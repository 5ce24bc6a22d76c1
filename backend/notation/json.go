package notation

import (
	"strconv"
	"unicode/utf8"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// AppendJSON appends the object of an entry, without newline. docs/convert.md has the schema; the order of
// members is fixed.
func (c *Codec) AppendJSON(b []byte, e *backend.Entry) []byte {
	b = append(append(append(b, `{"kind":"`...), kindWords[e.Kind]...), `","number":"`...)
	b = append(AppendNumber(b, e.Name.Number, c.DialPlan), '"')
	if e.Name.Labels != "" {
		b = appendJSONString(append(b, `,"name":`...), LabelsText(e.Name.Labels))
	}
	if e.Kind == backend.Block {
		b = strconv.AppendInt(append(b, `,"min":`...), int64(e.Min), 10)
		b = strconv.AppendInt(append(b, `,"max":`...), int64(e.Max), 10)
	}
	switch {
	case e.Broken:
		return append(b, `,"broken":true}`...)
	case len(e.Records)+len(e.Sets) == 0:
		b = append(b, `,"none":true`...)
	}
	if len(e.Records) > 0 {
		b = strconv.AppendUint(append(b, `,"ttl":`...), uint64(e.TTL), 10)
		b = append(b, `,"records":[`...)
		for i := range e.Records {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSONRecord(b, &e.Records[i])
		}
		b = append(b, ']')
	}
	if len(e.Sets) > 0 {
		b = appendJSONSets(append(b, ','), e.Sets)
	}
	if len(e.Glue) > 0 {
		b = append(b, `,"hosts":[`...)
		for i := range e.Glue {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSONString(append(b, `{"name":`...), NameText(e.Glue[i].Name))
			b = append(appendJSONSets(append(b, ','), e.Glue[i].Sets), '}')
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

func appendJSONRecord(b []byte, r *naptr.Record) []byte {
	uri, isURI, whole := splitRecord(r, utf8.ValidString)
	if whole != "" {
		return append(appendJSONString(append(b, `{"data":`...), whole), '}')
	}
	b = strconv.AppendUint(append(b, `{"order":`...), uint64(r.Order), 10)
	b = strconv.AppendUint(append(b, `,"preference":`...), uint64(r.Preference), 10)
	b = appendJSONString(append(b, `,"flags":`...), r.Flags)
	b = appendJSONString(append(b, `,"services":`...), r.Services)
	if isURI {
		b = appendJSONString(append(b, `,"uri":`...), uri)
	} else {
		b = appendJSONString(append(b, `,"regexp":`...), r.Regexp)
	}
	if !IsRoot(r.Replacement) {
		b = appendJSONString(append(b, `,"replacement":`...), NameText(r.Replacement))
	}
	return append(b, '}')
}

func appendJSONSets(b []byte, sets []backend.RRset) []byte {
	b = append(b, `"sets":[`...)
	for i := range sets {
		s := &sets[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSONString(append(b, `{"type":`...), rr.TypeText(s.Type))
		b = strconv.AppendUint(append(b, `,"ttl":`...), uint64(s.TTL), 10)
		b = append(b, `,"data":[`...)
		for j, data := range s.Data {
			if j > 0 {
				b = append(b, ',')
			}
			b = appendJSONString(b, RDataText(s.Type, data))
		}
		b = append(b, "]}"...)
	}
	return append(b, ']')
}

// AppendJSONZone appends the object of the frame of a zone.
func (c *Codec) AppendJSONZone(b []byte, apex e164.Apex, z *backend.Zone) []byte {
	b = appendJSONString(append(b, `{"kind":"zone","apex":`...), apex.String())
	b = appendJSONSets(append(b, ','), append([]backend.RRset{z.SOA}, Others(z.Sets)...))
	return append(b, '}')
}

// Others returns the sets without the SOA.
func Others(sets []backend.RRset) []backend.RRset {
	var out []backend.RRset
	for _, s := range sets {
		if s.Type != rr.TypeSOA {
			out = append(out, s)
		}
	}
	return out
}

// AppendJSONEnd appends the object that says how many entries there were.
func (c *Codec) AppendJSONEnd(b []byte, entries int) []byte {
	return append(strconv.AppendInt(append(b, `{"kind":"end","entries":`...), int64(entries), 10), '}')
}

// appendJSONString appends s, which is UTF-8, as a JSON string.
func appendJSONString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
