package lint

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
)

func saveFile(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	return path
}

func codes(r *Report) (list []string) {
	for f := range r.Findings() {
		list = append(list, f.Code)
	}
	return list
}

// A text that cannot be read to its end is an error, and no finding.
func TestReadErrors(t *testing.T) {
	broken := errors.New("broken")
	for _, text := range []string{"+12025550100 sip:a@example.com\n", zoneHead} {
		reads := 0
		s := Source{Name: "data", Open: func() (io.ReadCloser, error) {
			if reads++; reads == 1 {
				return io.NopCloser(strings.NewReader(text)), nil
			}
			return io.NopCloser(io.MultiReader(strings.NewReader(text), failing{broken})), nil
		}}
		if err := New(Options{}).Read(t.Context(), s); !errors.Is(err, broken) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if err := New(Options{}).Read(t.Context(), FileSource("nosuch")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	long := textSource(strings.Repeat("+12025550100 sip:a@example.com\n", 10000))
	if err := New(Options{}).Read(ctx, long); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// Numbers files belong together; each zone is alone.
func TestFilesBelongTogether(t *testing.T) {
	l := New(Options{})
	read := func(name, text string) {
		s := textSource(text)
		s.Name = name
		if err := l.Read(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	record := "1.2 300 NAPTR 100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:a@example.com!\" .\n"
	read("a", "+12025550100 sip:a@example.com\n")
	read("z1", zoneHead+record)
	read("z2", zoneHead+record)
	read("b", "+12025550100 sip:a@example.com\n")
	var got []string
	for f := range l.Finish().Findings() {
		if f.Code == "D09" {
			got = append(got, f.File+" "+f.Note)
		}
	}
	if !slices.Equal(got, []string{"b the first stands in a:1"}) {
		t.Error(got)
	}
}

// What the files include is read where that is allowed, and never outside of their folder; a set whose
// records stand in several files is not mended in one of them.
func TestIncludes(t *testing.T) {
	dir := t.TempDir()
	sub := filepath.Join(dir, "zones")
	if err := os.Mkdir(sub, 0o755); err != nil {
		t.Fatal(err)
	}
	saveFile(t, dir, "outside", "1 300 TXT x\n")
	const record = "1 300 NAPTR 100 10 \"U\" \"E2U+sip\" \"!^.*$!sip:a@example.com!\" .\n"
	const good = "4 300 NAPTR 100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:good@example.com!\" .\n"
	path := saveFile(t, sub, "zone", zoneHead+record+"$INCLUDE more\n"+good+"2 300 NAPTR 100 10 \"U\" \"E2U+sip\" \"!^.*$!sip:a@example.com!\" .\n")
	saveFile(t, sub, "more", ";\n;\n;\n;\n;\n1 300 NAPTR 100 20 \"U\" \"E2U+im\" \"!^.*$!im:a@example.com!\" .\n3 300 NAPTR 100 20 \"U\" \"E2U+im\" \"!^.*$!im:a@example.com!\" .\n")
	if got := codes(lintFile(t, path, Options{})); !slices.Contains(got, "L01") {
		t.Error(got)
	}
	var read int
	l := New(Options{Include: true, Fix: true, Progress: func(n int) { read += n }})
	if err := l.Read(t.Context(), FileSource(path)); err != nil {
		t.Fatal(err)
	}
	if got := codes(l.Finish()); slices.Contains(got, "L01") || !slices.Contains(got, "F16") {
		t.Error(got)
	}
	if read == 0 {
		t.Error("no progress")
	}
	fixed, err := l.Fix(t.Context(), FileSource(path))
	if err != nil {
		t.Fatal(err)
	}
	if text := string(fixed.Text); !strings.Contains(text, record) || !strings.Contains(text, good) || !strings.Contains(text, "2 300 NAPTR 100 10 \"u\"") || fixed.Entries != 1 {
		t.Errorf("%d entries\n%s", fixed.Entries, text)
	}
	if want := []string{filepath.Join(sub, "more")}; !slices.Equal(fixed.Others, want) {
		t.Errorf("others %v, want %v", fixed.Others, want)
	}
	saveFile(t, sub, "zone", zoneHead+"$INCLUDE ../outside\n")
	if got := codes(lintFile(t, path, Options{Include: true})); !slices.Contains(got, "L01") {
		t.Error(got)
	}
	saveFile(t, sub, "zone", zoneHead+"$INCLUDE nosuch\n")
	if got := codes(lintFile(t, path, Options{Include: true})); !slices.Contains(got, "L01") {
		t.Error(got)
	}
}

// Records that $GENERATE makes are judged, and left as they are.
func TestGenerated(t *testing.T) {
	const text = zoneHead + "$TTL 300\n$GENERATE 1-3 $.2 NAPTR 100 10 \"U\" \"E2U+sip\" \"!^.*$!sip:a@example.com!\" .\n4.2 NAPTR 100 10 \"U\" \"E2U+sip\" \"!^.*$!sip:a@example.com!\" .\n"
	l, report := lintText(t, text, Options{Generate: true, Fix: true})
	if got := codes(report); len(got) == 0 || slices.Contains(got, "L01") {
		t.Fatal(got)
	}
	fixed, err := l.Fix(t.Context(), textSource(text))
	if err != nil || fixed.Entries != 1 || fixed.Left != 3 || !strings.Contains(string(fixed.Text), "$GENERATE 1-3 $.2 NAPTR 100 10 \"U\"") {
		t.Errorf("%v, %d mended, %d left\n%s", err, fixed.Entries, fixed.Left, fixed.Text)
	}
}

// The trees that numbers files are for say whether they are private, and complete names.
func TestApexes(t *testing.T) {
	apex, err := e164.ParseApex("numbers.example.net.")
	if err != nil {
		t.Fatal(err)
	}
	const text = "+12025550100 E2U+P-abc sip:a@example\n+12025550101 NAPTR 100 10 \"\" \"\" \"\" 9.9.numbers.example.net.\n"
	_, report := lintText(t, text, Options{Apexes: []e164.Apex{apex}})
	if got := codes(report); slices.Contains(got, "S16") || !slices.Contains(got, "D08") {
		t.Error(got)
	}
	_, report = lintText(t, text, Options{})
	if got := codes(report); !slices.Contains(got, "S16") || slices.Contains(got, "D08") {
		t.Error(got)
	}
	_, report = lintText(t, "100 E2U+voice:tel tel:100\n1xx sip:{digits}@example.com\n", Options{Checker: enumservice.Checker{DialPlan: true, Private: true}})
	if got := codes(report); !slices.Contains(got, "D05") || slices.Contains(got, "L01") {
		t.Error(got)
	}
}

// Of a live zone, notes name what they are about.
func TestLiveNotes(t *testing.T) {
	s := textSource(zoneHead + "1 300 NS ns1.example.net.\n2.1 300 TXT x\n3.1 300 NAPTR 100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:a@example.com!\" .\n4 300 DNAME example.net.\n*.4 300 TXT x\n")
	s.Live = true
	l := New(Options{})
	if err := l.Read(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	var got []string
	for f := range l.Finish().Findings() {
		if f.Line != 0 {
			t.Errorf("line %d", f.Line)
		}
		if f.Code[0] == 'D' {
			got = append(got, f.Code+" "+f.Name+" "+f.Note)
		}
	}
	want := []string{"D02 3.1.e164.arpa. delegated at 1.e164.arpa.", "D02 e164.arpa. "}
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("no %s in %q", line, got)
		}
	}
}

// A file without entries is refused by the server, unless it says that it is meant so.
func TestNoEntries(t *testing.T) {
	for text, want := range map[string]bool{"": true, "# nothing\n": true, "$TTL 3600\n": true, "$END\n": false, "+12025550100 none\n": false} {
		path := filepath.Join(t.TempDir(), "numbers.txt")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := slices.Contains(codes(lintFile(t, path, Options{})), "L01"); got != want {
			t.Errorf("%q: L01 %v, want %v", text, got, want)
		}
	}
}
