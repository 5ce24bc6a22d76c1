package lint

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
)

var update = flag.Bool("update", false, "write the findings of testdata/cases as they are now")

// TestCases compares the findings on the data as a whole, and on texts, with those that stand beside each
// file: line, rule and note. Each file has good twins, of which nothing is told.
func TestCases(t *testing.T) {
	paths, err := filepath.Glob("testdata/cases/*")
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for _, path := range paths {
		if filepath.Ext(path) == ".want" {
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			var got strings.Builder
			for f := range lintFile(t, path, caseOptions(t, path)).Findings() {
				if strings.Contains("DLT", f.Code[:1]) {
					fmt.Fprintf(&got, "%d %s %s\n", f.Line, f.Code, f.Note)
					seen[f.Code] = true
				}
			}
			golden := path + ".want"
			if *update {
				if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != string(want) {
				t.Errorf("found\n%swant\n%s", got.String(), want)
			}
		})
	}
	for f := range Rules() {
		if strings.Contains("DLT", f.Code[:1]) && !seen[f.Code] {
			t.Errorf("no case has %s, %s", f.Code, f.Text)
		}
	}
}

// caseOptions reads what stands in the first line of a case.
func caseOptions(t *testing.T, path string) (o Options) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if _, name, ok := strings.Cut(line, "--apex "); ok {
		apex, err := e164.ParseApex(name)
		if err != nil {
			t.Fatal(err)
		}
		o.Apexes = append(o.Apexes, apex)
	}
	return o
}

// lintFile looks at one file.
func lintFile(t testing.TB, path string, o Options) *Report {
	t.Helper()
	l := New(o)
	if err := l.Read(t.Context(), FileSource(path)); err != nil {
		t.Fatal(err)
	}
	return l.Finish()
}

// lintText looks at a text.
func lintText(t testing.TB, text string, o Options) (*Linter, *Report) {
	t.Helper()
	l := New(o)
	if err := l.Read(t.Context(), textSource(text)); err != nil {
		t.Fatal(err)
	}
	return l, l.Finish()
}

func textSource(text string) Source {
	return Source{Name: "data", Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader([]byte(text))), nil }}
}

// TestNoFalseAlarm: the examples of the project have nothing that fails anywhere.
func TestNoFalseAlarm(t *testing.T) {
	for path, o := range map[string]Options{
		"../examples/numbers.txt":        {},
		"../examples/4.4.e164.arpa.zone": {},
		"../examples/dialplan.txt":       {Checker: enumservice.Checker{DialPlan: true, Private: true}},
	} {
		for f := range lintFile(t, path, o).Findings() {
			// Two orders are what the example shows; clients that stop at the first are told of.
			if f.Severity > enumservice.Info && f.Code != "O07" {
				t.Errorf("%s:%d: %s %s", path, f.Line, f.Code, f.Text)
			}
		}
	}
}
