package bolt

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

func ask(t testing.TB, b backend.Backend, n e164.Number) (backend.Answer, error) {
	t.Helper()
	return b.Lookup(t.Context(), backend.Query{Apex: "e164.arpa.", Name: e164.Name{Number: n}})
}

// eventually waits for something that another goroutine does.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

var number = e164.MustParse("+12025550100")

// A server starts without its file, denies nothing, and serves as soon as an import has made it.
func TestWithoutFile(t *testing.T) {
	o := newOptions(t)
	b := open(t, o)
	for _, n := range []e164.Number{number, number.Prefix(3)} {
		if _, err := ask(t, b, n); !errors.Is(err, backend.ErrNotReady) {
			t.Errorf("without a file: %v", err)
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(o.path)); err != nil || len(entries) > 0 {
		t.Errorf("the server has made %v", entries)
	}
	write(t, o, sets([]backend.Entry{user(number, "1")})...)
	ready(t, b)
	if a, err := ask(t, b, number); err != nil || a.Kind != backend.Found {
		t.Errorf("after the import: %v, %v", a.Kind, err)
	}
}

// Files that are no data bases of enumim are refused, and left as they are.
func TestForeignFiles(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "text": strings.Repeat("+12025550100 sip:alice@example.com\n", 1000), "zeros": string(make([]byte, 1<<16)),
	} {
		o := newOptions(t)
		if err := os.WriteFile(o.path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		b := open(t, o)
		if _, err := ask(t, b, number); err == nil {
			t.Errorf("%s: it is answered from", name)
		}
		if is, err := os.ReadFile(o.path); err != nil || string(is) != text {
			t.Errorf("%s: it was changed: %v", name, err)
		}
		b.Close()
		if w, err := o.OpenWriter(t.Context()); err == nil {
			w.Close()
			if name != "empty" {
				t.Errorf("%s: it is opened for writing", name)
			}
		}
	}
}

// Backends of one process share a file, as both generations of a reload must; the last that closes gives it back.
func TestShared(t *testing.T) {
	o := newOptions(t)
	write(t, o, sets([]backend.Entry{user(number, "1")})...)
	first := open(t, o)
	var events []backend.Event
	second, err := o.Open(t.Context(), func(e backend.Event) { events = append(events, e) })
	if err != nil {
		t.Fatal(err)
	}
	if len(events) != 1 || events[0].Kind != backend.Loaded || events[0].Entries != 1 {
		t.Errorf("who comes later is told %v", events)
	}
	first.Close()
	if _, err := ask(t, first, number); !errors.Is(err, backend.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if a, err := ask(t, second, number); err != nil || a.Kind != backend.Found {
		t.Errorf("who has stayed: %v, %v", a.Kind, err)
	}
	second.Close()
	if entries, err := os.ReadDir(filepath.Dir(o.path)); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	d, err := openDatabase(o.path)
	if err != nil {
		t.Fatalf("the file was not given back: %v", err)
	}
	d.close()
}

// again is the test that calls it in another process, in a folder and with a variable of the environment.
func again(t *testing.T, dir, env string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-test.run", "^"+t.Name()+"$", "-test.v", "-test.timeout", "2m")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env)
	return cmd
}

// While another process has the file, a server says so and starts all the same, and a writer gives up in time.
func TestTwoProcesses(t *testing.T) {
	const mark = "ENUMIM_BOLT_HOLD"
	if os.Getenv(mark) != "" {
		d, err := openDatabase("numbers.db")
		if err != nil {
			t.Fatal(err)
		}
		os.Stdout.WriteString("held\n")
		os.Stdin.Read(make([]byte, 1)) // until the parent is done
		d.close()
		return
	}
	o := newOptions(t)
	write(t, o, sets([]backend.Entry{user(number, "1")})...)
	cmd := again(t, filepath.Dir(o.path), mark+"=1")
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != "held"; {
	}
	began := time.Now()
	b := open(t, o)
	_, err := ask(t, b, number)
	if !errors.Is(err, backend.ErrUnavailable) || !strings.Contains(err.Error(), "another process") || time.Since(began) > time.Second {
		t.Errorf("beside another process: %v after %v", err, time.Since(began))
	}
	began = time.Now()
	if _, err := o.OpenWriter(t.Context()); !errors.Is(err, errLocked) || time.Since(began) > 2*lockWait {
		t.Errorf("a writer beside another process: %v after %v", err, time.Since(began))
	}
	in.Close()
	cmd.Wait()
	ready(t, b)
}

// A file that is put in the place of the one that is served is served instead; one that is no data base is not, and
// a file that is gone is served on. Neither takes changes: they would be lost.
func TestReplaced(t *testing.T) {
	o, other := newOptions(t), newOptions(t)
	write(t, o, sets([]backend.Entry{user(number, "1")})...)
	b := open(t, o)
	listening(t, o)

	write(t, other, sets([]backend.Entry{user(number.Prefix(8), "2")})...)
	if err := os.Rename(other.path, o.path); err != nil {
		t.Fatal(err)
	}
	kind := func(n e164.Number) backend.Kind {
		a, err := ask(t, b, n)
		if err != nil {
			t.Errorf("while files are exchanged: %v", err)
		}
		return a.Kind
	}
	eventually(t, "the other file is served", func() bool { return kind(number.Prefix(8)) == backend.Found })

	if err := os.WriteFile(other.path, make([]byte, 1<<16), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func() error{
		"no data base": func() error { return os.Rename(other.path, o.path) },
		"gone":         func() error { return os.Remove(o.path) },
	} {
		if err := spoil(); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		w := openWriter(t, o)
		if err := w.Write(t.Context(), each(sets([]backend.Entry{user(number, "3")})), func(int) {}); !errors.Is(err, backend.ErrUnavailable) {
			t.Errorf("%s: a change: %v", name, err)
		}
		w.Close()
		if kind(number.Prefix(8)) != backend.Found {
			t.Errorf("%s: what was there is not served", name)
		}
	}
}
