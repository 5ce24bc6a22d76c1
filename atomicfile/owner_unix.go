//go:build unix

package atomicfile

import (
	"io/fs"
	"os"
	"syscall"
)

// links returns how many names a file has.
func links(info fs.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Nlink) // its type differs among systems
	}
	return 1
}

// giveTo gives a file the owner and group of another.
func giveTo(f *os.File, old fs.FileInfo) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	is, ok := info.Sys().(*syscall.Stat_t)
	to, known := old.Sys().(*syscall.Stat_t)
	if !ok || !known || is.Uid == to.Uid && is.Gid == to.Gid {
		return nil
	}
	return f.Chown(int(to.Uid), int(to.Gid))
}

// syncFolder has the new name of a file written down.
func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
