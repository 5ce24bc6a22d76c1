package tools

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/zip"
)

// file is one of the repository, by its path there.
type file string

func (f file) place() string                { return filepath.Join("..", filepath.FromSlash(string(f))) }
func (f file) Path() string                 { return string(f) }
func (f file) Lstat() (os.FileInfo, error)  { return os.Lstat(f.place()) }
func (f file) Open() (io.ReadCloser, error) { return os.Open(f.place()) }

// TestModule says that "go get" can fetch this module: a name that some system does not allow has it refused on all.
func TestModule(t *testing.T) {
	out, err := exec.Command("git", "-C", "..", "ls-files", "-z").Output()
	if err != nil {
		t.Fatal(err)
	}
	var files []zip.File
	for name := range strings.SplitSeq(strings.Trim(string(out), "\x00"), "\x00") {
		files = append(files, file(name))
	}
	checked, err := zip.CheckFiles(files)
	for _, bad := range checked.Invalid {
		t.Error(bad)
	}
	if err != nil || len(checked.Valid) == 0 {
		t.Fatalf("%d files, of which %d are valid: %v", len(files), len(checked.Valid), err)
	}
}
