package notation

import (
	"fmt"
	"slices"

	"github.com/enumim/enumim/e164"
)

// rowKey tells whose line it is.
type rowKey struct {
	kind     string
	name     e164.Name
	min, max int
	apex     string
}

// row is one row.
type row struct {
	cells Cells
	at    [columns]int // which cell of the row it is, from 1; 0 for one that it does not have
	key   rowKey
	told  bool // the key tells where it stands
}

func (r *row) has(col int) bool    { return r.cells[col] != "" }
func (r *row) text(col int) string { return r.cells[col] }

// pointer returns the cell, nil where it is empty.
func (r *row) pointer(col int) *string {
	if !r.has(col) {
		return nil
	}
	return &r.cells[col]
}

// fail says what is wrong with a cell.
func (r *row) fail(col int, err error) error {
	text := r.cells[col]
	if r.at[col] == 0 {
		text = ""
	}
	return &Fault{Cell: r.at[col], Text: text, Want: columnNames[col] + ": " + err.Error()}
}

// only says which cell is filled that has no meaning in this line.
func (r *row) only(allowed ...int) error {
	for col := range r.cells {
		if r.has(col) && !slices.Contains(allowed, col) {
			return r.fail(col, fmt.Errorf("expected an empty cell in a line of kind %s and type %s", r.text(colKind), r.text(colType)))
		}
	}
	return nil
}
