package etcd

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/backendtest"
	"github.com/enumim/enumim/backend/keyed"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/test/servers"
)

// opener parses a configuration as the Corefile has it.
func opener(t testing.TB, hosts []string, given ...[]string) *options {
	t.Helper()
	apex, err := e164.ParseApex("e164.arpa.")
	must(t, err)
	c := backend.Config{Args: hosts, Apexes: []e164.Apex{apex}}
	for _, words := range given {
		c.Options = append(c.Options, backend.Option{Name: words[0], Args: words[1:]})
	}
	o, err := Driver{}.Parse(c)
	must(t, err)
	return o.(*options)
}

// write makes changes as enumim import does.
func write(t testing.TB, o *options, changes []backend.Change) {
	t.Helper()
	w, err := o.OpenWriter(bounded(t))
	must(t, err)
	defer w.Close()
	changes = slices.Clone(changes)
	slices.SortStableFunc(changes, func(a, b backend.Change) int {
		return cmp.Or(a.Name.Number.Compare(b.Name.Number), keyed.SlotOf(&a.Entry).Compare(keyed.SlotOf(&b.Entry)))
	})
	must(t, w.Write(bounded(t), func(yield func(backend.Change, error) bool) {
		for _, c := range changes {
			if !yield(c, nil) {
				return
			}
		}
	}, func(int) {}))
}

// Numbers in etcd are answered as those of every backend; changes arrive as transactions.
func TestConformance(t *testing.T) {
	s := servers.Etcd(t)
	var mu sync.Mutex
	trees := map[backend.Backend]*options{}
	opened := 0
	skip := backendtest.NumbersOnly()
	skip["other-types"] = "stores hold NAPTR records and delegations only (notation.Codec.Check)"
	skip["octets"] = "stores hold records that can be used only (notation.Codec.Check)"
	skip["ttl"] = "a TTL is a week at most (notation.MaxTTL)"
	backendtest.Run(t, backendtest.Harness{
		Open: func(t testing.TB, entries []backend.Entry) backend.Backend {
			mu.Lock()
			opened++
			o := opener(t, []string{s.Addr}, []string{"prefix", fmt.Sprintf("/t%d/", opened)}, []string{"shrink", "off"})
			mu.Unlock()
			changes := make([]backend.Change, len(entries))
			for i := range entries {
				changes[i].Entry = entries[i]
			}
			write(t, o, changes)
			r := &recorder{}
			b, err := o.Open(t.Context(), r.observe)
			must(t, err)
			t.Cleanup(func() { b.Close() })
			eventually(t, "it loads", func() bool { _, n := r.find(backend.Loaded); return n > 0 })
			mu.Lock()
			defer mu.Unlock()
			trees[b] = o
			return b
		},
		Update: func(t testing.TB, b backend.Backend, changes []backend.Change) {
			mu.Lock()
			o := trees[b]
			mu.Unlock()
			serialer, _ := backend.As[backend.Serialer](b)
			before, err := serialer.Serial(t.Context(), "e164.arpa.")
			must(t, err)
			write(t, o, changes)
			for end := time.Now().Add(time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
				if now, _ := serialer.Serial(t.Context(), "e164.arpa."); now != before {
					return
				}
			}
		},
		Skip: skip,
	})
}
