package numbers

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/source"
)

// awkward are texts with something at every place that a window could end at.
var awkward = []string{
	"",
	"\xef\xbb\xbf",
	"\xef\xbb",
	"\xef\xbb\xbf\xff\xfe",
	"\xff\xfe+\x001\x00",
	"\xef\xbb\xbf# für Café\r\n\r\n+12025550100\tim:a@example.com#1\t# no # more\r\n  \t\r\n   # within an entry\r\n\r\n  sip:a@example.com\r\n  order=3 pref=4\r\n  sips:b@example.com\r\n$END\r\n# x\r\n",
	"$TTL 1h\n+12025550100 im:user@example.com\n  order=3\n\n\n# x\n  pref=4\n  NAPTR 100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:x@example.com!\" .\n  E2U+sip\n  sip:a@example.com\n$END\n",
	"+12025550110..+12025550149 ttl=1h sip:{digits}@example.com;l={last4}\n$TTL 5m\n+4989123x{1,5} pref=3 order=4 E2U+sip sip:{rest}@example.com\n  im:{number}@example.com\n",
	"+4420 NS ns.0.2.4.4.e164.arpa 192.0.2.1 2001:db8::1\n DS 1 13 1 aaaaaaaaaaaaaaaaaaaa\n  aaaaaaaaaaaaaaaaaaaa\n",
	"+4420 NS ns.0.2.4.4.e164.arpa 192.0.2.1\n\n DS 1 13 1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n DS\n",
	"+1202555010012345 im:user@example.com\n  sip:a@example.com\n+12025550100\n+12025550101 foo\n  bar\nfoo\n  pref=1\n$TTL\n$X\n+12025550102 im:user@example.com im:user@example.com\n",
	"+12025550100 im:user@example.com\n$INCLUDE one\n  sip:a@example.com\n$INCLUDE two\n$INCLUDE three\n",
	"$INCLUDE nul\n+12025550100\n$INCLUDE cut\n$INCLUDE none\n$INCLUDE cr\n",
	"+12025550100 im:user@example.com\n+12025550101 none",
	"+12025550100 im:user@example.com\n   ",
	"+12025550100 im:user@example.com\n+1202555010\x00 none\n\r",
	"+12025550100 im:user@example.com\n+1202555010\r0 none\n\x00",
	"+12025550100 im:user@example.com\r+12025550101 none\r",
	"+12025550100 im:user@example.com\r+12025550101 none\r\n",
	"+12025550100 im:user@example.com\r\n+12025550101 none\r",
	"$END\n# x\n+12025550100 none\n",
	"+12025550100 none\n#" + strings.Repeat("x", maxLine+10) + "\n+12025550101 none\n",
	"+12025550100 none\n " + strings.Repeat("x", maxLine-1) + "\r\n+12025550101 none\n",
	"+12025550100 im:user@example.com\n " + strings.Repeat(" ", maxLine) + "\n " + strings.Repeat(" ", maxLine) + "x\r\n+12025550101 none\n",
	"+12025550100 im:user@example.com\n " + strings.Repeat("y", 2*maxLine) + "\r\n+12025550101 none\n" + strings.Repeat("z", maxLine+1) + "\n",
	"+12025550100 im:user@example.com\n " + strings.Repeat("y", 2*maxLine) + "\r",
	"+12025550100 im:user@example.com\n " + strings.Repeat("y", 2*maxLine) + "\rx\n",
	strings.Repeat("+12025550100 none\r", maxLine/8),
	"$END\n" + strings.Repeat("y", 2*maxLine) + "\x00\n",
}

// result is all that a reading gives.
func result(src *source.Window, window int) (text string) {
	files := fstest.MapFS{
		"one":   {Data: []byte("+12025550102 sip:1@example.com\n  im:2@example.com\n\n+12025550103 sip:3@example.com\n$INCLUDE two\n")},
		"two":   {Data: []byte("+12025550104 sip:1@example.com\r\n$TTL 5\r\n+12025550105 none\r\n$END\r\n")},
		"three": {Data: []byte("+12025550106 foo\n")},
		"nul":   {Data: []byte("+12025550106 foo\n\x00")},
		"cut":   {Data: []byte("+12025550106 none\n#")},
		"cr":    {Data: []byte("+12025550106 none\r")},
	}
	var b strings.Builder
	o := Options{File: "n.txt", Open: func(name string) (io.ReadCloser, error) { return files.Open(name) }}
	r, err := read(src, window, o, func(e *backend.Entry, line int) error {
		b.WriteString(dump(e, line) + "\n")
		return nil
	})
	if err != nil { // entries do not count then
		return fmt.Sprintf("%v\n%v", err, reflect.TypeOf(err))
	}
	fmt.Fprintf(&b, "%+v", r)
	return b.String()
}

func sameResult(t *testing.T, src []byte, window int) {
	t.Helper()
	want := result(source.Whole(src), windowSize)
	readers := []io.Reader{bytes.NewReader(src), iotest.DataErrReader(bytes.NewReader(src)), iotest.HalfReader(bytes.NewReader(src))}
	if len(src) > maxLine {
		readers = readers[:1]
	}
	for _, r := range readers {
		if got := result(source.NewWindow(r, window), window); got != want {
			t.Fatalf("%.200q with a window of %d:\ngot  %.500s\nwant %.500s", src, window, got, want)
		}
	}
}

// Where the window ends makes no difference to what is read.
func TestWindows(t *testing.T) {
	for _, src := range awkward {
		sizes := []int{maxLine, maxLine + 1, maxLine + 2, maxLine + 3, windowSize}
		for window := 1; window < 70 && len(src) < maxLine; window++ {
			sizes = append(sizes, window)
		}
		for _, window := range sizes {
			sameResult(t, []byte(src), window)
		}
	}
	var b strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&b, "+1202555%04d im:user%d@example.com\n", i, i)
		if i%7 == 0 {
			b.WriteString("\n  sip:second@example.com pref=7\n sips:x@example.com\n")
		}
	}
	sameResult(t, []byte(b.String()), windowSize)
}

func FuzzWindows(f *testing.F) {
	for i, src := range awkward {
		if len(src) < maxLine {
			f.Add([]byte(src), uint8(1+i*7%60))
		}
	}
	f.Fuzz(func(t *testing.T, src []byte, window uint8) { sameResult(t, src, max(1, int(window))) })
}

// An error of the disk ends the reading, and comes back as it is; one of an included file is told with
// the place of the $INCLUDE.
func TestReadError(t *testing.T) {
	broken := errors.New("input/output error")
	src := func(text string) io.Reader {
		return io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken))
	}
	text := "+12025550100 none\n+1202555010"
	for range 3 {
		entries := 0
		r, err := Read(src(text), Options{File: "n.txt"}, func(*backend.Entry, int) error { entries++; return nil })
		if err != broken || r.End {
			t.Errorf("%.20q: %v, %+v", text, err, r)
		}
		text += strings.Repeat("x", rand.IntN(2*maxLine))
	}
	o := Options{File: "n.txt", Open: func(string) (io.ReadCloser, error) { return io.NopCloser(src("+12025550101 none\n")), nil }}
	_, err := Parse([]byte("+12025550100 none\n$INCLUDE a\nx\n"), o, func(*backend.Entry, int) error { return nil })
	if err == nil || !strings.HasPrefix(err.Error(), `n.txt:2:10: "a": cannot read the file: input/output error`+"\nn.txt:3") {
		t.Errorf("got %v", err)
	}
}
