package backend_test

import (
	"context"
	"errors"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

func TestNumbers(t *testing.T) {
	boom := errors.New("boom")
	var asked []e164.Number
	answers := map[e164.Number]backend.Answer{
		e164.MustParse("+1"):           {Kind: backend.Descendants},
		e164.MustParse("+12025550100"): {Kind: backend.Found, Rules: make([]naptr.Rule, 1), Stale: true},
		e164.MustParse("+4416"): {Kind: backend.Delegated, Owner: e164.Name{Number: e164.MustParse("+44")},
			Sets: []backend.RRset{{Type: 2, Data: []string{"\x00"}}}},
		e164.MustParse("+3"): {}, // a lookup that forgets to answer
	}
	closes := 0
	b := backend.Numbers(func(_ context.Context, n e164.Number) (backend.Answer, error) {
		asked = append(asked, n)
		if n == e164.MustParse("+49") {
			return backend.Answer{}, boom
		}
		if a, ok := answers[n]; ok {
			return a, nil
		}
		return backend.Answer{Kind: backend.Absent}, nil
	}, func() error { closes++; return boom })
	for _, c := range []struct {
		number, labels string
		kind           backend.Kind
		asked          bool
		err            error
	}{
		{"", "", backend.Descendants, false, nil},
		{"", "\x03foo", backend.Absent, false, nil},
		{"+1", "", backend.Descendants, true, nil},
		{"+12025550100", "", backend.Found, true, nil},
		{"+12025550100", "\x03_im", backend.Absent, true, nil},
		{"+1", "\x01*", backend.Absent, true, nil},
		{"+4416", "", backend.Delegated, true, nil},
		{"+4416", "\x01i\x03foo", backend.Delegated, true, nil},
		{"+2", "", backend.Absent, true, nil},
		{"+3", "\x01x", backend.Unknown, true, nil},
		{"+49", "\x01x", backend.Unknown, true, boom},
	} {
		asked = nil
		q := backend.Query{Name: e164.Name{Labels: c.labels}}
		if c.number != "" {
			q.Name.Number = e164.MustParse(c.number)
		}
		a, err := b.Lookup(t.Context(), q)
		if a.Kind != c.kind || !errors.Is(err, c.err) {
			t.Errorf("%s %q: kind %d, %v; want %d, %v", c.number, c.labels, a.Kind, err, c.kind, c.err)
		}
		if (len(asked) > 0) != c.asked {
			t.Errorf("%s %q: store asked for %v", c.number, c.labels, asked)
		}
		if c.kind == backend.Absent && len(a.Rules)+len(a.Sets) > 0 {
			t.Errorf("%s %q: absent with records", c.number, c.labels)
		}
	}
	for range 2 {
		if err := b.Close(); !errors.Is(err, boom) {
			t.Errorf("Close: %v", err)
		}
	}
	if closes != 1 {
		t.Errorf("the store was closed %d times", closes)
	}
	if _, err := b.Lookup(t.Context(), backend.Query{}); !errors.Is(err, backend.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if err := backend.Numbers(nil, nil).Close(); err != nil {
		t.Errorf("without close: %v", err)
	}
}
