package lint

import (
	"errors"
	"os"
	"path/filepath"
)

// WriteFile puts text in the place of a file at once: whoever reads the file sees the old text or the new
// one, also after a crash. The mode stays, and a symbolic link goes on leading to the file. A file that is
// not there yet is made.
func WriteFile(path string, text []byte) (err error) {
	target, err := filepath.EvalSymlinks(path)
	mode := os.FileMode(0o644)
	switch {
	case errors.Is(err, os.ErrNotExist):
		target = path
	case err != nil:
		return err
	default:
		info, err := os.Stat(target)
		if err != nil {
			return err
		}
		mode = info.Mode().Perm()
	}
	folder := filepath.Dir(target)
	f, err := os.CreateTemp(folder, "."+filepath.Base(target)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()           // the error is told already
			_ = os.Remove(f.Name()) // the same
		}
	}()
	if _, err = f.Write(text); err != nil {
		return err
	}
	if err = f.Chmod(mode); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), target); err != nil {
		return err
	}
	return syncFolder(folder)
}

// syncFolder has the new name of a file written down.
func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
