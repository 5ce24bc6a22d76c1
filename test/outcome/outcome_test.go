package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// module is one whose tests end in each way.
var module = map[string]string{
	"go.mod": "module example.com/m\n\ngo 1.26\n",
	"passes/a_test.go": `package a
import ("fmt"; "testing")
func TestPasses(t *testing.T) { fmt.Println("idle talk"); t.Log("of no interest") }
`,
	"fails/a_test.go": `package a
import "testing"
func TestFails(t *testing.T) { t.Run("within", func(t *testing.T) { t.Log("came before"); t.Error("is wrong") }) }
`,
	"panics/a_test.go": `package a
import "testing"
func TestPanics(t *testing.T) { panic("no way on") }
`,
	"broken/a_test.go": `package a
func f() { missing() }
`,
	"left/a_test.go": `package a
import "testing"
func TestLeft(t *testing.T) {
	for _, name := range []string{"a", "b", "c", "d"} { t.Run(name, func(t *testing.T) { t.Parallel(); t.Log("probing"); t.Skip("no such\nmachine") }) }
}
func TestDeclared(t *testing.T) { t.Skip("declared: has none") }
func TestSilent(t *testing.T) { t.SkipNow() }
`,
	"none/a.go": "package a\n",
}

// events are what go test -json writes of some packages of the module.
func events(t *testing.T, packages ...string) string {
	t.Helper()
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
	cmd := exec.Command("go", append([]string{"test", "-json"}, packages...)...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	if len(out) == 0 {
		t.Fatal(err)
	}
	return "go vet ./...\n" + string(out) + `{"unlike": "an event"}` + "\n"
}

func told(t *testing.T, events string, everything bool) (text string, failed bool) {
	t.Helper()
	var out bytes.Buffer
	failed, err := tell(strings.NewReader(events), &out, "../../.ci/skips", everything)
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), failed
}

// What failed is told with all that it said, its name first, and what passed in one line for each package.
func TestFailures(t *testing.T) {
	got, failed := told(t, events(t, "./passes", "./fails", "./panics", "./broken", "./none"), true)
	for _, want := range []string{
		"go vet ./...\n", `{"unlike": "an event"}` + "\n",
		"\nok  \texample.com/m/passes\t", "?   \texample.com/m/none\t[no test files]\n",
		"--- FAIL: TestFails/within (0.00s)\n    a_test.go:3: came before\n    a_test.go:3: is wrong\n", "--- FAIL: TestFails (0.00s)\n", "FAIL\texample.com/m/fails\t",
		"panic: no way on", "goroutine ", "undefined: missing", "FAIL\texample.com/m/broken [build failed]\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	for _, none := range []string{"idle talk", "of no interest", "=== RUN", "left out", `"Action"`} {
		if strings.Contains(got, none) {
			t.Errorf("%q is in\n%s", none, got)
		}
	}
	if failed {
		t.Error("nothing was left out")
	}
}

// What was left out is told with the reason, and fails where everything is to run, unless it is none of the machine's.
func TestLeftOut(t *testing.T) {
	log := events(t, "./left")
	for _, everything := range []bool{false, true} {
		got, failed := told(t, log, everything)
		for _, want := range []string{": no such machine\n", " and 1 more: ", "left out: TestSilent: no reason given\n", "left out since they do not apply, or run elsewhere (.ci/skips): 1\n"} {
			if !strings.Contains(got, want) {
				t.Errorf("%q is missing in\n%s", want, got)
			}
		}
		if failed != everything {
			t.Errorf("everything is to run: %v; failed: %v", everything, failed)
		}
	}
}
