package notation

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

func brokenAt(kind backend.EntryKind, text string, lengths ...int) backend.Entry {
	e := backend.Entry{Kind: kind, Name: number(text), Broken: true}
	if kind == backend.Block {
		e.Min, e.Max = lengths[0], lengths[1]
	}
	return e
}

// TestBrokenObjects: an object with a fault is a broken entry of all the numbers that it may have been about,
// and the error tells the place.
func TestBrokenObjects(t *testing.T) {
	c := &Codec{Apexes: []e164.Apex{apex(t, "2.1.e164.arpa"), apex(t, "4.4.e164.arpa")}}
	numberAt, blockAt, cutAt := brokenAt(backend.Number, "+1202"), brokenAt(backend.Block, "+1202", 4, 15), brokenAt(backend.Delegation, "+1202")
	none := backend.Entry{Broken: true}
	for _, tt := range []struct {
		name, text string
		want       backend.Entry
		err        string
	}{
		{"record", `{"kind":"number","number":"+1202","records":[{"uri":"nonsense"}]}`, numberAt, `column 46, "records": uri: expected a URI`},
		{"record of an unknown scheme", `{"kind":"number","number":"+1202","records":[{"uri":"a12025550100:x"}]}`, numberAt, `column 46`},
		{"record that no client can use", `{"kind":"number","number":"+1202","records":[{"uri":"im:nobody","services":"E2U+im"}]}`, numberAt, `I11: `},
		{"record first", `{"records":[{"order":70000}],"kind":"number","number":"+1202"}`, numberAt, `column 22, "order": expected a whole number from 0 to 65535`},
		{"cut short", `{"kind":"number","number":"+1202","records":[{"uri":"im:a@exa`, numberAt, `column 53, "uri": the string has no end`},
		{"unknown member", `{"kind":"number","number":"+1202","none":true,"x":1}`, numberAt, `column 47: unknown name`},
		{"no records", `{"kind":"number","number":"+1202"}`, numberAt, `"none":true`},
		{"of a delegation", `{"kind":"delegation","number":"+1202","sets":[]}`, cutAt, `"sets"`},
		{"lengths", `{"kind":"block","number":"+1202","min":3,"max":2,"none":true}`, blockAt, "min and max"},
		{"lengths of no type", `{"kind":"block","number":"+1202","min":"5","none":true}`, blockAt, `column 40, "min": expected a whole number`},
		{"good lengths", `{"kind":"block","number":"+1202","min":7,"max":9,"records":[{}]}`, brokenAt(backend.Block, "+1202", 7, 9), "expected a URI"},
		{"lengths behind the fault", `{"kind":"block","records":[{}],"number":"+1202","min":7,"max":9}`, brokenAt(backend.Block, "+1202", 7, 9), "expected a URI"},
		{"no kind", `{"number":"+1202","none":true}`, blockAt, `"kind" is missing`},
		{"unknown kind", `{"kind":"nmber","number":"+1202","none":true}`, blockAt, `column 9, "kind": expected one of`},
		{"wildcard", `{"kind":"wildcard","number":"+1202","records":[{"uri":"im:a@example.com"}]}`, blockAt, "for zone files"},
		{"rename", `{"kind":"rename","number":"+1202","sets":[{"type":"DNAME","ttl":1,"data":["a."]}]}`, blockAt, "for zone files"},
		{"other records", `{"kind":"number","number":"+1202","sets":[{"type":"TXT","ttl":1,"data":["a"]}]}`, numberAt, "NAPTR records only"},
		{"no UTF-8", "{\"kind\":\"number\",\"number\":\"+1202\",\"none\":true,\"x\":\"\xff\"}", numberAt, "UTF-8"},
		{"outside", `{"kind":"number","number":"+33123","none":true}`, brokenAt(backend.Number, "+33123"), "outside of the trees"},
		{"apex", `{"kind":"number","number":"+44","none":true}`, brokenAt(backend.Number, "+44"), "apex itself"},
		{"block of an apex", `{"kind":"block","number":"+44","min":2,"max":4,"none":true}`, brokenAt(backend.Block, "+44", 2, 4), "apex itself"},
		{"text behind it", `{"kind":"number","number":"+1202","none":true}{}`, numberAt, "expected the end of the line"},

		{"name beside digits", `{"kind":"number","number":"+1202","name":"_im","none":true}`, none, "for zone files"},
		{"no number", `{"kind":"block","none":true}`, none, `"number" is missing`},
		{"no digits", `{"kind":"block","number":"+12o2","none":true}`, none, `column 26, "number": expected digits alone`},
		{"a number of 16 digits", `{"kind":"number","number":"+1202555010012345","none":true}`, none, `column 27`},
		{"the end of a file", `{"kind":"end","entries":1}`, none, "expected an entry"},
		{"a zone", `{"kind":"zone","apex":"e164.arpa","sets":[{"type":"SOA","ttl":1,"data":["a. b. 1 2 3 4 5"]}]}`, none, "expected an entry"},
		{"nothing", ``, none, "column 1: expected an object"},
		{"an array", `[]`, none, "column 1: expected an object"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, known, err := c.ParseJSON([]byte(tt.text))
			quiet(t, err)
			if err == nil || !strings.Contains(err.Error(), tt.err) || !reflect.DeepEqual(e, tt.want) || known != (tt.want.Name != e164.Name{}) {
				t.Errorf("%t, %+v, %v\nwant %+v, %s", known, e, err, tt.want, tt.err)
			}
		})
	}
}

