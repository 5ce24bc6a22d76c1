package remote

import (
	"context"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// entries yields entries, as a feed hands them over.
func entries(list ...backend.Entry) iter.Seq2[backend.Entry, error] {
	return func(yield func(backend.Entry, error) bool) {
		for _, e := range list {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// double is both a store and a feed, of one number without records; it notes how it ends.
type double struct {
	number e164.Number
	ended  chan string
}

func (d *double) Find(_ context.Context, numbers []e164.Number) ([]backend.Holding, error) {
	holdings := make([]backend.Holding, len(numbers))
	for i, n := range numbers {
		if n == d.number {
			holdings[i].Entries = []backend.Entry{{Name: e164.Name{Number: n}}}
		}
	}
	return holdings, nil
}

func (d *double) Check(context.Context) (uint32, error) { return 1, nil }

func (d *double) Close() error { // ends the store
	d.ended <- "store"
	return nil
}

func (d *double) Run(ctx context.Context, sink backend.Sink) error {
	if err := sink.Replace(entries(backend.Entry{Name: e164.Name{Number: d.number}})); err != nil {
		return err
	}
	<-ctx.Done()
	d.ended <- "feed"
	return ctx.Err()
}

// TestOpen: both modes answer, as the handle wants them, and end what they were made of, once.
func TestOpen(t *testing.T) {
	for _, tt := range []struct {
		mode  string
		local bool
	}{{"feed", true}, {"store", false}} {
		t.Run(tt.mode, func(t *testing.T) {
			o, err := parse(t, far, "mode "+tt.mode)
			must(t, err)
			d := &double{e164.MustParse("+441632960083"), make(chan string, 4)}
			loaded := make(chan struct{}, 9)
			observe := func(backend.Event) { loaded <- struct{}{} }
			b, err := o.Open(t.Context(), Parts{Store: d, Feed: d, Source: "db.example.net:5432"}, observe)
			must(t, err)
			if tt.local {
				select {
				case <-loaded:
				case <-time.After(10 * time.Second):
					t.Fatal("the feed was not loaded")
				}
			}
			if _, ok := b.(backend.Filler); ok != tt.local {
				t.Errorf("a Filler: %t, want %t", ok, tt.local)
			}
			if _, ok := backend.As[backend.Local](b); ok != tt.local {
				t.Errorf("Local: %t, want %t", ok, tt.local)
			}
			if _, ok := backend.As[backend.Checker](b); !ok {
				t.Error("no Checker")
			}
			h := backend.NewHandle(b, backend.Limits{}, nil)
			var a backend.Answer
			q := backend.Query{Apex: "e164.arpa.", Name: e164.Name{Number: d.number}}
			if err := h.Lookup(t.Context(), q, &a); err != nil || a.Kind != backend.Empty {
				t.Errorf("kind %v, %v", a.Kind, err)
			}
			must(t, h.Close())
			must(t, b.Close())
			close(d.ended)
			if got, want := slices.Collect(values(d.ended)), []string{tt.mode}; !slices.Equal(got, want) {
				t.Errorf("ended %q, want %q", got, want)
			}
		})
	}
}

func values(c <-chan string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for s := range c {
			if !yield(s) {
				return
			}
		}
	}
}

func TestOpenWhatTheDriverHas(t *testing.T) {
	for mode, o := range map[string]*Options{"store": {Mode: Store}, "feed": {Mode: Feed}} {
		if b, err := o.Open(t.Context(), Parts{Source: "x"}, nil); b != nil || err == nil || err.Error() != "this backend has no mode "+mode {
			t.Errorf("%v", err)
		}
	}
}
