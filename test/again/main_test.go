package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// module is one whose tests fail in each way. A test knows from a file how often it ran.
var module = map[string]string{
	"go.mod": "module example.com/m\n\ngo 1.26\n",
	"runs/runs.go": `package runs
import "os"
func Run(name string) (n int) {
	text, _ := os.ReadFile(name)
	os.WriteFile(name, append(text, 'x'), 0o600)
	return len(text) + 1
}
`,
	"passes/a_test.go": "package a\nimport \"testing\"\nfunc TestPasses(t *testing.T) {}\n",
	"once/a_test.go": `package a
import ("testing"; "example.com/m/runs")
func TestOnce(t *testing.T) { t.Run("within (a|b)", func(t *testing.T) { if runs.Run("once") == 1 { t.Error("late") } }); t.Run("within", func(t *testing.T) { runs.Run("beside") }) }
func TestBeside(t *testing.T) { runs.Run("beside") }
`,
	"twice/a_test.go": `package a
import ("testing"; "example.com/m/runs")
func TestTwice(t *testing.T) { if n := runs.Run("twice"); n == 1 || n == 4 { t.Error("wrong now and then") } }
`,
	"always/a_test.go": "package a\nimport \"testing\"\nfunc TestAlways(t *testing.T) { t.Error(\"wrong\") }\n",
	"panics/a_test.go": `package a
import ("testing"; "example.com/m/runs")
func TestPanics(t *testing.T) { if runs.Run("panics") == 1 { panic("no way on") } }
`,
	"races/a_test.go": `package a
import ("fmt"; "testing"; "example.com/m/runs")
func TestRaces(t *testing.T) { if runs.Run("races") == 1 { fmt.Println("WARNING: DATA RACE"); t.Error("a race") } }
`,
	"many/a_test.go": `package a
import ("testing"; "example.com/m/runs")
func fail(t *testing.T) { if runs.Run(t.Name()) == 1 { t.Error("late") } }
func TestA(t *testing.T) { fail(t) }
func TestB(t *testing.T) { fail(t) }
func TestC(t *testing.T) { fail(t) }
func TestD(t *testing.T) { fail(t) }
`,
	"broken/a_test.go": "package a\nfunc f() { missing() }\n",
}

// What failed beside others has to pass three times alone; what is more than late is not tried again.
func TestAgain(t *testing.T) {
	for _, test := range []struct {
		name     string
		packages []string
		code     int
		ran      map[string]int // how often
	}{
		{"all passes", []string{"./passes"}, 0, nil},
		{"late once", []string{"./passes", "./once"}, 0, map[string]int{"once/once": 4, "once/beside": 2}},
		{"wrong now and then", []string{"./passes", "./twice"}, 1, map[string]int{"twice/twice": 4}},
		{"always wrong", []string{"./always"}, 1, nil},
		{"late beside one that is wrong", []string{"./always", "./once"}, 1, nil},
		{"a panic", []string{"./panics"}, 1, map[string]int{"panics/panics": 1}},
		{"a race", []string{"./races", "./once"}, 1, map[string]int{"races/races": 1, "once/once": 1}},
		{"many", []string{"./many"}, 1, map[string]int{"many/TestA": 1}},
		{"no package", []string{"./broken", "./once"}, 1, map[string]int{"once/once": 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range module {
				path := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			t.Chdir(dir)
			t.Setenv("GOFLAGS", "")
			t.Setenv("GOWORK", "off")
			var out bytes.Buffer
			code, err := judge(&out, append([]string{"go", "test", "-json", "-timeout=1m", "-skip=TestNone", "-count=1"}, test.packages...))
			if err != nil || code != test.code {
				t.Fatalf("code %d, %v\n%s", code, err, &out)
			}
			for name, want := range test.ran {
				if text, _ := os.ReadFile(name); len(text) != want {
					t.Errorf("%s ran %d times, want %d", name, len(text), want)
				}
			}
			const told = "again: TestOnce/within_(a|b) of example.com/m/once failed beside others, and passed 3 times alone\n"
			if late := test.code == 0 && len(test.ran) > 0; late != strings.Contains(out.String(), told) {
				t.Errorf("told of it: %t\n%s", !late, &out)
			}
		})
	}
}
