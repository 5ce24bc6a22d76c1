package mysql

import (
	"fmt"
	"slices"
	"strings"

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
