package master

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/source"
)

// awkward are texts with something at every place that a window could end at; they are put behind a
// frame.
var awkward = []string{
	"",
	"1.2 NAPTR ( 100 10 ; c ) \"\r\n u \"E2U+im\" ; x\r\n \"!^(.*)$!im:\\\\1@example.com!\"\r\n . )\r\n NAPTR 100 20 u E2U+sip !^.*$!sip:a@example.com! .\r\n\r\n;\r\n; $END\r\n;\r\n",
	"1\\.2 TXT \"a\\\"b;( c\" \\; \\065\\\\ \"\" x\\ y\n\\*.3 TXT (\n\n(a) b (c\n)\n) ; )\n\n\n$TTL 1w\n$ORIGIN 4.4.e164.arpa.\n1 A 192.0.2.1\n",
	"1 TXT a\n\tTXT b\n\n  \n  ; x\n TXT c\n\n\n\n\nx TXT d\n",
	"1 300 IN NS ns.1\nns.1 A 192.0.2.1\n1 DS 1 13 2 abcd\n2 DNAME 3\n2 TXT x\n3 CNAME 4\n*.5 TYPE65280 \\# 2 abcd\n1.1 TXT a\n1.2 TXT a\n1.2 TXT a\n1.2 60 TXT b\n",
	"1 TXT \"a\n2 TXT b\"\n3 TXT a\"b\n4 TXT \\\n5 A x\n6 TXT )\n7 ) TXT\n8 XX\n9 TXT a\rb\n\n\n\n1 TXT",
	"x..y TXT a\n TXT b\n TXT c\n\"q\" TXT a\n TXT b\n1.2.3.4.5.6.7.8.9.0.1.2.3.4 TXT a\nexample.com. TXT a\n\n\n\n\n ( TXT\n\n\n (a\n\n b )\n",
	"other.example. A x\n\n TXT b\n\n TXT c\n",
	"1 TXT (\n a\n b\n",
	"1 TXT a\n2 TXT b",
	"1 TXT a\n2 TX",
	"1 TXT a\n2 TXT b\r",
	"1 TXT a\r",
	"1 TXT a\n\x00",
	"1 TXX a\n2 TXX a\n3 TXT \"\x00\"\n",
	"; $END\n\n1 TXT a\n2 TXT b\n3",
	"1 TXT a\n$INCLUDE one\n TXT b\n$INCLUDE two 4.4.e164.arpa. ; x\n2 TXT c\n$INCLUDE ( three\n)\n",
	"1 TXT a\n$INCLUDE nul\n TXT b\n$INCLUDE cut\n2 TXT c\n$INCLUDE none\n",
	"$GENERATE 1-9/2 $.1 TXT \"$\" ${1,3,x}\n$GENERATE 1-3 $.2 ( TXT a\n$GENERATE 1-3 $ A x\n$GENERATE 1-3 $ TXT a",
	"1 TXT " + strings.Repeat("long ", 100) + "\n",
	"1 TXT (\n\n" + strings.Repeat("; long\n", 60) + " a )\n2 TXT a\n",
	"1 TXT \"" + strings.Repeat("x", 400) + "\"\n2 TXT a\n",
	"1 TXT a\n" + strings.Repeat("\n", 500) + "2 TXT a\n;" + strings.Repeat("x", 450) + "\n",
	"1 TXT a\n; $END" + strings.Repeat(" ", 400) + "\n",
	"$GENERATE 1-3 $ TXT " + strings.Repeat("x ", 200) + "\n",
	"$INCLUDE long\n1 TXT a\n",
}

// longest is the longest record in these tests, which are about small windows.
const longest = 320

func result(src *source.Window, window int) string {
	files := fstest.MapFS{
		"one":   {Data: []byte("2 TXT a\n\n$ORIGIN 4.4.e164.arpa.\n3 TXT ( b\n c )\n$INCLUDE two\n; $END\n")},
		"two":   {Data: []byte("5 TXT a\r\n$TTL 5\r\n TXT b\r\n")},
		"three": {Data: []byte("5 TX a\n TXT b\n")},
		"nul":   {Data: []byte("5 TX a\n TXT \x00 b\n")},
		"cut":   {Data: []byte("5 TX a\n 6 TXT \"a\n7 TXT (\n")},
		"long":  {Data: []byte("5 TXT (" + strings.Repeat("\n", longest) + ")\n6 TXT a\n")},
	}
	var b strings.Builder
	p := newParser(Options{File: "zone", Origin: "1.e164.arpa.", Generate: true, Open: func(name string) (io.ReadCloser, error) { return files.Open(name) }})
	p.sizes = sizes{record: longest, window: window}
	zone, _, stats, err := p.read(src, func(e *backend.Entry, line int) error {
		fmt.Fprintf(&b, "%d %+v\n", line, *e)
		return nil
	})
	if err != nil { // entries do not count then
		return fmt.Sprintf("%T %v", err, err)
	}
	fmt.Fprintf(&b, "%+v\n%+v", *zone, stats)
	return b.String()
}

