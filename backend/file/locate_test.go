package file

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// Each entry of a file is found where it stands; what a file says of another tree is not taken for this one.
func TestLocate(t *testing.T) {
	dir := t.TempDir()
	numbers, zone, more := filepath.Join(dir, "numbers.txt"), filepath.Join(dir, "4.4.zone"), filepath.Join(dir, "more.txt")
	write(t, more, "+12025550199 im:more@example.com\n")
	write(t, numbers, "# comment\n+1202555xxxx sip:{number}@example.net\n+12025550100 im:user@example.com\n\n+4989 NS ns1.example.net.\n$INCLUDE more.txt\n+44201 im:other@example.com\n")
	write(t, zone, "$ORIGIN 4.4.e164.arpa.\n@ 60 IN SOA ns. hm. 1 2 3 4 5\n@ 60 IN NS ns.\n"+
		"*.0.2 60 IN NAPTR 100 10 \"u\" \"E2U+im\" \"!^.*$!im:w@example.com!\" .\n"+
		"1.0.2 60 IN NAPTR 100 10 \"u\" \"E2U+im\" \"!^.*$!im:n@example.com!\" .\n$INCLUDE more.zone\n"+
		"* 60 IN NAPTR 100 10 \"u\" \"E2U+im\" \"!^.*$!im:all@example.com!\" .\n")
	write(t, filepath.Join(dir, "more.zone"), "; comment\n\n2.0.2 60 IN NAPTR 100 10 \"u\" \"E2U+im\" \"!^.*$!im:n@example.com!\" .\n")
	o, err := parse(numbers, "include", "reload 0")
	must(t, err)
	o.paths = []string{zone, numbers}
	o.apexes = apexesOf(t, "e164.arpa", "4.4.e164.arpa")
	b := open(t.Context(), o, 0, nil)
	defer b.Close()
	must(t, b.Check(t.Context()))

	places := func(apex, number string) string {
		entries, err := b.Trace(t.Context(), backend.Query{Apex: apex, Name: e164.Name{Number: e164.MustParse(number)}})
		must(t, err)
		places, err := b.Locate(t.Context(), apex, entries)
		must(t, err)
		for i := range places {
			places[i] = filepath.Base(places[i])
		}
		return strings.Join(places, " ")
	}
	for _, c := range []struct{ apex, number, want string }{
		{"e164.arpa.", "+12025550100", "numbers.txt:2 numbers.txt:3"},
		{"e164.arpa.", "+12025550199", "numbers.txt:2 more.txt:1"},
		{"e164.arpa.", "+49891234", "numbers.txt:5"},
		{"4.4.e164.arpa.", "+44201", "4.4.zone:7 4.4.zone:4 4.4.zone:5"},
		{"4.4.e164.arpa.", "+44202", "4.4.zone:7 4.4.zone:4 more.zone:3"},
		{"e164.arpa.", "+44201", "numbers.txt:7"}, // not where the zone of another tree has it
		{"e164.arpa.", "+44203", ""},
	} {
		if got := places(c.apex, c.number); got != c.want {
			t.Errorf("%s: %q, want %q", c.number, got, c.want)
		}
	}

	// A file that is not what is served any more has no places to tell.
	entries, err := b.Trace(t.Context(), backend.Query{Apex: "e164.arpa.", Name: e164.Name{Number: e164.MustParse("+12025550100")}})
	must(t, err)
	write(t, numbers, "+12025550100 im:user@example.com\nbroken\n")
	got, err := b.Locate(t.Context(), "e164.arpa.", entries)
	if err != nil || !slices.Equal(got, []string{"", ""}) {
		t.Errorf("%q, %v from a broken file", got, err)
	}
	must(t, os.Remove(numbers))
	got, err = b.Locate(t.Context(), "e164.arpa.", entries)
	if err != nil || !slices.Equal(got, []string{"", ""}) {
		t.Errorf("%q, %v without a file", got, err)
	}
}
