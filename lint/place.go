package lint

import (
	"fmt"
	"strconv"

	"github.com/enumim/enumim/backend/file/source"
)

// place is a line of one of the files, small enough to be kept for each of a million numbers.
type place struct {
	line uint32
	file uint16
}

// files gives the files that were read small numbers.
type files struct {
	names []string
	index map[string]uint16
	last  string // the one that was asked for last
	at    uint16
}

// place returns the place of p.
func (f *files) place(p source.Place) place {
	if p.File != f.last || len(f.names) == 0 {
		at, known := f.index[p.File]
		if !known {
			if f.index == nil {
				f.index = make(map[string]uint16)
			}
			at = uint16(len(f.names)) // far fewer can be named and included
			f.names = append(f.names, p.File)
			f.index[p.File] = at
		}
		f.last, f.at = p.File, at
	}
	return place{line: uint32(p.Line), file: f.at}
}

// text writes a place as errors do, without the file where that is the one of from.
func (f *files) text(p, from place) string {
	if p.file == from.file {
		return "line " + decimal(int(p.line))
	}
	return fmt.Sprintf("%s:%d", f.names[p.file], p.line)
}

func decimal(n int) string { return strconv.Itoa(n) }
