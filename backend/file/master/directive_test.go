package master

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/e164"
)

// folder writes files below a new folder and returns the path of "zone" in it.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "zone")
}

// below opens files in the folder of file and below it.
func below(file string) func(string) (io.ReadCloser, error) {
	return func(name string) (io.ReadCloser, error) {
		root, err := os.OpenRoot(filepath.Dir(file))
		if err != nil {
			return nil, err
		}
		defer func() { _ = root.Close() }()
		return root.Open(name)
	}
}

func TestInclude(t *testing.T) {
	file := folder(t, map[string]string{
		"one.zone":     "1 TXT a\n$ORIGIN 5.4.4.e164.arpa.\n$INCLUDE sub/two.zone\n",
		"sub/two.zone": "1 TXT b\n$INCLUDE \"three.zone\" 7.4.4.e164.arpa. ; comment\n",
		"sub/three.zone": "@ TXT c\n" +
			"; $END\n",
		"target":      "8 TXT d\n",
		"a b":         "9 TXT e\n",
		"sub/up.zone": "$INCLUDE ../target\n",
	})
	if err := os.Symlink("target", filepath.Join(filepath.Dir(file), "link.zone")); err != nil {
		t.Fatal(err)
	}
	src := frame + "3 TXT z\n$INCLUDE one.zone\n TXT y\n2 TXT x\n$INCLUDE link.zone\n$INCLUDE a\\ b\n"
	got, st, err := zoneText(t, src, Options{File: file, Open: below(file)})
	if err != nil {
		t.Fatal(err)
	}
	want := frameText
	for _, s := range []string{"1 a", "2 x", "3 z", "3 y", "1.5 b", "7 c", "8 d", "9 e"} {
		name, text, _ := strings.Cut(s, " ")
		want += "number " + name + ".4.4.e164.arpa. 300 IN TXT \"" + text + "\"\n"
	}
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if files := []string{"one.zone", "sub/two.zone", "sub/three.zone", "link.zone", "a b"}; !slices.Equal(st.Files, files) {
		t.Errorf("files %q, want %q", st.Files, files)
	}
	if st.End {
		t.Error("the end marker of an included file was taken for that of the file")
	}
	// The same file may be included twice, and lead upwards inside the folder.
	got, st, err = zoneText(t, frame+"$INCLUDE sub/up.zone\n$INCLUDE sub/up.zone 6\n", Options{File: file, Open: below(file)})
	want = frameText + "number 8.6.4.4.e164.arpa. 300 IN TXT \"d\"\nnumber 8.4.4.e164.arpa. 300 IN TXT \"d\"\n"
	if err != nil || got != want || len(st.Files) != 2 {
		t.Errorf("got\n%s%v, %q, want\n%s", got, err, st.Files, want)
	}
}

// Whether to stop is asked before each included file is read, and the answer comes back as it is; which
// files have no end marker is told, each once.
func TestIncludeStopsAndEnds(t *testing.T) {
	enough := errors.New("enough")
	open := func(string) (io.ReadCloser, error) { t.Error("read when it was to stop"); return nil, nil }
	_, _, err := zoneText(t, frame+"$INCLUDE a\n$INCLUDE b\n", Options{Open: open, Stop: func() error { return enough }})
	if err != enough {
		t.Errorf("got %v", err)
	}
	file := folder(t, map[string]string{"whole": "$INCLUDE open\n; $END\n", "open": "; nothing\n"})
	_, st, err := zoneText(t, frame+"$INCLUDE whole\n$INCLUDE open\n; $END\n", Options{File: file, Open: below(file)})
	if err != nil || !st.End || !slices.Equal(st.NoEnd, []string{"open"}) {
		t.Errorf("%+v, %v", st, err)
	}
}

