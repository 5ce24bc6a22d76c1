package notation

import (
	"math/rand/v2"
	"testing"

	"github.com/enumim/enumim/backend"
)

// TestRoundTrip: what is written is read, as an object and as rows.
func TestRoundTrip(t *testing.T) {
	c := &Codec{Apexes: nil}
	rows, err := c.Rows(Columns())
	if err != nil {
		t.Fatal(err)
	}
	var all, read []backend.Entry
	for seed := range uint64(2000) {
		e := entry(rand.New(rand.NewPCG(seed, 1)))
		if err := c.Check(&e); err != nil {
			t.Fatalf("%+v: %v", e, err)
		}
		text := c.AppendJSON(nil, &e)
		got, known, err := c.ParseJSON(text)
		if err != nil || !known || !same(got, e) {
			t.Fatalf("%s: %v\n%+v\n%+v", text, err, got, e)
		}
		if len(all) > 0 && all[len(all)-1].Name == e.Name {
			continue
		}
		all = append(all, e)
		for _, cells := range c.AppendRows(nil, &e) {
			if len(cells) != len(Columns()) {
				t.Fatalf("%d cells", len(cells))
			}
			if got, known, ok, err := rows.Read(cells); err != nil || ok && !known {
				t.Fatal(err)
			} else if ok {
				read = append(read, got)
			}
		}
	}
	last, known, ok, err := rows.End()
	if err != nil || !known || !ok {
		t.Fatal(err)
	}
	read = append(read, last)
	if len(read) != len(all) {
		t.Fatalf("%d entries of %d", len(read), len(all))
	}
	for i := range all {
		if !same(read[i], all[i]) {
			t.Fatalf("%+v\nwant %+v", read[i], all[i])
		}
	}
	if _, _, ok, err := rows.End(); ok || err != nil {
		t.Errorf("after the end: %v", err)
	}
}

// TestEntriesAreTheCallers: what was read stays when more is read.
func TestEntriesAreTheCallers(t *testing.T) {
	c := &Codec{}
	rows, _ := c.Rows([]string{"number", "uri"})
	line := []byte(`{"kind":"number","number":"+12025550100","records":[{"uri":"im:a@example.com"},{"uri":"sip:a@example.com"}]}`)
	one, _, err := c.ParseJSON(line)
	if err != nil {
		t.Fatal(err)
	}
	clear(line)
	var first backend.Entry
	for i, cells := range [][]*string{
		pointers("+12025550100", "im:a@example.com"), pointers("+12025550101", "im:b@example.com"), pointers("+12025550102", "im:c@example.com"),
	} {
		e, _, _, err := rows.Read(cells)
		if err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			first = e
		}
		*cells[1] = "gone"
	}
	if one.Records[0].Regexp != "!^.*$!im:a@example.com!" || first.Records[0].Regexp != "!^.*$!im:a@example.com!" {
		t.Errorf("%+v, %+v", one, first)
	}
}
