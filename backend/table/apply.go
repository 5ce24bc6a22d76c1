package table

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// Replace implements backend.Sink: entries are a complete tree, published with the shrink guard. The
// refs in errors count the entries from 1.
func (t *Table) Replace(entries iter.Seq2[backend.Entry, error]) error {
	return t.replace(nil, entries)
}

// ReplaceZone implements backend.ZoneSink.
func (t *Table) ReplaceZone(frame func() *backend.Zone, entries iter.Seq2[backend.Entry, error]) error {
	return t.replace(frame, entries)
}

// replace is Replace, and ReplaceZone where there is a frame.
func (t *Table) replace(frame func() *backend.Zone, entries iter.Seq2[backend.Entry, error]) error {
	b := t.Builder()
	b.Merge, b.whole = frame != nil, frame != nil
	ref := uint32(0)
	for e, err := range entries {
		if err != nil {
			return err
		}
		ref++
		if err := b.Add(&e, ref); err != nil && !b.lost(&e) {
			return fmt.Errorf("entry %d: %w", ref, err)
		}
	}
	if frame != nil {
		if b.Zone = frame(); b.Zone == nil {
			return errNoFrame
		}
	}
	return b.Publish(true)
}

// spot is a name as the indexes know it; an empty key stands for a name of digits.
type spot struct {
	number e164.Number
	key    string
}

func (a spot) compare(b spot) int {
	return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.key, b.key))
}

// touched is a name that changes: what stood there and what will.
type touched struct {
	pieces []piece
	old    *node
	ref    uint32 // of the last change, from 1
}

// ApplyLate implements backend.Sink: a Table knows nothing of time.
func (t *Table) ApplyLate(changes []backend.Change, _ time.Duration) error { return t.Apply(changes) }

// Apply implements backend.Sink: it publishes all changes together or, when it returns an error,
// none. A change is found by every look-up that starts after Apply returned. It costs a chunk of
// some thousand numbers and not the table.
//
// It returns backend.ErrNotReady before there is data, backend.ErrInvalidData for what cannot be
// indexed, *DuplicateError for blocks that overlap and *OccludedError for entries below a delegation
// or DNAME; their refs count the changes from 1, and 0 stands for what the table holds. To delete
// what is not there is no error.
//
// A lenient table returns an error, as for those two, for changes that only a complete tree can tell the meaning of.
func (t *Table) Apply(changes []backend.Change) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lenient(t.apply(changes))
}

func (t *Table) apply(changes []backend.Change) error {
	old := t.current.Load()
	switch {
	case old.err != nil:
		return old.err
	case len(changes) == 0:
		return nil
	case old.again(changes):
		return errAgain
	}
	spots := make(map[spot]*touched)
	broken := make(map[brokenKey]bool)
	for i := range changes {
		if err := t.change(old, spots, broken, &changes[i], uint32(i+1)); err != nil {
			return fmt.Errorf("change %d: %w", i+1, err)
		}
	}
	s := &snapshot{count: old.count, zone: old.zone, dname: old.dname, broken: old.broken.updated(broken), contradicted: old.contradicted}
	var items []item
	var labelled []named
	for _, at := range slices.SortedFunc(maps.Keys(spots), spot.compare) {
		c := spots[at]
		if overlap(c.pieces) {
			return &DuplicateError{0, c.ref}
		}
		if len(visible(c.pieces)) < len(c.pieces) {
			return &OccludedError{c.ref, 0}
		}
		var nd *node
		var text []byte
		if len(c.pieces) > 0 {
			var key []byte
			var err error
			key, text = keyOf(c.pieces)
			if nd, err = t.shapes.get(key, true); err != nil {
				return err
			}
		}
		switch {
		case nd == nil && c.old == nil:
		case at.key == "":
			items = append(items, item{at.number, nd, string(text)})
			s.count.add(at.number, c.old, -1)
			s.count.add(at.number, nd, 1)
		default:
			labelled = append(labelled, named{at.number, at.key, nd, string(text)})
			s.count.addNamed(c.old, -1)
			s.count.addNamed(nd, 1)
		}
	}
	s.count.prepare()
	s.numbers, s.names = old.numbers, old.names
	if len(items) > 0 {
		s.numbers = old.numbers.updated(items)
	}
	if len(labelled) > 0 {
		s.names = old.names.updated(labelled)
	}
	for at, c := range spots {
		if cut, occluded := s.conflict(at); occluded {
			e := &OccludedError{Entry: c.ref}
			if other := spots[cut]; other != nil {
				e.Cut = other.ref
			}
			return e
		}
	}
	if t.window.on {
		if err := t.hold(old, s); err != nil {
			return err
		}
	}
	t.shapes.release()
	s.serial = t.nextSerial(old, old.zone)
	t.swap(s)
	return nil
}

