package snapshot

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/backend/table"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

const source = "db.example.net:5432/enum"

func apex(t testing.TB, name string) e164.Apex {
	t.Helper()
	a, err := e164.ParseApex(name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func number(text string) e164.Name { return e164.Name{Number: e164.MustParse(text)} }

// some are entries of each kind that a store has.
func some() []backend.Entry {
	records := []naptr.Record{
		{Order: 100, Preference: 10, Flags: "u", Services: "E2U+im", Regexp: "!^.*$!im:user@example.com!"},
		{Order: 100, Preference: 20, Flags: "u", Services: "E2U+sip", Regexp: `!^\+1202555(.*)$!sip:\1@example.com!`},
	}
	return []backend.Entry{
		{Name: number("+12025550100"), TTL: 300, Records: records},
		{Name: number("+12025550101")},
		{Name: number("+12025550102"), Broken: true},
		{Kind: backend.Block, Name: number("+1202555"), Min: 11, Max: 11, TTL: 60, Records: records[1:]},
		{Kind: backend.Block, Name: number("+49"), Min: 3, Max: 15, Broken: true},
		{
			Kind: backend.Delegation, Name: number("+4420"), Sets: []backend.RRset{{Type: 2, TTL: 60, Data: []string{"\x03ns1\x07example\x03net\x00"}}},
			Glue: []backend.Host{{Name: "\x03ns1\x07example\x03net\x00", Sets: []backend.RRset{{Type: 1, TTL: 60, Data: []string{"\xc0\x00\x02\x01"}}}}},
		},
		{Kind: backend.Delegation, Name: number("+4421"), Broken: true},
	}
}

func seqOf(list []backend.Entry) iter.Seq2[backend.Entry, error] {
	return func(yield func(backend.Entry, error) bool) {
		for _, e := range list {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// load reads a file to its end.
func load(f *File) (list []backend.Entry, current time.Time, err error) {
	entries, current, err := f.Load()
	if err != nil || entries == nil {
		return nil, current, err
	}
	for e, err := range entries {
		if err != nil {
			return nil, current, err
		}
		e.Records = append([]naptr.Record(nil), e.Records...)
		list = append(list, e)
	}
	return list, current, nil
}

func saved(t testing.TB, list []backend.Entry) (*File, string, time.Time) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "good.jsonl")
	f := New(path, source, &notation.Codec{})
	now := time.Now().Truncate(time.Second)
	if err := f.Save(seqOf(list), now); err != nil {
		t.Fatal(err)
	}
	return f, path, now
}

// TestSaved: what is saved is loaded, entry for entry, with the time when it was current.
func TestSaved(t *testing.T) {
	for _, list := range [][]backend.Entry{nil, some()} {
		f, path, now := saved(t, list)
		for i := range list {
			if len(list[i].Records) == 0 {
				list[i].Records = nil
			}
		}
		got, current, err := load(f)
		for i := range got {
			if len(got[i].Records) == 0 {
				got[i].TTL = 0 // of no records
			}
		}
		if err != nil || !current.Equal(now) || !reflect.DeepEqual(got, list) {
			t.Errorf("%v, %v, %+v, want %+v", err, current, got, list)
		}
		info, err := os.Stat(path)
		if err != nil || private && info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
	}
}

// TestSaveKeepsTheOld: what cannot be saved whole leaves the file that was there.
func TestSaveKeepsTheOld(t *testing.T) {
	f, path, _ := saved(t, some())
	before, _ := os.ReadFile(path)
	broken := errors.New("broken off")
	err := f.Save(func(yield func(backend.Entry, error) bool) { yield(backend.Entry{}, broken) }, time.Now())
	after, _ := os.ReadFile(path)
	if !errors.Is(err, broken) || !bytes.Equal(before, after) {
		t.Errorf("%v, %d octets and %d before", err, len(after), len(before))
	}
}

// TestSaveTightens: a file that others could read is for its owner alone when it was saved again.
func TestSaveTightens(t *testing.T) {
	if !private {
		t.Skip("no modes here")
	}
	f, path, now := saved(t, some())
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := load(f); !errors.Is(err, backend.ErrInvalidData) || !strings.Contains(err.Error(), "0600") {
		t.Errorf("a file for all: %v", err)
	}
	if err := f.Save(seqOf(some()), now); err != nil {
		t.Fatal(err)
	}
	if _, _, err := load(f); err != nil {
		t.Error(err)
	}
}

// TestNone: without a file there is nothing to begin with, and no error.
func TestNone(t *testing.T) {
	entries, _, err := New(filepath.Join(t.TempDir(), "none"), source, &notation.Codec{}).Load()
	if entries != nil || err != nil {
		t.Error(err)
	}
}

// TestRefused: what is not whole, or not of this store and these trees, is refused, and its error tells no number.
func TestRefused(t *testing.T) {
	lines := func(change func(lines []string) []string) func([]byte) []byte {
		return func(b []byte) []byte {
			return []byte(strings.Join(change(strings.SplitAfter(string(b), "\n")), ""))
		}
	}
	for _, c := range []struct {
		name   string
		change func([]byte) []byte
		want   string
	}{
		{"empty", func([]byte) []byte { return nil }, "cut short"},
		{"half", func(b []byte) []byte { return b[:len(b)/2] }, "cut short"},
		{"without its end", lines(func(l []string) []string { return l[:len(l)-2] }), "cut short"},
		{"the last octet is missing", func(b []byte) []byte { return b[:len(b)-1] }, "cut short"},
		{"one entry less", lines(func(l []string) []string { return append(l[:1], l[2:]...) }), "checksum"},
		{"one digit", func(b []byte) []byte { return bytes.Replace(b, []byte(`"ttl":300`), []byte(`"ttl":301`), 1) }, "checksum"},
		{"the time", func(b []byte) []byte { return bytes.Replace(b, []byte(`"current":"2`), []byte(`"current":"3`), 1) }, "checksum"},
		{"more behind it", func(b []byte) []byte { return append(b, b...) }, "follows"},
		{"another form", func(b []byte) []byte { return bytes.Replace(b, []byte(`"version":1`), []byte(`"version":2`), 1) }, "form 2"},
		{"numbers file", func([]byte) []byte { return []byte("+12025550100 none\n$END\n") }, "no snapshot"},
		{"export", lines(func(l []string) []string { return l[1:] }), "no snapshot"},
		{"a zone in it", lines(func(l []string) []string {
			return append(l[:1], `{"kind":"zone","apex":"e164.arpa","sets":[{"type":"SOA","ttl":1,"data":["a. b. 1 2 3 4 5"]}]}`+"\n")
		}), "no entry"},
		{"no JSON", lines(func(l []string) []string { return append(l[:1], "+12025550100\n") }), "line 2"},
		{"a long line", lines(func(l []string) []string { return append(l[:1], strings.Repeat(" ", maxLine+5)+"\n") }), "too long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, path, _ := saved(t, some())
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, c.change(text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, _, err = load(f)
			if !errors.Is(err, backend.ErrInvalidData) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "2025550") {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestDamaged: a file that was cut at any octet, or in which any bit was turned over, is never taken for whole.
func TestDamaged(t *testing.T) {
	f, path, _ := saved(t, some()[:4])
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	try := func(what string, at int, text []byte) {
		t.Helper()
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if entries, _, err := f.Load(); err == nil && entries != nil {
			tab := table.New(table.Options{Lenient: true})
			if tab.Replace(entries) == nil {
				t.Errorf("%s %d of %d: taken with %d entries", what, at, len(text), tab.Len())
			}
		}
	}
	for i := range text {
		try("cut at", i, text[:i])
		damaged := bytes.Clone(text)
		damaged[i] ^= 1 << (i % 8)
		try("a bit of octet", i, damaged)
	}
}

// TestForeign: the file of another store, or for other trees, is refused.
func TestForeign(t *testing.T) {
	path := filepath.Join(t.TempDir(), "good.jsonl")
	tree := apex(t, "e164.arpa")
	if err := New(path, source, &notation.Codec{Apexes: []e164.Apex{tree}}).Save(seqOf(some()), time.Now()); err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]*File{
		"store": New(path, "other.example.net:5432/enum", &notation.Codec{Apexes: []e164.Apex{tree}}),
		"trees": New(path, source, &notation.Codec{Apexes: []e164.Apex{tree, apex(t, "e164.example.net")}}),
		"plan":  New(path, source, &notation.Codec{Apexes: []e164.Apex{tree}, DialPlan: true}),
	} {
		if _, _, err := load(f); !errors.Is(err, backend.ErrInvalidData) || !strings.Contains(err.Error(), "another store") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzLoad: whatever stands in the file, it is what Save wrote or it is refused.
func FuzzLoad(f *testing.F) {
	_, path, _ := saved(f, some())
	text, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(text[:len(text)/2])
	f.Add([]byte(`{"kind":"snapshot","version":1}` + "\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		f := New(path, source, &notation.Codec{})
		list, current, err := load(f)
		if err != nil || list == nil {
			return
		}
		if err := f.Save(seqOf(list), current); err != nil {
			t.Fatal(err)
		}
		again, _, err := load(f)
		if err != nil || len(again) != len(list) {
			t.Fatalf("%v, %d entries, %d before", err, len(again), len(list))
		}
	})
}

// million yields numbers with two records each, as most are.
func million(n int) iter.Seq2[backend.Entry, error] {
	return func(yield func(backend.Entry, error) bool) {
		for i := range n {
			e := backend.Entry{Name: number(fmt.Sprintf("+1202%07d", i)), TTL: 3600, Records: []naptr.Record{
				{Order: 100, Preference: 10, Flags: "u", Services: "E2U+im", Regexp: fmt.Sprintf("!^.*$!im:user%d@example.com!", i)},
				{Order: 100, Preference: 20, Flags: "u", Services: "E2U+sip", Regexp: fmt.Sprintf("!^.*$!sip:user%d@example.com!", i)},
			}}
			if !yield(e, nil) {
				return
			}
		}
	}
}
