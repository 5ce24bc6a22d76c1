package lint

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
)

// FuzzLint: no text makes a Linter panic, and a mended text is read as before: it has the same meaning, and
// nothing more to mend.
func FuzzLint(f *testing.F) {
	for _, pattern := range []string{"testdata/cases/*", "testdata/fix/*", "../examples/*.txt", "../examples/*.zone"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range paths {
			if text, err := os.ReadFile(path); err == nil && filepath.Ext(path) != ".want" {
				f.Add(string(text))
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 {
			return
		}
		for _, o := range []Options{
			{Checker: enumservice.Checker{DialPlan: true}, Generate: true, Origin: "e164.arpa.", Fix: true},
			{Clients: enumservice.ClientsOf(enumservice.Asterisk), Most: 2},
		} {
			l, report := lintText(t, text, o)
			if n := len(slices.Collect(report.Findings())); o.Most > 0 && n > o.Most*200 {
				t.Fatalf("%d findings", n)
			}
			if _, err := l.Fix(t.Context(), textSource(text)); err != nil && o.Fix {
				continue
			}
		}
		mendText(t, text, numbersOf(text))
	})
}

// numbersOf lists numbers that a text may be about.
func numbersOf(text string) (list []e164.Number) {
	var n, back e164.Number
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			n, _ = n.Child(c)
			back = child(0, string(c)+back.Digits())
		case c == '.' || c == '-':
		default:
			if n.Len() > 2 && len(list) < 64 {
				list = append(list, n, back, child(n, "0000"), child(n, "1"))
			}
			n, back = 0, 0
		}
	}
	return list
}
