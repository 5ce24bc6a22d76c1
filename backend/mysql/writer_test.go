package mysql

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/naptr"
)

// TestRefusedWrites: what a writer prepared for changes that are refused does not stay in the server as long as the
// writer is there.
func TestRefusedWrites(t *testing.T) {
	t.Parallel()
	d := start11(t)
	w := d.writer(t, d.tree(t)).(*writer)
	bad := backend.Change{Entry: backend.Entry{Kind: backend.Number, Name: nameOf(t, "442079460100"), Records: []naptr.Record{{Services: "no service"}}}}
	for range 5 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		if err := w.Write(ctx, changesOf([]backend.Change{bad}), func(int) {}); !errors.Is(err, backend.ErrInvalidData) {
			t.Fatalf("Write: %v, want ErrInvalidData", err)
		}
		cancel()
	}
	var held string
	must(t, w.s.query(t.Context(), "SHOW SESSION STATUS LIKE 'Com_stmt_close'", someColumns(2), func(row [][]byte) error {
		held = string(row[1])
		return nil
	}))
	if held != "5" {
		t.Errorf("of 5 prepared statements %s were closed", held)
	}
}
