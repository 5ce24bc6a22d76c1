package backendtest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// num returns the name of a number that the suite asks for.
func num(digits string) e164.Name {
	n, err := e164.ParseDigits(digits)
	if err != nil {
		panic("backendtest: " + err.Error())
	}
	return e164.Name{Number: n}
}

// im returns records, one for each user, in order of preference.
func im(users ...string) []naptr.Record {
	var records []naptr.Record
	for i, user := range users {
		records = append(records, naptr.Record{
			Order: 100, Preference: uint16(10 + i), Flags: "u", Services: "E2U+im",
			Regexp: "!^.*$!im:" + user + "@example.com!", Replacement: "\x00",
		})
	}
	return records
}

func number(digits string, users ...string) backend.Entry {
	return backend.Entry{Kind: backend.Number, Name: num(digits), TTL: 3600, Records: im(users...)}
}

func block(prefix string, least, most int, users ...string) backend.Entry {
	return backend.Entry{Kind: backend.Block, Name: num(prefix), Min: least, Max: most, TTL: 600, Records: im(users...)}
}

// delegation returns a cut with two name servers, a DS, and glue for both.
func delegation(digits, operator string) backend.Entry {
	ns1, ns2 := wire("ns1", operator, "example", "net"), wire("ns2", operator, "example", "net")
	return backend.Entry{
		Kind: backend.Delegation, Name: num(digits),
		Sets: []backend.RRset{
			{Type: typeNS, TTL: 86400, Data: []string{ns1, ns2}},
			{Type: typeDS, TTL: 3600, Data: []string{"\x30\x39\x0d\x02" + fmt.Sprintf("%032s", operator)}},
		},
		Glue: []backend.Host{
			{Name: ns1, Sets: []backend.RRset{
				{Type: 1, TTL: 300, Data: []string{"\xc0\x00\x02\x01", "\xc0\x00\x02\x02"}},
				{Type: typeAAAA, TTL: 300, Data: []string{"\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"}},
			}},
			{Name: ns2, Sets: []backend.RRset{{Type: 1, TTL: 300, Data: []string{"\xc0\x00\x02\x03"}}}},
		},
	}
}

// wire returns a name in uncompressed wire form.
func wire(labels ...string) string {
	var b []byte
	for _, l := range labels {
		b = append(append(b, byte(len(l))), l...)
	}
	return string(append(b, 0))
}

func txt(s string) backend.RRset {
	return backend.RRset{Type: typeTXT, TTL: 120, Data: []string{string(rune(len(s))) + s}}
}

// foundOf is the answer that an entry gives for a name that it stands for.
func foundOf(e backend.Entry) backend.Answer { return existing(&e) }

// delegatedOf is the answer that a delegation gives for itself and all below.
func delegatedOf(e backend.Entry) backend.Answer {
	a := answer(backend.Delegated, &e)
	a.Owner = e.Name
	return a
}

// zone reads names with one user each into entries: "*.1.2" becomes a wildcard.
func (s *suite) zone(t testing.TB, names ...string) []backend.Entry {
	var entries []backend.Entry
	for _, name := range names {
		entries = append(entries, normal(backend.Entry{
			Kind: backend.Number, Name: s.name(t, name), TTL: 3600, Records: im("u-" + name),
		}))
	}
	return entries
}

// set replaces an entry, drop takes it away.
func set(e backend.Entry) backend.Change  { return backend.Change{Entry: e} }
func drop(e backend.Entry) backend.Change { return backend.Change{Entry: e, Delete: true} }

// sortRecords puts records into the order in which harnesses get them, each once.
func sortRecords(records []naptr.Record) []naptr.Record {
	slices.SortFunc(records, naptr.Compare)
	return slices.Compact(records)
}
