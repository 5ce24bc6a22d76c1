package convert

import (
	"encoding/binary"
	"hash/maphash"
	"slices"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// canonical writes entries so that two are equal exactly when they mean the same: RRsets have no order
// (RFC 2181 section 5), the letter case of names does not matter (RFC 4343), and a TTL belongs to
// records.
type canonical struct {
	buf, one []byte
	list     []string
}

func (c *canonical) bytes(e *backend.Entry) []byte {
	b := append(c.buf[:0], byte(e.Kind), byte(e.Min), byte(e.Max))
	b = binary.BigEndian.AppendUint64(b, uint64(e.Name.Number))
	b = appendString(b, e.Name.Labels)
	c.list = c.list[:0]
	for i := range e.Records {
		c.one = appendRecord(c.one[:0], &e.Records[i])
		c.list = append(c.list, string(c.one))
	}
	if len(c.list) > 0 {
		b = binary.BigEndian.AppendUint32(b, e.TTL)
		b = appendSorted(b, c.list)
	}
	b = c.sets(b, e.Sets)
	if len(e.Glue) > 0 {
		var hosts []string
		for i := range e.Glue {
			h := &e.Glue[i]
			hosts = append(hosts, string(c.sets(appendString(nil, notation.Lower(h.Name)), h.Sets)))
		}
		b = appendSorted(b, hosts)
	}
	c.buf = b
	return b
}

func (c *canonical) sets(b []byte, sets []backend.RRset) []byte {
	order := make([]int, len(sets))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return int(sets[i].Type) - int(sets[j].Type) })
	for _, i := range order {
		s := &sets[i]
		b = binary.BigEndian.AppendUint16(b, s.Type)
		b = binary.BigEndian.AppendUint32(b, s.TTL)
		data := slices.Clone(s.Data)
		if s.Type == rr.TypeNS {
			for j := range data {
				data[j] = notation.Lower(data[j])
			}
		}
		b = appendSorted(b, data)
	}
	return append(b, 0, 0)
}

func appendSorted(b []byte, list []string) []byte {
	slices.Sort(list)
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, s := range list {
		b = appendString(b, s)
	}
	return b
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendRecord(b []byte, r *naptr.Record) []byte {
	b = binary.BigEndian.AppendUint16(b, r.Order)
	b = binary.BigEndian.AppendUint16(b, r.Preference)
	b = appendString(appendString(appendString(b, r.Flags), r.Services), r.Regexp)
	if notation.IsRoot(r.Replacement) {
		return append(b, 0)
	}
	return appendString(b, notation.Lower(r.Replacement))
}

var seed = maphash.MakeSeed()

// hash returns a hash of what an entry means.
func (c *canonical) hash(e *backend.Entry) uint64 { return maphash.Bytes(seed, c.bytes(e)) }
