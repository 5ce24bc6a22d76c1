package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// test is one test of a package, or with an empty name what the package says by itself.
type test struct{ pkg, name string }

// outcome is what is known of the tests.
type outcome struct {
	out     *bufio.Writer
	written map[test][]string   // what those wrote that have not ended
	left    map[string][]string // by reason, the tests that were left out
	again   []string            // what was told of tests that failed beside others, and passed alone
}

// line takes one line: an event of go test -json, or what others wrote.
func (o *outcome) line(line string) {
	var e struct{ Action, Package, Test, Output string }
	if !strings.HasPrefix(line, `{"`) || json.Unmarshal([]byte(line), &e) != nil || e.Action == "" {
		fmt.Fprint(o.out, line)
		if strings.HasPrefix(line, "again: ") {
			o.again = append(o.again, line)
		}
		return
	}
	t := test{e.Package, e.Test}
	switch e.Action {
	case "output":
		if !strings.HasPrefix(e.Output, "=== ") {
			o.written[t] = append(o.written[t], e.Output)
		}
	case "build-output":
		fmt.Fprint(o.out, e.Output)
	case "fail":
		if t.name == "" {
			o.unfinished(t.pkg)
		}
		o.print(t)
	case "pass":
		o.last(t)
	case "skip":
		if t.name == "" {
			o.last(t) // a package without tests
			break
		}
		reason := because(o.written[t])
		o.left[reason] = append(o.left[reason], t.name)
		delete(o.written, t)
	}
}

// print writes what a test that failed wrote, beginning with its name, as go test without -v does.
func (o *outcome) print(t test) {
	lines := o.written[t]
	delete(o.written, t)
	named := func(line string) bool { return strings.HasPrefix(strings.TrimSpace(line), "--- FAIL: "+t.name+" ") }
	if i := slices.IndexFunc(lines, named); i > 0 {
		name := lines[i]
		lines = slices.Insert(slices.Delete(lines, i, i+1), 0, name)
	}
	for _, line := range lines {
		fmt.Fprint(o.out, line)
	}
}

// unfinished writes what tests of a package wrote that ended with it, in the midst of their work.
func (o *outcome) unfinished(pkg string) {
	var names []string
	for t := range o.written {
		if t.pkg == pkg && t.name != "" {
			names = append(names, t.name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		o.print(test{pkg, name})
	}
}

// last writes of a package that passed what it says last: ok, and how long it took.
func (o *outcome) last(t test) {
	if lines := o.written[t]; t.name == "" && len(lines) > 0 {
		fmt.Fprint(o.out, lines[len(lines)-1])
	}
	delete(o.written, t)
}

// message is how a line of a test begins.
var message = regexp.MustCompile(`^\s+\S+\.go:\d+: `)

// because is the reason for which a test was left out: all that its last message says.
func because(lines []string) string {
	lines = slices.DeleteFunc(lines, func(line string) bool { return strings.HasPrefix(strings.TrimSpace(line), "--- SKIP: ") })
	for i, line := range slices.Backward(lines) {
		if place := message.FindString(line); place != "" {
			lines[i] = strings.TrimPrefix(line, place)
			return strings.Join(strings.Fields(strings.Join(lines[i:], "")), " ")
		}
	}
	return "no reason given"
}

// summary says which tests were left out, and returns whether that is a failure.
func (o *outcome) summary(apart []*regexp.Regexp, everything bool) (failed bool) {
	none := 0
	for _, reason := range slices.Sorted(maps.Keys(o.left)) {
		names := o.left[reason]
		if slices.ContainsFunc(apart, func(r *regexp.Regexp) bool { return r.MatchString(reason) }) {
			none += len(names)
			continue
		}
		failed = everything
		more := ""
		if len(names) > 3 {
			names, more = names[:3], fmt.Sprintf(" and %d more", len(names)-3)
		}
		fmt.Fprintf(o.out, "left out: %s%s: %s\n", strings.Join(names, ", "), more, reason)
	}
	if none > 0 {
		fmt.Fprintf(o.out, "left out since they do not apply, or run elsewhere (.ci/skips): %d\n", none)
	}
	for _, line := range o.again {
		fmt.Fprint(o.out, line)
	}
	if failed {
		fmt.Fprintln(o.out, "left out: that is a failure, since everything is to run")
	}
	return failed
}
