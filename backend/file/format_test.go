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
		want       format
	}{
		{"zone", "$ORIGIN e164.arpa.\n@ IN SOA ns. h. 1 2 3 4 5\n", zoneFile},
		{"zone, comments and blank lines first", "; zone\n\n \t\n# x\n$TTL 1h\n@ 3600 in soa (\n", zoneFile},
		{"zone, CRLF", "$TTL 1h\r\n@ IN SOA a. b. 1 2 3 4 5\r\n", zoneFile},
		{"zone, SOA last on its line", "@ IN SOA\n", zoneFile},
		{"zone, parenthesis before the type", "@ ( ; here\n IN\n SOA a. b. 1 2 3 4 5 )\n", zoneFile},
		{"zone, byte order mark", "\xef\xbb\xbf; zone\n@ IN SOA a. b. 1 2 3 4 5\n", zoneFile},
		{"numbers", "# SOA\n$TTL 5m\n+12025550100 im:user@example.com\n", numbersFile},
		{"numbers, SOA in a comment", "+12025550100 im:user@example.com ; SOA \n", numbersFile},
		{"numbers, SOA in a word", "+12025550100 im:SOA@example.com\n", numbersFile},
		{"numbers, SOA in a string", "+12025550100 \"a SOA b\"\n", numbersFile},
		{"numbers, SOA in the second entry", "+12025550100 im:a@example.com\nSOA\n", numbersFile},
		{"end marker alone", "$END\n", numbersFile},
		{"no line", "", numbersFile},
		{"parenthesis without end", "@ (\n", numbersFile},
		{"zone, many comments first", strings.Repeat("; a comment\n", mostHead/8) + "@ IN SOA a.\n", zoneFile},
		{"no end of the first line", strings.Repeat("a ", mostHead) + "SOA\n", numbersFile},
		{"NUL", "\x00 SOA\n", numbersFile},
	} {
		if got := formatOf(bufio.NewReader(strings.NewReader(c.text))); got != c.want {
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
