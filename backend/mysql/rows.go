package mysql

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unsafe"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
)

// errEnough ends a reading whose rows are not wanted any more.
var errEnough = fmt.Errorf("%w: no more is wanted", backend.ErrUnavailable)

// recordColumns are the columns of the table record as SQL lists them, in the order of notation.Columns.
var recordColumns = quoted("")

// quoted lists the columns with what stands before each.
func quoted(prefix string) string {
	names := notation.Columns()
	for i, name := range names {
		names[i] = prefix + "`" + name + "`"
	}
	return strings.Join(names, ", ")
}

// inOrder is the order in which a walk lists entries and the rows of one.
const inOrder = "`number`, `kind` DESC, `min`, `max`, `id`"

// joiner makes entries of rows.
type joiner struct {
	rows  *notation.Rows
	cells []*string
	texts []string
	chunk []byte // memory that entries keep parts of: it is used up, never used again
	found func(e backend.Entry, known bool, err error) bool
}

// newJoiner makes entries of rows with these columns. found gets each entry, with an error a Broken one, which
// stands nowhere when known is false; it returns false when it wants no more.
func newJoiner(codec *notation.Codec, columns []string, found func(backend.Entry, bool, error) bool) (*joiner, error) {
	rows, err := codec.Rows(columns)
	if err != nil {
		return nil, fmt.Errorf("%w: the columns of the query: %w", backend.ErrUnavailable, err)
	}
	return &joiner{rows: rows, cells: make([]*string, len(columns)), texts: make([]string, len(columns)), found: found}, nil
}

// chunkSize is how much memory for cells is taken at once.
const chunkSize = 32 << 10

// add takes a row, whose memory is not kept.
func (j *joiner) add(row [][]byte) bool {
	for i := range j.cells {
		j.cells[i] = nil
		if row[i] == nil {
			continue
		}
		if len(row[i]) > cap(j.chunk)-len(j.chunk) {
			j.chunk = make([]byte, 0, max(min(chunkSize, 16*cap(j.chunk)), 256, len(row[i])))
		}
		from := len(j.chunk)
		j.chunk = append(j.chunk, row[i]...)
		j.texts[i] = unsafe.String(unsafe.SliceData(j.chunk[from:]), len(row[i])) // no octet of a chunk changes
		j.cells[i] = &j.texts[i]
	}
	e, known, ok, err := j.rows.Read(j.cells)
	return !ok || j.found(e, known, err)
}

// end takes the last entry.
func (j *joiner) end() bool {
	e, known, ok, err := j.rows.End()
	return !ok || j.found(e, known, err)
}

// keep copies a row, which is good until the next is read.
func keep(row [][]byte) [][]byte {
	kept := make([][]byte, len(row))
	for i, cell := range row {
		kept[i] = bytes.Clone(cell)
	}
	return kept
}

// sortRows puts the rows of one entry together: those of an operator's query come in any order.
func sortRows(rows [][][]byte, columns []string) {
	var keys []int
	for _, name := range []string{"number", "kind", "min", "max"} {
		if i := slices.Index(columns, name); i >= 0 {
			keys = append(keys, i)
		}
	}
	slices.SortStableFunc(rows, func(a, b [][]byte) int {
		for _, i := range keys {
			if c := cmp.Compare(string(a[i]), string(b[i])); c != 0 {
				return c
			}
		}
		return 0
	})
}

// asked is what one round trip asks for.
type asked struct {
	numbers  string // as an array of JSON
	prefixes string // of all numbers, themselves included, each once
	first    string // digits of the first: the answer repeats them
}

// ask writes numbers as arrays. Nothing but digits comes into them.
func ask(numbers []e164.Number) asked {
	sorted := slices.Clone(numbers)
	slices.Sort(sorted)
	sorted = slices.Compact(sorted)
	exact, prefixes := make([]byte, 0, 18*len(sorted)+2), make([]byte, 0, 128*len(sorted)+8)
	exact = append(exact, '[')
	prefixes = append(prefixes, `[""`...)
	var before e164.Number
	for i, n := range sorted {
		if i > 0 {
			exact = append(exact, ',')
		}
		exact = append(n.AppendDigits(append(exact, '"')), '"')
		for l := before.CommonPrefix(n).Len() + 1; l <= n.Len(); l++ {
			prefixes = append(n.Prefix(l).AppendDigits(append(prefixes, `,"`...)), '"')
		}
		before = n
	}
	return asked{numbers: string(append(exact, ']')), prefixes: string(append(prefixes, ']')), first: sorted[0].Digits()}
}

// hand gives each number the entries at it and above it.
func hand(numbers []e164.Number, entries []backend.Entry, below map[e164.Number]bool) []backend.Holding {
	at := make(map[e164.Number][]backend.Entry, len(entries))
	for i := range entries {
		n := entries[i].Name.Number
		at[n] = append(at[n], entries[i])
	}
	holdings := make([]backend.Holding, len(numbers))
	for i, n := range numbers {
		h := &holdings[i]
		h.Below = below[n]
		if len(entries) == 0 {
			continue
		}
		for l := range n.Len() + 1 {
			h.Entries = append(h.Entries, at[n.Prefix(l)]...)
		}
	}
	return holdings
}
