package postgres

import (
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
)

// recordColumns are the columns of the table record as SQL lists them, in the order of notation.Columns.
var recordColumns = func() string {
	names := notation.Columns()
	for i, name := range names {
		if name == "order" { // a key word
			names[i] = `"order"`
		}
	}
	return strings.Join(names, ", ")
}()

// inOrder is the order in which a walk lists entries and the rows of one.
const inOrder = "number, kind DESC, min, max, id"

// columnsOf returns the names of the columns of a result.
func columnsOf(fields []pgconn.FieldDescription) []string {
	names := make([]string, len(fields))
	for i := range fields {
		names[i] = fields[i].Name
	}
	return names
}

// asked is what one round trip asks for.
type asked struct {
	numbers  []byte // as an array of SQL
	prefixes []byte // of all numbers, themselves included, each once
	first    string // digits of the first: the answer repeats them
}

// ask writes numbers as arrays. Nothing but digits comes into them.
func ask(numbers []e164.Number) asked {
	sorted := slices.Clone(numbers)
	slices.Sort(sorted)
	sorted = slices.Compact(sorted)
	a := asked{first: sorted[0].Digits(), numbers: make([]byte, 0, 16*len(sorted)+2), prefixes: make([]byte, 0, 96*len(sorted)+8)}
	a.numbers = append(a.numbers, '{')
	a.prefixes = append(a.prefixes, `{""`...)
	var before e164.Number
	for i, n := range sorted {
		if i > 0 {
			a.numbers = append(a.numbers, ',')
		}
		a.numbers = n.AppendDigits(a.numbers)
		for l := before.CommonPrefix(n).Len() + 1; l <= n.Len(); l++ {
			a.prefixes = n.Prefix(l).AppendDigits(append(a.prefixes, ','))
		}
		before = n
	}
	a.numbers, a.prefixes = append(a.numbers, '}'), append(a.prefixes, '}')
	return a
}
