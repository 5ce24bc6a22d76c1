package numbers

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/enumim/enumim/backend"
)

func TestInclude(t *testing.T) {
	files := fstest.MapFS{
		"sub/b.txt":    {Data: []byte("$TTL 5m\n+12025550102 none\n$INCLUDE c.txt\n+12025550104 none\n$END\n")},
		"sub/c.txt":    {Data: []byte("+12025550103 none")},
		"sub/ok.txt":   {Data: []byte("+12025550103 none\n")},
		"sub/d.txt":    {Data: []byte("$TTL 5m\n+12025550102 none\n$INCLUDE ok.txt\n+12025550104 none\n$END\n")},
		"ok.txt":       {Data: []byte("# nothing\n")},
		"open.txt":     {Data: []byte("+12025550102 im:a@example.com\n")},
		"self.txt":     {Data: []byte("$INCLUDE self.txt\n")},
		"ring.txt":     {Data: []byte("$INCLUDE sub/ring.txt\n")},
		"sub/ring.txt": {Data: []byte("$INCLUDE ../ring.txt\n")},
	}
	for i := range 20 {
		files[fmt.Sprintf("deep%d.txt", i)] = &fstest.MapFile{Data: fmt.Appendf(nil, "$INCLUDE deep%d.txt\n", i+1)}
	}
	files["bad.txt"] = &fstest.MapFile{Data: []byte("\n+12025550102 foo\n")}
	files["utf16.txt"] = &fstest.MapFile{Data: []byte("\xff\xfe")}
	const refused = "$INCLUDE takes files in the folder of the first file and below only"
	for _, c := range []struct {
		name, src string
		want      []string
		included  []string
		err       string
	}{
		{name: "files within files", src: "+12025550101 none\n$INCLUDE sub/d.txt # more\n+12025550105 none\n",
			want:     []string{"1 12025550101 3600", "2 12025550102 300", "2 12025550103 300", "2 12025550104 300", "3 12025550105 3600"},
			included: []string{"sub/d.txt", "sub/ok.txt"}},
		{name: "a file twice", src: "$include sub/ok.txt\n$INCLUDE ./sub/../sub/ok.txt\n",
			want: []string{"1 12025550103 3600", "2 12025550103 3600"}, included: []string{"sub/ok.txt"}},
		{name: "cut short", src: "$INCLUDE sub/b.txt\n", err: "dir/sub/c.txt:1: the file ends without a newline: was it cut short? If not, end its last line with one"},
		{name: "no continuation over the end of a file", src: "$INCLUDE open.txt\n  sip:a@example.com\n",
			err: `dir/n.txt:2:3: "sip:...@example.com": the line begins with a blank, so it continues an entry, but no entry stands above it: begin the line with the number`},
		{name: "itself", src: "$INCLUDE self.txt\n", err: `dir/self.txt:1:10: "self.txt": the file includes itself, if perhaps through others`},
		{name: "in a ring", src: "$INCLUDE ring.txt\n", err: `dir/sub/ring.txt:1:10: "../ring.txt": the file includes itself, if perhaps through others`},
		{name: "the first file", src: "$INCLUDE n.txt\n", err: `dir/n.txt:1:10: "n.txt": the file includes itself, if perhaps through others`},
		{name: "too deep", src: "$INCLUDE deep0.txt\n", err: `dir/deep7.txt:1:10: "deep8.txt": files include files more than 8 deep`},
		{name: "too many", src: strings.Repeat("$INCLUDE ok.txt\n", 201), err: `dir/n.txt:201:10: "ok.txt": more than 200 files through $INCLUDE`},
		{name: "out of the folder", src: "$INCLUDE ../x.txt\n$INCLUDE sub/../../x.txt\n$INCLUDE /etc/passwd\n$INCLUDE ..\n$INCLUDE a\\..\\x\n",
			err: `dir/n.txt:1:10: "../x.txt": ` + refused + "\n" + `dir/n.txt:2:10: "sub/../../x.txt": ` + refused + "\n" + `dir/n.txt:3:10: "/etc/passwd": ` + refused + "\n" +
				`dir/n.txt:4:10: "..": ` + refused + "\n" + `dir/n.txt:5:10: "a\..\x": ` + refused},
		{name: "no such file", src: "$INCLUDE no.txt\n", err: `dir/n.txt:1:10: "no.txt": cannot read the file: open no.txt: file does not exist`},
		{name: "faults in both", src: "$INCLUDE bad.txt\nfoo\n$INCLUDE utf16.txt\n",
			err: `dir/bad.txt:2:14: "foo": expected a URI such as sip:user@example.com, or one of order=, pref=, E2U+type, NAPTR, NS, DS, none` + "\n" +
				`dir/n.txt:2:1: "foo": expected a number with "+" and its country code, such as +12025550100` + "\n" + "dir/utf16.txt:1: the file is UTF-16: save it as UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			open := func(name string) (io.ReadCloser, error) { return files.Open(name) }
			got, r, err := parse(t, c.src, Options{File: "dir/n.txt", Open: open})
			if c.err != "" {
				if err == nil || err.Error() != c.err {
					t.Errorf("got\n%v\nwant\n%s", err, c.err)
				}
				return
			}
			if err != nil || !slices.Equal(got, c.want) || !slices.Equal(r.Included, c.included) || r.End {
				t.Errorf("got\n%s\n%+v, %v", strings.Join(got, "\n"), r, err)
			}
		})
	}
}

// Which included files do not say that they are complete is told, each once.
func TestIncludedWithoutEnd(t *testing.T) {
	files := fstest.MapFS{
		"whole.txt": {Data: []byte("$INCLUDE open.txt\n$END\n")},
		"open.txt":  {Data: []byte("# nothing\n")},
	}
	open := func(name string) (io.ReadCloser, error) { return files.Open(name) }
	_, r, err := parse(t, "$INCLUDE whole.txt\n$INCLUDE open.txt\n$END\n", Options{File: "n.txt", Open: open})
	if err != nil || !r.End || !slices.Equal(r.NoEnd, []string{"open.txt"}) {
		t.Errorf("%+v, %v", r, err)
	}
}

// Whether to stop is asked before each included file is read, and the answer comes back as it is.
func TestIncludeStops(t *testing.T) {
	enough := errors.New("enough")
	open := func(string) (io.ReadCloser, error) { t.Error("read when it was to stop"); return nil, nil }
	_, err := Parse([]byte("$INCLUDE a.txt\n$INCLUDE b.txt\n"), Options{Open: open, Stop: func() error { return enough }}, nil)
	if err != enough {
		t.Errorf("got %v", err)
	}
}

// add's error ends the parsing and comes back as it is.
func TestAddStops(t *testing.T) {
	full := errors.New("full")
	for _, src := range []string{
		"+12025550100 none\n+12025550101 none\n+12025550102 none\n",
		"+12025550100 none\n+12025550103..+12025550118 none\n",
		"+12025550100 none\n+4420 NS ns.example.net.\n+12025550102 foo\n",
	} {
		calls := 0
		r, err := Parse([]byte(src), Options{File: "n.txt"}, func(*backend.Entry, int) error {
			if calls++; calls == 2 {
				return full
			}
			return nil
		})
		if err != full || calls != 2 || r.Entries != 1 {
			t.Errorf("%q: %v after %d calls, %d entries", src, err, calls, r.Entries)
		}
	}
}
