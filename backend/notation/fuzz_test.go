package notation

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
)

// placed fails where a broken entry could not stand where it says.
func placed(t *testing.T, c *Codec, e *backend.Entry, known bool, err error) {
	t.Helper()
	quiet(t, err)
	switch {
	case err == nil && !known:
		t.Fatalf("%+v has no place", e)
	case err != nil && !e.Broken:
		t.Fatalf("%+v with %v", e, err)
	case !known:
		return
	}
	if !e.Name.IsNumber() || e.Kind > backend.Delegation || e.Kind == backend.Wildcard {
		t.Fatalf("%+v is no entry of a store", e)
	}
	if e.Kind == backend.Block && (e.Min < max(1, e.Name.Number.Len()) || e.Max < e.Min || e.Max > 15) {
		t.Fatalf("lengths of %+v", e)
	}
	if e.Broken && len(e.Records)+len(e.Sets)+len(e.Glue) > 0 {
		t.Fatalf("%+v has more than a place", e)
	}
	if err == nil && c.Check(e) != nil {
		t.Fatalf("%+v: %v", e, c.Check(e))
	}
}

// Whatever the text: an entry that comes back when it is written, or a broken one.
func FuzzParseJSON(f *testing.F) {
	c := &Codec{}
	for seed := range uint64(8) {
		e := entry(rand.New(rand.NewPCG(seed, 3)))
		f.Add(c.AppendJSON(nil, &e), false)
	}
	f.Add([]byte(`{"records":[{"data":"\\# 7 00000000000000"}],"kind":"block","number":"+12","min":3,"max":"x"}`), false)
	f.Add([]byte(`{"kind":"number","number":"0800","none":true,"broken":true}`), true)
	f.Add([]byte(strings.Repeat(`{"sets":[`, 50)), false)
	f.Fuzz(func(t *testing.T, text []byte, plan bool) {
		c := &Codec{DialPlan: plan}
		e, known, err := c.ParseJSON(text)
		placed(t, c, &e, known, err)
		if err == nil {
			back, _, err := c.ParseJSON(c.AppendJSON(nil, &e))
			if err != nil || !same(back, e) {
				t.Fatalf("%v\n%+v\n%+v", err, back, e)
			}
		}
	})
}

// Whatever the cells, one row a line and one cell between tabs: entries that come back when they are written, or
// broken ones.
func FuzzRows(f *testing.F) {
	c := &Codec{}
	for seed := range uint64(8) {
		var b strings.Builder
		e := entry(rand.New(rand.NewPCG(seed, 4)))
		for _, cells := range c.AppendRows(nil, &e) {
			for _, cell := range cells {
				if cell != nil {
					b.WriteString(*cell)
				}
				b.WriteByte('\t')
			}
			b.WriteByte('\n')
		}
		f.Add(strings.Join(Columns(), "\t"), b.String())
	}
	f.Add("number\turi", "12025550100\tim:a@example.com\n1202555010\t\n")
	f.Fuzz(func(t *testing.T, columns, text string) {
		c := &Codec{}
		r, err := c.Rows(strings.Split(columns, "\t"))
		if err != nil {
			return
		}
		take := func(e backend.Entry, known, ok bool, err error) {
			if !ok {
				if err != nil || known {
					t.Fatalf("%v of nothing", err)
				}
				return
			}
			placed(t, c, &e, known, err)
			if err != nil {
				return
			}
			again, _ := c.Rows(Columns())
			for _, cells := range c.AppendRows(nil, &e) {
				if _, _, ok, err := again.Read(cells); ok || err != nil {
					t.Fatalf("%+v becomes two: %v", e, err)
				}
			}
			back, _, _, err := again.End()
			if err != nil || !same(back, e) {
				t.Fatalf("%v\n%+v\n%+v", err, back, e)
			}
		}
		for line := range strings.SplitSeq(text, "\n") {
			cells := strings.Split(line, "\t")
			take(r.Read(pointers(cells...)))
		}
		take(r.End())
	})
}