func TestIncludeRefuses(t *testing.T) {
	deep := map[string]string{
		"self.zone": "$INCLUDE self.zone\n", "ping": "$INCLUDE pong\n", "pong": "$INCLUDE ping\n", "back": "$INCLUDE zone\n",
		"bad.zone": "1 TXT a\n1 NAPTR x\n", "cut.zone": "1 TXT a\n2 TXT", "nul.zone": "\x00\n", "sub/x": "1 TXT a\n", "many": strings.Repeat("$INCLUDE empty\n", 250),
		"empty": "", "soa.zone": "@ SOA ns1.example.com. hm.example.com. 2 7200 900 1209600 300\n",
	}
	for _, n := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"} {
		deep["d"+n] = "$INCLUDE d" + string(n[0]+1) + "\n"
	}
	file := folder(t, deep)
	dir := filepath.Dir(file)
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("1 TXT secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"out": outside, "outdir": filepath.Dir(outside), "loop": "loop"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct{ src, want string }{
		{"$INCLUDE\n", `zone:5:9: expected the path of a file`},
		{"$INCLUDE missing\n", `zone:5:10: "missing": expected a file that can be read: openat missing: no such file or directory`},
		{"$INCLUDE /etc/hostname\n", `zone:5:10: "/etc/hostname": expected a path below the folder of the zone file`},
		{"$INCLUDE ../secret\n", `zone:5:10: "../secret": expected a path below the folder of the zone file`},
		{"$INCLUDE ..\n", `zone:5:10: "..": expected a path below the folder of the zone file`},
		{"$INCLUDE \"\"\n", `zone:5:10: expected a path below the folder of the zone file`},
		{"$INCLUDE sub/../../x\n", `zone:5:10: "sub/../../x": expected a path below the folder of the zone file`},
		{"$INCLUDE out\n", `zone:5:10: "out": expected a file that can be read: openat out: path escapes from parent`},
		{"$INCLUDE zone\n", `zone:5:10: "zone": expected a file that does not include itself`},
		{"$INCLUDE back\n", `back:1:10: "zone": expected a file that does not include itself`},
		{"$INCLUDE self.zone\n", `self.zone:1:10: "self.zone": expected a file that does not include itself`},
		{"$INCLUDE ping\n", `pong:1:10: "ping": expected a file that does not include itself`},
		{"$INCLUDE d1\n", `d8:1:10: "d9": expected files that include one another at most 8 deep`},
		{"$INCLUDE many\n", `many:200:10: "empty": expected at most 200 files through $INCLUDE`},
		{"$INCLUDE bad.zone\n1 NAPTR y\n", "bad.zone:2:9: \"x\": expected an order from 0 to 65535\nzone:6:9: \"y\": expected an order from 0 to 65535"},
		{"$INCLUDE cut.zone\n", `cut.zone:2:6: expected a newline at the end of the file: is the file cut short?`},
		{"$INCLUDE nul.zone\n", `nul.zone:1:1: expected text: here stands a NUL octet; is this a zone file? Write \000 where it is meant`},
		{"$INCLUDE soa.zone\n", `soa.zone:1:3: expected one SOA record: the first stands in line 3`},
		{"$INCLUDE bad.zone a. b\n", `zone:5:22: "b": expected the end of the directive`},
		{"$INCLUDE bad.zone a..\n", `zone:5:19: "a..": expected an origin: domain name has an empty label`},
		{"$INCLUDE bad.zone )\n", `zone:5:19: ")": expected no ")" without a "(" before it; write \) for the character`},
		{"$INCLUDE a\\1\n", `zone:5:10: "a\1": expected the path of a file: bad escape: write \DDD with three digits up to 255, or \X for one character`},
		{"$INCLUDE \"a\n", `zone:5:10: "\"a": expected a closing " on the same line`},
	} {
		_, _, err := zoneText(t, frame+tc.src, Options{File: file, Open: below(file)})
		if err == nil {
			t.Errorf("%q: no error", tc.src)
			continue
		}
		got := strings.ReplaceAll(err.Error(), filepath.ToSlash(dir)+"/", "")
		if first, _, _ := strings.Cut(got, "\n"); got != tc.want && !(strings.Contains(tc.src, "many") && first == tc.want) {
			t.Errorf("%q: got\n%s\nwant\n%s", tc.src, got, tc.want)
		}
	}
}

