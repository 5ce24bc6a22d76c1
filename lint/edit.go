package lint

import (
	"cmp"
	"slices"

	"github.com/enumim/enumim/backend/file/source"
)

// edit puts a text in the place of a part of another.
type edit struct {
	source.Span
	text string
	seq  int // of edits at one place
}

// edits are changes of one text that do not overlap.
type edits []edit

func (e *edits) replace(at source.Span, text string) {
	*e = append(*e, edit{at, text, len(*e)})
}

func (e *edits) insert(at int, text string) { e.replace(source.Span{From: at, To: at}, text) }

// apply returns the text with all changes made.
func (e edits) apply(text []byte) []byte {
	slices.SortFunc(e, func(a, b edit) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.seq, b.seq))
	})
	size := len(text)
	for _, x := range e {
		size += len(x.text)
	}
	out := make([]byte, 0, size)
	at := 0
	for _, x := range e {
		out = append(out, text[at:x.From]...)
		out = append(out, x.text...)
		at = x.To
	}
	return append(out, text[at:]...)
}

// spot names a record of a file.
type spot struct{ line, column int }

// known tells the records of the mends apart and counts the mends of which not all records were seen.
type known struct {
	mends []mend
	at    map[spot][2]int32 // mend, record
	seen  []int             // records of each mend
}

func newKnown(mends []mend) *known {
	k := &known{mends: mends, at: make(map[spot][2]int32), seen: make([]int, len(mends))}
	for i, m := range mends {
		for j, r := range m.records {
			k.at[spot{r.line, r.column}] = [2]int32{int32(i), int32(j)}
		}
	}
	return k
}

// see notes that a record stands in the text.
func (k *known) see(s spot) {
	if at, ok := k.at[s]; ok {
		k.seen[at[0]]++
	}
}

// refuse leaves the entry of a record as it is.
func (k *known) refuse(s spot) {
	if at, ok := k.at[s]; ok {
		k.seen[at[0]] = -1 << 30
	}
}

// mended returns what becomes of a record, if all records of its entry stand in the text.
func (k *known) mended(s spot) (*mend, *mended, bool) {
	at, ok := k.at[s]
	if !ok || k.seen[at[0]] != len(k.mends[at[0]].records) {
		return nil, nil, false
	}
	m := &k.mends[at[0]]
	return m, &m.records[at[1]], true
}

// count returns how many entries are mended, and how many are not.
func (k *known) count() (done, left int) {
	for i, n := range k.seen {
		if n == len(k.mends[i].records) {
			done++
		} else {
			left++
		}
	}
	return done, left
}
