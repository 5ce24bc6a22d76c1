package file

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// seed is for telling contents apart within this process.
var seed = maphash.MakeSeed()

// dataFile is one of the paths of the Corefile and what is known of its file.
type dataFile struct {
	path string

	// How the file looks, how it looked before that, and since when it looks as it does.
	seen, before stamp
	since        time.Time
	looked       bool
	restless     time.Time // since when it changes without rest; zero where it rests

	// The version that was read last.
	tried    stamp
	again    bool // try that version again: it could not be read, or another file stood in its way
	data     []byte
	format   format // of the last version that could be read
	apex     string // of the last version that was a zone file; "" where it is not known
	hash     uint64
	err      error // what is wrong with the version
	blocked  bool  // another file stands in its way
	included []include
	moving   bool // an included file changes, or may not be complete yet

	// What is served of it. Format and apex of a file that was served stay as they are.
	served   bool
	zone     *zone // of a zone file
	marked   bool  // a version with its end marker was served
	reported string
}

// include is a file that a data file includes, as it was read.
type include struct {
	path string
	stamp
	since time.Time // when it was first seen so
}

// look takes a new look at the file.
func (f *dataFile) look(now time.Time, rest time.Duration) {
	s := look(f.path)
	s.included = f.lookIncluded()
	if f.looked && s == f.seen {
		return
	}
	f.before, f.seen, f.since = f.seen, s, now
	if !f.looked {
		f.before = s
		// What the file was before is not known; that it changed long ago is good enough.
		if s.fault != "" || s.sealed() || s.age() >= rest {
			f.since = time.Time{}
		}
	}
	f.looked = true
}

func (f *dataFile) lookIncluded() string {
	var b strings.Builder
	for _, i := range f.included {
		fmt.Fprintf(&b, "%v", look(i.path))
	}
	return b.String()
}

// changed reports whether the file should be read.
func (f *dataFile) changed() bool { return f.seen != f.tried || f.again }

// settled reports whether the version can be taken as complete: it has rested for the time, or was
// put in place by a rename or by turning a symbolic link, not by writing to the file that was there.
func (f *dataFile) settled(now time.Time, rest time.Duration) bool {
	switch {
	case now.Sub(f.since) >= rest:
		return true
	case f.seen.fault != "" || f.before.fault != "" && !f.seen.sealed():
		return false
	case f.seen.target != f.before.target:
		return true
	}
	return !f.seen.sameFile(f.before) && f.seen.sealed()
}

// read reads the version that was seen last into data. It returns false where the file changed
// meanwhile; other failures go to err.
func (f *dataFile) read(now time.Time) bool {
	f.data, f.err, f.again = nil, nil, false
	data, err := read(f.seen, os.OpenFile)
	if errors.Is(err, errMoving) {
		f.since = now
		return false
	}
	f.tried = f.seen
	if err == nil && len(data) == 0 {
		f.err = errEmpty
		return true
	}
	if err != nil {
		f.err, f.again = err, true
		return true
	}
	f.data = data
	f.hash = maphash.Bytes(seed, data)
	switch is := formatOf(data); {
	case is == f.format:
	case f.served:
		// Beside a change on purpose, this is what damage to the beginning of a file looks like.
		f.err = fmt.Errorf("is no %v any more, but a %v: to change that, restart the server or give the file another name", f.format, is)
	default:
		f.format, f.apex = is, ""
	}
	return true
}

// include returns the function that reads what the file includes: files in its folder or below. It
// records what was included. As with the file itself, nothing is taken that may be half written: it
// has to be sealed, or to have rested by its own time or since it was first seen.
func (f *dataFile) include(rest time.Duration) func(name string) ([]byte, error) {
	known := f.included
	f.included, f.moving = nil, false
	folder := filepath.Dir(f.path)
	return func(name string) ([]byte, error) {
		path := filepath.Join(folder, filepath.FromSlash(name))
		is := include{path, look(path), time.Now()}
		for _, was := range known {
			if was.path == is.path && was.stamp == is.stamp {
				is.since = was.since
			}
		}
		f.included = append(f.included, is)
		var data []byte
		err := errMoving
		if is.fault != "" || is.sealed() || is.age() >= rest || time.Since(is.since) >= rest {
			data, err = readBelow(folder, is.stamp)
		}
		switch {
		case errors.Is(err, errMoving):
			f.moving = true
		case err != nil && is.fault == "":
			f.again = true
		case err == nil && len(data) == 0:
			err = errEmptyInclude
		}
		return data, err
	}
}

// stop returns the function that ends the parsing of the file: when ctx ends, or when a file that it
// includes is moving and it has to be parsed again anyway.
func (f *dataFile) stop(ctx context.Context) func() error {
	return func() error {
		if f.moving {
			return errMoving
		}
		return ctx.Err()
	}
}

// retry has the file read again when it and what it includes have rested.
func (f *dataFile) retry() {
	f.again, f.since = true, time.Now()
}

// parsed notes the stamps of the included files as part of the version. It returns errMoving where the
// version is not worth a judgement, because one of them was not complete.
func (f *dataFile) parsed() error {
	var b strings.Builder
	for _, i := range f.included {
		fmt.Fprintf(&b, "%v", i.stamp)
	}
	f.tried.included = b.String()
	f.seen.included = f.tried.included
	if f.moving {
		f.moving = false
		return errMoving
	}
	return nil
}

// readBelow reads the file of stamp s in the folder or below; symbolic links may not lead out of it.
func readBelow(folder string, s stamp) ([]byte, error) {
	folder, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return nil, errors.New(reason(err))
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, errors.New(reason(err))
	}
	defer root.Close()
	return read(s, func(target string, flag int, perm os.FileMode) (*os.File, error) {
		below, err := filepath.Rel(folder, target)
		if err != nil {
			return nil, err
		}
		return root.OpenFile(below, flag, perm)
	})
}
