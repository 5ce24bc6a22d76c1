package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
)

// tree is all there is at one moment. It is never changed: requests read it without a lock.
type tree struct {
	generation int64
	numbers    []string            // digits, sorted
	entries    map[string][][]byte // by number: the lines of the file
	count      int                 // of entries
}

// readTree reads JSON lines, one entry each, to their end line. What is not whole is an error: of half a file the
// other numbers would be denied.
func readTree(r io.Reader) (*tree, error) {
	t := &tree{entries: map[string][][]byte{}}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 256<<10)
	whole := false
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		var e struct {
			Kind    string
			Number  string
			Entries int
		}
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("line %d is no JSON object", n) // its text may be a number
		}
		digits := strings.TrimPrefix(e.Number, "+")
		switch {
		case whole:
			return nil, errors.New("lines follow the end")
		case e.Kind == "end" && e.Entries != t.count:
			return nil, errors.New("the end says another number of entries than there are")
		case e.Kind == "end":
			whole = true
			continue
		case len(digits) > 15 || strings.Trim(digits, "0123456789") != "" || e.Number == "":
			return nil, fmt.Errorf("line %d has no number", n)
		}
		if t.entries[digits] == nil {
			t.numbers = append(t.numbers, digits)
		}
		t.entries[digits] = append(t.entries[digits], bytes.Clone(line))
		t.count++
	}
	switch {
	case lines.Err() != nil:
		return nil, lines.Err()
	case !whole:
		return nil, errors.New("the file is cut: it ends in a line of kind end")
	}
	slices.Sort(t.numbers)
	return t, nil
}

// below reports whether something lies below a number: is longer, and begins with it.
func (t *tree) below(number string) bool {
	i := sort.SearchStrings(t.numbers, number+"0")
	return i < len(t.numbers) && strings.HasPrefix(t.numbers[i], number)
}

// changed returns the numbers at which something else stands than in the tree before.
func (t *tree) changed(before *tree) []string {
	var numbers []string
	for _, n := range t.numbers {
		if !slices.EqualFunc(t.entries[n], before.entries[n], bytes.Equal) {
			numbers = append(numbers, n)
		}
	}
	for _, n := range before.numbers {
		if t.entries[n] == nil {
			numbers = append(numbers, n)
		}
	}
	return numbers
}
