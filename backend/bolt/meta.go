package bolt

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io"

	"github.com/enumim/enumim/backend"
)

// What the first two pages hold (go.etcd.io/bbolt/internal/common/meta.go). The one that was written last counts.
const (
	metaMagic   = 0xED0CDAED
	metaVersion = 2
	metaSum     = 56 // where the checksum stands, behind the header of the page
	metaSize    = metaSum + 8
	noList      = 1<<64 - 1
	// mostPage bounds the size of a page: bbolt takes that of the system, 4 KiB to 64 KiB.
	mostPage = 1 << 16
)

// meta is one of the first two pages.
type meta struct {
	pageSize int
	root     uint64 // the page of the tree of trees
	list     uint64 // the page of the list of free pages
	limit    uint64 // the first page that is not in use
	id       uint64 // of the transaction
}

// errNoData: a file without a data base in it.
var errNoData = fmt.Errorf("%w: it is empty: enumim import fills it", backend.ErrNotReady)

// readMeta returns the meta page that counts.
func readMeta(f io.ReaderAt) (meta, error) {
	var best meta
	var found bool
	var buf [pageHeader + metaSize]byte
	// The second one is a page on, and only the first one tells how large that is.
	for at := int64(0); at <= mostPage; at = max(2*at, 1024) {
		if n, err := f.ReadAt(buf[:], at); n < len(buf) {
			if at == 0 && n == 0 && errors.Is(err, io.EOF) {
				return meta{}, errNoData
			}
			if errors.Is(err, io.EOF) {
				break
			}
			return meta{}, fmt.Errorf("%w: %w", backend.ErrUnavailable, err)
		}
		m, ok := parseMeta(buf[pageHeader:])
		if ok && (at == 0 || at == int64(m.pageSize)) && (!found || m.id > best.id) {
			best, found = m, true
		}
		if found && at >= int64(best.pageSize) {
			break
		}
	}
	if !found {
		return meta{}, damaged("no valid head")
	}
	return best, nil
}

func parseMeta(b []byte) (m meta, ok bool) {
	h := fnv.New64a()
	_, _ = h.Write(b[:metaSum]) // never fails
	if order.Uint32(b) != metaMagic || order.Uint32(b[4:]) != metaVersion || order.Uint64(b[metaSum:]) != h.Sum64() {
		return meta{}, false
	}
	m = meta{
		pageSize: int(order.Uint32(b[8:])), root: order.Uint64(b[16:]), list: order.Uint64(b[32:]),
		limit: order.Uint64(b[40:]), id: order.Uint64(b[48:]),
	}
	return m, m.pageSize >= 1024 && m.pageSize <= mostPage && m.pageSize&(m.pageSize-1) == 0
}

// verify holds a file to what can be known of it without reading it all: that it has all its pages, and a list of the
// free ones. bbolt would read beyond its end, or make the list anew in a goroutine where nobody can catch its panics.
func (m *meta) verify(f io.ReaderAt, size int64) error {
	switch {
	case m.limit > uint64(mapSize/m.pageSize):
		return damaged("more pages than a file can have")
	case size < int64(m.limit)*int64(m.pageSize):
		return damaged("it is cut short")
	case m.root < 2 || m.root >= m.limit:
		return damaged("no tree")
	case m.list < 2 || m.list >= m.limit:
		return damaged("no list of free pages")
	}
	var head [pageHeader + 8]byte
	if _, err := f.ReadAt(head[:], int64(m.list)*int64(m.pageSize)); err != nil {
		return fmt.Errorf("%w: %w", backend.ErrUnavailable, err)
	}
	count, at := uint64(order.Uint16(head[10:])), int64(pageHeader)
	if count == 1<<16-1 {
		count, at = order.Uint64(head[pageHeader:]), at+8
	}
	pagesOf := 1 + uint64(order.Uint32(head[12:]))
	if order.Uint64(head[:]) != m.list || order.Uint16(head[8:]) != listPage || m.list+pagesOf > m.limit ||
		count > (pagesOf*uint64(m.pageSize)-uint64(at))/8 {
		return damaged("the list of free pages")
	}
	list := io.NewSectionReader(f, int64(m.list)*int64(m.pageSize)+at, int64(count)*8)
	return m.verifyList(list)
}

// verifyList holds the list to what it is: pages that are there, ascending, none of those in use that are known.
func (m *meta) verifyList(list io.Reader) error {
	buf := make([]byte, 1<<16)
	last := uint64(1)
	for {
		n, err := io.ReadFull(list, buf)
		for i := 0; i+8 <= n; i += 8 {
			id := order.Uint64(buf[i:])
			if id <= last || id >= m.limit || id == m.root || id == m.list {
				return damaged("the list of free pages")
			}
			last = id
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return fmt.Errorf("%w: %w", backend.ErrUnavailable, err)
		}
	}
}