func sameResult(t *testing.T, src []byte, window int) {
	t.Helper()
	want := result(source.Whole(src), 1<<20)
	for _, r := range []io.Reader{bytes.NewReader(src), iotest.HalfReader(bytes.NewReader(src)), iotest.DataErrReader(bytes.NewReader(src))} {
		if got := result(source.NewWindow(r, window), window); got != want {
			t.Fatalf("%.300q with a window of %d:\ngot  %.900s\nwant %.900s", src, window, got, want)
		}
	}
}

// Where the window ends makes no difference to what is read.
func TestWindows(t *testing.T) {
	short := 0
	for _, src := range awkward {
		for _, src := range []string{src, frame + src, "\xef\xbb\xbf" + frame + src, frame + src + strings.Repeat("9 TXT again\n", 100)} {
			for window := 1; window < 2*longest; window += 1 + window/30*13 {
				sameResult(t, []byte(src), window)
			}
			if strings.Contains(result(source.Whole([]byte(src)), 1), "a shorter record") {
				short++
			}
		}
	}
	if short < 20 {
		t.Errorf("only %d texts with a record that is too long", short)
	}
	for _, src := range []string{"\xff\xfe$\x00", "\xef", "\xef\xbb\xbf", "\xef\xbb\xbf\xfe\xff", "\x00"} {
		sameResult(t, []byte(src), 1)
	}
	sameResult(t, generated(3000, true), 1)
	sameResult(t, generated(3000, true), 4096)
}

func FuzzWindows(f *testing.F) {
	for i, src := range awkward {
		f.Add(frame+src, uint8(1+i*7%60))
	}
	f.Fuzz(func(t *testing.T, src string, window uint8) {
		if strings.Contains(strings.ToUpper(src), "$GENERATE") && len(src) > 400 {
			return // a million records are legal and take their time
		}
		sameResult(t, []byte(src), max(1, int(window)))
	})
}

// An error of the disk ends the reading, and comes back as it is; one of an included file is told with
// the place of the $INCLUDE.
func TestReadError(t *testing.T) {
	broken := errors.New("input/output error")
	src := func(text string) io.Reader {
		return io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken))
	}
	nothing := func(*backend.Entry, int) error { return nil }
	for _, text := range []string{"", frame + "1 TXT a\n2 TX", frame + strings.Repeat("1 TXT a\n", windowSize/8) + "XX"} {
		if _, _, st, err := Read(src(text), Options{File: "zone"}, nothing); err != broken || st.End {
			t.Errorf("%.20q: %v, %+v", text, err, st)
		}
	}
	o := Options{File: "zone", Open: func(string) (io.ReadCloser, error) { return io.NopCloser(src("1 TXT a\n")), nil }}
	_, _, _, err := Parse([]byte(frame+"$INCLUDE a\n2 TX\n"), o, nothing)
	if err == nil || !strings.HasPrefix(err.Error(), `zone:5:10: "a": expected a file that can be read: input/output error`+"\nzone:6") {
		t.Errorf("got %v", err)
	}
}

// The owner of the including file is known again after an included file, and no other name is taken
// for it.
func TestOwnerAfterInclude(t *testing.T) {
	o := Options{File: "zone", Open: func(string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("2.2.2 TXT c\n")), nil
	}}
	got, _, err := zoneText(t, frame+"1.1.1 TXT a\n$INCLUDE x\n2.2.2 TXT b\n", o)
	if want := `number 2.2.2.4.4.e164.arpa. 300 IN TXT "b"`; err != nil || !strings.Contains(got, want) || strings.Contains(got, strings.ReplaceAll(want, "2.2.2", "1.1.1")) {
		t.Errorf("got %s, %v", got, err)
	}
}
