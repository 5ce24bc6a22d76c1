package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/naptr"
)

// A value is a version, a checksum of key and body, and the body. The key is part of the checksum, so that a
// value which came under another key is seen.
const (
	version    = 1
	valueFrame = 1 + crc32.Size
	// mostValue bounds a value, in octets: what one number can have is far below it.
	mostValue = 1 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var (
	errChecksum = errors.New("its checksum is wrong")
	errVersion  = errors.New("it is of a later version of enumim")
	errBody     = errors.New("it cannot be read")
)

// seal returns dst with the value that holds body under key.
func seal(dst, key, body []byte) []byte {
	dst = append(dst, version)
	dst = binary.LittleEndian.AppendUint32(dst, checksum(key, body))
	return append(dst, body...)
}

func checksum(key, body []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, body)
}

// unseal returns the body of a value.
func unseal(key, value []byte) ([]byte, error) {
	if len(value) < valueFrame || binary.LittleEndian.Uint32(value[1:]) != checksum(key, value[valueFrame:]) {
		return nil, errChecksum
	}
	if value[0] != version {
		return nil, errVersion
	}
	return value[valueFrame:], nil
}

// appendEntry appends the body of a value: what its key does not tell.
func appendEntry(b []byte, e *backend.Entry) []byte {
	b = binary.AppendUvarint(b, uint64(e.TTL))
	b = binary.AppendUvarint(b, uint64(len(e.Records)))
	for i := range e.Records {
		r := &e.Records[i]
		b = binary.AppendUvarint(b, uint64(r.Order))
		b = binary.AppendUvarint(b, uint64(r.Preference))
		b = appendString(b, r.Flags)
		b = appendString(b, r.Services)
		b = appendString(b, r.Regexp)
		if r.Replacement == root {
			b = append(b, 0) // as "", which stands for it, too
		} else {
			b = appendString(b, r.Replacement)
		}
	}
	b = appendSets(b, e.Sets)
	b = binary.AppendUvarint(b, uint64(len(e.Glue)))
	for i := range e.Glue {
		b = appendSets(appendString(b, e.Glue[i].Name), e.Glue[i].Sets)
	}
	return b
}

// root is the root as a name in wire form.
const root = "\x00"

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendSets(b []byte, sets []backend.RRset) []byte {
	b = binary.AppendUvarint(b, uint64(len(sets)))
	for i := range sets {
		s := &sets[i]
		b = binary.AppendUvarint(b, uint64(s.Type))
		b = binary.AppendUvarint(b, uint64(s.TTL))
		b = binary.AppendUvarint(b, uint64(len(s.Data)))
		for _, data := range s.Data {
			b = appendString(b, data)
		}
	}
	return b
}

// parseEntry returns the entry of a key and its value, which it does not refer to. known is false for a key that is
// none; with an error the entry is Broken.
func parseEntry(key, value []byte) (e backend.Entry, known bool, err error) {
	e, known = parseKey(key)
	if !known {
		return e, false, fmt.Errorf("%w: a key that is none", backend.ErrInvalidData)
	}
	body, err := unseal(key, value)
	if err == nil {
		r := reader{text: string(body)}
		r.entry(&e)
		if r.bad || r.text != "" {
			err = errBody
		}
	}
	if err != nil {
		bare, _ := parseKey(key)
		bare.Broken = true
		return bare, true, fmt.Errorf("%w: a value: %w", backend.ErrInvalidData, err)
	}
	return e, true, nil
}

// reader takes a body apart. After a fault it gives zeros.
type reader struct {
	text string
	bad  bool
}

func (r *reader) entry(e *backend.Entry) {
	e.TTL = uint32(r.number(1<<32 - 1))
	if n := r.count(6); n > 0 {
		e.Records = make([]naptr.Record, n)
	}
	for i := range e.Records {
		e.Records[i] = naptr.Record{
			Order: uint16(r.number(1<<16 - 1)), Preference: uint16(r.number(1<<16 - 1)),
			Flags: r.string(), Services: r.string(), Regexp: r.string(), Replacement: r.string(),
		}
	}
	e.Sets = r.sets()
	if n := r.count(2); n > 0 {
		e.Glue = make([]backend.Host, n)
	}
	for i := range e.Glue {
		e.Glue[i] = backend.Host{Name: r.string(), Sets: r.sets()}
	}
}

func (r *reader) sets() []backend.RRset {
	n := r.count(3)
	if n == 0 {
		return nil
	}
	sets := make([]backend.RRset, n)
	for i := range sets {
		s := &sets[i]
		s.Type, s.TTL = uint16(r.number(1<<16-1)), uint32(r.number(1<<32-1))
		if n := r.count(1); n > 0 {
			s.Data = make([]string, n)
		}
		for j := range s.Data {
			s.Data[j] = r.string()
		}
	}
	return sets
}

// number takes a number up to most.
func (r *reader) number(most uint64) uint64 {
	if len(r.text) > 0 && r.text[0] < 0x80 && uint64(r.text[0]) <= most {
		n := uint64(r.text[0])
		r.text = r.text[1:]
		return n
	}
	var n uint64
	for i := range min(len(r.text), binary.MaxVarintLen64) {
		c := r.text[i]
		n |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			r.text = r.text[i+1:]
			if n > most || i > 0 && c == 0 || i == 9 && c > 1 {
				break
			}
			return n
		}
	}
	r.bad, r.text = true, ""
	return 0
}

// count takes how many follow of what has least octets each.
func (r *reader) count(least int) int { return int(r.number(uint64(len(r.text) / least))) }

func (r *reader) string() string {
	n := r.count(1)
	if n > len(r.text) {
		r.bad, r.text = true, ""
		return ""
	}
	s := r.text[:n]
	r.text = r.text[n:]
	return s
}
