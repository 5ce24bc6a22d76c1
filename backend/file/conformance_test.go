package file

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/backendtest"
	"github.com/enumim/enumim/e164"
)

// The file backend answers as every backend must. Rules with entries that neither a numbers file nor
// a zone file can hold are passed over.
func TestConformance(t *testing.T) {
	for name, text := range map[string]func(testing.TB, []backend.Entry) string{
		"numbers": numbersText,
		"zone":    zoneOf,
	} {
		t.Run(name, func(t *testing.T) { conform(t, text) })
	}
}

const dial = "dial.example."

func conform(t *testing.T, textOf func(testing.TB, []backend.Entry) string) {
	type opened struct {
		path    string
		entries []backend.Entry
		events  *recorder
	}
	var mu sync.Mutex
	backends := map[backend.Backend]*opened{}
	backendtest.Run(t, backendtest.Harness{
		Apex: dial,
		Open: func(t testing.TB, entries []backend.Entry) backend.Backend {
			path := filepath.Join(t.TempDir(), "numbers.txt")
			write(t, path, textOf(t, entries))
			must(t, os.Chtimes(path, time.Now().Add(-time.Hour), time.Now().Add(-time.Hour)))
			o, err := parse(path, "shrink off", "require_end", "reload 24h")
			must(t, err)
			o.apexes, o.dialPlan = apexesOf(t, dial), true
			r := &recorder{}
			b := open(t.Context(), o, rest, r.observe)
			if err := b.Check(t.Context()); err != nil {
				t.Fatalf("%v: %+v", err, r.take())
			}
			mu.Lock()
			defer mu.Unlock()
			backends[b] = &opened{path, entries, r}
			return b
		},
		Update: func(t testing.TB, b backend.Backend, changes []backend.Change) {
			mu.Lock()
			o := backends[b]
			mu.Unlock()
			before := textOf(t, o.entries)
			for _, c := range changes {
				same := func(e backend.Entry) bool {
					return e.Kind == c.Kind && e.Name == c.Name && e.Min == c.Min && e.Max == c.Max
				}
				o.entries = slices.DeleteFunc(slices.Clone(o.entries), same)
				if !c.Delete {
					o.entries = append(o.entries, c.Entry)
				}
			}
			text := textOf(t, o.entries)
			if len(text) == len(before) && text[strings.IndexByte(text, '\n'):] == before[strings.IndexByte(before, '\n'):] {
				return
			}
			o.events.take()
			swap(t, o.path, text)
			for end := time.Now().Add(10 * time.Second); o.events.count(backend.Loaded) == 0; time.Sleep(time.Millisecond) {
				if time.Now().After(end) {
					t.Fatalf("not loaded: %+v", o.events.take())
				}
			}
		},
	})
}

// numbersText writes entries as a numbers file of a dial plan.
func numbersText(t testing.TB, entries []backend.Entry) string {
	var b strings.Builder
	for _, e := range entries {
		n := e.Name.Number
		switch {
		case e.Name.Labels != "", len(e.Sets)+len(e.Glue) > 0, n == e164.Number(0):
			t.Skip("not in a numbers file: labels, other types, the apex")
		case e.Kind == backend.Number:
			fmt.Fprintf(&b, "%s ttl=%d", n.Digits(), e.TTL)
		case e.Kind == backend.Block && e.Max > n.Len():
			fmt.Fprintf(&b, "%sx{%d,%d} ttl=%d", n.Digits(), e.Min-n.Len(), e.Max-n.Len(), e.TTL)
		default:
			t.Skipf("not in a numbers file: kind %d, %d to %d digits", e.Kind, e.Min, e.Max)
		}
		if len(e.Records) == 0 {
			b.WriteString(" none")
		}
		seen := map[string]bool{}
		for _, r := range e.Records {
			if key := fmt.Sprintf("%q", []string{r.Flags, r.Services, r.Regexp, r.Replacement}); seen[key] {
				t.Skip("not in a numbers file: one record with several preferences")
			} else {
				seen[key] = true
			}
			for _, s := range []string{r.Flags, r.Services, r.Regexp} {
				if strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c > '~' || c == '"' }) || strings.Contains(s, `\\`) {
					t.Skipf("not in a numbers file: %q", s)
				}
			}
			fmt.Fprintf(&b, "\n NAPTR %d %d %q %q \"%s\" %s", r.Order, r.Preference, r.Flags, r.Services, r.Regexp, domain(r.Replacement))
		}
		b.WriteByte('\n')
	}
	return b.String() + "$END\n"
}

// zoneOf writes entries as a zone file, the RDATA as octets (RFC 3597).
func zoneOf(t testing.TB, entries []backend.Entry) string {
	var b strings.Builder
	serial++
	fmt.Fprintf(&b, "@ 60 IN SOA ns.example.com. host.example.com. %d 2h 15m 2w 5m\n@ 60 IN NS ns.example.com.\n", serial)
	a := apexesOf(t, dial)[0]
	for _, e := range entries {
		owner := string(a.AppendName(nil, e.Name))
		switch {
		case e.Kind == backend.Block, len(e.Glue) > 0, len(e.Records)+len(e.Sets) == 0, e.Name == e164.Name{}:
			t.Skip("not in a zone file: blocks, names without records, glue of other zones")
		case e.Kind == backend.Wildcard:
			owner = "*." + owner
		}
		add := func(typ uint16, ttl uint32, rdata string) {
			fmt.Fprintf(&b, "%s %d IN TYPE%d \\# %d %x\n", owner, ttl, typ, len(rdata), rdata)
		}
		for _, r := range e.Records {
			rdata, err := r.AppendWire(nil)
			must(t, err)
			add(35, e.TTL, string(rdata))
		}
		for _, set := range e.Sets {
			for _, rdata := range set.Data {
				add(set.Type, set.TTL, rdata)
			}
		}
	}
	return b.String() + "; $END\n"
}

// serial is of the zone written last.
var serial uint32

// domain is the presentation form of a name of letters.
func domain(wire string) string {
	var b strings.Builder
	for len(wire) > 1 {
		n := int(wire[0])
		b.WriteString(wire[1:1+n] + ".")
		wire = wire[1+n:]
	}
	if b.Len() == 0 {
		return "."
	}
	return b.String()
}
