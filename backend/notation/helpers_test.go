package notation

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

func number(text string) e164.Name { return e164.Name{Number: e164.MustParse(text)} }

func apex(t testing.TB, name string) e164.Apex {
	t.Helper()
	a, err := e164.ParseApex(name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// entry returns a random entry of those that a store holds.
func entry(random *rand.Rand) backend.Entry {
	e := backend.Entry{Name: number(fmt.Sprintf("+%d", 10+random.IntN(1_000_000_000)))}
	n := e.Name.Number.Len()
	switch random.IntN(6) {
	case 0:
		e.Kind = backend.Block
		e.Min = n + random.IntN(15-n+1)
		e.Max = e.Min + random.IntN(15-e.Min+1)
	case 1:
		e.Kind = backend.Delegation
		ttl := uint32(random.IntN(MaxTTL))
		e.Sets = []backend.RRset{{Type: 2, TTL: ttl, Data: []string{"\x03ns1\x07example\x03net\x00", "\x03n\\.\x07example\x03net\x00"}}}
		if random.IntN(2) == 0 {
			e.Sets = append(e.Sets, backend.RRset{Type: 43, TTL: 5, Data: []string{"\x00\x01\x0d\x02" + strings.Repeat("\xab", 32)}})
			e.Glue = []backend.Host{{Name: "\x03ns1\x07example\x03net\x00", Sets: []backend.RRset{
				{Type: 1, TTL: ttl, Data: []string{"\xc0\x00\x02\x01"}}, {Type: 28, TTL: 9, Data: []string{"\x20\x01\x0d\xb8" + strings.Repeat("\x00", 11) + "\x01"}},
			}}}
		}
		return e
	}
	for i := range random.IntN(4) {
		e.TTL = uint32(random.IntN(MaxTTL))
		r := naptr.Record{Order: uint16(random.IntN(1 << 16)), Preference: uint16(random.IntN(1 << 16)), Flags: "u", Services: "E2U+sip"}
		switch random.IntN(5) {
		case 0:
			r.Services, r.Regexp = "E2U+voice:tel", fmt.Sprintf("!^.*$!tel:+1202555%04d!", random.IntN(10000))
		case 1:
			r.Regexp = fmt.Sprintf(`!^\+%s(.*)$!sip:\1-%d@example.com!`, e.Name.Number.Digits(), i)
		case 2:
			r = naptr.Record{Order: 1, Preference: uint16(i), Replacement: fmt.Sprintf("\x02n%d\x07example\x03net\x00", i)}
		default:
			r.Regexp = fmt.Sprintf("!^.*$!sip:u%d,;\"%d@example.com!", i, random.Uint32())
			r.Regexp = strings.ReplaceAll(r.Regexp, `"`, "%22")
		}
		e.Records = append(e.Records, r)
	}
	return e
}

// normal takes what no reader can know out of an entry: nil or empty, the TTL of no records.
func normal(e backend.Entry) backend.Entry {
	e.Records = slices.Clip(append([]naptr.Record(nil), e.Records...))
	if len(e.Records) == 0 {
		e.TTL = 0
	}
	return e
}

func same(a, b backend.Entry) bool { return reflect.DeepEqual(normal(a), normal(b)) }

// pointers makes cells of texts; an empty one is nil.
func pointers(texts ...string) []*string {
	cells := make([]*string, len(texts))
	for i := range texts {
		if texts[i] != "" {
			cells[i] = &texts[i]
		}
	}
	return cells
}

var longDigits = regexp.MustCompile(`[0-9]{7,}`)

// constants are the numbers that errors show as limits and examples.
var constants = strings.NewReplacer("2147483647", "", "9223372036854775807", "", "12025550100", "")

// quiet fails where an error tells a number.
func quiet(t testing.TB, err error) {
	t.Helper()
	if err != nil && longDigits.MatchString(constants.Replace(err.Error())) {
		t.Errorf("a number in the error %q", err)
	}
}
