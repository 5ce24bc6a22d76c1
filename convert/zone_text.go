package convert

import (
	"strconv"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// What a zone says in comments of what it cannot hold: the entry itself, as a line of JSON lines; and, on
// the line above an RRset, that this was made of such an entry.
const (
	mark     = "; enumim: "
	markMade = mark + "made\n"
)

// noneText is the data of the TXT record at a name that exists and has no NAPTR (RFC 5346): a name must
// have some record.
const noneText = "\x04none"

// zoneText writes entries as records of a master file (RFC 1035 section 5).
type zoneText struct {
	apex  e164.Apex
	json  jsonText
	owner []byte
}

// header begins the zone.
func (w *zoneText) header(b []byte, z *backend.Zone, ttl uint32) []byte {
	b = append(append(append(b, "$ORIGIN "...), w.apex.String()...), "\n$TTL "...)
	b = append(strconv.AppendUint(b, uint64(ttl), 10), '\n')
	w.owner = append(w.owner[:0], '@')
	b = w.set(b, &z.SOA)
	for i := range z.Sets {
		b = w.set(b, &z.Sets[i])
	}
	return b
}

// name makes the name the owner of the records that follow.
func (w *zoneText) name(name e164.Name, wildcard bool) {
	b := w.owner[:0]
	if wildcard {
		b = append(b, "*."...)
	}
	if name.Labels != "" {
		b = append(append(b, notation.LabelsText(name.Labels)...), '.')
	}
	n := name.Number
	for i := n.Len() - 1; i >= w.apex.Prefix().Len(); i-- {
		b = append(b, n.Digit(i), '.')
	}
	if len(b) == 0 {
		b = append(b, "@."...)
	}
	w.owner = b[:len(b)-1]
}

// entry appends the records of an entry, but not its glue. skip tells of RRsets that stand in the zone
// already.
func (w *zoneText) entry(b []byte, e *backend.Entry, skip func(typ uint16) bool) []byte {
	w.name(e.Name, e.Kind == backend.Wildcard)
	b = w.records(b, e.TTL, e.Records)
	for i := range e.Sets {
		if !skip(e.Sets[i].Type) {
			b = w.set(b, &e.Sets[i])
		}
	}
	return b
}

// host appends the addresses of a name server.
func (w *zoneText) host(b []byte, name e164.Name, sets []backend.RRset) []byte {
	w.name(name, false)
	for i := range sets {
		b = w.set(b, &sets[i])
	}
	return b
}

// begins appends the comment that has an entry.
func (w *zoneText) begins(b []byte, e *backend.Entry) []byte {
	return w.json.append(append(b, mark...), e)
}

// made appends what an expander made.
func (w *zoneText) made(b []byte, e *backend.Entry) []byte {
	b = append(b, markMade...)
	w.name(e.Name, e.Kind == backend.Wildcard)
	if len(e.Records) == 0 {
		return w.set(b, &backend.RRset{Type: rr.TypeTXT, TTL: negativeTTL, Data: []string{noneText}})
	}
	return w.records(b, e.TTL, e.Records)
}

// line begins a record.
func (w *zoneText) line(b []byte, ttl uint32) []byte {
	b = append(append(b, w.owner...), '\t')
	return append(strconv.AppendUint(b, uint64(ttl), 10), "\tIN\t"...)
}

func (w *zoneText) records(b []byte, ttl uint32, records []naptr.Record) []byte {
	for i := range records {
		r := &records[i]
		b = append(w.line(b, ttl), "NAPTR\t"...)
		b = strconv.AppendUint(b, uint64(r.Order), 10)
		b = strconv.AppendUint(append(b, ' '), uint64(r.Preference), 10)
		for _, s := range []string{r.Flags, r.Services, r.Regexp} {
			b = append(rr.Escape(append(b, ` "`...), s), '"')
		}
		b = append(b, ' ')
		if notation.IsRoot(r.Replacement) {
			b = append(b, '.')
		} else {
			b = append(b, notation.NameText(r.Replacement)...)
		}
		b = append(b, '\n')
	}
	return b
}

func (w *zoneText) set(b []byte, s *backend.RRset) []byte {
	for _, data := range s.Data {
		b = append(append(w.line(b, s.TTL), rr.TypeText(s.Type)...), '\t')
		b = append(append(b, notation.RDataText(s.Type, data)...), '\n')
	}
	return b
}
