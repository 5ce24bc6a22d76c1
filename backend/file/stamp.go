package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// stamp tells versions of a file apart without reading it. Stamps are comparable.
type stamp struct {
	target   string // the path with all symbolic links resolved
	mode     fs.FileMode
	dev, ino uint64
	size     int64
	mtime    int64  // nanoseconds
	ctime    int64  // nanoseconds; 0 where the system does not tell
	included string // the stamps of the files that it includes
	fault    string // why the file cannot be read
}

// look returns the stamp of the file that path leads to now.
func look(path string) stamp {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return stamp{fault: lookFault(path, err)}
	}
	fi, err := os.Stat(target)
	if err != nil {
		return stamp{fault: lookFault(path, err)}
	}
	s := stampOf(fi)
	s.target = target
	if why := irregular(fi.Mode()); why != "" {
		// A pipe that is written to all the time would never rest, and nobody be told.
		s.size, s.mtime, s.ctime, s.fault = 0, 0, 0, why
	}
	return s
}

func stampOf(fi os.FileInfo) stamp {
	s := stamp{mode: fi.Mode(), size: fi.Size(), mtime: fi.ModTime().UnixNano()}
	var ctime time.Time
	s.dev, s.ino, ctime = inode(fi)
	if !ctime.IsZero() {
		s.ctime = ctime.UnixNano()
	}
	return s
}

// version tells this version of a file from others, for comparing.
func (s stamp) version() string { return fmt.Sprintf("%+v ", s) }

// sameFile reports whether both stamps are of one inode: the file was changed in place.
func (s stamp) sameFile(t stamp) bool {
	return s.target == t.target && s.dev == t.dev && s.ino == t.ino
}

// sealed reports whether what happened last to the inode was something else than writing to it: it
// was renamed, or its mode or times were set, as programs do that are done with a file.
func (s stamp) sealed() bool { return s.ctime > s.mtime }

// age is for how long the file has not been changed, by the clock of the system.
func (s stamp) age() time.Duration { return time.Since(time.Unix(0, max(s.mtime, s.ctime))) }

// lookFault says why a path cannot be looked at, and what may help.
func lookFault(path string, err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(path, "*?["):
		return "no such file (wildcards are not expanded: name each file)"
	case errors.Is(err, fs.ErrNotExist):
		return "no such file"
	}
	return reason(err)
}

// reason is the text of err without the path, which the event that tells it names.
func reason(err error) string {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err.Error()
	}
	return err.Error()
}

// irregular says what is wrong with a file of this mode; "" for a regular file.
func irregular(mode fs.FileMode) string {
	switch {
	case mode.IsRegular():
		return ""
	case mode.IsDir():
		return "is a directory: name the files in it"
	case mode&fs.ModeNamedPipe != 0:
		return "is a named pipe, not a regular file"
	case mode&fs.ModeSocket != 0:
		return "is a socket, not a regular file"
	case mode&fs.ModeDevice != 0:
		return "is a device, not a regular file"
	}
	return "is not a regular file"
}
