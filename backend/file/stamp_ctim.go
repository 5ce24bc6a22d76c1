//go:build linux || openbsd || dragonfly || solaris

package file

import (
	"os"
	"syscall"
	"time"
)

// inode returns what the system knows of a file beyond os.FileInfo.
func inode(fi os.FileInfo) (dev, ino uint64, ctime time.Time) {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, time.Time{}
	}
	return uint64(st.Dev), uint64(st.Ino), time.Unix(st.Ctim.Unix())
}
