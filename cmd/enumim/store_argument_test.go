package main

import (
	"strings"
	"testing"
)

// A command that takes files says of a store that it is one, and asks nobody for its name.
func TestStoreAsFile(t *testing.T) {
	const store = "shelf asked { steps }"
	for _, args := range [][]string{{"lint", store}, {"explain", "+12025550100", store}} {
		if out, errs, code := tool(t, "", args...); code != exitUsage || out != "" || !strings.HasPrefix(errs, "enumim: shelf asked: is a store: ") {
			t.Errorf("%v: exit %d\n%s%s", args, code, out, errs)
		}
	}
}

// Who writes the line of a store otherwise than in one argument is told how.
func TestLineHint(t *testing.T) {
	for line, want := range map[string]string{
		"shelf asked steps x":             "options stand in braces",
		"shelf asked { steps 1 odd 2 }":   "parted by semicolons",
		"shelf asked { steps 1; odd 2 }":  "",
		"shelf asked { steps\n odd 1 2 }": "",
		"shelf":                           "",
	} {
		if got := lineHint(line); (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}
