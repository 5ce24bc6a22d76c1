package sqlstore

import (
	"crypto/sha256"
	"fmt"
	"os"

	"github.com/enumim/enumim/backend"
)

// mostSQL bounds the file of a statement.
const mostSQL = 64 << 10

// ReadSQL reads the file of a statement; without a path there is none.
func ReadSQL(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() > mostSQL {
		return "", fmt.Errorf("%s: expected a file with one SQL statement of up to 64 KiB", path)
	}
	text, err := os.ReadFile(path)
	return string(text), err
}

// sumOf is another when one of the statements is. Files that cannot be read are told of when they are needed.
func sumOf(paths ...string) (sum [sha256.Size]byte) {
	h := sha256.New()
	for _, path := range paths {
		text, _ := ReadSQL(path)
		fmt.Fprintf(h, "%q\n", text)
	}
	h.Sum(sum[:0])
	return sum
}

// What a statement returns and nobody can make sense of may be just what was asked for: it is no answer.
var (
	ErrLost  = fmt.Errorf("%w: a row of the operator's statement has no number of up to 15 digits, the country code first and nothing between them: cast and trim it there", backend.ErrInvalidData)
	ErrBelow = fmt.Errorf("%w: the statement of the option below: it returns those of the digits that it is given below which something lies, and nothing else", backend.ErrInvalidData)
)
