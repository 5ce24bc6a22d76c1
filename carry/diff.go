package carry

import (
	"cmp"
	"fmt"
	"iter"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/convert"
	"github.com/enumim/enumim/e164"
)

// Verdict is what is to be done with an entry. The zero Verdict leaves it as it is.
type Verdict uint8

const (
	Same    Verdict = iota // wanted, and there
	Added                  // wanted, and not there
	Changed                // wanted, and another is there in its place, or one that cannot be read
	Deleted                // there, and not wanted
)

// String returns the word for a verdict, such as "added".
func (v Verdict) String() string {
	return [...]string{Same: "same", Added: "added", Changed: "changed", Deleted: "deleted"}[v]
}

// Key tells an entry of a tree from all others. Keys are comparable.
type Key struct {
	Name     e164.Name
	Kind     backend.EntryKind
	Min, Max int // of a Block, else 0
}

// KeyOf returns the key of an entry.
func KeyOf(e *backend.Entry) Key {
	k := Key{Name: e.Name, Kind: e.Kind}
	if e.Kind == backend.Block {
		k.Min, k.Max = e.Min, e.Max
	}
	return k
}

// SameValue returns, for the key of an entry that cannot be read and may be a block of which nothing but the digits
// is known, the key of the number that the same value stands for: a store lists both of them for it.
func (k Key) SameValue() (number Key, may bool) {
	may = k.Kind == backend.Block && k.Min == k.Name.Number.Len()+1 && k.Max == e164.MaxDigits
	return Key{Name: k.Name, Kind: backend.Number}, may
}

// Compare orders keys as backend.Writer.Walk does: -1, 0 or +1.
func (k Key) Compare(o Key) int {
	return cmp.Or(
		cmp.Compare(k.Name.Number, o.Name.Number), cmp.Compare(k.Name.Labels, o.Name.Labels),
		cmp.Compare(k.Kind, o.Kind), cmp.Compare(k.Min, o.Min), cmp.Compare(k.Max, o.Max),
	)
}

// Difference is one entry of two trees.
type Difference struct {
	Verdict Verdict
	Key     Key
	// Entry is the one that is wanted; of Deleted, the one that is there.
	Entry backend.Entry
	// Broken says that what is there cannot be read, or is there twice.
	Broken bool
}

// Diff compares the tree that is wanted with the one that is there, both in the order of
// backend.Writer.Walk, and yields each entry once in that order. It holds neither of them. The order of
// records, and whatever else changes no answer, is no difference (convert.Same). An error of either tree ends
// it, and so does one that is out of order (backend.ErrInvalidData).
func Diff(want, have iter.Seq2[backend.Entry, error]) iter.Seq2[Difference, error] {
	return func(yield func(Difference, error) bool) {
		there := newCursor(have)
		defer there.stop()
		// behind yields what is there before the next entry that is wanted; the zero next is behind all.
		behind := func(next *Key) bool {
			for there.on && (next == nil || there.key.Compare(*next) < 0) {
				d := Difference{Verdict: Deleted, Key: there.key, Entry: there.entry}
				d.Broken = there.next() // twice
				d.Broken = d.Broken || d.Entry.Broken
				if !yield(d, nil) {
					return false
				}
			}
			if there.err != nil {
				yield(Difference{}, there.err)
			}
			return there.err == nil
		}
		there.next()
		var last *Key
		for e, err := range want {
			if err != nil {
				yield(Difference{}, err)
				return
			}
			d := Difference{Key: KeyOf(&e), Entry: e, Verdict: Added}
			if last != nil && last.Compare(d.Key) >= 0 {
				yield(Difference{}, fmt.Errorf("the entries that are wanted are out of order: %w", backend.ErrInvalidData))
				return
			}
			key := d.Key
			last = &key
			if !behind(last) {
				return
			}
			if there.on && there.key == key {
				old := there.entry
				d.Broken = there.next()
				d.Broken = d.Broken || old.Broken
				if d.Verdict = Changed; !d.Broken && convert.Same(&old, &e) {
					d.Verdict = Same
				}
			}
			if !yield(d, nil) {
				return
			}
		}
		behind(nil)
	}
}

// cursor stands on an entry of a tree.
type cursor struct {
	pull  func() (backend.Entry, error, bool)
	stop  func()
	entry backend.Entry
	key   Key
	on    bool // there is an entry
	err   error
}

func newCursor(tree iter.Seq2[backend.Entry, error]) *cursor {
	c := &cursor{}
	c.pull, c.stop = iter.Pull2(tree)
	return c
}

// next goes to the next key, and reports whether the one before stood there several times.
func (c *cursor) next() (twice bool) {
	for {
		e, err, ok := c.pull()
		if !ok || err != nil {
			c.on, c.err = false, err
			return twice
		}
		key := KeyOf(&e)
		if c.on {
			switch order := c.key.Compare(key); {
			case order == 0:
				twice = true
				continue
			case order > 0:
				c.on = false
				c.err = fmt.Errorf("the store lists its entries out of order: %w", backend.ErrInvalidData)
				return twice
			}
		}
		c.entry, c.key, c.on = e, key, true
		return twice
	}
}
