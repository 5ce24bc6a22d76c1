package test

import (
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coredns/caddy"
	"github.com/miekg/dns"
)

// startDamage starts a server with some lanes for each of the two formats.
func startDamage(t *testing.T, each, size int) (*daemon, []*lane) {
	dir := home(t)
	var lanes []*lane
	for i := range 2 * each {
		lanes = append(lanes, newLane(t, dir, i, size, i%2 == 1))
	}
	d := startLanes(t, dir, lanes)
	t.Cleanup(func() { d.tellsNoNumber(t, lanes) })
	return d, lanes
}

// verdict waits until the log says whether a version of the lane's file was taken. What was logged
// before the octet n does not count.
func (d *daemon) verdict(tb testing.TB, n int, l *lane) (taken bool) {
	tb.Helper()
	eventually(tb, func() error {
		text := d.journal.since(n)
		taken = strings.Contains(text, "loaded "+l.path+":")
		if !taken && !strings.Contains(text, l.path+" is not taken") {
			return fmt.Errorf("the log does not say what becomes of %s:\n%s", l.path, text)
		}
		return nil
	})
	return taken
}

// renew puts the next good version of each lane in place and waits until it is served and told.
func (d *daemon) renew(tb testing.TB, lanes []*lane) {
	tb.Helper()
	n := d.journal.len()
	for _, l := range lanes {
		l.next(tb)
	}
	for _, l := range lanes {
		l.await(tb, l.high.Load())
		d.awaitLog(tb, n, "loaded "+l.path+":")
	}
}

// damage is a damaged version of a lane's file.
type damage struct {
	*lane
	good uint32 // the version before it
	text []byte
	what string
}

// A file that is cut short, wherever, is refused; the last good data stays.
func TestTruncatedFiles(t *testing.T) {
	const each = 12
	size := 2
	if *long {
		size = 30
	}
	d, lanes := startDamage(t, each, size)
	load := startLoad(t, d.at, lanes)
	r := load.counted()
	cuts := 0
	for step := 0; ; step++ {
		n := d.journal.len()
		var damaged []damage
		for i, l := range lanes {
			good := l.high.Load()
			text := []byte(l.file(good + 1))
			cut := step*each + i/2
			if cut >= len(text) {
				continue
			}
			damaged = append(damaged, damage{l, good, text[:cut], fmt.Sprintf("cut behind %d octets", cut)})
			if step%16 != 0 {
				l.place(t, string(text[:cut]))
			} else if err := os.Truncate(l.path, int64(cut)); err != nil { // of the good file
				t.Fatal(err)
			}
		}
		if len(damaged) == 0 {
			break
		}
		for _, x := range damaged {
			if d.verdict(t, n, x.lane) {
				t.Errorf("%s, and taken: %q", x.what, x.text)
			}
			if err := d.serves(x.good, x.queries()...); err != nil {
				t.Fatalf("%s: %v", x.what, err)
			}
		}
		cuts += len(damaged)
		d.renew(t, lanes)
	}
	t.Logf("%d cuts", cuts)
	load.stop(t)
	load.noteAs(t, r, "F20", "cut short", "file", cuts)
}

// freshReplies returns what a server that knows no other version than that in the file replies; nothing
// where it does not take the file.
func (l *lane) freshReplies(tb testing.TB, path string) map[string]string {
	tb.Helper()
	instance, err := caddy.Start(caddy.CaddyfileInput{
		Filepath: "Corefile", ServerTypeName: "dns",
		Contents: fmt.Appendf(nil, ".:0 {\nbind %s\nenumim %s {\nbackend file %s {\nreload 0\n}\n}\n}\n", loopback, l.apex, path),
	})
	if err != nil {
		tb.Fatal(err)
	}
	defer func() {
		begun(tb, instance)
		instance.ShutdownCallbacks()
		instance.Stop()
		instance.Wait()
	}()
	d := &daemon{at: instance.Servers()[0].LocalAddr().String()}
	replies := map[string]string{}
	err = d.askAll(l.queries(), func(q query, m *dns.Msg) error {
		if m.Rcode != dns.RcodeServerFailure {
			replies[q.key()] = q.canonical(m)
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return replies
}

// A file with one bit flipped is refused, or it is another legal file, and then it is answered as by a
// server that never saw anything else.
func TestFlippedFiles(t *testing.T) {
	const each = 12
	stride := 23 // of the bits
	if *long {
		stride = 5
	}
	// The records of three numbers are as many in each version. So none looks cut short beside one that
	// had its serial flipped to a higher one.
	d, lanes := startDamage(t, each, 3)
	load := startLoad(t, d.at, lanes)
	r := load.counted()
	log.SetOutput(io.Discard) // of the fresh servers
	defer log.SetOutput(os.Stderr)
	alone := &lane{path: filepath.Join(t.TempDir(), "data")}
	refused, taken := 0, 0
	for step := 0; ; step++ {
		var damaged []damage
		for i, l := range lanes {
			good := l.high.Load()
			text := []byte(l.file(good + 1))
			bit := (step*each + i/2) * stride
			if bit >= 8*len(text) {
				continue
			}
			text[bit/8] ^= 1 << (bit % 8)
			alone.place(t, string(text))
			replies := l.freshReplies(t, alone.path)
			l.other.Store(&replies)
			damaged = append(damaged, damage{l, good, text, fmt.Sprintf("bit %d", bit)})
		}
		if len(damaged) == 0 {
			break
		}
		n := d.journal.len()
		for _, x := range damaged {
			x.place(t, string(x.text))
		}
		for _, x := range damaged {
			if !d.verdict(t, n, x.lane) {
				refused++
				if err := d.serves(x.good, x.queries()...); err != nil {
					t.Fatalf("%s: %v", x.what, err)
				}
				continue
			}
			taken++
			replies := *x.other.Load()
			err := d.askAll(x.queries(), func(q query, m *dns.Msg) error {
				if is, want := q.canonical(m), replies[q.key()]; is != want {
					return fmt.Errorf("%s\na fresh server replies %s\nto the file %s", is, want, x.text)
				}
				return nil
			})
			if err != nil {
				t.Fatalf("%s: %v", x.what, err)
			}
		}
		for _, x := range damaged {
			x.high.Add(1) // the version that was damaged is never there
		}
		d.renew(t, lanes)
		for _, l := range lanes {
			l.other.Store(nil)
		}
	}
	t.Logf("%d flips: %d refused, %d legal", refused+taken, refused, taken)
	load.stop(t)
	load.noteAs(t, r, "F20", "one bit flipped", "file", refused+taken)
}