func TestGenerate(t *testing.T) {
	for _, tc := range []struct{ src, want string }{
		{"$GENERATE 1-3 $ TXT \"number $\"\n", `1 "number 1",2 "number 2",3 "number 3"`},
		{"$generate 0-6/3 $.5 60 IN TXT a\n", `0.5 "a",3.5 "a",6.5 "a"`},
		{"$GENERATE 8-9 ${0,3,n} TXT ${-8,2,d} \n", `8.0 "00",9.0 "01"`},
		{"$GENERATE 9-10 1 TXT ${1,4,x}-${1,4,X}-${0,0,o}-${6,1,N} ; comment\n", `1 "000a-000A-11-F",1 "000b-000B-12-0.1"`},
		{"$GENERATE 1-1 1 TXT \"a\\$b$$c\\\\d\"\n", `1 "a$b$c\\d"`},
		{"$GENERATE 1-2 * TXT $\n", `* "1",* "2"`},
		{"$GENERATE 1-2 $ NAPTR \"100 10 u E2U+im !^.*\\$!im:user$@example.com! .\"\n", `1 100 10 "u" "E2U+im" "!^.*$!im:user1@example.com!" .,2 100 10 "u" "E2U+im" "!^.*$!im:user2@example.com!" .`},
		{"$GENERATE 1-1 $ 60 IN naptr \"100 10 \\\"u\\\" \\\"E2U+sip\\\" \\\"!^\\\\+(.*)\\$!sip:\\\\1@example.com;a=b!\\\" .\" ; comment\n", `1 100 10 "u" "E2U+sip" "!^\\+(.*)$!sip:\\1@example.com;a=b!" .`},
		{"$GENERATE 1-1 1 TXT a\n$GENERATE 2-2 2 TXT b\n TXT c\n", `1 "a",2 "b",2 "c"`},
	} {
		got, _, err := zoneText(t, frame+tc.src, Options{Generate: true})
		if err != nil {
			t.Errorf("%q: %v", tc.src, err)
			continue
		}
		var lines []string
		for line := range strings.Lines(strings.TrimPrefix(got, frameText)) {
			f := strings.SplitN(strings.TrimSpace(line), " ", 6)
			name := strings.TrimSuffix(f[1], ".4.4.e164.arpa.")
			if f[0] == "wildcard" {
				name = "*"
			}
			lines = append(lines, name+" "+f[5])
		}
		if g := strings.Join(lines, ","); g != tc.want {
			t.Errorf("%q: got %s, want %s", tc.src, g, tc.want)
		}
	}
	_, st, err := zoneText(t, frame+"$GENERATE 0-9 $ NAPTR 100 10 \"u\" \"E2U+im\" \"!^.*\\$!im:user$@example.com!\" .\n", Options{Generate: true})
	if err != nil || st.Entries != 10 {
		t.Errorf("%+v, %v", st, err)
	}
}

