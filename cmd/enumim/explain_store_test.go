package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// A number is explained also where its data is in a store; that a store is not there is said.
func TestExplainOfAStore(t *testing.T) {
	t.Chdir(t.TempDir())
	file := filepath.Join(t.TempDir(), "numbers.txt")
	write(t, file, tidyNumbers)
	write(t, "Corefile", "e164.arpa {\n enumim {\n  backend bolt numbers.bolt\n }\n}\n")
	args := []string{"explain", "--offline", "-c", "Corefile", "--client", "strict", "+12025550142"}
	if _, errs, code := tool(t, "", args...); code != exitUsage || !strings.Contains(errs, "Corefile:2: backend bolt: backend has no data yet") {
		t.Errorf("without data: exit %d\n%s", code, errs)
	}
	if _, errs, code := tool(t, "", "import", "-c", "Corefile", file); code != exitOK {
		t.Fatal(errs)
	}
	out, errs, code := tool(t, "", args...)
	if code != exitOK || errs != "" || !strings.Contains(out, "  strict  sip:+12025550142@gw.example.net\n") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}
