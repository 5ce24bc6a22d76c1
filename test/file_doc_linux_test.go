package test

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestNumbersFilePage does what docs/numbers-file.md begins with. The snippets behind that are for TestReference of the
// package numbers.
func TestNumbersFilePage(t *testing.T) {
	dir, name := t.TempDir(), "numbers.txt"
	path := filepath.Join(dir, name)
	began := false
	p := page{file: "numbers-file.md", dir: dir}
	p.other = func(t *testing.T, _, block string) {
		if strings.HasPrefix(block, "+442079460123") {
			write(t, dir, name, block)
			began = true
		}
	}
	p.corefile = func(text string) string { return strings.ReplaceAll(text, name, path) }
	p.do(t)
	if !began {
		t.Error("the page begins with other numbers")
	}
}
