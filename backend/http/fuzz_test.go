package http

import (
	"bufio"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/keyed"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
)

// Whatever the reply to a look-up is, it is for the numbers that were asked for, or an error; and no error tells of it.
func FuzzLookup(f *testing.F) {
	f.Add([]byte(answered))
	f.Add([]byte(`{"format":1,"generation":7,"answers":[{"number":"4930","entries":[],"below":true}]}`))
	f.Add([]byte(`{"format":1,"generation":9007199254740992,"answers":[]}`))
	f.Add([]byte(`{"format":1,"format":1}`))
	f.Add([]byte(`{"answers":[[[[`))
	n := number(f, "4930")
	s := &store{codec: &notation.Codec{DialPlan: true}}
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := readLookup(text, []e164.Number{n})
		if err != nil {
			if strings.Count(err.Error(), ":") > 4 {
				t.Errorf("%v", err)
			}
			return
		}
		if len(l.answers) != 1 || l.answers[0].number != n || l.generation == 0 {
			t.Fatalf("%+v", l)
		}
		h := s.holding(&l.answers[0])
		if h.Err == nil && len(h.Entries) != len(l.answers[0].entries) {
			t.Errorf("%d of %d entries", len(h.Entries), len(l.answers[0].entries))
		}
		_, _ = backend.Decide(n, &h)
	})
}

// Whatever the reply to the question what changed is, it is for the generation that was asked for, or an error.
func FuzzChanges(f *testing.F) {
	f.Add([]byte(strings.ReplaceAll(unchanged, "GENERATION", "7")))
	f.Add([]byte(`{"format":1,"since":7,"generation":9,"gap":false,"changes":[{"number":"4930","entries":[` + entry + `]},{"number":"","entries":[]}]}`))
	f.Add([]byte(`{"format":1,"since":7,"generation":6,"gap":true,"changes":[]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := readChanges(text, 7)
		if err == nil && (c.since != 7 || c.generation < 7 && !c.gap) {
			t.Errorf("%+v", c)
		}
	})
}

// Whatever a tree is, it is read to its end, with as many entries as that says, sorted; or it is an error.
func FuzzTree(f *testing.F) {
	f.Add(treeOf(7, true, line("4930"), line("4931")))
	f.Add(treeOf(7, false, `{"kind":"block","number":"49","min":4,"max":5,"none":true}`, `{"kind":"number","number":"49","none":true}`))
	f.Add("{\"kind\":\"end\",\"entries\":0}\n{}")
	f.Add(strings.Repeat("\n", 100) + "null")
	m := &mirrored{feed: &feed{options: parse(f, "http://127.0.0.1")}}
	f.Fuzz(func(t *testing.T, text string) {
		_, body, _ := strings.Cut(text, "\n")
		tr := &tree{ctx: t.Context(), in: bufio.NewReader(strings.NewReader(body)), sum: sha256.New(), state: keyed.NewState()}
		last, whole := e164.Number(0), true
		for e, err := range tr.entries(m) {
			if err != nil {
				whole = false
				break
			}
			if e.Name.Number < last {
				t.Errorf("not sorted")
			}
			last = e.Name.Number
		}
		if whole && !strings.Contains(body, "end") {
			t.Error("taken without its end")
		}
	})
}
