package http

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/remote"
)

// tokenAge is how long a token is taken for what its file holds.
const tokenAge = time.Second

// token is the secret that requests are sent with. Connections live for long, so that it is read again while they
// do. It is safe for concurrent use.
type token struct {
	secret remote.Secret

	mu   sync.Mutex
	text string
	read time.Time
}

// header returns the value of the header Authorization, "" where there is no token.
func (t *token) header() (string, error) {
	if t.secret == (remote.Secret{}) {
		return "", nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.read.IsZero() && time.Since(t.read) < tokenAge {
		return t.text, nil
	}
	text, err := t.secret.Get()
	switch {
	case err != nil:
		return "", fmt.Errorf("%w: token: %w", backend.ErrUnavailable, err)
	case strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", fmt.Errorf("%w: token: %s: it has blanks, or characters that are not ASCII", backend.ErrUnavailable, t.secret)
	}
	t.text, t.read = "Bearer "+text, time.Now()
	return t.text, nil
}
