package bolt

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// everything is an entry with everything that an entry can have.
func everything() backend.Entry {
	return backend.Entry{Kind: backend.Delegation, Name: e164.Name{Number: e164.MustParse("+4416")}, TTL: 1<<32 - 1,
		Records: []naptr.Record{{}, {Order: 1<<16 - 1, Preference: 300, Flags: "u", Services: "E2U+im", Regexp: "!\x00\xff!", Replacement: "\x01a\x00"}},
		Sets:    []backend.RRset{{Type: 2, TTL: 1, Data: []string{"\x03ns1\x00", ""}}, {Type: 1<<16 - 1}},
		Glue:    []backend.Host{{Name: "\x03ns1\x00", Sets: []backend.RRset{{Type: 1, TTL: 2, Data: []string{"\x7f\x00\x00\x01"}}}}, {}},
	}
}

func sealed(e backend.Entry) (key, value []byte) {
	key = appendKey(nil, e.Kind, e.Name.Number, e.Min, e.Max)
	return key, seal(nil, key, appendEntry(nil, &e))
}

func TestValue(t *testing.T) {
	for name, e := range map[string]backend.Entry{
		"everything": everything(), "nothing": {Name: e164.Name{Number: number}}, "user": user(number, "1"),
		"block": {Kind: backend.Block, Name: e164.Name{Number: 0}, Min: 1, Max: 15, TTL: 7},
	} {
		key, value := sealed(e)
		got, known, err := parseEntry(key, value)
		if err != nil || !known || !reflect.DeepEqual(got, e) {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, e)
		}
		// Under another key it is not taken, whatever is in it.
		other := appendKey(nil, e.Kind, e.Name.Number.Last(), 15*min(e.Min, 1), 15*min(e.Max, 1))
		if got, _, err := parseEntry(other, value); !errors.Is(err, errChecksum) || !got.Broken {
			t.Errorf("%s: under another key: %+v, %v", name, got, err)
		}
		later := bytes.Clone(value)
		later[0]++
		if got, _, err := parseEntry(key, later); !errors.Is(err, errVersion) || !got.Broken {
			t.Errorf("%s: of a later version: %+v, %v", name, got, err)
		}
	}
}

func TestKeys(t *testing.T) {
	for name, key := range map[string][]byte{
		"short": {1}, "no digits": make([]byte, 8), "a digit of ten": {0xa0, 0, 0, 0, 0, 0, 0, 1}, "a digit behind": {0x12, 0, 0, 0, 0, 0, 0, 1},
		"a wildcard": {0x10, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0}, "a block of shorter numbers": {0x12, 0, 0, 0, 0, 0, 0, 2, 1, 1, 3},
		"a block of longer ones": {0x12, 0, 0, 0, 0, 0, 0, 2, 1, 3, 16}, "a delegation of lengths": {0x12, 0, 0, 0, 0, 0, 0, 2, 3, 3, 4},
	} {
		if e, ok := parseKey(key); ok {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

// FuzzValue: whatever stands in a body, reading it ends, takes no more memory than it is long, and what is read is
// written as it was.
func FuzzValue(f *testing.F) {
	for _, e := range []backend.Entry{everything(), user(number, "1"), {}} {
		f.Add(appendEntry(nil, &e))
	}
	f.Add([]byte{0, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, body []byte) {
		key := appendKey(nil, backend.Number, number, 0, 0)
		e, known, err := parseEntry(key, seal(nil, key, body))
		if !known || e.Broken != (err != nil) {
			t.Fatalf("%+v, %t, %v", e, known, err)
		}
		if err != nil {
			return
		}
		if again := appendEntry(nil, &e); !bytes.Equal(again, body) {
			// The root has two spellings.
			if e2, _, err := parseEntry(key, seal(nil, key, again)); err != nil || len(e2.Records) != len(e.Records) {
				t.Fatalf("%x is written as %x, %v", body, again, err)
			}
		}
	})
}

// FuzzPages: no text of a page leads a search out of it.
func FuzzPages(f *testing.F) {
	key, value := sealed(user(number, "1"))
	page := make([]byte, 4096)
	order.PutUint64(page, 2)
	order.PutUint16(page[8:], leafPage)
	order.PutUint16(page[10:], 1)
	order.PutUint32(page[20:], element)
	order.PutUint32(page[24:], uint32(len(key)))
	order.PutUint32(page[28:], uint32(len(value)))
	copy(page[copy(page[32:], key)+32:], value)
	f.Add(page[:512], uint64(number))
	f.Add(make([]byte, 64), uint64(0))
	f.Fuzz(func(_ *testing.T, text []byte, n uint64) {
		if len(text) == 0 {
			return
		}
		p := pages{data: text, size: 64, limit: uint64(len(text) / 64)}
		s := snapshot{pages: p, numbers: tree{root: 2}, prefixes: tree{inline: text}}
		s.head.prefixes[3] = 1
		_, _ = s.find(e164.Number(n))
		if r, err := s.items(0); err == nil {
			for ok := true; ok && err == nil; {
				_, ok, err = r.next()
			}
		}
	})
}
