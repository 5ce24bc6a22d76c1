package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	bbolt "go.etcd.io/bbolt"

	"github.com/enumim/enumim/backend"
)

// How much is written at once.
const (
	// oneUpdate is the most changes that are made in one transaction, which needs memory for each page that it
	// changes; more are merged with what is there into a new file.
	oneUpdate = 10_000
	// buildBatch is how many entries of a new file go into one transaction.
	buildBatch = 20_000
	// fill is how full the pages of a new file are, so that the first changes need not split them.
	fill = 0.9
)

// newSuffix is added to the name of a file while it is written.
const newSuffix = ".new"

// build writes a new file with the entries of a snapshot, nil for none, and changes; and puts it in the place of path.
// The data base returned has it open. The file at path stays as it is until then, and also after an error.
func build(ctx context.Context, path string, from *snapshot, dialPlan bool, changes iter.Seq2[change, error], done func(int)) (_ *database, err error) {
	d := &database{path: path}
	if d.file, err = create(path); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(path + newSuffix) // an error says already why; the next one writes over it
			_ = d.close()
		}
	}()
	b := builder{done: done, head: head{dialPlan: dialPlan}}
	if from != nil {
		b.head.serial, b.had = from.head.serial, from.head.entries()
		if err := own(d.file, from.database.info); err != nil {
			return nil, fmt.Errorf("%w: the owner of the file cannot be kept: run it as the user of the server or as root: %w", backend.ErrUnavailable, err)
		}
	}
	if err := guarded(d.hand); err != nil {
		return nil, err
	}
	d.db.AllocSize = 1 << 20
	if err := b.run(ctx, d.db, from, changes); err != nil {
		return nil, err
	}
	if err := d.publish(); err != nil {
		return nil, fmt.Errorf("%w: %w", backend.ErrUnavailable, err)
	}
	return d, nil
}

// settle makes sure that a file which was put in place is there after a crash.
func (d *database) settle() error {
	folder, err := os.Open(filepath.Dir(d.path))
	if err == nil {
		err = errors.Join(folder.Sync(), folder.Close())
	}
	if err != nil {
		return fmt.Errorf("%w: the new data is served, but may be gone after a crash: %w", backend.ErrUnavailable, err)
	}
	return nil
}

// create makes the file that is to be written, or takes one over that somebody has left behind.
func create(path string) (*os.File, error) {
	f, err := os.OpenFile(path+newSuffix, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", backend.ErrUnavailable, err)
	}
	err = lock(f, true)
	if err == nil {
		var is, there fs.FileInfo
		if is, err = f.Stat(); err == nil {
			if there, err = os.Stat(path + newSuffix); err == nil && !os.SameFile(is, there) {
				err = errLocked // who had it has put it in place
			}
		}
	}
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		return f, nil
	}
	_ = f.Close() // nothing was written
	if errors.Is(err, errLocked) {
		return nil, errBusy
	}
	return nil, fmt.Errorf("%w: %w", backend.ErrUnavailable, err)
}

// publish puts a file that is complete in place, and begins to use it.
func (d *database) publish() (err error) {
	if err = d.file.Sync(); err != nil {
		return err
	}
	if d.info, err = d.file.Stat(); err != nil {
		return err
	}
	if d.data, err = mapFile(d.file); err != nil {
		return err
	}
	if err = d.refresh(); err != nil {
		return err
	}
	return os.Rename(d.path+newSuffix, d.path)
}

// builder fills a new file.
type builder struct {
	head  head
	done  func(int)
	had   int // entries in what there was
	old   *items
	was   item // of old, the next one
	isOld bool
	next  func() (change, error, bool)
	ch    change // the next one
	isNew bool
	news  int // changes taken since done was told
	olds  int // entries taken of old
}

func (b *builder) run(ctx context.Context, db *bbolt.DB, from *snapshot, changes iter.Seq2[change, error]) error {
	next, stop := iter.Pull2(changes)
	defer stop()
	b.next = next
	if err := b.advance(); err != nil {
		return err
	}
	if from != nil {
		if err := guarded(func() (err error) {
			if b.old, err = from.items(0); err == nil {
				b.was, b.isOld, err = b.old.next()
			}
			return err
		}); err != nil {
			return err
		}
	}
	for last := false; !last; {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("%w: %w", backend.ErrUnavailable, err)
		}
		err := guarded(func() error { return db.Update(func(tx *bbolt.Tx) (err error) { last, err = b.batch(tx); return err }) })
		if err != nil {
			return classed(err)
		}
		b.done(b.news)
		b.news = 0
	}
	return nil
}

// classed returns an error of a transaction as one of package backend.
func classed(err error) error {
	if errors.Is(err, backend.ErrInvalidData) || errors.Is(err, backend.ErrUnavailable) {
		return err
	}
	return fmt.Errorf("%w: %w", backend.ErrUnavailable, err)
}

// batch writes the next entries. last is true when the head is, too.
func (b *builder) batch(tx *bbolt.Tx) (last bool, err error) {
	var trees [3]*bbolt.Bucket
	for i, name := range [][]byte{numbersTree, prefixesTree, headTree} {
		if trees[i], err = tx.CreateBucketIfNotExists(name); err != nil {
			return false, err
		}
		trees[i].FillPercent = fill
	}
	for range buildBatch {
		key, value, ok, err := b.merge()
		if err != nil {
			return false, err
		}
		if !ok {
			if b.olds != b.had {
				return false, damaged("there are more or fewer entries than it says")
			}
			b.head.next()
			return true, trees[2].Put(headKey, b.head.append(nil))
		}
		t := trees[0]
		if len(key) != numberKey {
			t = trees[1]
		}
		if err := t.Put(key, value); err != nil {
			return false, err
		}
		b.head.count(key, +1)
	}
	return false, nil
}

// merge returns the next entry of the new file.
func (b *builder) merge() (key, value []byte, ok bool, err error) {
	for b.isOld || b.isNew {
		way := +1 // the change comes first
		switch {
		case b.isOld && !b.isNew:
			way = -1
		case b.isOld:
			way = bytes.Compare(b.ch.key, b.was.key) * -1
		}
		it, ch := b.was, b.ch
		if way <= 0 {
			b.olds++
			if b.was, b.isOld, err = b.old.next(); err != nil {
				return nil, nil, false, err
			}
		}
		if way >= 0 {
			b.news++
			if err := b.advance(); err != nil {
				return nil, nil, false, err
			}
			if ch.value == nil {
				continue
			}
			return ch.key, ch.value, true, nil
		}
		if err := sound(it); err != nil {
			return nil, nil, false, err
		}
		return it.key, it.value, true, nil
	}
	return nil, nil, false, nil
}

// advance takes the next change.
func (b *builder) advance() (err error) {
	ch, err, ok := b.next()
	if ok && err != nil {
		return err
	}
	b.ch, b.isNew = ch, ok
	return nil
}
