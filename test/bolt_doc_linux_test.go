package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBoltPage does what docs/bolt.md shows, also while the server takes changes.
func TestBoltPage(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "numbers.bolt")
	p := page{file: "bolt.md", dir: dir, started: func(t *testing.T, _ server) {
		eventually(t, func() error {
			_, err := os.Stat(path + ".sock")
			return err
		})
	}}
	p.corefile = func(text string) string { return strings.ReplaceAll(text, "numbers.bolt", path) }
	p.do(t)
}