// change puts one change into spots and broken. A broken entry takes the place of one that is not, and the
// other way round.
func (t *Table) change(s *snapshot, spots map[spot]*touched, broken map[brokenKey]bool, ch *backend.Change, ref uint32) error {
	key, ok := brokenKeyOf(&ch.Entry)
	broke := ch.Broken && !ch.Delete
	switch {
	case broke && !ok:
		return errBrokenPlace
	case broke, ok && (s.broken != nil || len(broken) > 0):
		broken[key] = broke
	}
	kind, name, err := partOf(&ch.Entry)
	if err != nil {
		return err
	}
	at := spot{name.Number, labelKey(name.Labels)}
	c := spots[at]
	if c == nil {
		nd, text := s.at(at.number, at.key)
		c = &touched{pieces: nd.pieces(text), old: nd}
		spots[at] = c
	}
	c.ref = ref
	if ch.Delete || broke {
		c.pieces = slices.DeleteFunc(c.pieces, func(p piece) bool {
			return p.kind == kind && int(p.min) == ch.Min && int(p.max) == ch.Max
		})
		return nil
	}
	nd, text, err := t.shapes.encode(&ch.Entry, kind, s.count.all())
	if err != nil && ok && t.opts.Lenient {
		broken[key] = true
		ch = &backend.Change{Entry: ch.Entry, Delete: true}
		return t.change(s, spots, map[brokenKey]bool{}, ch, ref)
	}
	if err != nil {
		return err
	}
	only := piece{kind, byte(ch.Min), byte(ch.Max), nd.parts[0].key, string(text)}
	i, found := slices.BinarySearchFunc(c.pieces, only, piece.slot)
	if found {
		c.pieces[i] = only
	} else {
		c.pieces = slices.Insert(c.pieces, i, only)
	}
	return nil
}

// conflict reports whether what stands at a name that changed is hidden, or hides something, and
// returns where what hides it is.
func (s *snapshot) conflict(at spot) (cut spot, occluded bool) {
	nd, _ := s.at(at.number, at.key)
	if nd == nil {
		return spot{}, false
	}
	if at.key != "" || at.number.IsValid() {
		above := at.number
		if at.key == "" {
			above = above.Prefix(above.Len() - 1)
		}
		if n, hides := s.coverOf(above); hides {
			return spot{n, ""}, true
		}
	}
	if up := ancestors(at.key); len(up) > 0 && s.count.hidden {
		for _, k := range up[:len(up)-1] {
			if above, _ := s.names.get(at.number, k); above.covers() {
				return spot{at.number, k}, true
			}
		}
	}
	if !nd.covers() {
		return spot{}, false
	}
	if at.key != "" {
		place, _ := s.names.search(at.number, at.key)
		place.pos++
		next := s.names.at(place)
		return at, next != nil && next.number == at.number && len(next.key) > len(at.key) && next.key[:len(at.key)] == at.key
	}
	return at, s.numbers.any(at.number+1, at.number.Last()) || s.names.below(at.number, "")
}
