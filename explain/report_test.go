package explain

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/table"
	"github.com/enumim/enumim/client"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

func mustApex(t testing.TB, s string) e164.Apex {
	t.Helper()
	apex, err := e164.ParseApex(s)
	if err != nil {
		t.Fatal(err)
	}
	return apex
}

func imRecord(regexp string) []naptr.Record {
	return []naptr.Record{{Order: 100, Preference: 10, Flags: "u", Services: "E2U+im", Regexp: regexp}}
}

func digits(t testing.TB, s string) e164.Name {
	t.Helper()
	if s == "" {
		return e164.Name{}
	}
	n, err := e164.ParseDigits(s)
	if err != nil {
		t.Fatal(err)
	}
	return e164.Name{Number: n}
}

func nameSet(t testing.TB, typ uint16, name string) backend.RRset {
	t.Helper()
	wire, err := rr.NameToWire(name)
	if err != nil {
		t.Fatal(err)
	}
	return backend.RRset{Type: typ, TTL: 60, Data: []string{wire}}
}

func tableOf(t testing.TB, form backend.Form, entries ...backend.Entry) *table.Table {
	t.Helper()
	tab := table.New(table.Options{Form: form, Apexes: []e164.Apex{mustApex(t, "e164.arpa")}})
	b := tab.Builder()
	b.Merge = true
	for i := range entries {
		if err := b.Add(&entries[i], uint32(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Publish(false); err != nil {
		t.Fatal(err)
	}
	return tab
}

func of(t testing.TB, b backend.Backend, number string) *Report {
	t.Helper()
	r, err := Of(t.Context(), b, Question{Apex: mustApex(t, "e164.arpa"), Number: e164.MustParse(number)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Each kind of entry that decides is named, and so is why the others do not.
func TestSteps(t *testing.T) {
	const won = "WINS: "
	show := func(h Hop) (out []string) {
		for _, s := range h.Steps {
			text := s.Why
			if s.Wins {
				text = won + text
			}
			out = append(out, fmt.Sprintf("%d %s %s", s.Entry.Kind, s.Entry.Name.Number.Digits(), text))
		}
		return out
	}
	block := func(prefix string, least, most int) backend.Entry {
		return backend.Entry{Kind: backend.Block, Name: digits(t, prefix), Min: least, Max: most, Records: imRecord("!^.*$!im:b@example.com!")}
	}
	number := func(d string) backend.Entry {
		return backend.Entry{Name: digits(t, d), Records: imRecord("!^.*$!im:n@example.com!")}
	}
	wild := func(d string) backend.Entry {
		return backend.Entry{Kind: backend.Wildcard, Name: digits(t, d), Records: imRecord("!^.*$!im:w@example.com!")}
	}
	cut := func(d string) backend.Entry {
		return backend.Entry{Kind: backend.Delegation, Name: digits(t, d), Sets: []backend.RRset{nameSet(t, 2, "ns.example.net.")}}
	}
	dname := func(d string) backend.Entry {
		return backend.Entry{Kind: backend.Rename, Name: digits(t, d), Sets: []backend.RRset{nameSet(t, typeDNAME, "elsewhere.example.net.")}}
	}
	for _, c := range []struct {
		name    string
		entries []backend.Entry
		number  string
		kind    backend.Kind
		want    []string
	}{
		{"exact in nested blocks", []backend.Entry{block("44", 6, 6), block("4420", 6, 8), number("442012"), number("4420")}, "+442012", backend.Found, []string{
			"0 442012 " + won + "the number has an entry of its own",
			"1 4420 the number has an entry of its own",
			"1 44 the number has an entry of its own",
			"0 4420 is another number, with which this one begins",
		}},
		{"longest block that fits", []backend.Entry{block("44", 6, 6), block("4420", 6, 8), block("44201", 9, 9)}, "+442012", backend.Found, []string{
			"1 44201 is for numbers of 9 digits; this one has 6",
			"1 4420 " + won + "the block with the most digits in common that the number belongs to",
			"1 44 a block with more digits in common counts before",
		}},
		{"no block is long enough", []backend.Entry{block("44", 6, 8)}, "+442012345", backend.Absent, []string{
			"1 44 is for numbers of 6 to 8 digits; this one has 9",
		}},
		{"reserved", []backend.Entry{{Name: digits(t, "442012")}, block("44", 6, 6)}, "+442012", backend.Empty, []string{
			"0 442012 " + won + "the number has an entry of its own, which says that it has no records",
			"1 44 the number has an entry of its own",
		}},
		{"delegation", []backend.Entry{cut("442"), block("44", 6, 6)}, "+442012", backend.Delegated, []string{
			"3 442 " + won + "the delegation nearest to the apex hides everything below it",
			"1 44 hidden by the delegation or DNAME above",
		}},
		{"DNAME", []backend.Entry{dname("442"), wild("44")}, "+442012", backend.Renamed, []string{
			"4 442 " + won + "a DNAME redirects all names below it (RFC 6672)",
			"2 44 hidden by the delegation or DNAME above",
		}},
		{"the name of the DNAME", []backend.Entry{dname("442")}, "+442", backend.Found, []string{
			"4 442 " + won + "the entry of the name itself",
		}},
		{"wildcard", []backend.Entry{wild("44"), wild("4")}, "+442012", backend.Found, []string{
			"2 44 " + won + "the wildcard below the longest name above the number that exists (RFC 4592)",
			"2 4 hidden, as 44 exists: it or longer numbers have entries (RFC 4592 section 3.3.1)",
		}},
		{"the trap of the closest encloser", []backend.Entry{wild("44"), number("442015")}, "+442012", backend.Absent, []string{
			"2 44 hidden, as 44201 exists: it or longer numbers have entries (RFC 4592 section 3.3.1)",
		}},
		{"part of a number", []backend.Entry{wild("44"), number("442015")}, "+44201", backend.Descendants, []string{
			"2 44 the name exists, as there are longer numbers below it (RFC 4592 section 2.2.2)",
		}},
		{"block and wildcard", []backend.Entry{wild("442"), block("4", 4, 4)}, "+4420", backend.Found, []string{
			"2 442 a block that the number belongs to counts before",
			"1 4 " + won + "the block with the most digits in common that the number belongs to",
		}},
		{"nothing", []backend.Entry{number("49")}, "+442012", backend.Absent, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := of(t, tableOf(t, backend.Stored, c.entries...), c.number)
			got := show(r.Hops[0])
			if r.Kind != c.kind || !slices.Equal(got, c.want) {
				t.Errorf("kind %d, want %d\n got %q\nwant %q", r.Kind, c.kind, got, c.want)
			}
		})
	}
}

// Whatever the data, one entry wins where there is an answer, none where there is none, and the winner has
// what is answered.
func TestWinnerIsWhatAnswers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	random := func(most int) string {
		b := make([]byte, 1+rng.IntN(most))
		for i := range b {
			b[i] = '1' + byte(rng.IntN(2))
		}
		return string(b)
	}
	checked := map[backend.Kind]int{}
	for range 3000 {
		var entries []backend.Entry
		for i := range rng.IntN(6) {
			e := backend.Entry{Name: digits(t, random(4)), Records: imRecord(fmt.Sprintf("!^.*$!im:u%d@example.com!", i))}
			switch rng.IntN(6) {
			case 0:
				e.Kind, e.Records, e.Sets = backend.Delegation, nil, []backend.RRset{nameSet(t, 2, "ns.example.net.")}
			case 1:
				e.Kind, e.Records, e.Sets = backend.Rename, nil, []backend.RRset{nameSet(t, typeDNAME, "x.example.net.")}
			case 2:
				e.Kind = backend.Block
				e.Min = e.Name.Number.Len() + rng.IntN(3)
				e.Max = e.Min + rng.IntN(2)
			case 3:
				e.Kind = backend.Wildcard
			case 4:
				e.Records = nil
			}
			if !slices.ContainsFunc(entries, func(o backend.Entry) bool { return o.Name == e.Name }) {
				entries = append(entries, e)
			}
		}
		b := tableOf(t, backend.Stored, entries...)
		for range 20 {
			r := of(t, b, "+"+random(6))
			checked[r.Kind]++
			var winners []backend.Entry
			for _, s := range r.Hops[len(r.Hops)-1].Steps {
				if s.Wins {
					winners = append(winners, s.Entry)
				}
				if s.Why == "" {
					t.Fatalf("%+v: no reason for %+v", r.Number, s)
				}
			}
			answered := r.Kind != backend.Absent && r.Kind != backend.Descendants
			if answered != (len(winners) == 1) || len(winners) > 1 {
				t.Fatalf("kind %d for %v of %+v: winners %+v", r.Kind, r.Number, entries, winners)
			}
			if answered && !slices.Equal(winners[0].Records, r.Records) {
				t.Fatalf("%v: the winner has %v, sent are %v", r.Number, winners[0].Records, r.Records)
			}
		}
	}
	for kind := backend.Found; kind <= backend.Renamed; kind++ {
		if checked[kind] < 100 {
			t.Errorf("kind %d came %d times only", kind, checked[kind])
		}
	}
}

// The records are those of the plugin: expanded for the number asked, whatever alias led to them, and
// without those whose expression does not match.
func TestRecordsAsSent(t *testing.T) {
	two := append(imRecord(`!^\+44(.*)$!im:0\1@example.com!`), imRecord(`!^\+49(.*)$!im:0\1@example.com!`)...)
	entries := []backend.Entry{
		{Name: digits(t, "442012"), Records: two, TTL: 300},
		{Name: digits(t, "442013"), Sets: []backend.RRset{nameSet(t, typeCNAME, "2.1.0.2.4.4.e164.arpa.")}},
		{Name: digits(t, "442014"), Sets: []backend.RRset{nameSet(t, typeCNAME, "number.example.net.")}},
		{Name: digits(t, "442015"), Sets: []backend.RRset{nameSet(t, typeCNAME, "5.1.0.2.4.4.e164.arpa.")}},
		{Kind: backend.Rename, Name: digits(t, "45"), Sets: []backend.RRset{nameSet(t, typeDNAME, "4.4.e164.arpa.")}},
	}
	plain, stored := tableOf(t, backend.Plain, entries...), tableOf(t, backend.Stored, entries...)

	r := of(t, plain, "+442012")
	if len(r.Records) != 1 || r.Records[0].Regexp != "!^.*$!im:02012@example.com!" || r.TTL != 300 || len(r.Silent) != 1 || r.Silent[0] != two[1] {
		t.Errorf("plain: %+v", r)
	}
	if r = of(t, stored, "+442012"); !slices.Equal(r.Records, two) || r.Silent != nil {
		t.Errorf("stored: %+v", r)
	}
	form := backend.Stored
	r, err := Of(t.Context(), plain, Question{Apex: mustApex(t, "e164.arpa"), Number: e164.MustParse("+442012"), Form: &form})
	if err != nil || !slices.Equal(r.Records, two) {
		t.Errorf("stored by the Corefile: %+v, %v", r, err)
	}
	if r = of(t, plain, "+442013"); len(r.Hops) != 2 || len(r.Records) != 1 || r.Records[0].Regexp != "!^.*$!im:02013@example.com!" {
		t.Errorf("through a CNAME: %+v", r)
	}
	if r = of(t, plain, "+442014"); r.Target != "number.example.net." || len(r.Hops) != 1 || r.Records != nil {
		t.Errorf("an alias out of the tree: %+v", r)
	}
	if r = of(t, plain, "+442015"); r.Target != "5.1.0.2.4.4.e164.arpa." || len(r.Hops) != 1 || !r.Loop {
		t.Errorf("an alias to itself: %+v", r)
	}
	if r = of(t, plain, "+452012"); len(r.Hops) != 2 || r.Hops[1].Name != digits(t, "442012") || len(r.Silent) != 2 {
		t.Errorf("through a DNAME the expressions see the number asked: %+v", r)
	}
	if _, err := Of(t.Context(), plain, Question{Apex: mustApex(t, "4.4.e164.arpa"), Number: e164.MustParse("+492012")}); !errors.Is(err, ErrOutside) {
		t.Errorf("a number of another tree: %v", err)
	}
}

// An outage is no report.
func TestBackendError(t *testing.T) {
	b := tableOf(t, backend.Plain)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := Of(t.Context(), b, Question{Apex: mustApex(t, "e164.arpa"), Number: e164.MustParse("+442012")})
	if !errors.Is(err, backend.ErrClosed) {
		t.Errorf("%v", err)
	}
}

// A chain of aliases is followed as far as one answer of the plugin goes; that its end was not seen is told.
func TestLongChain(t *testing.T) {
	var entries []backend.Entry
	for i := range 12 {
		entries = append(entries, backend.Entry{
			Name: digits(t, fmt.Sprintf("44%02d", i)),
			Sets: []backend.RRset{nameSet(t, typeCNAME, mustApex(t, "e164.arpa").Domain(digits(t, fmt.Sprintf("44%02d", i+1)).Number))},
		})
	}
	r := of(t, tableOf(t, backend.Plain, entries...), "+4400")
	if len(r.Hops) != 9 || r.Target != "9.0.4.4.e164.arpa." || r.Loop {
		t.Errorf("%d hops, then %q, loop %v", len(r.Hops), r.Target, r.Loop)
	}
}

// stale is a backend whose data could not be refreshed.
type stale struct{ backend.Backend }

func (s stale) Lookup(ctx context.Context, q backend.Query) (backend.Answer, error) {
	a, err := s.Backend.Lookup(ctx, q)
	a.Stale = true
	return a, err
}

func TestStale(t *testing.T) {
	b := tableOf(t, backend.Plain, backend.Entry{Name: digits(t, "442012"), Records: imRecord("!^.*$!im:n@example.com!")})
	if of(t, b, "+442012").Stale || !of(t, stale{b}, "+442012").Stale {
		t.Error("what could not be refreshed is not told from what could")
	}
	if len(of(t, stale{b}, "+442012").Hops[0].Steps) != 0 {
		t.Error("a backend without traces has steps")
	}
}

// Clients whose buffers are small are told the size of the response, and that of the name.
func TestDialTellsSizes(t *testing.T) {
	yate := client.Lookup(enumservice.Yate)
	if yate == nil {
		t.Fatal("no Yate")
	}
	records := imRecord("!^.*$!im:user@example.com!")
	records[0].Services = "E2U+sip"
	records[0].Regexp = "!^.*$!sip:user@example.com!"
	q := Question{Apex: mustApex(t, "e164.arpa"), Number: e164.MustParse("+442079460148")}
	dials := func(q Question, records []naptr.Record) bool {
		d := Dial(q, records, "", []*client.Profile{yate})
		return len(d) == 1 && d[0].Client == yate && len(d[0].Outcome.Targets) > 0
	}
	if !dials(q, records) {
		t.Error("does not dial a plain record")
	}
	if dials(q, slices.Repeat(records, 50)) { // it reads 2048 octets
		t.Error("reads any size")
	}
}
