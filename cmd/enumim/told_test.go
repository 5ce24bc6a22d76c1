package main

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// directory is a driver that serves one number, and leaves others out, as ldap does.
type directory struct{}

func init() { backend.Register("directory", directory{}) }

func (directory) Parse(backend.Config) (backend.Opener, error) { return directory{}, nil }
func (directory) Key() string                                  { return "" }

func (directory) Open(_ context.Context, observe func(backend.Event)) (backend.Backend, error) {
	observe(backend.Event{Kind: backend.Finding, Rule: "local", Text: "values have no country code", Count: 3})
	return directory{}, nil
}

func (directory) Lookup(context.Context, backend.Query) (backend.Answer, error) {
	return backend.Answer{}, backend.ErrClosed
}

func (directory) Walk(context.Context, string) iter.Seq2[backend.Entry, error] {
	return func(yield func(backend.Entry, error) bool) {
		n, err := e164.ParseDigits("12025550142")
		yield(backend.Entry{Kind: backend.Number, Name: e164.Name{Number: n}, TTL: 3600, Records: []naptr.Record{
			{Order: 100, Preference: 10, Flags: "u", Services: "E2U+sip", Regexp: "!^.*$!sip:one@example.com!", Replacement: "\x00"},
		}}, err)
	}
}

func (directory) Close() error { return nil }

// What a backend left out before anybody read it is told by who copies it: else the copy looks complete.
func TestWhatABackendLeavesOutIsTold(t *testing.T) {
	const note = "note: directory people: values have no country code (3 times)\n"
	out, errs, code := tool(t, "", "export", "directory people {\n}")
	if code != exitOK || errs != note || !strings.Contains(out, "+12025550142") {
		t.Errorf("export: exit %d\n%s%s", code, out, errs)
	}
	if out, errs, code := tool(t, "", "sync", "directory people {\n}", "shelf told"); code != exitOK || errs != note {
		t.Errorf("sync: exit %d\n%s%s", code, out, errs)
	}
}

// statement is a store of which somebody's own statement reads, and nobody can write.
type statement struct{ directory }

func init() { backend.Register("statement", statement{}) }

func (statement) Parse(backend.Config) (backend.Opener, error) { return statement{}, nil }

func (statement) OpenWriter(context.Context) (backend.Writer, error) {
	return nil, fmt.Errorf("%w: leave out the statement", backend.ErrReadOnly)
}

// What cannot be written to can be read: numbers move from somebody's own tables to another store.
func TestOnlyReadIsExported(t *testing.T) {
	if out, errs, code := tool(t, "", "export", "statement own"); code != exitOK || !strings.Contains(out, "+12025550142") {
		t.Errorf("export: exit %d\n%s%s", code, out, errs)
	}
	if out, errs, code := tool(t, "", "sync", "statement own", "shelf own"); code != exitOK {
		t.Errorf("sync: exit %d\n%s%s", code, out, errs)
	}
	if out, errs, code := tool(t, "", "sync", "shelf own", "statement own"); code == exitOK || !strings.Contains(errs, "leave out the statement") {
		t.Errorf("sync to it: exit %d\n%s%s", code, out, errs)
	}
}
