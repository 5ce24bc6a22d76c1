package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// inChild runs the test that calls it in a process of its own, where a crash can be told from a failure, and returns
// false; in the child it returns true.
func inChild(t *testing.T) bool {
	t.Helper()
	const mark = "ENUMIM_BOLT_CHILD"
	if os.Getenv(mark) == t.Name() {
		return true
	}
	out, err := again(t, "", mark+"="+t.Name()).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		if len(out) > 4000 {
			out = append(out[:2000], out[len(out)-2000:]...)
		}
		t.Errorf("%v\n%s", err, out)
	}
	return false
}

// user is the record of a number that tells which number it is of, and a version.
func user(n e164.Number, version string) backend.Entry {
	return backend.Entry{Kind: backend.Number, Name: e164.Name{Number: n}, TTL: 3600, Records: []naptr.Record{{
		Order: 100, Preference: 10, Flags: "u", Services: "E2U+sip",
		Regexp: "!^.*$!sip:" + n.Digits() + "-" + version + "@example.com!",
	}}}
}

// crowd returns numbers in several pages, blocks, and a delegation; and names that are beside them.
func crowd(t testing.TB, count int) (entries []backend.Entry, asked []e164.Number) {
	t.Helper()
	digits := func(format string, args ...any) e164.Number {
		n, err := e164.ParseDigits(fmt.Sprintf(format, args...))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for i := range count {
		n, beside := digits("1202555%04d", 2*i), digits("1202555%04d", 2*i+1)
		entries = append(entries, user(n, "0"))
		asked = append(asked, n, beside, n.Prefix(9))
	}
	for i := range count / 10 {
		e := user(digits("4420%03d", 2*i), "0")
		e.Kind, e.Min, e.Max = backend.Block, 10, 10
		entries = append(entries, e)
		asked = append(asked, digits("4420%03d1234", 2*i), digits("4420%03d1234", 2*i+1), e.Name.Number)
	}
	cut := backend.Entry{Kind: backend.Delegation, TTL: 3600, Name: e164.Name{Number: digits("4989")},
		Sets: []backend.RRset{{Type: 2, TTL: 3600, Data: []string{"\x03ns1\x07example\x03net\x00"}}}}
	return append(entries, cut), append(asked, digits("4989"), digits("49891"), digits("4988"), digits("7"))
}

// answers are what numbers are answered with, as texts.
func answers(b backend.Backend, asked []e164.Number) (texts []string, errs []error) {
	for _, n := range asked {
		a, err := b.Lookup(context.Background(), backend.Query{Apex: "e164.arpa.", Name: e164.Name{Number: n}})
		text := fmt.Sprint(a.Kind, a.TTL, a.Owner, a.Sets)
		for i := range a.Rules {
			regexp, _ := a.Rules[i].AppendStored(nil, []byte(n.String()), a.Text)
			text += string(regexp)
		}
		texts, errs = append(texts, text), append(errs, err)
	}
	return texts, errs
}

// compare fails where an answer is another one than before. An error is none.
func compare(t *testing.T, what string, b backend.Backend, asked []e164.Number, want []string) (failed int) {
	t.Helper()
	got, errs := answers(b, asked)
	for i := range got {
		switch err := errs[i]; {
		case err == nil && got[i] != want[i]:
			t.Errorf("%s: %s is answered\n  %s\nwant an error or\n  %s", what, asked[i], got[i], want[i])
			return
		case err != nil:
			failed++
			if !errors.Is(err, backend.ErrInvalidData) && !errors.Is(err, backend.ErrUnavailable) && !errors.Is(err, backend.ErrNotReady) {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	return failed
}

// sound file in a folder of the test, with what is answered from it.
func soundFile(t *testing.T) (o *options, text []byte, asked []e164.Number, want []string) {
	t.Helper()
	o = newOptions(t)
	entries, asked := crowd(t, 2000)
	write(t, o, sets(entries)...)
	write(t, o, sets(entries[:50])...) // so that there are free pages
	b := open(t, o)
	want, errs := answers(b, asked)
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	b.Close()
	text, err := os.ReadFile(o.path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := readMeta(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return o, text[:int(m.limit)*m.pageSize], asked, want // what is behind means nothing
}

// A file with a flipped octet is answered rightly or with an error, whatever the octet: never with a denial and never
// with the answer of another number; and a change of it is made or refused. Nothing crashes.
func TestFlippedOctets(t *testing.T) {
	if !inChild(t) {
		return
	}
	inMemory(t)
	_, text, asked, want := soundFile(t)
	rounds := 400
	if testing.Short() || raceEnabled {
		rounds = 60
	}
	r := rand.New(rand.NewPCG(1, 2))
	var refused, failed, changed int
	for round := range rounds {
		o := newOptions(t)
		damaged := append([]byte(nil), text...)
		at := r.IntN(len(text))
		if round%4 == 0 {
			at = r.IntN(len(text)/4096)*4096 + r.IntN(200) // where pages tell what is in them
		}
		damaged[at] ^= byte(1 << r.IntN(8))
		if err := os.WriteFile(o.path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		what := fmt.Sprintf("octet %d of page %d", at%4096, at/4096)
		h := holder{path: o.path}
		if err := h.open(); err != nil {
			refused++
			continue
		}
		// Changes before questions: what they leave must be right, too.
		if round%2 == 0 {
			e, _ := crowd(t, 300)
			_, err := h.write(t.Context(), how{}, each(append(sets(e[100:200]), backend.Change{Entry: e[250], Delete: true},
				backend.Change{Entry: e[250]})), func(int) {})
			if err == nil {
				changed++
			}
		}
		if err := h.close(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		b := open(t, o)
		if compare(t, what, b, asked, want) > 0 {
			failed++
		}
		b.Close()
	}
	t.Logf("of %d files %d were refused, %d had numbers without an answer, %d could be changed", rounds, refused, failed, changed)
}

// Pages that are whole and say something else: each way in each page.
func TestSpoiledPages(t *testing.T) {
	if !inChild(t) {
		return
	}
	inMemory(t)
	o, text, asked, want := soundFile(t)
	for name, spoil := range map[string]func(page []byte, count int){
		"an entry fewer": func(page []byte, count int) { order.PutUint16(page[10:], uint16(count-1)) },
		"half of them":   func(page []byte, count int) { order.PutUint16(page[10:], uint16(count/2)) },
		"an entry more":  func(page []byte, count int) { order.PutUint16(page[10:], uint16(count+1)) },
		"two exchanged": func(page []byte, count int) { // children, or where entries stand
			first, last := page[pageHeader+8:pageHeader+16], page[pageHeader+(count-1)*element+8:]
			for i := range first {
				first[i], last[i] = last[i], first[i]
			}
		},
		"another key": func(page []byte, count int) {
			at := pageHeader + count/2*element
			e := page[at:]
			pos := order.Uint32(e)
			if order.Uint16(page[8:]) == leafPage {
				pos = order.Uint32(e[4:])
			}
			page[at+int(pos)+3] ^= 0x10
		},
	} {
		spoiled, failed := 0, 0
		every := 1 // of the leaves; branches are few
		if testing.Short() || raceEnabled {
			every = 5
		}
		for at := 8192; at+4096 <= len(text); at += 4096 {
			damaged := append([]byte(nil), text...)
			page := damaged[at : at+4096]
			count := int(order.Uint16(page[10:]))
			flag := order.Uint16(page[8:])
			if order.Uint64(page) != uint64(at/4096) || flag != branchPage && flag != leafPage || count < 2 || flag == leafPage && at/4096%every > 0 {
				continue
			}
			spoil(page, count)
			if err := os.WriteFile(o.path, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			b := open(t, o)
			spoiled++
			if compare(t, fmt.Sprintf("%s in page %d", name, at/4096), b, asked, want) > 0 {
				failed++
			}
			b.Close()
		}
		t.Logf("%s: %d of %d files had numbers without an answer", name, failed, spoiled)
		if failed == 0 {
			t.Errorf("%s: nothing of it is seen", name)
		}
	}
}

// A file that is cut short is refused when it is opened; one that is cut short while it is served gives errors for what
// is gone, and can be closed.
func TestCutShort(t *testing.T) {
	if !inChild(t) {
		return
	}
	_, text, asked, want := soundFile(t)
	for _, size := range []int{1, 100, 4095, 4096, 5000, 8192, 12288, 16384, 20000, len(text) / 2, len(text) / 3 * 2} {
		what := fmt.Sprintf("cut to %d octets", size)
		o := newOptions(t)
		if err := os.WriteFile(o.path, text[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		if d, err := openDatabase(o.path); err == nil {
			t.Errorf("%s is opened", what)
			d.close()
		}
		if err := os.WriteFile(o.path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		b := open(t, o)
		ready(t, b)
		listening(t, o)
		if err := os.Truncate(o.path, int64(size)); err != nil {
			t.Fatal(err)
		}
		if compare(t, what, b, asked, want) == 0 {
			t.Errorf("%s: all is answered", what)
		}
		w := openWriter(t, o)
		if err := w.Write(t.Context(), each(sets([]backend.Entry{user(asked[0], "1")})), func(int) {}); err == nil && size < len(text)/2 {
			t.Logf("%s: a change is taken", what)
		}
		w.Close()
		compare(t, what, b, asked[3:], want[3:])
		if err := b.Close(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Pages that lead in circles are an error, for look-ups and for changes: bbolt would follow them until the stack is full.
func TestCircle(t *testing.T) {
	if !inChild(t) {
		return
	}
	o, text, asked, want := soundFile(t)
	circles := 0
	for at := 8192; at+4096 <= len(text); at += 4096 {
		page := text[at : at+4096]
		if order.Uint64(page) != uint64(at/4096) || order.Uint16(page[8:]) != branchPage {
			continue
		}
		damaged := append([]byte(nil), text...)
		for i := range int(order.Uint16(page[10:])) {
			order.PutUint64(damaged[at+pageHeader+i*element+8:], uint64(at/4096))
		}
		circles++
		path := filepath.Join(t.TempDir(), "numbers.db")
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		o.path = path
		h := holder{path: path}
		if err := h.open(); err == nil {
			_, err = h.write(t.Context(), how{}, each(sets([]backend.Entry{user(asked[0], "0")})), func(int) {})
			t.Logf("a change: %v", err) // none, where nobody comes by that page any more
			err = h.close()
			if err != nil {
				t.Error(err)
			}
		} else if !errors.Is(err, backend.ErrInvalidData) {
			t.Error(err)
		}
		b := open(t, o)
		compare(t, "pages in a circle", b, asked, want)
		b.Close()
	}
	if circles == 0 {
		t.Error("no page could be damaged")
	}
}
