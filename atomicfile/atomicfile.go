// Package atomicfile writes files at once: whoever reads the file sees what was there or what is to be
// there, never a part of it, also after a crash.
package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// Errors of Write and Replace, beside those of package os.
var (
	// ErrChanged: another file stands there than the one that was read, or it was written meanwhile.
	ErrChanged = errors.New("changed while it was read: nothing is written; run it again")
	// ErrReadOnly: nobody is to write the file.
	ErrReadOnly = errors.New("is read-only: give its owner write permission, or write elsewhere")
	// ErrLinked: the other names of the file would keep the old text.
	ErrLinked = errors.New("has further names (hard links), which would keep the old text: write elsewhere and copy it")
	// ErrOwner: the new file could not have the owner and group of the old one.
	ErrOwner = errors.New("owner and group cannot be kept: run it as the owner, or write elsewhere")
)

// mostLinks is how many symbolic links are followed, as many as Linux follows.
const mostLinks = 40

// Write has fill write the file at a path. A new file has mode 0666 without the umask; one that is
// replaced leaves mode, owner and group to the new one, or ErrOwner is returned and it stays. Access
// control lists and extended attributes are not kept. Symbolic links are followed, to a file that is not
// there yet, too. What is no regular file, such as a pipe, a device or standard output, is opened and
// written as it comes. When fill fails, nothing has happened to a regular file.
func Write(path string, fill func(io.Writer) error) error { return Replace(path, nil, fill) }

// Private is Write for a file that its owner alone may read: it has mode 0600, whatever the umask, and whatever
// mode the one before it had. What is no regular file is refused.
func Private(path string, fill func(io.Writer) error) error {
	target, direct, err := resolve(path)
	switch {
	case err != nil:
		return err
	case direct:
		return &fs.PathError{Op: "write", Path: path, Err: errors.New("is no regular file")}
	}
	old, err := os.Lstat(target)
	switch {
	case err == nil:
		if err := writable(target, old); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return replace(target, old, nil, true, fill)
}

// Replace is Write for a file that was read before: it returns ErrChanged unless the path still leads to
// the file that was has told of when it was opened, of the same size and time. nil takes any.
func Replace(path string, was fs.FileInfo, fill func(io.Writer) error) error {
	target, direct, err := resolve(path)
	switch {
	case err != nil:
		return err
	case direct:
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			return err
		}
		return errors.Join(fill(f), f.Close())
	}
	old, err := os.Lstat(target)
	switch {
	case err == nil:
		if err := writable(target, old); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := same(target, was); err != nil {
		return err
	}
	return replace(target, old, was, false, fill)
}

// resolve follows symbolic links. direct says that what the path leads to is to be opened as it is.
func resolve(path string) (target string, direct bool, err error) {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return "", false, &fs.PathError{Op: "write", Path: path, Err: errors.New("is a folder")}
	case err == nil && !info.Mode().IsRegular():
		return "", true, nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return "", false, err
	}
	there := err == nil
	target = path
	for range mostLinks {
		folder, name := filepath.Split(target)
		if folder == "" {
			folder = "."
		}
		// What stands before ".." may itself be a link, so that paths are not shortened as text.
		if folder, err = filepath.EvalSymlinks(folder); err != nil {
			return "", false, err
		}
		target = filepath.Join(folder, name)
		info, err := os.Lstat(target)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", false, err
		}
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			return target, false, nil
		}
		if there && strings.HasPrefix(target, "/proc/") {
			// An open file, such as /dev/stdout: whoever opened it goes on writing it.
			return "", true, nil
		}
		link, err := os.Readlink(target)
		if err != nil {
			return "", false, err
		}
		if !filepath.IsAbs(link) {
			link = folder + string(filepath.Separator) + link
		}
		target = link
	}
	return "", false, &fs.PathError{Op: "write", Path: path, Err: errors.New("too many symbolic links")}
}

// writable reports why a regular file is not to be replaced.
func writable(path string, info fs.FileInfo) error {
	refuse := func(err error) error { return &fs.PathError{Op: "write", Path: path, Err: err} }
	switch {
	case info.Mode().Perm()&0o222 == 0:
		return refuse(ErrReadOnly)
	case links(info) > 1:
		return refuse(ErrLinked)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0) // that others may not write it is known only so
	if err != nil {
		return err
	}
	return f.Close()
}

// same returns ErrChanged unless the path leads to the file that was tells of.
func same(path string, was fs.FileInfo) error {
	if was == nil {
		return nil
	}
	now, err := os.Lstat(path)
	if err != nil || !os.SameFile(now, was) || now.Size() != was.Size() || !now.ModTime().Equal(was.ModTime()) {
		return ErrChanged
	}
	return nil
}

// replace writes a new file and gives it the name of the old one; old is nil without one. private says that it
// is for its owner alone.
func replace(target string, old, was fs.FileInfo, private bool, fill func(io.Writer) error) (err error) {
	folder := filepath.Dir(target)
	mode := fs.FileMode(0o666) // less the umask
	if old != nil || private {
		mode = 0o600 // nobody else may look before it has the mode of the old one
	}
	f, err := temporary(folder, mode)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()           // the first error counts
			_ = os.Remove(f.Name()) // as far as it can be
		}
	}()
	if old != nil {
		if err := giveTo(f, old); err != nil {
			return fmt.Errorf("%w: %w", ErrOwner, err)
		}
	}
	if err := fill(f); err != nil {
		return err
	}
	if old != nil && !private {
		const kept = fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky
		if err := f.Chmod(old.Mode() & kept); err != nil {
			return err
		}
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := same(target, was); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), target); err != nil {
		return err
	}
	return syncFolder(folder)
}

// temporary makes a file with a name that is not in use.
func temporary(folder string, mode fs.FileMode) (*os.File, error) {
	for {
		name := filepath.Join(folder, fmt.Sprintf(".enumim-%016x", rand.Uint64()))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}
