package snapshot

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"iter"
	"os"
	"time"

	"github.com/enumim/enumim/backend"
)

// maxLine is the longest line in octets: an entry as large as a DNS message holds, with every octet escaped.
const maxLine = 1 << 20

// Load implements table.Keeper: a file that is not there is no error and has no entries. Whether it is whole is
// known when the last entry was read.
func (f *File) Load() (entries iter.Seq2[backend.Entry, error], current time.Time, err error) {
	info, err := os.Stat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, time.Time{}, nil
	case err != nil:
		return nil, time.Time{}, err
	case !info.Mode().IsRegular(): // a pipe would hang
		return nil, time.Time{}, fmt.Errorf("%s: %w", f.path, invalid("is no regular file"))
	}
	file, err := os.Open(f.path)
	if err != nil {
		return nil, time.Time{}, err
	}
	r := &reader{f: f, file: file, src: bufio.NewReaderSize(file, portion), sum: sha256.New()}
	if current, err = r.head(); err != nil {
		return nil, time.Time{}, errors.Join(fmt.Errorf("%s: %w", f.path, err), file.Close())
	}
	return r.entries, current, nil
}

// reader reads a file.
type reader struct {
	f    *File
	file *os.File
	src  *bufio.Reader
	sum  hash.Hash
	line int
	long []byte
}

// head checks what the file is.
func (r *reader) head() (time.Time, error) {
	info, err := r.file.Stat()
	switch {
	case err != nil:
		return time.Time{}, err
	case !info.Mode().IsRegular():
		return time.Time{}, invalid("is no regular file")
	case private && info.Mode().Perm()&0o077 != 0:
		return time.Time{}, invalid("others may read or write it: it has to have mode 0600")
	}
	text, err := r.next()
	if err != nil {
		return time.Time{}, err
	}
	var h head
	switch err := json.Unmarshal(text, &h); {
	case err != nil || h.Kind != kindHead:
		return time.Time{}, invalid("is no snapshot: take it away")
	case h.Version != version:
		return time.Time{}, invalid("is a snapshot of form %d, and %d is read", h.Version, version)
	case h.Key != r.f.key:
		return time.Time{}, invalid("is of another store or of other trees: give each a snapshot of its own, or take it away")
	}
	r.sum.Write(append(text, '\n')) // never fails
	return h.Current, nil
}

// next returns the next line without its end, which the one after it overwrites.
func (r *reader) next() ([]byte, error) {
	text, err := r.src.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		r.long = append(r.long[:0], text...)
		for errors.Is(err, bufio.ErrBufferFull) && len(r.long) <= maxLine {
			text, err = r.src.ReadSlice('\n')
			r.long = append(r.long, text...)
		}
		text = r.long
	}
	r.line++
	switch {
	case errors.Is(err, io.EOF):
		return nil, invalid("was cut short")
	case len(text) > maxLine+1:
		return nil, invalid("line %d is too long", r.line)
	case err != nil:
		return nil, err
	}
	return text[:len(text)-1], nil
}

// entries yields the entries, and an error at the end of a file that is not whole. It closes the file.
func (r *reader) entries(yield func(backend.Entry, error) bool) {
	defer func() { _ = r.file.Close() }() // it was read only
	fail := func(err error) { yield(backend.Entry{}, fmt.Errorf("%s: %w", r.f.path, err)) }
	objects := r.f.codec.Objects()
	objects.Broken = true
	for n := 0; ; n++ {
		text, err := r.next()
		if err != nil {
			fail(err)
			return
		}
		if bytes.HasPrefix(text, []byte(`{"kind":"end"`)) {
			if err := r.end(text, n); err != nil {
				fail(err)
			}
			return
		}
		r.sum.Write(text)
		r.sum.Write([]byte{'\n'})
		it, err := objects.Read(text)
		switch {
		case err != nil:
			fail(invalid("line %d: %v", r.line, err))
			return
		case it.End || it.Zone != nil:
			fail(invalid("line %d: no entry", r.line))
			return
		}
		if !yield(it.Entry, nil) {
			return
		}
	}
}

// end checks the last line.
func (r *reader) end(text []byte, entries int) error {
	want := appendEnd(nil, entries, r.sum.Sum(nil))
	if !bytes.Equal(text, want[:len(want)-1]) {
		return invalid("was damaged or changed: the checksum is another one")
	}
	if _, err := r.src.ReadByte(); !errors.Is(err, io.EOF) {
		return invalid("something follows its end")
	}
	return nil
}
