//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package bolt

import (
	"errors"
	"io/fs"
	"os"
)

func lock(*os.File, bool) error        { return errors.ErrUnsupported }
func mapFile(*os.File) ([]byte, error) { return nil, errors.ErrUnsupported }
func unmapFile([]byte) error           { return errors.ErrUnsupported }
func own(*os.File, fs.FileInfo) error  { return errors.ErrUnsupported }
