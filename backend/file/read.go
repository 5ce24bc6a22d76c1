package file

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// maxSize is the most octets of one file that are read.
const maxSize = 4 << 30

// opener opens the file that a path with all symbolic links resolved leads to, as os.OpenFile does.
type opener func(target string, flag int, perm os.FileMode) (*os.File, error)

// read returns the whole of the file that stamp s was taken of. It opens regular files only, without
// blocking, and returns errMoving where the file is no longer the one that was looked at.
func read(s stamp, open opener) ([]byte, error) {
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
	defer f.Close()
	return whole(f, s)
}

// whole returns what the open file f holds, if it is the one that s was taken of, before and after.
func whole(f fs.File, s stamp) ([]byte, error) {
	if err := unmoved(f, s); err != nil {
		return nil, err
	}
	data := make([]byte, s.size)
	if _, err := io.ReadFull(f, data); err == io.EOF || err == io.ErrUnexpectedEOF {
		return nil, errMoving
	} else if err != nil {
		return nil, errors.New(reason(err))
	}
	return data, unmoved(f, s)
}

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
