package file

import (
	"bufio"
	"path/filepath"
	"strings"
	"testing"
)

func TestFormatOf(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       Format
	}{
		{"zone", "$ORIGIN e164.arpa.\n@ IN SOA ns. h. 1 2 3 4 5\n", ZoneFile},
		{"zone, comments and blank lines first", "; zone\n\n \t\n# x\n$TTL 1h\n@ 3600 in soa (\n", ZoneFile},
		{"zone, CRLF", "$TTL 1h\r\n@ IN SOA a. b. 1 2 3 4 5\r\n", ZoneFile},
		{"zone, SOA last on its line", "@ IN SOA\n", ZoneFile},
		{"zone, parenthesis before the type", "@ ( ; here\n IN\n SOA a. b. 1 2 3 4 5 )\n", ZoneFile},
		{"zone, byte order mark", "\xef\xbb\xbf; zone\n@ IN SOA a. b. 1 2 3 4 5\n", ZoneFile},
		{"numbers", "# SOA\n$TTL 5m\n+12025550100 im:user@example.com\n", NumbersFile},
		{"numbers, SOA in a comment", "+12025550100 im:user@example.com ; SOA \n", NumbersFile},
		{"numbers, SOA in a word", "+12025550100 im:SOA@example.com\n", NumbersFile},
		{"numbers, SOA in a string", "+12025550100 \"a SOA b\"\n", NumbersFile},
		{"numbers, SOA in the second entry", "+12025550100 im:a@example.com\nSOA\n", NumbersFile},
		{"end marker alone", "$END\n", NumbersFile},
		{"no line", "", NumbersFile},
		{"parenthesis without end", "@ (\n", NumbersFile},
		{"zone, many comments first", strings.Repeat("; a comment\n", mostHead/8) + "@ IN SOA a.\n", ZoneFile},
		{"no end of the first line", strings.Repeat("a ", mostHead) + "SOA\n", NumbersFile},
		{"NUL", "\x00 SOA\n", NumbersFile},
	} {
		if got := FormatOf(bufio.NewReader(strings.NewReader(c.text))); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

// Who forgot the SOA is told why the file was read as a numbers file.
func TestHintOfMissingSOA(t *testing.T) {
	path := filepath.Join(t.TempDir(), "zone")
	write(t, path, "$ORIGIN e164.arpa.\n@ IN NS ns.example.com.\n")
	_, r := setup(t, apex, []string{path})
	refused(t, r, hintSOA)
	write(t, path, "bad\n")
	_, r = setup(t, apex, []string{path})
	for _, e := range r.take() {
		if strings.Contains(e.Err.Error(), hintSOA) {
			t.Errorf("got %v", e.Err)
		}
	}
}
