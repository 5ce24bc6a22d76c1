package bolt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/enumim/enumim/backend"
)

var (
	errBusy    = fmt.Errorf("%w: another import is at work: try again when it is done", backend.ErrBusy)
	errMoved   = fmt.Errorf("%w: the data has changed since it was compared: run it again", backend.ErrUnavailable)
	errGone    = fmt.Errorf("%w: the file was replaced or removed: nothing is changed", backend.ErrUnavailable)
	errPlan    = fmt.Errorf("%w: the file has digits of a private dial plan: say so (dialplan)", backend.ErrInvalidData)
	errNotPlan = fmt.Errorf("%w: the file has E.164 numbers, not a private dial plan", backend.ErrInvalidData)
)

// holder has the data base at a path, and changes it: in place, or by a new file.
type holder struct {
	path    string
	current atomic.Pointer[database] // nil for none
	writing sync.Mutex               // held by who changes the data, or the data base
	leaving sync.WaitGroup           // those that were replaced and have readers still
}

// target returns the file that a path leads to.
func target(path string) string {
	if file, err := filepath.EvalSymlinks(path); err == nil {
		return file
	}
	if folder, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil { // it may not be there yet
		return filepath.Join(folder, filepath.Base(path))
	}
	return path
}

// socketOf returns the path of the socket, which is beside the file itself, so that it is found by links to that, too.
func socketOf(path string) string {
	if beside := target(path) + socketSuffix; len(beside) <= mostPath {
		return beside
	}
	return path + socketSuffix
}

// acquire returns the snapshot that is current, which stands until drop; nil where there is no data.
func (h *holder) acquire() *snapshot {
	for {
		d := h.current.Load()
		if d == nil {
			return nil
		}
		if s := d.acquire(); s != nil {
			return s
		}
		if h.current.CompareAndSwap(d, d) { // it is closed, and nothing came instead
			return nil
		}
	}
}

// open opens the file that is there now. h.writing is held, or nobody else knows h.
func (h *holder) open() error {
	d, err := openDatabase(target(h.path))
	if err == nil {
		h.swap(d)
	}
	return err
}

// swap makes d, nil for none, the current data base, and closes the one before when its readers have left.
func (h *holder) swap(d *database) {
	if old := h.current.Swap(d); old != nil {
		h.leaving.Go(func() {
			_ = old.close() // it was only read since: nothing can be lost
		})
	}
}

// replaced reports whether another file, or none, stands at the path.
func (h *holder) replaced(d *database) bool {
	now, err := os.Stat(h.path)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	return !os.SameFile(now, d.info)
}

// close closes the data base. Nobody is to use it meanwhile.
func (h *holder) close() (err error) {
	if d := h.current.Swap(nil); d != nil {
		err = d.close()
	}
	h.leaving.Wait()
	return err
}

// how says what a writer takes for granted.
type how struct {
	dialPlan bool
	checked  bool   // base was seen
	base     uint32 // the serial of the data that changes were made for
}

// write makes changes together and returns the serial after them.
func (h *holder) write(ctx context.Context, how how, changes iter.Seq2[backend.Change, error], done func(int)) (uint32, error) {
	if !h.writing.TryLock() {
		return 0, errBusy
	}
	defer h.writing.Unlock()
	from := h.acquire()
	if from != nil {
		defer from.drop()
		if err := from.head.fits(how.dialPlan); err != nil {
			return 0, err
		}
		switch {
		case how.checked && how.base != from.head.serial:
			return 0, errMoved
		case h.replaced(from.database):
			return 0, errGone
		case from.database.db == nil:
			return 0, errStatic
		}
	}
	next, stop := iter.Pull2(encode(ctx, changes))
	defer stop()
	var first []change
	for len(first) <= oneUpdate {
		ch, err, ok := next()
		if !ok {
			break
		}
		if err != nil {
			return 0, err
		}
		first = append(first, ch)
	}
	if from != nil && from.head.entries() > 0 && len(first) <= oneUpdate && !from.database.doubtful() {
		return h.update(from, first, done)
	}
	return h.build(ctx, from, how, func(yield func(change, error) bool) {
		for _, ch := range first {
			if !yield(ch, nil) {
				return
			}
		}
		for {
			if ch, err, ok := next(); !ok || !yield(ch, err) || err != nil {
				return
			}
		}
	}, done)
}

// update makes few changes.
func (h *holder) update(from *snapshot, changes []change, done func(int)) (uint32, error) {
	if len(changes) == 0 {
		return from.head.serial, nil
	}
	d := from.database
	d.mu.Lock()
	defer d.mu.Unlock()
	serial, err := d.update(changes)
	if err == nil {
		done(len(changes))
	}
	return serial, err
}

// build makes many changes, or the first ones, or those after one that failed.
func (h *holder) build(ctx context.Context, from *snapshot, how how, changes iter.Seq2[change, error], done func(int)) (uint32, error) {
	d, err := build(ctx, target(h.path), from, how.dialPlan, changes, done)
	if err != nil {
		return 0, fmt.Errorf("nothing is changed: %w", err)
	}
	serial := d.current.Load().head.serial
	h.swap(d)
	return serial, d.settle()
}
