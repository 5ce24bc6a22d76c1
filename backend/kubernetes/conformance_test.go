package kubernetes

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/backendtest"
)

// conformProof is how long deletions wait here, where nobody deletes definitions: there are many.
const conformProof = proofTime / 10

// write makes changes as enumim import does.
func write(t testing.TB, o *options, changes []backend.Change) {
	t.Helper()
	w, err := o.OpenWriter(bounded(t))
	must(t, err)
	defer w.Close()
	writeBy(t, w, changes)
}

func writeBy(t testing.TB, w backend.Writer, changes []backend.Change) {
	t.Helper()
	slices.SortStableFunc(changes, func(a, b backend.Change) int {
		return cmp.Or(a.Name.Number.Compare(b.Name.Number), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Min, b.Min))
	})
	must(t, w.Write(bounded(t), func(yield func(backend.Change, error) bool) {
		for _, c := range changes {
			if !yield(c, nil) {
				return
			}
		}
	}, func(int) {}))
}

// conform runs the suite with an API server. namespace makes an empty namespace, and returns who writes and who reads there.
// broken says that it takes what cannot be read; skip are the rules that it does not keep.
func conform(t *testing.T, broken bool, skip map[string]string, namespace func(t testing.TB) (writes, reads *options)) {
	var mu sync.Mutex
	trees := map[backend.Backend]func() backend.Writer{}
	maps.Copy(skip, backendtest.NumbersOnly())
	skip["other-types"] = "stores hold NAPTR records and delegations only (notation.Codec.Check)"
	skip["octets"] = "stores hold records that can be used only (notation.Codec.Check)"
	skip["ttl"] = "a TTL is a week at most (notation.MaxTTL)"
	backendtest.Run(t, backendtest.Harness{
		Broken: broken,
		Open: func(t testing.TB, entries []backend.Entry) backend.Backend {
			mu.Lock()
			writes, reads := namespace(t)
			mu.Unlock()
			reads.proof = conformProof
			changes := make([]backend.Change, len(entries))
			for i := range entries {
				changes[i].Entry = entries[i]
			}
			write(t, writes, changes)
			s := serve(t, reads).loaded(t)
			mu.Lock()
			defer mu.Unlock()
			trees[s.Backend] = sync.OnceValue(func() backend.Writer { // to open one reads everything
				w, err := writes.OpenWriter(bounded(t))
				must(t, err)
				t.Cleanup(func() { w.Close() })
				return w
			})
			return s.Backend
		},
		Update: func(t testing.TB, b backend.Backend, changes []backend.Change) {
			mu.Lock()
			w := trees[b]()
			mu.Unlock()
			serialer, _ := backend.As[backend.Serialer](b)
			for i := range changes { // they are visible one by one
				before, err := serialer.Serial(t.Context(), "e164.arpa.")
				must(t, err)
				writeBy(t, w, changes[i:i+1])
				limit := time.Second // for what changes nothing
				if changes[i].Delete {
					limit += conformProof
				}
				for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(time.Millisecond) {
					if now, _ := serialer.Serial(t.Context(), "e164.arpa."); now != before {
						break
					}
				}
			}
		},
		Skip: skip,
	})
}

// Custom resources are answered as the entries of every backend; changes arrive as they are made.
func TestConformance(t *testing.T) {
	k, n := newKit(t), 0
	conform(t, true, map[string]string{}, func(t testing.TB) (writes, reads *options) {
		n++
		o := k.opener(t, fmt.Sprintf("namespace t%d", n), "shrink off")
		return o, o
	})
}