// An object that tells no number says nothing of any, also in a dial plan, where "" is the number without digits.
func TestNoNumberInADialPlan(t *testing.T) {
	c := &Codec{DialPlan: true}
	for _, text := range []string{`null`, `{}`, `{"kind":"block","none":true}`, `{"number":null}`, `{"number":7}`} {
		if e, known, err := c.ParseJSON([]byte(text)); known || err == nil {
			t.Errorf("%s: %+v, %v", text, e, err)
		}
	}
}

// TestBrokenMark: a broken entry can be written and read, with nothing beside its place.
func TestBrokenMark(t *testing.T) {
	c := &Codec{}
	for _, e := range []backend.Entry{brokenAt(backend.Number, "+1202"), brokenAt(backend.Block, "+1202", 5, 7), brokenAt(backend.Delegation, "+1202")} {
		text := c.AppendJSON(nil, &e)
		if got, known, err := c.ParseJSON(text); err != nil || !known || !reflect.DeepEqual(got, e) {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
		// No file has such entries.
		if _, err := c.Objects().Read(text); err == nil {
			t.Errorf("%s was taken", text)
		}
	}
	if _, _, err := c.ParseJSON([]byte(`{"kind":"number","number":"+1202","none":true,"broken":true}`)); err == nil {
		t.Error("broken, with something else")
	}
}

// TestBrokenRows: a row with a fault makes the entry it is of broken, and no other.
func TestBrokenRows(t *testing.T) {
	c := &Codec{}
	columns := []string{"kind", "number", "min", "max", "ttl", "type", "uri", "data", "name"}
	row := func(cells ...string) []*string {
		return pointers(append(cells, make([]string, len(columns)-len(cells))...)...)
	}
	type result struct {
		e     backend.Entry
		known bool
		err   string
	}
	good := result{backend.Entry{Name: number("+1202")}, true, ""}
	for _, tt := range []struct {
		name string
		rows [][]*string
		want []result
	}{
		{"one of three rows", [][]*string{
			row("", "+1203", "", "", "", "", "im:a@example.com"), row("", "+1203", "", "", "x", "", "im:b@example.com"), row("", "+1203", "", "", "", "", "im:c@example.com"),
			row("", "+1202", "", "", "", "NONE"),
		}, []result{{brokenAt(backend.Number, "+1203"), true, "ttl: expected a whole number"}, good}},
		{"what only the end tells", [][]*string{row("delegation", "+1203", "", "", "", "DS", "", "1 13 1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), row("", "+1202", "", "", "", "none")},
			[]result{{brokenAt(backend.Delegation, "+1203"), true, "NS"}, good}},
		{"lengths", [][]*string{row("block", "+1203", "9", "x", "", "NONE"), row("", "+1202", "", "", "", "none")},
			[]result{{brokenAt(backend.Block, "+1203", 4, 15), true, "max: "}, good}},
		{"an unknown kind", [][]*string{row("bock", "+1203", "9", "9", "", "NONE"), row("", "+1202", "", "", "", "none")},
			[]result{{brokenAt(backend.Block, "+1203", 4, 15), true, "kind: expected one of"}, good}},
		{"no number", [][]*string{row("number", "12 03", "", "", "", "NONE"), row("number", "", "", "", "", "NONE"), row("", "+1202", "", "", "", "none")},
			[]result{{backend.Entry{Broken: true}, false, "number: "}, {backend.Entry{Broken: true}, false, "number: "}, good}},
		{"a name", [][]*string{row("", "+1203", "", "", "", "NONE", "", "", "_im"), row("", "+1202", "", "", "", "none")},
			[]result{{backend.Entry{Broken: true}, false, "zone files"}, good}},
		{"the end of a file", [][]*string{row("end", "", "", "", "", "", "", "3"), row("", "+1202", "", "", "", "none")},
			[]result{{backend.Entry{Broken: true}, false, ""}, good}},
		{"no text", [][]*string{row("", "+1203", "", "", "", "", "im:\xff@example.com"), row("", "+1202", "", "", "", "none")},
			[]result{{brokenAt(backend.Number, "+1203"), true, "UTF-8"}, good}},
		{"too many cells", [][]*string{append(row("", "+1203", "", "", "", "NONE"), pointers("x")...), row("", "+1202", "", "", "", "none")},
			[]result{{backend.Entry{Broken: true}, false, "more cells"}, good}},
		{"empty rows", [][]*string{row(), row("", "+1202", "", "", "", "none"), row()}, []result{good}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := c.Rows(columns)
			if err != nil {
				t.Fatal(err)
			}
			var got []result
			take := func(e backend.Entry, known, ok bool, err error) {
				quiet(t, err)
				if !ok {
					if err != nil {
						t.Errorf("an error of nothing: %v", err)
					}
					return
				}
				one := result{normal(e), known, ""}
				if err != nil {
					one.err = err.Error()
				}
				got = append(got, one)
			}
			for _, cells := range tt.rows {
				take(r.Read(cells))
			}
			take(r.End())
			if len(got) != len(tt.want) {
				t.Fatalf("%+v\nwant %+v", got, tt.want)
			}
			for i, want := range tt.want {
				if !strings.Contains(got[i].err, want.err) || (want.err == "") != (got[i].err == "") && want.known {
					t.Errorf("%d: error %q, want %q", i, got[i].err, want.err)
				}
				if !reflect.DeepEqual(got[i].e, want.e) || got[i].known != want.known {
					t.Errorf("%d: %+v\nwant %+v", i, got[i], want)
				}
			}
		})
	}
}

// TestColumns: what nobody can mean is no list of columns.
func TestColumns(t *testing.T) {
	c := &Codec{}
	for _, tt := range []struct {
		names []string
		want  string
	}{
		{[]string{"number", "url"}, "unknown column"}, {[]string{"number", "uri", "uri"}, "twice"}, {[]string{"uri"}, "number is missing"},
	} {
		if _, err := c.Rows(tt.names); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v", tt.names, err)
		}
	}
	if len(Columns()) != 15 || len(AllColumns()) != 16 {
		t.Errorf("%q", Columns())
	}
}

// TestCheck: a TTL of more than a week is a week, everywhere.
func TestCheckTTL(t *testing.T) {
	c := &Codec{}
	e, _, err := c.ParseJSON([]byte(`{"kind":"delegation","number":"+4420","sets":[{"type":"NS","ttl":2147483647,"data":["ns.example.net."]}],` +
		`"hosts":[{"name":"ns.example.net.","sets":[{"type":"A","ttl":604801,"data":["192.0.2.1"]}]}]}`))
	if err != nil || e.Sets[0].TTL != MaxTTL || e.Glue[0].Sets[0].TTL != MaxTTL {
		t.Errorf("%+v, %v", e, err)
	}
	if e, _, err = c.ParseJSON([]byte(`{"kind":"number","number":"+4420","ttl":2147483647,"records":[{"uri":"im:a@example.com"}]}`)); err != nil || e.TTL != MaxTTL {
		t.Errorf("%+v, %v", e, err)
	}
	if e, _, err = c.ParseJSON([]byte(`{"kind":"number","number":"+4420","records":[{"uri":"im:a@example.com"}]}`)); err != nil || e.TTL != 3600 {
		t.Errorf("%+v, %v", e, err)
	}
}

// TestPlan: in a dial plan numbers are bare digits, and may begin with 0.
func TestPlan(t *testing.T) {
	c := &Codec{DialPlan: true, Apexes: []e164.Apex{apex(t, "dial.example.net")}}
	e, _, err := c.ParseJSON([]byte(`{"kind":"number","number":"0800","none":true}`))
	if err != nil || e.Name.Number.Digits() != "0800" {
		t.Errorf("%+v, %v", e, err)
	}
	for _, text := range []string{`{"kind":"number","number":"+800","none":true}`} {
		if _, _, err := c.ParseJSON([]byte(text)); err == nil {
			t.Errorf("%s was taken", text)
		}
	}
	if _, _, err := (&Codec{}).ParseJSON([]byte(`{"kind":"number","number":"800","none":true}`)); err == nil {
		t.Error("an E.164 number without +")
	}
	zero := backend.Entry{Name: e.Name}
	if err := (&Codec{}).Check(&zero); !errors.Is(err, e164.ErrLeadingZero) {
		t.Error(err)
	}
}
