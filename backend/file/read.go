package file

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// maxSize is the most octets of one file that are read.
const maxSize = 4 << 30

// opener opens the file that a path with all symbolic links resolved leads to, as os.OpenFile does.
type opener func(target string, flag int, perm os.FileMode) (*os.File, error)

// reading is a file that is being read from front to back. It must be closed.
type reading struct {
	file fs.File
	was  stamp // of the file when it was looked at
	left int64 // octets
	hash maphash.Hash
	err  error // what ended the reading
}

// start opens the file that stamp s was taken of: regular files only, without blocking. It returns
// errMoving where the file is no longer the one that was looked at.
func start(s stamp, open opener) (*reading, error) {
	if s.fault != "" {
		return nil, errors.New(s.fault)
	}
	if s.size > maxSize {
		return nil, fmt.Errorf("has %d octets, %d are the most: split it", s.size, int64(maxSize))
	}
	f, err := open(s.target, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errMoving
	}
	if err != nil {
		return nil, errors.New(reason(err))
	}
	return startOpen(f, s)
}

// startOpen is start for a file that is open.
func startOpen(f fs.File, s stamp) (*reading, error) {
	if err := unmoved(f, s); err != nil {
		_ = f.Close() // it was only read
		return nil, err
	}
	r := &reading{file: f, was: s, left: s.size}
	r.hash.SetSeed(seed)
	return r, nil
}

// Read returns errMoving instead of io.EOF where the file is no longer the one that was looked at.
func (r *reading) Read(p []byte) (int, error) {
	if r.err == nil && r.left == 0 {
		if r.err = unmoved(r.file, r.was); r.err == nil {
			r.err = io.EOF
		}
	}
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.file.Read(p[:min(int64(len(p)), r.left)])
	r.left -= int64(n)
	r.hash.Write(p[:n])
	switch {
	case errors.Is(err, io.EOF) && r.left > 0:
		r.err = errMoving
	case err != nil && !errors.Is(err, io.EOF):
		r.err = errors.New(reason(err))
	default:
		return n, nil
	}
	return n, r.err
}

// Close ends the reading. It returns why the file could not be read, and errMoving where it changed
// since it was looked at, however much of it was read.
func (r *reading) Close() error {
	defer r.file.Close()
	if r.err != nil && r.err != io.EOF { //nolint:errorlint // set in this file
		return r.err
	}
	return unmoved(r.file, r.was)
}

// whole reports whether the file was read to its end, which the hash is of then.
func (r *reading) whole() bool { return r.left == 0 }

// unmoved returns errMoving unless f is the file that s was taken of, unchanged.
func unmoved(f fs.File, s stamp) error {
	fi, err := f.Stat()
	if err != nil {
		return errors.New(reason(err))
	}
	now := stampOf(fi)
	now.target, now.included = s.target, s.included
	if now != s {
		return errMoving
	}
	return nil
}
