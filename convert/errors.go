package convert

import (
	"errors"
	"fmt"
	"slices"

	"github.com/enumim/enumim/backend/file/source"
	"github.com/enumim/enumim/backend/notation"
)

// Errors of conversions. Faults of the input come as *source.Errors instead, each with its place.
var (
	// ErrApex: the data is to become a zone, and nothing says of which name.
	ErrApex = errors.New("the zone has no name: give it with --apex")
	// ErrPublic: a private dial plan below e164.arpa, where only E.164 numbers may be (RFC 6116 section 2).
	ErrPublic = errors.New("a dial plan cannot lie below e164.arpa: name a private tree with --apex")
	// ErrNoEnd: the input does not say that it is complete, and must.
	ErrNoEnd = errors.New("the end marker is missing: was the input cut short?")
)

// faults gathers what is wrong with the input.
type faults struct {
	source.Errors
	file string
	// included are places in files that $INCLUDE names: a line from firstIncluded on is an index.
	included []source.Place
	// Where there are several files, the lines of each count on from those before. base is what is added to
	// the lines of the one that is being read, 0 when all were read; last is the greatest sum so far.
	files      []firstLine
	base, last int
}

// firstLine says with which line a file begins.
type firstLine struct {
	base int
	file string
}

// begin notes that a file is read next.
func (l *faults) begin(file string) {
	l.file, l.base = file, l.last
	l.files = append(l.files, firstLine{l.base, file})
}

// ref returns the line of the file that is being read as a line among those of all files.
func (l *faults) ref(line int) int {
	if line >= firstIncluded {
		return line
	}
	l.last = max(l.last, l.base+line)
	return l.base + line
}

// firstIncluded is more than the lines of any file that can be read.
const firstIncluded = 1 << 30

// line stands for a line of a file among the lines of the input.
func (l *faults) line(file string, line int) int {
	if file == l.file {
		return line
	}
	l.included = append(l.included, source.Place{File: file, Line: line})
	return firstIncluded + len(l.included) - 1
}

// place is the inverse of line, and of ref when all files were read.
func (l *faults) place(line int) source.Place {
	if line >= firstIncluded {
		return l.included[line-firstIncluded]
	}
	line += l.base
	for i, f := range slices.Backward(l.files) {
		if line > f.base || i == 0 {
			return source.Place{File: f.file, Line: line - f.base}
		}
	}
	return source.Place{File: l.file, Line: line}
}

// where says which line it is, for a text that tells of another one of the input.
func (l *faults) where(line int) string {
	at := l.place(line)
	if at.File == l.file && len(l.files) < 2 {
		return fmt.Sprintf("line %d", at.Line)
	}
	return fmt.Sprintf("line %d of %s", at.Line, at.File)
}

// errNumbersFile is of entries that do not come back from a numbers file as they were.
var errNumbersFile = errors.New("a numbers file cannot hold it as it is")

func (l *faults) add(line, col int, text, want string) {
	l.Add(l.fault(line, col, text, want))
}

func (l *faults) fault(line, col int, text, want string) *source.Error {
	at := l.place(line)
	return &source.Error{File: at.File, Line: at.Line, Column: col, Text: source.Mask(text[:min(len(text), 512)]), Want: want}
}

// of makes a fault of err, which may be a *notation.Fault, on a line.
func (l *faults) of(line int, err error) *source.Error {
	if f, ok := errors.AsType[*notation.Fault](err); ok {
		return l.fault(line, f.Column, f.Text, f.Want)
	}
	return l.fault(line, 0, "", err.Error())
}

// fail adds err, which may be a *notation.Fault, on a line.
func (l *faults) fail(line int, err error) { l.Add(l.of(line, err)) }

// addf adds a fault of a whole line.
func (l *faults) addf(line int, format string, args ...any) {
	l.add(line, 0, "", fmt.Sprintf(format, args...))
}

// err returns the faults in the order of the file, or nil.
func (l *faults) err() error {
	slices.SortStableFunc(l.List, func(a, b *source.Error) int {
		if a.File != b.File {
			return 0
		}
		return a.Line - b.Line
	})
	return l.Err()
}
