package convert

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/enumim/enumim/backend/notation"
)

// csvCells takes lines of CSV apart.
type csvCells struct {
	header header
	texts  []string
	cols   []int // where they begin, from 1
	buf    []byte
}

// bareNumbers counts lines of CSV whose number has no "+". A spreadsheet may have taken it away; but if the number is a national
// one that lost its 0, then it is one of another country now, and nothing else tells.
type bareNumbers struct{ lines, line, column int }

func (b *bareNumbers) look(line int, cells *csvCells) {
	i := slices.Index(cells.header.columns, "number")
	if i < 0 || i >= len(cells.texts) || cells.texts[i] == "" || cells.texts[i][0] == '+' {
		return
	}
	if b.lines++; b.lines == 1 {
		b.line, b.column = line, cells.cols[i]
	}
}

// split takes a line apart (RFC 4180; a cell ends on its line).
func (r *csvCells) split(line []byte) error {
	r.texts, r.cols = r.texts[:0], r.cols[:0]
	for i := 0; ; i++ {
		start := i
		if i < len(line) && line[i] == '"' {
			r.buf = r.buf[:0]
			for i++; ; i++ {
				if i == len(line) {
					return &notation.Fault{Column: start + 1, Want: `the closing quote is missing: a cell ends on its line, and a quote in it is written ""`}
				}
				if line[i] == '"' {
					if i++; i == len(line) || line[i] != '"' {
						break
					}
				}
				r.buf = append(r.buf, line[i])
			}
			if i < len(line) && line[i] != r.header.separator {
				return &notation.Fault{Column: i + 1, Want: `a quote ends the cell: within one it is written ""`}
			}
			r.texts, r.cols = append(r.texts, string(r.buf)), append(r.cols, start+1)
		} else {
			end := bytes.IndexByte(line[i:], r.header.separator)
			if end < 0 {
				end = len(line) - i
			}
			i += end
			if q := bytes.IndexByte(line[start:i], '"'); q >= 0 {
				return &notation.Fault{Column: start + q + 1, Want: "a quote within a cell: put all of the cell in quotes and double it"}
			}
			r.texts, r.cols = append(r.texts, strings.Trim(string(line[start:i]), " ")), append(r.cols, start+1)
		}
		if i >= len(line) {
			break
		}
		if len(r.texts) > len(r.header.columns) {
			break
		}
	}
	if len(r.texts) > len(r.header.columns) {
		return &notation.Fault{Column: r.cols[len(r.header.columns)], Want: fmt.Sprintf("the line has more cells than the header, which has %d", len(r.header.columns))}
	}
	return nil
}
