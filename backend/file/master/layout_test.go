package master

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/e164"
)

const layoutText = bom + `$TTL 1h ; an hour
$ORIGIN e164.arpa.
@ 300 IN SOA ns1.example.net. h.example.net. ( 1 ; serial
   2 3 4 5 )
  NS ns1.example.net.

1.2 NAPTR ( 100 10 ; rank
   "u" "E2U+sip"
   "!^.*$!sip:\\1;x@example.com!" . ) ; it
    IN 5m TYPE35 \# 3 ( 0102
 03 )
$GENERATE 1-2 $.3 NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:a@example.com!" .
"quoted" NAPTR
3.2 TXT unquoted "and quoted"
4.2 FOO bar
`

// Layouts finds the words of every record, wherever they stand.
func TestLayouts(t *testing.T) {
	text := []byte(layoutText)
	var got []string
	Layouts(text, func(l *Layout) {
		words := func(list []source.Span) string {
			var b strings.Builder
			for _, at := range list {
				fmt.Fprintf(&b, "<%s>", at.Of(text))
			}
			return b.String()
		}
		lines := string(l.Lines.Of(text))
		got = append(got, fmt.Sprintf("%d %s|%s|%d|%s|%d lines", l.Line, l.Owner.Of(text), words(l.Head), l.Type, words(l.Data), strings.Count(lines, "\n")))
	})
	want := []string{
		"3 @|<300><IN><SOA>|6|<ns1.example.net.><h.example.net.><1><2><3><4><5>|2 lines",
		"5 |<NS>|2|<ns1.example.net.>|1 lines",
		`7 1.2|<NAPTR>|35|<100><10><"u"><"E2U+sip"><"!^.*$!sip:\\1;x@example.com!"><.>|3 lines`,
		`10 |<IN><5m><TYPE35>|35|<\#><3><0102><03>|2 lines`,
		`13 "quoted"|<NAPTR>|35||1 lines`,
		`14 3.2|<TXT>|16|<unquoted><"and quoted">|1 lines`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// FuzzLayouts: what is found lies in the text, in order and without overlap.
func FuzzLayouts(f *testing.F) {
	f.Add(layoutText)
	f.Add("@ SOA (\n\"\\")
	f.Fuzz(func(t *testing.T, text string) {
		at := 0
		inOrder := func(s source.Span) {
			if s.From < at || s.To <= s.From || s.To > len(text) {
				t.Fatalf("%v after %d of %d", s, at, len(text))
			}
			at = s.To
		}
		Layouts([]byte(text), func(l *Layout) {
			if l.Lines.From < at || l.Lines.To > len(text) {
				t.Fatalf("%v after %d", l.Lines, at)
			}
			at = l.Lines.From
			if !l.Owner.Empty() {
				inOrder(l.Owner)
			}
			for _, s := range slices.Concat(l.Head, l.Data) {
				inOrder(s)
			}
			if at > l.Lines.To {
				t.Fatalf("%d behind %v", at, l.Lines)
			}
			at = l.Lines.To
		})
	})
}

// A linter gets the entries of a faulty file and those that are hidden, each with the places of its records.
func TestLint(t *testing.T) {
	const text = `$ORIGIN 4.4.e164.arpa.
@ 300 SOA ns1.example.net. h.example.net. 1 2 3 4 5
2 300 NS ns.2
1.2 NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:a@example.com!" .
    TXT hidden
*.2 NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:a@example.com!" .
1 NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:a@example.com!" .
  NAPTR 100 20 "u" "E2U+sip" "!^.*$!sip:b@example.com!" .
  TXT here
1 NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:a@example.com!" .
  TXT here
3 NAPTR 100
4 NAPTR x
5 NAPTR y
`
	var got []string
	var places, repeated []source.Place
	o := Options{File: "zone", Lint: &source.Lint{
		Faults: 2,
		Apex:   func(apex e164.Apex) { got = append(got, "apex "+apex.String()) },
		Placed: func(at, again []source.Place) { places, repeated = slices.Clone(at), slices.Clone(again) },
		Found:  func(rule, _ string, at source.Place) { got = append(got, fmt.Sprint(rule, " ", at.File, " ", at.Line)) },
	}}
	_, _, _, err := Parse([]byte(text), o, func(e *backend.Entry, _ int) error {
		lines := func(list []source.Place) (lines []int) {
			for _, p := range list {
				lines = append(lines, p.Line)
			}
			return lines
		}
		got = append(got, fmt.Sprint(e.Kind, " ", e.Name.Number, " ", len(e.Records), lines(places), lines(repeated)))
		return nil
	})
	want := []string{
		"apex 4.4.e164.arpa.",
		"duplicate-record zone 11",
		"0 +441 2 [7 8] [10]",
		"missing-glue zone 3",
		"3 +442 0 [3] []",
		"2 +442 1 [6] []",
		"occluded-data zone 5",
		"0 +4421 1 [4] []",
		"no-apex-ns zone 2",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	faults, ok := err.(*source.Errors)
	if !ok || len(faults.List) != 2 || faults.More != 1 {
		t.Errorf("faults %v", err)
	}
}

// Each entry is said to stand in the file that its first record stands in.
func TestSource(t *testing.T) {
	open := func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("2 TXT b\n")), nil }
	for _, unordered := range []bool{false, true} {
		file, got := "", map[string]string{}
		_, _, _, err := Parse([]byte(frame+"1 TXT a\n$INCLUDE sub/more\n3 NAPTR 1 1 u E2U+im !^.*$!im:a@example.com! .\n"), Options{
			File: "dir/zone", Open: open, Unordered: unordered, Source: func(f string) { file = f },
		}, func(e *backend.Entry, line int) error {
			got[e.Name.Number.Digits()[e.Name.Number.Len()-1:]] = fmt.Sprintf("%s:%d", file, line)
			return nil
		})
		if err != nil || got["1"] != "dir/zone:5" || got["2"] != "dir/sub/more:1" || got["3"] != "dir/zone:7" {
			t.Errorf("%v, %v", got, err)
		}
	}
}
