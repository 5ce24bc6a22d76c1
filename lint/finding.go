package lint

import (
	"cmp"

	"github.com/enumim/enumim/enumservice"
)

// Finding is something that the data should be looked at for.
type Finding struct {
	enumservice.Finding
	File   string
	Line   int    // from 1; 0 where it is about the whole of the data
	Column int    // in octets, from 1; 0 where the whole line is meant
	Name   string // the number, block or domain name it is about; "" where it is about the text
	Note   string // what more there is to know, such as where the other one stands; may be empty
}

// compare orders findings by place; files is the sequence of the files.
func compare(files map[string]int, a, b *Finding) int {
	return cmp.Or(
		cmp.Compare(files[a.File], files[b.File]),
		cmp.Compare(a.Line, b.Line),
		cmp.Compare(a.Column, b.Column),
		cmp.Compare(a.Code, b.Code),
		cmp.Compare(a.Name, b.Name),
		cmp.Compare(a.Note, b.Note),
	)
}
