package test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/keyed"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/test/servers"
)

// startHTTP starts the example of a server behind the backend http. Its data changes as its files do: the backend
// itself only reads.
func startHTTP(mode string) func(t testing.TB) *place {
	return func(t testing.TB) *place {
		token, path := secret(t)
		s := servers.HTTPStore(t, built(t, "httpstore"), "-token", path)
		url := "http://" + s.Addr + "/tree"
		return &place{line: "http " + url, options: []string{"mode " + mode, "token file:" + path}, secret: token, servers: []*servers.Server{s},
			writes: &lines{path: filepath.Join(s.Dir, "tree.jsonl"), url: url, token: token, all: map[slot]backend.Entry{}}}
	}
}

// lines is a file of JSON lines that a server serves, and who writes it.
type lines struct {
	path, url, token string
	all              map[slot]backend.Entry
}

// slot is what tells entries apart.
type slot struct {
	name e164.Name
	keyed.Slot
}

// OpenWriter implements backend.WriterOpener. A server that is away has to come back before it is written for.
func (l *lines) OpenWriter(ctx context.Context) (backend.Writer, error) {
	_, err := l.served(ctx)
	return l, err
}

// Walk implements backend.Writer.
func (l *lines) Walk(context.Context) iter.Seq2[backend.Entry, error] {
	return func(yield func(backend.Entry, error) bool) {
		for _, e := range l.sorted() {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (l *lines) sorted() []backend.Entry {
	return slices.SortedFunc(maps.Values(l.all), func(a, b backend.Entry) int {
		return cmp.Or(a.Name.Number.Compare(b.Name.Number), keyed.SlotOf(&a).Compare(keyed.SlotOf(&b)))
	})
}

// Write implements backend.Writer: the file is replaced at once. It returns when the server has it.
func (l *lines) Write(ctx context.Context, changes iter.Seq2[backend.Change, error], done func(int)) error {
	for c, err := range changes {
		if err != nil {
			return err
		}
		at := slot{c.Name, keyed.SlotOf(&c.Entry)}
		if delete(l.all, at); !c.Delete {
			l.all[at] = c.Entry
		}
		done(1)
	}
	var codec notation.Codec
	var text []byte
	for _, e := range l.sorted() {
		text = append(codec.AppendJSON(text, &e), '\n')
	}
	text = append(codec.AppendJSONEnd(text, len(l.all)), '\n')
	aside := l.path + ".new"
	if err := os.WriteFile(aside, text, 0o644); err != nil {
		return err
	}
	if err := os.Rename(aside, l.path); err != nil {
		return err
	}
	for {
		served, err := l.served(ctx)
		if err != nil {
			return err
		}
		if _, served, _ = bytes.Cut(served, []byte{'\n'}); bytes.Equal(served, text) {
			return nil
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// served returns the tree that the server has now.
func (l *lines) served(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, l.url+"/entries", nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+l.token)
	r.Close = true
	reply, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", backend.ErrUnavailable, err)
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err != nil {
		err = fmt.Errorf("%w: %w", backend.ErrUnavailable, err)
	}
	return text, err
}

// Atomic implements backend.Writer.
func (l *lines) Atomic() bool { return true }

// Close implements backend.Writer.
func (l *lines) Close() error { return nil }
