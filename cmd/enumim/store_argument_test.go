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