func TestGenerateRefuses(t *testing.T) {
	for _, tc := range []struct{ src, want string }{
		{"$GENERATE\n", `zone:5:10: expected ` + wantRange},
		{"$GENERATE 1 a TXT b\n", `zone:5:11: "1": expected ` + wantRange},
		{"$GENERATE 2-1 a TXT b\n", `zone:5:11: "2-1": expected ` + wantRange},
		{"$GENERATE 1-2/0 a TXT b\n", `zone:5:11: "1-2/0": expected ` + wantRange},
		{"$GENERATE 1-2147483648 a TXT b\n", `zone:5:11: "1-2...": expected ` + wantRange},
		{"$GENERATE 0-2147483647 a TXT b\n", `zone:5:11: "0-2...": expected a range that keeps the file at 1000000 generated records or fewer`},
		{"$GENERATE 1-999999/999998 a TXT $\n$GENERATE 1-999999 b TXT c\n", `zone:6:11: "1-9...": expected a range that keeps the file at 1000000 generated records or fewer`},
		{"$GENERATE 1-2\n", `zone:5:11: "1-2": expected behind the range a record to repeat, on the same line`},
		{"( $GENERATE 1-2 a TXT b )\n", `zone:5:13: "1-2": expected behind the range a record to repeat, on the same line`},
		{"$GENERATE 1-2 $GENERATE 1-2 a TXT b\n", `zone:5:11: "1-2": expected behind the range a record to repeat, on the same line`},
		{"$GENERATE 1-9 $ NAPTR x\n$TTL x\n", "zone:5: \"x\": expected an order from 0 to 65535\nzone:6:6: \"x\": expected a TTL from 0 to 2147483647 seconds, such as 3600 or 1h30m"},
		{"$GENERATE 1-9 $ TXT (\n", `zone:5: expected a ")" for this "(" before the end of the file: is the file cut short?`},
		{"$GENERATE 1-9 ${x} TXT a\n", `zone:5:11: "${x} TXT a": expected ` + errModifier.Error()},
		{"$GENERATE 1-9 ${1 TXT a\n", `zone:5:11: "${1 TXT a": expected ` + errModifier.Error()},
		{"$GENERATE 1-9 ${-2} TXT a\n", `zone:5:11: "${-2} TXT a": expected ` + errModifier.Error()},
		{"$GENERATE 1-9 ${0,256} TXT a\n", `zone:5:11: "${0,2...} TXT a": expected ` + errModifier.Error()},
		{"$GENERATE 1-9 ${0,2,b} TXT a\n", `zone:5:11: "${0,2,b} TXT a": expected ` + errModifier.Error()},
		{"$GENERATE 1-9 ${0,2,dd} TXT a\n", `zone:5:11: "${0,2,dd} TXT a": expected ` + errModifier.Error()},
		{"$GENERATE 1-9 ${0,2,d,1} TXT a\n", `zone:5:11: "${0,2,d,1} TXT a": expected ` + errModifier.Error()},
	} {
		_, _, err := zoneText(t, frame+tc.src, Options{File: "zone", Generate: true})
		if err == nil || err.Error() != tc.want {
			t.Errorf("%q: got\n%v\nwant\n%s", tc.src, err, tc.want)
		}
	}
}

// The names of a zone are what e164.Apex.Parse makes of them.
func FuzzLocate(f *testing.F) {
	f.Add("4.4.e164.arpa.", "3.8.0.0.6.9.2.3.6.1.4.4.E164.arpa.")
	f.Add("e164.arpa.", "a\\.b.1.i.4.4.e164.arpa.")
	f.Add("1.i.2.e164.arpa.", "1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.i.2.e164.arpa.")
	f.Add("a\\.b.", "b.")
	f.Add("0\\001.", "*.\\048\\001.")
	f.Fuzz(func(t *testing.T, apex, name string) {
		p := newParser(Options{})
		a, err := e164.ParseApex(apex)
		if err != nil || p.setOrigin([]byte(a.String())) != nil {
			return
		}
		p.apex, p.apexWire = a, p.origin
		if p.setOrigin([]byte(name)) != nil {
			return
		}
		name = p.originText
		want, err := a.Parse(name)
		number, labels, inside := p.locate([]byte(p.origin))
		if inside != (err == nil) {
			t.Fatalf("%q in %q: inside is %v, Apex.Parse says %v", name, a, inside, err)
		}
		if got := p.names.name(&ref{number: number, labels: labels}); inside && got != want {
			t.Fatalf("%q in %q: got %v, want %v", name, a, got, want)
		}
	})
}
