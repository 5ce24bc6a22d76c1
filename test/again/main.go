// Command again runs go test -json. Where a few tests failed, it runs each of those three times more, with nothing beside
// them, and they have to pass each time: on a small machine a hundred data bases that start at once make a reply
// late, and that is told as such, while what is wrong is wrong alone, too.
//
//	again go test -json [-FLAG | -FLAG=VALUE]... PACKAGE...
//
// Data races, panics and packages that do not build are not tried again.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
)

const (
	// mostFailed is how many tests may fail: more of them have a common cause.
	mostFailed = 3
	// times is how often each of them has to pass.
	times = 3
	// patience is how long that may take in all for a package.
	patience = "5m"
)

func main() {
	code, err := judge(os.Stdout, os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "again:", err)
		code = 1
	}
	os.Exit(code)
}

// judge runs the command, and what failed again. It returns the code to end with.
func judge(out io.Writer, command []string) (code int, err error) {
	if len(command) == 0 {
		return 0, errors.New("a command is expected, such as again go test -json PACKAGE")
	}
	first, code, err := run(out, command)
	if code == 0 || err != nil || first.final || first.count() == 0 || first.count() > mostFailed {
		return code, err
	}
	for _, pkg := range slices.Sorted(maps.Keys(first.failed)) {
		tests := slices.Sorted(maps.Keys(first.failed[pkg]))
		if _, failed, err := run(out, alone(command, pkg, tests)); failed != 0 || err != nil {
			return code, err
		}
		fmt.Fprintf(out, "again: %s of %s failed beside others, and passed %d times alone\n", strings.Join(tests, ", "), pkg, times)
	}
	return 0, nil
}

// alone is the command for some tests of a package.
func alone(command []string, pkg string, tests []string) []string {
	var args []string
	for i, arg := range command {
		name, _, _ := strings.Cut(arg, "=")
		switch {
		case strings.HasPrefix(arg, "-") && !slices.Contains([]string{"-run", "-skip", "-p", "-count", "-timeout"}, name):
			args = append(args, arg)
		case i < 2: // go test
			args = append(args, arg)
		}
	}
	return append(args, fmt.Sprint("-count=", times), "-timeout="+patience, "-p=1", "-run=^("+strings.Join(tests, "|")+")$", pkg)
}

// result is what is known of a run.
type result struct {
	failed map[string]map[string]bool // tests, without what is below them, by package
	final  bool                       // something failed that no test is to blame for alone
}

func (r *result) count() (n int) {
	for _, tests := range r.failed {
		n += len(tests)
	}
	return n
}

// run runs a command and passes on what it writes.
func run(out io.Writer, command []string) (r *result, code int, err error) {
	cmd := exec.Command(command[0], command[1:]...) //nolint:gosec // that is its job
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return nil, 1, err
	}
	if err := cmd.Start(); err != nil {
		return nil, 1, err
	}
	r = &result{failed: make(map[string]map[string]bool)}
	lines := bufio.NewReader(io.TeeReader(pipe, out))
	for {
		line, end := lines.ReadBytes('\n')
		r.line(line)
		if end != nil {
			break
		}
	}
	err = cmd.Wait()
	if _, ok := errors.AsType[*exec.ExitError](err); ok {
		err = nil
	}
	return r, max(cmd.ProcessState.ExitCode(), boolean(err != nil)), err
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// line takes one line of what go test -json writes.
func (r *result) line(line []byte) {
	var e struct{ Action, Package, Test, Output string }
	if !bytes.HasPrefix(line, []byte(`{"`)) || json.Unmarshal(line, &e) != nil {
		return
	}
	switch e.Action {
	case "build-fail":
		r.final = true
	case "output":
		text := strings.TrimSpace(e.Output)
		r.final = r.final || strings.HasPrefix(text, "WARNING: DATA RACE") || strings.HasPrefix(text, "panic:") || strings.HasPrefix(text, "fatal error:")
	case "fail":
		switch test, _, _ := strings.Cut(e.Test, "/"); {
		case test == "" && len(r.failed[e.Package]) == 0:
			r.final = true // the package as such
		case test != "":
			if r.failed[e.Package] == nil {
				r.failed[e.Package] = make(map[string]bool)
			}
			r.failed[e.Package][test] = true
		}
	}
}
