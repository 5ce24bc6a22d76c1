package table

import (
	"bytes"
	"fmt"
	"reflect"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// FuzzTable reads its input as a sequence of entries and changes, and compares the table with the
// model and with a fresh build.
func FuzzTable(f *testing.F) {
	f.Add([]byte("\x00\x12\x00\x00\x00\x21\x00\x00"))
	f.Add([]byte("\x02\x31\x12\x00\x04\x44\x05\x00\x03\x22\x00\x01"))
	f.Add([]byte{0, 1, 1, 0, 4, 1, 0x21, 0, 6, 2, 0, 1, 0x80, 1, 1, 0, 1, 2, 3, 0x40})
	f.Add(bytes.Repeat([]byte{2, 0x11, 0x10, 0, 0x82, 0x11, 0x10, 0}, 4))
	f.Fuzz(func(t *testing.T, data []byte) {
		data = data[:min(len(data), 4*60)]
		var m model
		tab := build(t, nil)
		for id := uint32(1); len(data) >= 4; id++ {
			op := data[:4]
			data = data[4:]
			var name e164.Name
			for _, d := range []byte{op[1] & 3, op[1] >> 2 & 3, op[1] >> 4 & 3, op[1] >> 6, op[2] & 3} {
				if d > 0 {
					name.Number, _ = name.Number.Child('0' + d)
				}
			}
			for _, l := range []byte{op[3] & 3, op[3] >> 2 & 3} {
				name.Labels = []string{"", "\x01*", "\x01a", "\x02\x00\xff"}[l] + name.Labels
			}
			kind := backend.EntryKind(op[0] & 7)
			if kind > backend.Rename {
				kind = backend.Number
			}
			if name.IsWildcard() && kind != backend.Block {
				kind, name = backend.Wildcard, name.Parent()
			}
			e := entryOf(kind, name, id)
			if kind == backend.Block {
				e.Name.Labels = ""
				e.Min = max(1, name.Number.Len()+int(op[2]>>4&3))
				e.Max = min(15, e.Min+int(op[2]>>6))
			}
			ch := backend.Change{Entry: e, Delete: op[0]&0x80 != 0}
			var next model
			for _, old := range m {
				if old.Kind != e.Kind || old.Name != e.Name || old.Min != e.Min || old.Max != e.Max {
					next = append(next, old)
				}
			}
			if !ch.Delete {
				if !next.admits(&e) {
					continue
				}
				next = append(next, e)
			}
			m = next
			if err := tab.Apply([]backend.Change{ch}); err != nil {
				t.Fatalf("%+v: %v", ch, err)
			}
		}
		queries := (&world{r: newWorld(1).r, digits: 3, depth: 3}).queries(m)
		compare(t, fmt.Sprintf("%d entries", len(m)), tab, m, queries)
		if got, want := walk(t, tab), walk(t, build(t, m)); !reflect.DeepEqual(got, want) {
			t.Fatalf("walk gives\n%+v\nwant\n%+v", got, want)
		}
	})
}
