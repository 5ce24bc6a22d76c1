package snapshot

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/backend/table"
)

// One operation is a million numbers with two records each: written from a table to disk, and read into one.
func BenchmarkMillion(b *testing.B) {
	tab := table.New(table.Options{})
	if err := tab.Replace(million(1_000_000)); err != nil {
		b.Fatal(err)
	}
	f := New(filepath.Join(b.TempDir(), "good.jsonl"), source, &notation.Codec{})
	save := func() {
		if err := f.Save(tab.Walk(context.Background(), ""), time.Now()); err != nil {
			b.Fatal(err)
		}
	}
	save()
	info, err := os.Stat(filepath.Join(filepath.Dir(f.path), "good.jsonl"))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("save", func(b *testing.B) {
		b.SetBytes(info.Size())
		for b.Loop() {
			save()
		}
	})
	b.Run("load", func(b *testing.B) {
		b.SetBytes(info.Size())
		for b.Loop() {
			entries, _, err := f.Load()
			if err == nil {
				err = table.New(table.Options{}).Replace(entries)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}
