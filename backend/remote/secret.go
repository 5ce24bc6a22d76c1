package remote

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/enumim/enumim/backend"
)

// Secret is where a secret comes from: a file or a variable of the environment. It never prints the secret.
//
// Whether others may read the file is not looked at: orchestrators mount secrets readable for all inside a
// container, where the server is the only one.
type Secret struct{ source string }

// mostSecret bounds what a file of a secret may hold.
const mostSecret = 4096

// ParseSecret reads where a secret comes from. What is written instead is not repeated: it may be the secret.
func ParseSecret(c backend.Config, opt backend.Option) (Secret, error) {
	if len(opt.Args) != 1 {
		return Secret{}, opt.Errorf("expected file:PATH or env:NAME, got %d arguments", len(opt.Args))
	}
	if path, ok := strings.CutPrefix(opt.Args[0], "file:"); ok && path != "" && strings.IndexByte(path, 0) < 0 {
		return Secret{"file:" + c.Path(path)}, nil
	}
	if name, ok := strings.CutPrefix(opt.Args[0], "env:"); ok && name != "" && !strings.ContainsAny(name, "=\x00") {
		return Secret{opt.Args[0]}, nil
	}
	return Secret{}, opt.Errorf("a Corefile holds no secrets: write file:PATH or env:NAME")
}

// Get reads the secret: it is read again for each connection, so that it can be exchanged. An empty one and
// one with more than one line are errors; a newline at the end is not part of it. The zero Secret gives "".
func (s Secret) Get() (string, error) {
	if s.source == "" {
		return "", nil
	}
	secret, err := s.Text()
	if err != nil {
		return "", err
	}
	secret = strings.TrimSuffix(strings.TrimSuffix(secret, "\n"), "\r")
	switch {
	case secret == "":
		return "", fmt.Errorf("%s: the secret is empty", s.source)
	case strings.ContainsAny(secret, "\r\n\x00"):
		return "", fmt.Errorf("%s: the secret has more than one line", s.source)
	}
	return secret, nil
}

// Text reads a secret of several lines, as it stands there.
func (s Secret) Text() (string, error) {
	text, err := s.read()
	if err != nil {
		return "", fmt.Errorf("%s: %w", s.source, err)
	}
	return text, nil
}

func (s Secret) read() (string, error) {
	if name, ok := strings.CutPrefix(s.source, "env:"); ok {
		secret, set := os.LookupEnv(name)
		if !set {
			return "", errors.New("the variable is not set in the environment of the server")
		}
		return secret, nil
	}
	path := strings.TrimPrefix(s.source, "file:")
	info, err := os.Stat(path)
	if err != nil {
		return "", bare(err)
	}
	if !info.Mode().IsRegular() { // a pipe would hang
		return "", errors.New("it is no regular file")
	}
	if info.Mode().Perm()&0o002 != 0 { // who may read it, an orchestrator decides
		return "", errors.New("everybody may write to it: chmod o-w")
	}
	f, err := os.Open(path)
	if err != nil {
		return "", bare(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostSecret+1))
	if err != nil {
		return "", bare(err)
	}
	if len(text) > mostSecret {
		return "", fmt.Errorf("it has more than %d octets", mostSecret)
	}
	return string(text), nil
}

// bare returns an error of a file without its path, which stands before it.
func bare(err error) error {
	if path, ok := errors.AsType[*os.PathError](err); ok {
		return path.Err
	}
	return err
}

// String returns where the secret comes from, "file:/etc/secret".
func (s Secret) String() string { return s.source }
