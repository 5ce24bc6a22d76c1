package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	bbolt "go.etcd.io/bbolt"

	"github.com/enumim/enumim/backend"
)

// mapSize is how far a file may grow, in octets: 256 GiB, and 256 MiB where pointers have 32 bits. Both maps are that large from the
// start, which costs no memory: to map anew, bbolt would wait for all that read, and they for it.
const mapSize = 1 << (28 + 10*(^uint(0)>>63))

var (
	errLocked = fmt.Errorf("%w: another process has the file open", backend.ErrUnavailable)
	// errWrecked: bbolt has panicked and may hold its locks for ever.
	errWrecked = fmt.Errorf("%w: an update has failed inside the data base: restart the server", backend.ErrUnavailable)
	errStatic  = fmt.Errorf("%w: the file cannot be written: it is served as it is", backend.ErrUnavailable)
)

// database is one open file. It is this process's alone, unless it can only be read.
type database struct {
	path string
	file *os.File
	info fs.FileInfo
	db   *bbolt.DB // nil for a file that can only be read
	data []byte    // the map of look-ups

	current atomic.Pointer[snapshot]

	mu      sync.Mutex // one writer at a time
	past    []*snapshot
	wrecked bool // bbolt panicked
	unsure  bool // an update failed: the disk may have it, or a part of it
}

// openDatabase opens the file at a path that follows no links. It does not wait for the lock (errLocked). A file without data
// gives errNoData, one that is not there fs.ErrNotExist; both are left alone.
func openDatabase(path string) (*database, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s is no regular file", backend.ErrUnavailable, path)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	static := errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
	if static {
		f, err = os.OpenFile(path, os.O_RDONLY, 0)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", backend.ErrUnavailable, err)
	}
	d := &database{path: path, file: f}
	if err := d.open(!static); err != nil {
		_ = d.release() // nothing was written
		return nil, err
	}
	return d, nil
}

func (d *database) open(writable bool) (err error) {
	if err := lock(d.file, writable); err != nil {
		if !errors.Is(err, errLocked) {
			err = fmt.Errorf("%w: the file cannot be locked: %w", backend.ErrUnavailable, err)
		}
		return err
	}
	if d.info, err = d.file.Stat(); err != nil {
		return fmt.Errorf("%w: %w", backend.ErrUnavailable, err)
	}
	if now, err := os.Stat(d.path); err != nil || !os.SameFile(now, d.info) {
		return errLocked // a writer has put another file there meanwhile
	}
	m, err := readMeta(d.file)
	if err != nil {
		return err
	}
	if err := m.verify(d.file, d.info.Size()); err != nil {
		return err
	}
	return d.start(writable)
}

// start maps the file, hands it to bbolt and takes the first snapshot.
func (d *database) start(writable bool) (err error) {
	if d.data, err = mapFile(d.file); err != nil {
		return fmt.Errorf("%w: %w: the limit of virtual memory must leave room for %d MiB", backend.ErrUnavailable, err, 2*(mapSize>>20))
	}
	if writable {
		if err := guarded(d.hand); err != nil {
			return err
		}
	}
	return d.refresh()
}

// hand opens the data base with bbolt, which takes the file as it is: open and locked.
func (d *database) hand() (err error) {
	d.db, err = bbolt.Open(d.path, 0o600, &bbolt.Options{
		Timeout:         time.Second, // on systems where lock is not ours
		FreelistType:    bbolt.FreelistMapType,
		InitialMmapSize: mapSize,
		MaxSize:         mapSize,
		NoStatistics:    true,
		OpenFile:        func(string, int, os.FileMode) (*os.File, error) { return d.file, nil },
	})
	if err != nil {
		return fmt.Errorf("%w: %w", backend.ErrUnavailable, err)
	}
	return nil
}

// refresh takes a snapshot of what was committed last, and makes it the current one. d.mu is held, or nobody else knows d.
func (d *database) refresh() error {
	m, err := readMeta(d.file)
	if err != nil {
		return err
	}
	s := &snapshot{database: d, done: make(chan struct{}), pages: pages{data: d.data, size: m.pageSize, limit: m.limit}}
	s.users.Store(1)
	if d.db != nil {
		if err := guarded(func() (err error) { s.tx, err = d.db.Begin(false); return err }); err != nil {
			return err
		}
	}
	if err := guarded(func() error { return s.begin(m.root) }); err != nil {
		if s.tx != nil {
			_ = s.tx.Rollback() // of what only reads: never fails
		}
		return err
	}
	if old := d.current.Swap(s); old != nil {
		old.drop()
		d.past = append(d.past, old)
	}
	return nil
}

// sweep ends the transactions of snapshots that nobody uses any more, so that their pages can be used again. d.mu is held.
func (d *database) sweep() {
	left := d.past[:0]
	for _, s := range d.past {
		if s.users.Load() > 0 {
			left = append(left, s)
		} else if s.tx != nil {
			_ = s.tx.Rollback() // of what only reads: never fails
		}
	}
	clear(d.past[len(left):])
	d.past = left
}

// doubtful reports whether no more updates may be made in the file.
func (d *database) doubtful() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.unsure
}

// acquire returns the current snapshot, which stands until drop; nil after close.
func (d *database) acquire() *snapshot {
	for {
		s := d.current.Load()
		if s == nil || s.hold() {
			return s
		}
	}
}

// close waits for those who read, and gives the file back.
func (d *database) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.current.Swap(nil); s != nil {
		s.drop()
		d.past = append(d.past, s)
	}
	for _, s := range d.past {
		<-s.done
	}
	if !d.wrecked {
		d.sweep()
	}
	return d.release()
}

// release gives back what d has, without waiting for anybody.
func (d *database) release() error {
	var errs []error
	if d.data != nil {
		errs = append(errs, unmapFile(d.data))
		d.data = nil
	}
	if d.db != nil && !d.wrecked {
		errs = append(errs, d.db.Close()) // and d.file with it
	} else if err := d.file.Close(); !errors.Is(err, os.ErrClosed) {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// guarded calls f. A panic in it, and a page that cannot be read, become errors: the file was cut short, or the disk fails.
// What it was panicked with is not told; it may hold data.
func guarded(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if v := recover(); v != nil {
			err = caught(v)
		}
	}()
	return f()
}

// caught is the error for what recover returned.
func caught(v any) error {
	if _, ok := v.(interface{ Addr() uintptr }); ok {
		return fmt.Errorf("%w: a page of the file cannot be read: it was cut short, or the disk fails", backend.ErrUnavailable)
	}
	return fmt.Errorf("%w, inside a transaction", damaged("a page that makes no sense"))
}
