package file

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
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
	again    bool   // try that version again: it could not be read, or another file stood in its way
	format   Format // of the last version that could be read
	apex     string // of the last version that was a zone file; "" where it is not known
	hash     uint64
	hashed   bool  // hash is known: the version was read to its end
	err      error // what is wrong with the version
	blocked  bool  // another file stands in its way
	included []include
	moving   bool // an included file changes, or may not be complete yet

	// What is served of it. Format and apex of a file that was served stay as they are.
	served   bool
	zone     *zone // of a zone file
	marked   bool  // a version with its end marker was served
	size     int64 // of the version that was served last
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

// probe finds out what the version that was seen last is, and whether it has the content that is served.
// It returns false where the file changed meanwhile; other failures go to err.
func (f *dataFile) probe(now time.Time) bool {
	f.err, f.again, f.hashed = nil, false, false
	is, err := f.formatNow()
	if errors.Is(err, errMoving) {
		f.since = now
		return false
	}
	f.tried = f.seen
	switch {
	case err != nil:
		f.err, f.again = err, true
	case f.seen.size == 0:
		f.err = errEmpty
	case is == f.format:
	case f.served:
		// Beside a change on purpose, this is what damage to the beginning of a file looks like.
		f.err = fmt.Errorf("is no %v any more, but a %v: to change that, restart the server or give the file another name", f.format, is)
	default:
		f.format, f.apex = is, ""
	}
	return true
}

// formatNow reads as much of the version that was seen last as the format shows in. Where the size is
// that of what is served, it reads it all for its hash, which takes a small part of the time of parsing.
func (f *dataFile) formatNow() (is Format, err error) {
	r, err := start(f.seen, os.OpenFile)
	if err != nil {
		return UnknownFormat, err
	}
	is = FormatOf(bufio.NewReaderSize(r, headSize))
	if f.served && f.seen.size == f.size {
		_, _ = io.CopyBuffer(io.Discard, struct{ io.Reader }{r}, make([]byte, headSize)) // Close tells the error
		f.hash, f.hashed = r.hash.Sum64(), r.whole()
	}
	return is, r.Close()
}

// parse opens the version that was tried last and has the function read it, and notes its hash. It
// returns what that returns, but first errMoving where the file, or one that it includes, changed
// meanwhile or may not be complete.
func (f *dataFile) parse(read func(text io.Reader) error) error {
	r, err := start(f.tried, os.OpenFile)
	if err == nil {
		err = guarded(func() error { return read(r) })
		f.hash, f.hashed = r.hash.Sum64(), r.whole()
		if closed := r.Close(); closed != nil {
			err = closed
			f.again = !errors.Is(closed, errMoving)
		}
	} else {
		f.again = !errors.Is(err, errMoving)
	}
	if moved := f.parsed(); moved != nil {
		err = moved
	}
	if errors.Is(err, errMoving) {
		f.retry()
	}
	return err
}

// head returns the beginning of the version that was tried last, as far as it can be read.
func (f *dataFile) head() []byte {
	r, err := start(f.tried, os.OpenFile)
	if err != nil {
		return nil
	}
	head, _ := io.ReadAll(io.LimitReader(r, headSize)) // part of it is good enough
	_ = r.Close()
	return head
}

// include returns the function that reads what the file includes: files in its folder or below. It
// records what was included. As with the file itself, nothing is taken that may be half written: it
// has to be sealed, or to have rested by its own time or since it was first seen.
func (f *dataFile) include(rest time.Duration) func(name string) (io.ReadCloser, error) {
	known := f.included
	f.included, f.moving = nil, false
	folder := filepath.Dir(f.path)
	return func(name string) (io.ReadCloser, error) {
		path := filepath.Join(folder, filepath.FromSlash(name))
		is := include{path, look(path), time.Now()}
		for _, was := range known {
			if was.path == is.path && was.stamp == is.stamp {
				is.since = was.since
			}
		}
		f.included = append(f.included, is)
		if is.fault == "" && !is.sealed() && is.age() < rest && time.Since(is.since) < rest {
			return nil, f.note(errMoving)
		}
		r, err := startBelow(folder, is.stamp)
		switch {
		case is.fault != "":
			return nil, err
		case err != nil:
			return nil, f.note(err)
		case is.size == 0:
			if err = f.note(r.Close()); err == nil {
				err = errEmptyInclude
			}
			return nil, err
		}
		return includedFile{r, f}, nil
	}
}

// note remembers of an included file that it could not be read, and returns why.
func (f *dataFile) note(err error) error {
	switch {
	case errors.Is(err, errMoving):
		f.moving = true
	case err != nil && err != io.EOF: //nolint:errorlint // as io.Reader has it
		f.again = true
	}
	return err
}

// includedFile is a file that is read because another includes it.
type includedFile struct {
	r  *reading
	by *dataFile
}

func (i includedFile) Read(p []byte) (int, error) {
	n, err := i.r.Read(p)
	return n, i.by.note(err)
}

func (i includedFile) Close() error { return i.by.note(i.r.Close()) }

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

// startBelow is start for a file in the folder or below; symbolic links may not lead out of it.
func startBelow(folder string, s stamp) (*reading, error) {
	folder, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return nil, errors.New(reason(err))
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, errors.New(reason(err))
	}
	defer root.Close()
	return start(s, func(target string, flag int, perm os.FileMode) (*os.File, error) {
		below, err := filepath.Rel(folder, target)
		if err != nil {
			return nil, err
		}
		return root.OpenFile(below, flag, perm)
	})
}
