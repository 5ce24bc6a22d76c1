package main

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/corefile"
)

// bases are backend lines without options, one for each driver of the reference.
var bases = map[string]string{
	"file": "file numbers.txt", "postgres": "postgres db.example.net/enumim", "mysql": "mysql db.example.net/enumim",
	"redis": "redis redis.example.net", "etcd": "etcd etcd.example.net", "bolt": "bolt numbers.bolt",
	"ldap": "ldap ldap.example.com/dc=example,dc=com", "http": "http https://numbers.example.net/", "kubernetes": "kubernetes",
}

// reference is docs/corefile.md.
type reference struct {
	text     string
	sections map[string]string // by heading of the second level
}

func readReference(t *testing.T) reference {
	t.Helper()
	r := reference{text: read(t, "../../docs/corefile.md"), sections: map[string]string{}}
	for _, s := range strings.Split(r.text, "\n## ")[1:] {
		heading, text, _ := strings.Cut(s, "\n")
		r.sections[heading] = text
	}
	return r
}

// entries are the parts of a section below headings of the third level, in their order.
func (r reference) entries(t *testing.T, section string) (names []string, texts map[string]string) {
	t.Helper()
	texts = map[string]string{}
	for _, s := range strings.Split(r.sections[section], "\n### ")[1:] {
		name, text, _ := strings.Cut(s, "\n")
		names, texts[name] = append(names, name), text
	}
	if len(names) == 0 {
		t.Fatalf("the page has no section %q with entries", section)
	}
	return names, texts
}

// code are the spans of code in a line.
var code = regexp.MustCompile("`([^`]+)`")

// row is a line of a table: its cells, by the heading of their columns.
type row map[string]string

// rows are the lines of the tables in a text that have a column of that name.
func rows(text, column string) (list []row) {
	var heads []string
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		switch {
		case len(cells) < 3:
			heads = nil
		case heads == nil:
			for _, c := range cells {
				heads = append(heads, strings.TrimSpace(c))
			}
		case strings.HasPrefix(cells[1], "---") || !slices.Contains(heads, column):
		default:
			r := row{}
			for i, c := range cells {
				r[heads[i]] = strings.TrimSpace(c)
			}
			list = append(list, r)
		}
	}
	return list
}

// span is the first code in a cell, or "".
func span(cell string) string {
	if m := code.FindStringSubmatch(cell); m != nil {
		return m[1]
	}
	return ""
}

// setUp reads a Corefile as a start does, and starts nothing.
func setUp(t *testing.T, text string) error {
	t.Helper()
	if before := dnsserver.Directives; !slices.Contains(before, "enumim") {
		directives, err := withEnumim(before)
		if err != nil {
			t.Fatal(err)
		}
		if err := dnsserver.SetDirectives(directives); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { dnsserver.SetDirectives(before) })
	}
	return caddy.ValidateAndExecuteDirectives(caddy.CaddyfileInput{Contents: []byte(text), Filepath: "Corefile", ServerTypeName: "dns"}, nil, true)
}

// server is a Corefile with one server block, of directives on one line each; a semicolon ends a line.
func server(directive string) string {
	return ".:1053 {\n" + strings.NewReplacer("; ", "\n", "{ ", "{\n", " }", "\n}").Replace(directive) + "\n}\n"
}

// known are the options that an error lists which tells of an unknown one.
func known(t *testing.T, err error) []string {
	t.Helper()
	text := fmt.Sprint(err)
	if strings.HasSuffix(text, "this backend has no options") {
		return nil
	}
	m := regexp.MustCompile(`unknown option "nosuch"(?:: expected|; known:) (.*)$`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no list of options: %v", err)
	}
	list, _, _ := strings.Cut(m[1], ";") // behind it stands where options of a backend go
	return slices.Sorted(slices.Values(strings.Split(strings.ReplaceAll(list, " or ", ", "), ", ")))
}

// block returns what the directives of a Corefile say, without their places.
func block(t *testing.T, text string) *corefile.Block {
	t.Helper()
	servers, err := corefile.Read("Corefile", strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	b := slices.Concat(servers[0].Blocks, servers[0].Guards)[0]
	b.Pos = backend.Pos{}
	if b.Inspect != nil {
		b.Inspect.Pos = backend.Pos{}
	}
	return b
}

// same reports whether two Corefiles say the same of numbers and answers.
func same(t *testing.T, one, other string) bool {
	t.Helper()
	a, b := block(t, one), block(t, other)
	if a.Opener != nil && b.Opener != nil {
		if a.Opener.Key() != b.Opener.Key() {
			return false
		}
		a.Opener, b.Opener = nil, nil
	}
	return reflect.DeepEqual(a, b)
}

// bounds finds the least and the most of a value.
var bounds = regexp.MustCompile("`([0-9][0-9a-z]*)` to `([0-9][0-9a-z]*)`")

// outside are the values just outside of a bound: of a number the one beside it, of a time a second less or more, or a
// millisecond where the bound is less than a minute.
func outside(t *testing.T, least, most string) []string {
	t.Helper()
	if n, err := strconv.Atoi(least); err == nil {
		m, err := strconv.Atoi(most)
		if err == nil {
			return []string{strconv.Itoa(n - 1), strconv.Itoa(m + 1)}
		}
	}
	var list []string
	for i, text := range []string{least, most} {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatalf("%q is no bound", text)
		}
		step := time.Second
		if d < time.Minute {
			step = time.Millisecond
		}
		list = append(list, (d + [...]time.Duration{-step, step}[i]).String())
	}
	return list
}

// refusals are what the tables of mistakes in a text have; wrap makes a Corefile of the first column.
func refusals(t *testing.T, text string, wrap func(string) string) {
	t.Helper()
	list := rows(text, "what is refused")
	if len(list) == 0 {
		t.Error("the page has no mistakes here")
	}
	for _, r := range list {
		refused(t, wrap(span(r["what is refused"])), span(r["what is told"]))
	}
}

func refused(t *testing.T, text, told string) {
	t.Helper()
	if err := setUp(t, text); told == "" || err == nil || !strings.Contains(err.Error(), told) {
		t.Errorf("the page says %q of\n%sit is told %v", told, text, err)
	}
}
