package backend_test

import (
	"context"
	"errors"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// Trace lists what the store holds at a number and at its prefixes, the shortest first, and nothing else.
func TestGatherTraces(t *testing.T) {
	var n [4]e164.Number
	for i := range 3 {
		n[i+1], _ = n[i].Child('1')
	}
	other, _ := n[1].Child('2')
	at := func(kind backend.EntryKind, n e164.Number) backend.Entry {
		return backend.Entry{Kind: kind, Name: e164.Name{Number: n}}
	}
	s := &storeOf{find: func(context.Context, []e164.Number) ([]backend.Holding, error) {
		return []backend.Holding{{Entries: []backend.Entry{
			at(backend.Block, n[3]), at(backend.Number, n[3]), at(backend.Number, other), at(backend.Delegation, n[1]), at(backend.Block, n[2]),
		}}}, nil
	}}
	b := backend.Gather(s, backend.GatherOptions{})
	tracer, ok := backend.As[backend.Tracer](b)
	if !ok {
		t.Fatal("no Tracer")
	}
	got, err := tracer.Trace(t.Context(), backend.Query{Name: e164.Name{Number: n[3]}})
	want := []backend.Entry{at(backend.Delegation, n[1]), at(backend.Block, n[2]), at(backend.Number, n[3]), at(backend.Block, n[3])}
	if err != nil || len(got) != len(want) {
		t.Fatalf("got %v, %v", got, err)
	}
	for i := range want {
		if got[i].Kind != want[i].Kind || got[i].Name != want[i].Name {
			t.Errorf("entry %d: got %v, want %v", i, got[i], want[i])
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := tracer.Trace(t.Context(), backend.Query{}); !errors.Is(err, backend.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}
