package backend

import (
	"testing"

	"github.com/enumim/enumim/e164"
)

// TestTrail: each name that changed is told, a number of a block for the block, and too many as such.
func TestTrail(t *testing.T) {
	var trail Trail
	if names, count, ok := trail.Names(); len(names) != 0 || count != 0 || !ok {
		t.Errorf("at first: %d names, %d changes, %t", len(names), count, ok)
	}
	one := e164.Name{Number: e164.MustParse("+12025550100")}
	trail.Add([]Change{{Entry: Entry{Name: one}}, {Entry: Entry{Name: one}, Delete: true}})
	trail.Add([]Change{{Entry: Entry{Kind: Block, Name: e164.Name{Number: e164.MustParse("+1203")}, Min: 6, Max: 8}}})
	names, count, ok := trail.Names()
	want := map[e164.Name]bool{one: true, {Number: e164.MustParse("+120300")}: true}
	if len(names) != 2 || count != 2 || !ok {
		t.Errorf("%d names, %d changes, %t", len(names), count, ok)
	}
	for _, name := range names {
		if !want[name] {
			t.Error("a name is told that no change is about")
		}
	}
	for n := e164.MustParse("+44"); ; {
		next, ok := n.Child('1')
		if !ok {
			break
		}
		n = next
		trail.Add([]Change{{Entry: Entry{Name: e164.Name{Number: n}}}})
	}
	if _, _, ok := trail.Names(); !ok {
		t.Error("a few names are too many")
	}
	many := make([]Change, 100)
	for i := range 2 * mostTrail / len(many) {
		for j := range many {
			k := i*len(many) + j
			many[j].Name.Labels = string([]byte{2, byte(k >> 8), byte(k)})
		}
		trail.Add(many)
	}
	if names, _, ok := trail.Names(); ok || len(names) > 0 {
		t.Errorf("%d names are held on to", len(names))
	}
	var lost Trail
	lost.Lose()
	if _, count, ok := lost.Names(); ok || count != 1 {
		t.Error("everything may have changed, and that is not told")
	}
}
