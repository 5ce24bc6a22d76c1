package numbers

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/e164"
)

const layoutText = bom + `# a comment
$TTL 1h
+12025550100 ttl=5m order=200 pref=5 E2U+sip sip:{number}@example.com im:b@example.com # why
  pref=7   # and here
	NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:a b@example.com!" . sip:c@example.com
+12025550101 none
+1202556 NS ns1.example.net. 192.0.2.1
         DS 12345 13 2 49FD
+1202557xxxx sip:d@example.com`

// Layouts finds the words of every record, wherever they stand.
func TestLayouts(t *testing.T) {
	for _, eol := range []string{"\n", "\r\n"} {
		text := []byte(strings.ReplaceAll(layoutText, "\n", eol))
		var got []string
		Layouts(text, func(entry []Layout) {
			got = append(got, "entry")
			for _, l := range entry {
				var data strings.Builder
				for _, at := range l.Data {
					fmt.Fprintf(&data, "<%s>", at.Of(text))
				}
				got = append(got, fmt.Sprintf("%d:%d %s|%s|%s|%s|%s", l.Line, l.Column, l.Order.Of(text), l.Preference.Of(text), l.Services.Of(text), l.URI.Of(text), data.String()))
			}
		})
		want := []string{
			"entry",
			"3:46 order=200|pref=5|E2U+sip|sip:{number}@example.com|",
			"3:71 |||im:b@example.com|",
			`5:2 |pref=7||NAPTR|<100><10><"u"><"E2U+sip"><"!^.*$!sip:a b@example.com!"><.>`,
			"5:60 |||sip:c@example.com|",
			"entry",
			"9:14 |||sip:d@example.com|",
		}
		if !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// FuzzLayouts: in a text without faults, each record has a Layout at its place, with its URI.
func FuzzLayouts(f *testing.F) {
	f.Add(layoutText)
	f.Add("+12025550100 order=1 sip:a@example.com\n")
	f.Fuzz(func(t *testing.T, text string) {
		at := map[[2]int]string{}
		last := 0
		Layouts([]byte(text), func(entry []Layout) {
			for _, l := range entry {
				if l.URI.From < last || l.URI.To > len(text) {
					t.Fatalf("%v after %d", l.URI, last)
				}
				last = l.URI.To
				at[[2]int{l.Line, l.Column}] = string(l.URI.Of([]byte(text)))
			}
		})
		var places []source.Place
		o := Options{Lint: &source.Lint{Placed: func(list, _ []source.Place) { places = slices.Clone(list) }}}
		var missing []string
		_, err := Parse([]byte(text), o, func(e *backend.Entry, _ int) error {
			for i := range e.Records {
				if p := places[i]; at[[2]int{p.Line, p.Column}] == "" {
					missing = append(missing, fmt.Sprint(p))
				}
			}
			return nil
		})
		if err == nil && len(missing) > 0 {
			t.Fatalf("no layout at %v of %q", missing, text)
		}
	})
}

// A linter gets the entries of a faulty file, those with records that nobody can use among them, each with
// the places of its records.
func TestLint(t *testing.T) {
	apex, err := e164.ParseApex("e164.arpa.")
	if err != nil {
		t.Fatal(err)
	}
	const text = `+12025550100 im:user sip:a@example.com
  NAPTR 100 30 "u" "sip+E2U" "!^.*$!sip:b@example.com!" .
rubbish
+12025550101 none
+1202556xxxx sip:{number}@example.com
+1202557 NS ns1.example.net. 192.0.2.1
rubbish
rubbish
`
	var got []string
	var places []source.Place
	o := Options{File: "numbers", Apexes: []e164.Apex{apex}, Lint: &source.Lint{
		Faults: 2,
		Placed: func(at, _ []source.Place) { places = slices.Clone(at) },
		Found:  func(rule, _ string, at source.Place) { got = append(got, fmt.Sprint(rule, " ", at.File, " ", at.Line)) },
	}}
	_, err = Parse([]byte(text), o, func(e *backend.Entry, _ int) error {
		line := fmt.Sprint(e.Kind, " ", e.Name.Number, " ", len(e.Records))
		for _, p := range places {
			line += fmt.Sprint(" ", p.Line, ":", p.Column, ":", p.Template)
		}
		got = append(got, line)
		return nil
	})
	want := []string{
		"0 +12025550100 3 1:14:false 1:22:false 2:3:false",
		"0 +12025550101 0 4:1:false",
		"1 +1202556 1 5:14:true",
		"D01 numbers 6",
		"3 +1202557 0 6:1:false",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	faults, ok := err.(*source.Errors)
	if !ok || len(faults.List) != 2 || faults.More != 1 {
		t.Errorf("faults %v", err)
	}
}
