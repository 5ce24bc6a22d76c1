package carry

import (
	"cmp"
	"iter"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// A store is compared first and written afterwards: whether the changes are an accident shows when all of
// them are known, and many stores cannot list and write at once. What is to be done is kept in little memory:
// one bit for each entry that is wanted, which is walked again, and a few octets for each that goes.
type plan struct {
	want  iter.Seq2[backend.Entry, error]
	marks []byte
	count int // entries that are wanted
	todo  int // changes
	gone  []gone
}

// gone is the key of an entry that is deleted. Stores hold no labels.
type gone struct {
	number         e164.Number
	kind, min, max uint8
}

func (g gone) compare(k *Key) int {
	return cmp.Or(
		cmp.Compare(g.number, k.Name.Number), cmp.Compare(g.kind, uint8(k.Kind)),
		cmp.Compare(int(g.min), k.Min), cmp.Compare(int(g.max), k.Max),
	)
}

func (g gone) change() backend.Change {
	return backend.Change{Delete: true, Entry: backend.Entry{
		Kind: backend.EntryKind(g.kind), Name: e164.Name{Number: g.number}, Min: int(g.min), Max: int(g.max),
	}}
}

// add notes what is to be done with the next entry.
func (p *plan) add(d *Difference, doIt bool) {
	if doIt && d.Verdict != Same {
		p.todo++
	}
	if d.Verdict == Deleted {
		if doIt {
			p.gone = append(p.gone, gone{d.Key.Name.Number, uint8(d.Key.Kind), uint8(d.Key.Min), uint8(d.Key.Max)})
		}
		return
	}
	if p.count%8 == 0 {
		p.marks = append(p.marks, 0)
	}
	if doIt && d.Verdict != Same {
		p.marks[p.count/8] |= 1 << (p.count % 8)
	}
	p.count++
}

// changes yields what is to be written, in order.
func (p *plan) changes() iter.Seq2[backend.Change, error] {
	return func(yield func(backend.Change, error) bool) {
		rest, at := p.gone, 0
		for e, err := range p.want {
			if err != nil {
				yield(backend.Change{}, err)
				return
			}
			key := KeyOf(&e)
			for len(rest) > 0 && rest[0].compare(&key) < 0 {
				if !yield(rest[0].change(), nil) {
					return
				}
				rest = rest[1:]
			}
			if p.marks[at/8]&(1<<(at%8)) != 0 && !yield(backend.Change{Entry: e}, nil) {
				return
			}
			at++
		}
		for _, g := range rest {
			if !yield(g.change(), nil) {
				return
			}
		}
	}
}
