package master

import (
	"runtime"
	"testing"
	"weak"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/e164"
)

// The names that are read the short way are those that are read the long way, with the same numbers.
func TestDigits(t *testing.T) {
	const soa = "4.4.e164.arpa. 300 IN SOA ns.example.com. hm.example.com. 1 7200 900 1209600 300\n"
	for _, origin := range []string{"4.4.e164.arpa.", "4.4.E164.arpa.", "example.com.", "."} {
		p := newParser(Options{Origin: origin})
		p.parse(source.Whole([]byte(soa)))
		if err := p.errs.Err(); err != nil {
			t.Fatal(err)
		}
		short := 0
		for _, text := range []string{
			"1", "1.2.3", "3.2.1.4.4.e164.arpa.", "1.2.3.4.4.E164.ARPA.", "3.2.1.4.4.e164.arpa", ".1", "1.", "1..2", "12", "1.22", "1.x", "x.1", "1.2.", "@",
			".4.4.e164.arpa.", "4.4.e164.arpa.", "14.4.e164.arpa.", "*.1", `1\.2`, `1\.4.4.e164.arpa.`, `\0.1`, "1.2.3.4.5.6.7.8.9.0.1.2.3", "1.2.3.4.5.6.7.8.9.0.1.2.3.4",
			"1.2.3.4.5.6.7.8.9.0.1.2.3.4.4.e164.arpa.", "1.2.3.4.5.6.7.8.9.0.1.2.3.4.4.4.e164.arpa.", "1 2", "1.2.3.5.5.e164.arpa.",
		} {
			n, ok := p.digits([]byte(text))
			if !ok {
				continue
			}
			short++
			q := newParser(Options{Origin: origin})
			q.apex, q.apexWire = p.apex, p.apexWire
			q.lx = lexer{tok: []byte(text)}
			q.setOwner(word)
			if q.owner.broken || !q.place() || q.owner.number != n || q.owner.labels != 0 {
				t.Errorf("%s below %s: %v the short way, %+v the long way", text, origin, n, q.owner)
			}
		}
		if want := map[string]int{"4.4.e164.arpa.": 5}[origin]; short < max(2, want) {
			t.Errorf("%s: only %d names are read the short way", origin, short)
		}
	}
}

// The records of a name stand together, and are read together only when they are of one name: neither
// over an $ORIGIN, nor in the memory that $GENERATE uses again.
func TestOwnerAgain(t *testing.T) {
	const head = "$ORIGIN e164.arpa.\n@ 300 IN SOA ns.example.com. hm.example.com. 1 7200 900 1209600 300\n@ NS ns.example.com.\n"
	const record = ` NAPTR 10 10 "u" "E2U+im" "!^.*$!im:a@example.com!" .` + "\n"
	for src, want := range map[string][]string{
		head + "1.2" + record + "1.2 TXT x\n":                           {"21"},
		head + "1.2" + record + "$ORIGIN 4.4.e164.arpa.\n1.2 TXT x\n":   {"21", "4421"},
		head + "1.2" + record + "x.1.2 TXT x\nx.1.2" + record:           {"21", "21"},
		head + "$GENERATE 1-3 $.2 TXT x\n3.2" + record + "1.2" + record: {"21", "22", "23"},
	} {
		var got []string
		_, _, _, err := Parse([]byte(src), Options{Generate: true}, func(e *backend.Entry, _ int) error {
			got = append(got, e.Name.Number.Digits())
			return nil
		})
		if err != nil || len(got) != len(want) {
			t.Errorf("%q: got %q and %v, want %q", src, got, err, want)
			continue
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%q: got %q, want %q", src, got, want)
			}
		}
	}
}

// The text goes when its records are read, so that it does not stand in memory beside the index.
func TestTextGoes(t *testing.T) {
	var text weak.Pointer[byte]
	src := generated(2000, false)
	text = weak.Make(&src[0])
	_, _, _, err := Parse(src, Options{}, func(e *backend.Entry, _ int) error {
		if e.Name.Number == e164.MustParse("+12025550000000") {
			runtime.GC()
			if text.Value() != nil {
				t.Error("the text is still there")
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
