package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// converted runs enumim convert.
func converted(t *testing.T, in string, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(context.Background(), append([]string{"convert"}, args...), strings.NewReader(in), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func put(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	return path
}

const oneNumber = "+12025550100\tim:user@example.com\n$END\n"

func TestConvertFormats(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "more.txt", "+12025550101 im:more@example.com\n")
	file := put(t, dir, "numbers.txt", "+12025550100 im:user@example.com\n$INCLUDE more.txt\n$END\n")
	code, out, errs := converted(t, "", "--to", "csv", file)
	if code != exitOK || errs != "" || !strings.Contains(out, "+12025550101") || !strings.HasSuffix(out, "\nend,,,,,,,,,,,,,,,2\n") {
		t.Errorf("%d %q %q", code, out, errs)
	}
	// From standard input, told by its content, and back.
	if code, out, _ = converted(t, out, "--to", "jsonl", "-"); code != exitOK || !strings.HasSuffix(out, "{\"kind\":\"end\",\"entries\":2}\n") {
		t.Errorf("%d %q", code, out)
	}
	if code, out, errs = converted(t, out, "--to", "zone", "--ns", "ns1.example.net,ns2.example.net", "--serial", "7", "--hostmaster", "h.example.net", "-"); code != exitOK || errs != "" {
		t.Errorf("%d %q", code, errs)
	}
	if !strings.Contains(out, "IN\tSOA\tns1.example.net. h.example.net. 7 ") || !strings.Contains(out, "@\t3600\tIN\tNS\tns2.example.net.\n") {
		t.Errorf("got %s", out)
	}
	code, out, errs = converted(t, out, "--to", "numbers", "--require-end", "-")
	if code != exitOK || !strings.HasPrefix(errs, "note: the SOA and NS") || out != "$TTL 3600\n"+strings.Replace(oneNumber, "$END", "+12025550101\tim:more@example.com\n$END", 1) {
		t.Errorf("%d %q %q", code, out, errs)
	}
}

// The output file appears when it is complete, and one that was there stays when it is not.
func TestConvertOutput(t *testing.T) {
	dir := t.TempDir()
	file := put(t, dir, "numbers.txt", oneNumber)
	for _, c := range []struct{ name, want string }{
		{"out.csv", "kind,number"}, {"out.jsonl", `{"kind":"number"`}, {"out.zone", "$ORIGIN e164.arpa."}, {"out.numbers", "$TTL 3600\n+12025550100"}, {"out.txt", "$TTL 3600\n+12025550100"},
	} {
		out := filepath.Join(dir, c.name)
		if code, _, errs := converted(t, "", "-o", out, file); code != exitOK {
			t.Fatalf("%s: %d %s", c.name, code, errs)
		}
		if text, err := os.ReadFile(out); err != nil || !strings.HasPrefix(string(text), c.want) {
			t.Errorf("%s: %q, %v", c.name, text, err)
		}
	}
	kept := put(t, dir, "kept.csv", "kept")
	link := filepath.Join(dir, "link.csv")
	if err := os.Symlink("kept.csv", link); err != nil {
		t.Skip(err)
	}
	if code, _, errs := converted(t, "+1202 x\n", "-o", link, "-"); code != exitFindings || !strings.HasPrefix(errs, "standard input:1:7: ") {
		t.Errorf("%d %s", code, errs)
	}
	if text, _ := os.ReadFile(kept); string(text) != "kept" {
		t.Errorf("the file was overwritten with %q", text)
	}
	if code, _, _ := converted(t, oneNumber, "-o", link, "-"); code != exitOK {
		t.Errorf("exit code %d", code)
	}
	info, err := os.Stat(kept)
	if text, _ := os.ReadFile(kept); err != nil || info.Mode().Perm() != 0o640 || !strings.HasPrefix(string(text), "kind,") {
		t.Errorf("%v %v %q", err, info, text)
	}
	// In place.
	if code, _, errs := converted(t, "", "--to", "jsonl", "--from", "numbers", "-o", file, file); code != exitOK {
		t.Errorf("%d %s", code, errs)
	}
	if text, _ := os.ReadFile(file); !strings.HasPrefix(string(text), "{") {
		t.Errorf("got %q", text)
	}
	if code, _, _ := converted(t, oneNumber, "--to", "csv", "-o", os.DevNull, "-"); code != exitOK {
		t.Errorf("exit code %d", code)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("temporary files are left: %v", left)
	}
}

func TestConvertRefuses(t *testing.T) {
	wildcard := "@ 60 IN SOA a. b. 1 2 3 4 5\n@ NS a.\n*.1 NAPTR 1 2 u E2U+im !^.*$!im:a@example.com! .\n2 NAPTR 1 2 u E2U+im !^.*$!im:a@example.com! .\n"
	for _, c := range []struct {
		name, in string
		args     []string
		code     int
		want     string
	}{
		{"no format", oneNumber, []string{"-"}, exitUsage, "enumim: --to is missing: the formats are numbers, zone, csv and jsonl\n"},
		{"unknown format", oneNumber, []string{"--to", "xml", "-"}, exitUsage, "enumim: --to xml: "},
		{"unknown input", oneNumber, []string{"--from", "xml", "--to", "csv", "-"}, exitUsage, "enumim: --from xml: "},
		{"apex", oneNumber, []string{"--to", "zone", "--apex", "..", "-"}, exitUsage, "enumim: --apex ..: "},
		{"public dial plan", oneNumber, []string{"--to", "zone", "--origin", "e164.arpa", "--dialplan", "-"}, exitUsage, "enumim: --dialplan: "},
		{"TTL", oneNumber, []string{"--to", "zone", "--ttl", "2147483648", "-"}, exitUsage, "enumim: --ttl 2147483648: "},
		{"no file", "", []string{"--to", "zone", filepath.Join(t.TempDir(), "none")}, exitUsage, "no such file"},
		{"no folder", "", []string{"--to", "zone", filepath.Join(t.TempDir(), "none", "none")}, exitUsage, "no such file"},
		{"no folder for the output", oneNumber, []string{"-o", filepath.Join(t.TempDir(), "none", "a.csv"), "-"}, exitUsage, "no such file"},
		{"a folder as output", oneNumber, []string{"--to", "csv", "-o", t.TempDir(), "-"}, exitUsage, "is a folder"},
		{"no end", "+12025550100 none\n", []string{"--to", "csv", "--require-end", "-"}, exitFindings, "standard input: the end marker is missing"},
		{"more at the apex", "@ 60 IN SOA a. b. 1 2 3 4 5\n@ NS a.\n@ TXT x\n", []string{"--to", "numbers", "--apex", "e164.arpa", "-"}, exitFindings, "standard input:1: the apex of the zone has records beside SOA and NS"},
		{"explicit format wins", oneNumber, []string{"--from", "csv", "--to", "csv", "-"}, exitFindings, "standard input:1: expected a header line"},
		{"wildcard", wildcard, []string{"--to", "numbers", "--apex", "e164.arpa", "-"}, exitFindings, "standard input:3: a numbers file has no wildcards"},
		{"left out", wildcard, []string{"--to", "numbers", "--apex", "e164.arpa", "--skip", "-"}, exitOK, "note: 1 left out, which the output cannot hold\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, out, errs := converted(t, c.in, c.args...)
			if code != c.code || !strings.Contains(errs, c.want) {
				t.Errorf("%d %s", code, errs)
			}
			if code != exitOK && out != "" {
				t.Errorf("printed %q", out)
			}
		})
	}
}

// A new file has the mode that the umask leaves, and one that a symbolic link names is made where it points.
func TestConvertNewFile(t *testing.T) {
	dir := t.TempDir()
	like, err := os.OpenFile(filepath.Join(dir, "like"), os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	want, err := like.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if err := like.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o750); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link.csv")
	if err := os.Symlink(filepath.Join("sub", "new.csv"), link); err != nil {
		t.Skip(err)
	}
	if code, _, errs := converted(t, oneNumber, "-o", link, "-"); code != exitOK {
		t.Fatalf("%d %s", code, errs)
	}
	info, err := os.Lstat(filepath.Join(dir, "sub", "new.csv"))
	if err != nil || info.Mode() != want.Mode() {
		t.Errorf("%v, %v, want the mode %v", info, err, want.Mode())
	}
	if target, err := os.Readlink(link); err != nil || target != filepath.Join("sub", "new.csv") {
		t.Errorf("%s, %v", target, err)
	}
	round := filepath.Join(dir, "round.csv")
	if err := os.Symlink("round.csv", round); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := converted(t, oneNumber, "-o", round, "-"); code != exitUsage || !strings.Contains(errs, "too many levels of symbolic links") {
		t.Errorf("%d %s", code, errs)
	}
}
