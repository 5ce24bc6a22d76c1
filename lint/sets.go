package lint

import (
	"encoding/binary"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// sets keeps the records of blocks and wildcards, equal ones once.
type sets struct {
	index map[string]setRef
	data  []string
	buf   []byte
}

// setRef is one set of records in sets.
type setRef uint32

// keep keeps the records of an entry with their TTL and what of them is a template.
func (s *sets) keep(e *backend.Entry, at []source.Place) setRef {
	b := binary.BigEndian.AppendUint32(s.buf[:0], e.TTL)
	for i, r := range e.Records {
		wire, err := r.AppendWire(nil)
		if err != nil { // readers hand out no such record
			continue
		}
		template := byte(0)
		if i < len(at) && at[i].Template {
			template = 1
		}
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(wire))), template)
		b = append(b, wire...)
	}
	s.buf = b
	if ref, known := s.index[string(b)]; known {
		return ref
	}
	if s.index == nil {
		s.index = make(map[string]setRef)
	}
	text := string(b)
	ref := setRef(len(s.data))
	s.data = append(s.data, text)
	s.index[text] = ref
	return ref
}

// kept is a record as sets keeps it.
type kept struct {
	naptr.Record
	template bool
}

// get returns the records of a set and their TTL.
func (s *sets) get(ref setRef) (records []kept, ttl uint32) {
	b := []byte(s.data[ref])
	ttl = binary.BigEndian.Uint32(b)
	for b = b[4:]; len(b) > 0; {
		n := int(binary.BigEndian.Uint16(b))
		if r, err := naptr.ParseRecord(b[3 : 3+n]); err == nil {
			records = append(records, kept{r, b[2] == 1})
		}
		b = b[3+n:]
	}
	return records, ttl
}

// cloneName returns a name that shares no memory with n.
func cloneName(n e164.Name) e164.Name {
	n.Labels = strings.Clone(n.Labels)
	return n
}
