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
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
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
	if code == 0 || err != nil || first.final {
		return code, err
	}
	tests := first.tests()
	if len(tests) == 0 || len(tests) > mostFailed {
		return code, nil
	}
	for _, t := range tests {
		if _, failed, err := run(out, alone(command, t)); failed != 0 || err != nil {
			return code, err
		}
		fmt.Fprintf(out, "again: %s of %s failed beside others, and passed %d times alone\n", t.name, t.pkg, times)
	}
	return 0, nil
}

// test is one that failed by itself, and not for what is below it.
type test struct{ pkg, name string }

// alone is the command for a test.
func alone(command []string, t test) []string {
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
	pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(t.name), "/", "$/^") + "$"
	return append(args, fmt.Sprint("-count=", times), "-timeout="+patience, "-p=1", "-run="+pattern, t.pkg)
}

// result is what is known of a run.
type result struct {
	failed map[test]bool
	final  bool // something failed that no test is to blame for alone
}

// tests returns those that failed by themselves, in the order of their names.
func (r *result) tests() []test {
	var list []test
	for t := range r.failed {
		above := false
		for other := range r.failed {
			above = above || other.pkg == t.pkg && strings.HasPrefix(other.name, t.name+"/")
		}
		if !above {
			list = append(list, t)
		}
	}
	slices.SortFunc(list, func(a, b test) int { return cmp.Or(cmp.Compare(a.pkg, b.pkg), cmp.Compare(a.name, b.name)) })
	return list
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
	r = &result{failed: make(map[test]bool)}
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
		if e.Test != "" {
			r.failed[test{e.Package, e.Test}] = true
			break
		}
		blamed := false
		for t := range r.failed {
			blamed = blamed || t.pkg == e.Package
		}
		r.final = r.final || !blamed // the package as such
	}
}
