//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package bolt

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// lock locks a file for this process, exclusive or beside others that only read. It returns errLocked when
// others have it. The lock ends when the file is closed.
func lock(f *os.File, exclusive bool) error {
	how := syscall.LOCK_SH
	if exclusive {
		how = syscall.LOCK_EX
	}
	err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errLocked
	}
	return err
}

// mapFile maps a file for reading, for as far as it may grow.
func mapFile(f *os.File) ([]byte, error) {
	data, err := syscall.Mmap(int(f.Fd()), 0, mapSize, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, os.NewSyscallError("mmap", err)
	}
	return data, nil
}

func unmapFile(data []byte) error { return syscall.Munmap(data) }

// own gives a file the mode of another one, and its owner and group.
func own(f *os.File, like fs.FileInfo) error {
	if err := f.Chmod(like.Mode().Perm()); err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	was, _ := like.Sys().(*syscall.Stat_t)
	is, _ := info.Sys().(*syscall.Stat_t)
	if was == nil || is == nil || was.Uid == is.Uid && was.Gid == is.Gid {
		return nil
	}
	return f.Chown(int(was.Uid), int(was.Gid))
}
