package mysql

import (
	"fmt"
	"strings"
)

// readers are the functions that find what a parameter has, which is an array of JSON: in their first argument, but
// for one that has two of a kind.
var readers = map[string]bool{
	"JSON_TABLE": true, "JSON_CONTAINS": true, "JSON_SEARCH": true, "JSON_EXTRACT": true, "JSON_VALUE": true, "JSON_OVERLAPS": true,
	"OF": true, // MEMBER OF
}

// checkParameters refuses a statement one of whose parameters no function of JSON reads. The server takes such a
// one, and compares a number with the text of an array: nothing is found, and a number that is there would be denied.
func checkParameters(sql, option string) error {
	type list struct { // of arguments
		of    string
		first bool
	}
	var open []list
	word := ""
	for rest := sql; rest != ""; {
		if n := skipped(rest); n > 0 {
			if rest[0] == '`' {
				word = ""
			}
			rest = rest[n:]
			continue
		}
		if n := len(rest) - len(strings.TrimLeft(rest, letters)); n > 0 {
			word, rest = strings.ToUpper(rest[:n]), rest[n:]
			continue
		}
		c := rest[0]
		rest = rest[1:]
		last := len(open) - 1
		switch c {
		case ' ', '\t', '\r', '\n':
			continue // a blank may stand before a list
		case '(':
			open = append(open, list{word, true})
		case ')':
			open = open[:max(last, 0)]
		case ',':
			if last >= 0 && open[last].of != "JSON_OVERLAPS" {
				open[last].first = false
			}
		case '?':
			read := false
			for _, l := range open {
				read = read || l.first && readers[l.of]
			}
			if !read {
				return fmt.Errorf("option %s: the parameter ? of the statement is an array of JSON, which equals no number:"+
					" read it with JSON_TABLE(?, '$[*]' COLUMNS (digits VARCHAR(15) PATH '$')) as docs/mysql.md shows", option)
			}
		}
		word = ""
	}
	return nil
}

// letters are those of the names of functions.
const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$"

// skipped is how long the comment, the text or the quoted name is that a statement begins with; 0 where none is.
func skipped(sql string) int {
	until := func(end string) int {
		if at := strings.Index(sql[1:], end); at >= 0 {
			return 1 + at + len(end)
		}
		return len(sql)
	}
	switch {
	case strings.HasPrefix(sql, "/*!"), strings.HasPrefix(sql, "/*M!"):
		return 0 // it is run
	case strings.HasPrefix(sql, "/*"):
		return until("*/")
	case sql[0] == '#', strings.HasPrefix(sql, "-- "), strings.HasPrefix(sql, "--\t"), strings.HasPrefix(sql, "--\n"):
		return until("\n")
	case sql[0] == '\'', sql[0] == '"', sql[0] == '`':
		for i := 1; i < len(sql); i++ {
			switch {
			case sql[i] == sql[0]:
				return i + 1 // a quote that is doubled begins another text
			case sql[i] == '\\' && sql[0] != '`':
				i++
			}
		}
		return len(sql)
	}
	return 0
}
