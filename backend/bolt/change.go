package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"syscall"

	bbolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/enumim/enumim/backend"
)

// change is a change as it is written: nil takes the key away.
type change struct{ key, value []byte }

var errOrder = fmt.Errorf("%w: changes out of order, or one entry twice", backend.ErrInvalidData)

// encode returns the changes as they are written, in their order, each key once.
func encode(ctx context.Context, changes iter.Seq2[backend.Change, error]) iter.Seq2[change, error] {
	return func(yield func(change, error) bool) {
		var last, body []byte
		for c, err := range changes {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(change{}, err)
				return
			}
			ch, err := encodeOne(&c, body)
			if err == nil && bytes.Compare(ch.key, last) <= 0 {
				err = errOrder
			}
			last = ch.key
			if !yield(ch, err) || err != nil {
				return
			}
		}
	}
}

func encodeOne(c *backend.Change, buf []byte) (change, error) {
	e := &c.Entry
	switch {
	case e.Kind != backend.Number && e.Kind != backend.Block && e.Kind != backend.Delegation:
		return change{}, fmt.Errorf("%w: numbers, blocks and delegations only", backend.ErrInvalidData)
	case e.Name.Labels != "":
		return change{}, fmt.Errorf("%w: a name that is no number", backend.ErrInvalidData)
	case e.Broken && !c.Delete:
		return change{}, fmt.Errorf("%w: an entry that could not be read", backend.ErrInvalidData)
	}
	least, most := 0, 0
	if e.Kind == backend.Block {
		least, most = e.Min, e.Max
	}
	key := appendKey(nil, e.Kind, e.Name.Number, least, most)
	if _, ok := parseKey(key); !ok {
		return change{}, fmt.Errorf("%w: lengths that no number has", backend.ErrInvalidData)
	}
	if c.Delete {
		return change{key: key}, nil
	}
	body := appendEntry(buf[:0], e)
	if len(body) > mostValue {
		return change{}, fmt.Errorf("%w: an entry of more than %d octets", backend.ErrInvalidData, mostValue)
	}
	return change{key, seal(nil, key, body)}, nil
}

// of returns the tree of the snapshot that a key stands in.
func (s *snapshot) of(key []byte) *tree {
	if len(key) == numberKey {
		return &s.numbers
	}
	return &s.prefixes
}

// update makes changes in one transaction and returns the serial after it. d.mu is held.
func (d *database) update(changes []change) (uint32, error) {
	s := d.current.Load()
	switch {
	case s == nil:
		return 0, backend.ErrClosed
	case d.wrecked:
		return 0, errWrecked
	case d.db == nil:
		return 0, errStatic
	}
	if err := guarded(func() error { return s.fit(changes) }); err != nil {
		return 0, err
	}
	next := s.head
	returned := false
	err := guarded(func() error {
		d.sweep()
		err := d.db.Update(func(tx *bbolt.Tx) error { return apply(tx, &next, changes) })
		returned = true
		return err
	})
	switch {
	case !returned:
		d.wrecked = true
		return 0, errors.Join(errWrecked, err)
	case err != nil:
		// Where the disk is full, nothing was written that counts. After other failures nobody knows what the disk
		// has: look-ups stay with what they see now, and the next changes make a new file of that.
		d.unsure = !full(err)
		return 0, fmt.Errorf("%w: nothing is changed: %w", backend.ErrUnavailable, err)
	}
	if err := d.refresh(); err != nil {
		// The head that look-ups have counts what was there before: an update that began with it would hide blocks.
		d.unsure = true
		return 0, fmt.Errorf("nothing is changed: %w", err)
	}
	return next.serial, nil
}

// full reports whether there is no room for a change.
func full(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG) ||
		errors.Is(err, berrors.ErrMaxSizeReached)
}

// apply makes changes in a transaction.
func apply(tx *bbolt.Tx, h *head, changes []change) error {
	numbers, prefixes := tx.Bucket(numbersTree), tx.Bucket(prefixesTree)
	for _, ch := range changes {
		b := numbers
		if len(ch.key) != numberKey {
			b = prefixes
		}
		there := b.Get(ch.key) != nil
		switch {
		case ch.value != nil:
			if err := b.Put(ch.key, ch.value); err != nil {
				return err
			}
			if !there {
				h.count(ch.key, +1)
			}
		case there:
			if err := b.Delete(ch.key); err != nil {
				return err
			}
			h.count(ch.key, -1)
		}
	}
	h.next()
	return tx.Bucket(headTree).Put(headKey, h.append(nil))
}
