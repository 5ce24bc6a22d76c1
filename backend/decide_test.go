package backend_test

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// at returns the name of a number or of the first digits of one.
func at(t *testing.T, digits string) e164.Name {
	t.Helper()
	n, err := e164.ParseDigits(digits)
	if err != nil {
		t.Fatal(err)
	}
	return e164.Name{Number: n}
}

// TestDecide: what entries of a store make of the number +12345. That Decide agrees with the model in
// random trees TestGatherConforms shows.
func TestDecide(t *testing.T) {
	record := func(preference uint16) naptr.Record {
		return naptr.Record{Order: 10, Preference: preference, Flags: "u", Services: "E2U+sip", Regexp: "!^.*$!sip:a@example.com!"}
	}
	ns := []backend.RRset{{Type: 2, TTL: 60, Data: []string{"\x02ns\x00"}}}
	numberAt := func(digits string) backend.Entry {
		return backend.Entry{Name: at(t, digits), TTL: 60, Records: []naptr.Record{record(10)}}
	}
	blockAt := func(digits string, least, most int) backend.Entry {
		return backend.Entry{Kind: backend.Block, Name: at(t, digits), Min: least, Max: most, TTL: 61, Records: []naptr.Record{record(10)}}
	}
	cutAt := func(digits string) backend.Entry {
		return backend.Entry{Kind: backend.Delegation, Name: at(t, digits), Sets: ns}
	}
	broken := func(e backend.Entry) backend.Entry {
		return backend.Entry{Kind: e.Kind, Name: e.Name, Min: e.Min, Max: e.Max, Broken: true}
	}
	labelled := numberAt("12345")
	labelled.Name = labelled.Name.Wildcard()
	tests := []struct {
		name    string
		holding backend.Holding
		want    backend.Kind
		ttl     uint32 // of whose records; 60 a number's, 61 a block's
		err     error
	}{
		{"nothing", backend.Holding{}, backend.Absent, 0, nil},
		{"something below", backend.Holding{Below: true}, backend.Descendants, 0, nil},
		{"an entry below", backend.Holding{Entries: []backend.Entry{numberAt("123456")}}, backend.Descendants, 0, nil},
		{"a broken entry below", backend.Holding{Entries: []backend.Entry{broken(numberAt("123456"))}}, backend.Descendants, 0, nil},
		{"longer numbers of a block above", backend.Holding{Entries: []backend.Entry{blockAt("123", 6, 7)}}, backend.Descendants, 0, nil},
		{"shorter numbers of a block above", backend.Holding{Entries: []backend.Entry{blockAt("123", 3, 4)}}, backend.Absent, 0, nil},
		{"a number above", backend.Holding{Entries: []backend.Entry{numberAt("1234")}}, backend.Absent, 0, nil},
		{"a broken number above", backend.Holding{Entries: []backend.Entry{broken(numberAt("1234"))}}, backend.Absent, 0, nil},
		{"what is elsewhere", backend.Holding{Entries: []backend.Entry{numberAt("12346"), cutAt("13"), blockAt("2", 1, 15)}}, backend.Absent, 0, nil},
		{"names with labels", backend.Holding{Entries: []backend.Entry{labelled}}, backend.Absent, 0, nil},
		{"wildcards", backend.Holding{Entries: []backend.Entry{{Kind: backend.Wildcard, Name: at(t, "1234")}}}, backend.Absent, 0, nil},
		{"number before block", backend.Holding{Entries: []backend.Entry{blockAt("12345", 5, 5), numberAt("12345")}}, backend.Found, 60, nil},
		{"longest block", backend.Holding{Entries: []backend.Entry{broken(blockAt("12", 5, 5)), blockAt("123", 5, 5), blockAt("1234", 6, 6)}}, backend.Found, 61, nil},
		{"a number without records", backend.Holding{Entries: []backend.Entry{{Name: at(t, "12345")}}}, backend.Empty, 0, nil},
		{"delegation before all", backend.Holding{Entries: []backend.Entry{broken(numberAt("12345")), cutAt("123")}}, backend.Delegated, 0, nil},
		{"nearest delegation", backend.Holding{Entries: []backend.Entry{broken(cutAt("1234")), cutAt("123"), broken(cutAt("12345"))}}, backend.Delegated, 0, nil},
		{"delegation at the number", backend.Holding{Entries: []backend.Entry{cutAt("12345")}}, backend.Delegated, 0, nil},
		{"broken number", backend.Holding{Entries: []backend.Entry{blockAt("123", 5, 5), broken(numberAt("12345"))}}, 0, 0, backend.ErrInvalidData},
		{"broken block", backend.Holding{Entries: []backend.Entry{blockAt("123", 5, 5), broken(blockAt("1234", 5, 15))}}, 0, 0, backend.ErrInvalidData},
		{"broken delegation", backend.Holding{Entries: []backend.Entry{numberAt("12345"), broken(cutAt("1"))}}, 0, 0, backend.ErrInvalidData},
		{"one number twice", backend.Holding{Entries: []backend.Entry{numberAt("12345"), numberAt("12345")}}, 0, 0, backend.ErrInvalidData},
		{"blocks that overlap", backend.Holding{Entries: []backend.Entry{blockAt("12", 5, 5), blockAt("123", 5, 6), blockAt("123", 4, 5)}}, 0, 0, backend.ErrInvalidData},
		{"shorter blocks that overlap", backend.Holding{Entries: []backend.Entry{blockAt("12", 5, 5), blockAt("12", 5, 5), blockAt("123", 5, 6)}}, backend.Found, 61, nil},
		{"delegation without servers", backend.Holding{Entries: []backend.Entry{{Kind: backend.Delegation, Name: at(t, "123")}}}, 0, 0, backend.ErrInvalidData},
		{"a set without data", backend.Holding{Entries: []backend.Entry{{Name: at(t, "12345"), Sets: []backend.RRset{{Type: 16}}}}}, 0, 0, backend.ErrInvalidData},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rand.Shuffle(len(tt.holding.Entries), func(i, j int) {
				e := tt.holding.Entries
				e[i], e[j] = e[j], e[i]
			})
			a, err := backend.Decide(at(t, "12345").Number, &tt.holding)
			if a.Kind != tt.want || a.TTL != tt.ttl || !errors.Is(err, tt.err) {
				t.Errorf("kind %v, TTL %d, %v; want kind %v, TTL %d, %v", a.Kind, a.TTL, err, tt.want, tt.ttl, tt.err)
			}
			if err != nil && a.Kind != backend.Unknown {
				t.Error("an answer beside an error")
			}
		})
	}
	t.Run("records in rank", func(t *testing.T) {
		e := numberAt("12345")
		e.Records = []naptr.Record{record(20), record(10), record(30)}
		a, err := backend.Decide(e.Name.Number, &backend.Holding{Entries: []backend.Entry{e}})
		if err != nil || a.Form != backend.Plain || len(a.Rules) != 3 ||
			a.Rules[0].Preference != 10 || a.Rules[1].Preference != 20 || a.Rules[2].Preference != 30 {
			t.Errorf("%+v, %v", a.Rules, err)
		}
		if e.Records[0].Preference != 20 {
			t.Error("the entry was changed")
		}
	})
}
