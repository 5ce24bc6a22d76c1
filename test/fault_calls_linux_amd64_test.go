package test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"golang.org/x/sys/unix"
)

// eachCall has the calls of a course of events fail, one after the other: each the first time and with one error, in the
// long form each time and with each error. It returns how many there were.
func eachCall(calls []string, fail func(call string, nth int, errno unix.Errno)) (rounds int) {
	seen := map[string]int{}
	for _, call := range calls {
		if seen[call]++; seen[call] > 1 && once() && !*long {
			continue
		}
		for n, errno := range errnosOf(call) {
			if n > 0 && once() && !*long {
				break
			}
			fail(call, seen[call], errno)
			rounds++
		}
	}
	return rounds
}

// startable is data that a server starts with.
var startable = []struct {
	name  string
	start func(t *testing.T, dir string) *lane
}{
	{"numbers file", fileLane(false)},
	{"zone file", fileLane(true)},
	{"bolt", boltLane},
	{"snapshot", snapshotLane},
	{"password", passwordLane},
}

// snapshotLane is a store that is away, of which there is a snapshot.
func snapshotLane(t *testing.T, dir string) *lane {
	l := keptLane(t, dir)
	d := launchLanes(t, home(t), []*lane{l})
	d.awaitStore(t, l, 1)
	eventually(t, func() error { _, err := os.Stat(l.path); return err })
	l.store.servers[0].Stop()
	return l
}

// passwordLane is a store whose password stands in a file.
func passwordLane(t *testing.T, dir string) *lane {
	l := keptLane(t, dir)
	l.store.options = l.store.options[:2]
	_, path, _ := strings.Cut(l.store.options[1], "file:")
	l.path = path
	return l
}

// keptLane is a store with a file for the last good data.
func keptLane(t *testing.T, _ string) *lane {
	l := &lane{apex: "l0.example.net.", size: 30, store: startRedis("feed")(t)}
	dir := home(t)
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	l.path = filepath.Join(dir, "kept")
	l.store.options = append(l.store.options, "snapshot "+l.path)
	l.put(t)
	l.raise(1)
	return l
}

// TestStartCalls (F38) has each call about files that a server makes when it starts fail once. It starts all the same; no
// number is denied, and all is answered soon; a store that is away need not be there for that but where it was the snapshot
// that could not be read.
func TestStartCalls(t *testing.T) {
	for _, c := range startable {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			l := c.start(t, home(t))
			away := c.name == "snapshot"
			r := result{Date: today(), Fault: "F38", Name: "each call about files fails once, at the start", Store: c.name}
			start := func(t *testing.T, call string, nth int, errno unix.Errno) (calls []string) {
				if away && l.store.servers[0].PIDs() != nil {
					l.store.servers[0].Stop()
				}
				var i *injector
				i, l.store.around = newInjector(t, filepath.Dir(l.path))
				i.set(call, nth, errno)
				began := time.Now()
				d := launchLanes(t, home(t), []*lane{l})
				failed, err := d.comesUp(t, l, !away || call == "")
				if err != nil {
					t.Fatal(err)
				}
				calls, hit := i.made()
				if call != "" && !hit {
					t.Logf("%s, the %d., was not made", call, nth)
				}
				if away && call != "" {
					l.store.servers[0].Start()
					more, err := d.comesUp(t, l, true)
					if err != nil {
						t.Fatal(err)
					}
					failed += more
				}
				took := time.Since(began)
				if call != "" && took > within(5*time.Second) {
					t.Errorf("all is answered after %v", took)
				}
				t.Logf("%s, the %d.: %v: all answered after %v, %d replies were SERVFAIL", call, nth, errno, took, failed)
				if call != "" {
					r.Failed, r.Recovery = r.Failed+failed, max(r.Recovery, took.Milliseconds())
				}
				d.tellsNoNumber(t, []*lane{l})
				return calls
			}
			var calls []string
			t.Run("whole", func(t *testing.T) { calls = start(t, "", 0, 0) })
			t.Logf("%d calls: %q", len(calls), calls)
			r.Rounds = eachCall(calls, func(call string, nth int, errno unix.Errno) {
				t.Run(fmt.Sprintf("%s/%d/%v", strings.ReplaceAll(call, " ", "-"), nth, errno), func(t *testing.T) { start(t, call, nth, errno) })
			})
			if r.Rounds == 0 {
				t.Error("no call was made")
			}
			if !t.Failed() {
				note(t, r)
			}
		})
	}
}

// comesUp asks until all is answered, or else until all that was asked is answered somehow. It returns how many replies were
// SERVFAIL, and an error for one that is wrong.
func (d *daemon) comesUp(t *testing.T, l *lane, wholly bool) (failed int64, err error) {
	t.Helper()
	eventually(t, func() error {
		bad := 0
		asked := d.askAll(l.queries(), func(q query, m *dns.Msg) error {
			if m.Rcode != dns.RcodeServerFailure {
				return q.check(m, q.low.Load(), true)
			}
			failed++
			bad++
			if codes := extended(m); len(m.Answer) > 0 || len(codes) != 1 || !slices.Contains(reasons, codes[0]) {
				return fmt.Errorf("%w: SERVFAIL with other than one of the reasons %v: %v", errWrong, reasons, m)
			}
			return nil
		})
		switch {
		case errors.Is(asked, errWrong):
			err = asked
			return nil
		case asked != nil:
			return asked
		case bad > 0 && wholly:
			return fmt.Errorf("%d numbers are not answered:\n%s", bad, d.journal.since(0))
		}
		return nil
	})
	return failed, err
}

// TestSnapshotCalls (F38) has each call that a server makes to keep the last good data fail once. What was kept before stays,
// or what is to be kept is there whole; the newest data is served throughout, and kept the next time.
func TestSnapshotCalls(t *testing.T) {
	l := keptLane(t, "")
	var i *injector
	i, l.store.around = newInjector(t, filepath.Dir(l.path))
	d := launchLanes(t, home(t), []*lane{l})
	d.awaitStore(t, l, 1)
	load := startUDP(t, d.at, []*lane{l})
	r := load.counted()
	options := slices.Clone(l.store.options)
	n := 0
	// turn has the data change, and another configuration take over: the one before keeps what it has, and ends.
	turn := func() {
		v := l.put(t)
		d.awaitStore(t, l, v)
		n++
		l.store.options = append(slices.Clone(options), fmt.Sprintf("stale %dm", 60+n)) // one that there was might live on
		d.configure(t, []*lane{l})
		d.reload(t, "[INFO] Reloading complete")
		d.awaitStore(t, l, v)
	}
	turn()
	eventually(t, l.keptWhole)
	i.set("", 0, 0)
	turn()
	time.Sleep(100 * time.Millisecond)
	calls, _ := i.made()
	t.Logf("%d calls: %q", len(calls), calls)
	before := d.usage(t)
	hits := 0
	rounds := eachCall(calls, func(call string, nth int, errno unix.Errno) {
		logged := d.journal.len()
		i.set(call, nth, errno)
		turn()
		var hit bool
		for until := time.Now().Add(3 * time.Second); !hit && time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
			if err := l.keptWhole(); err != nil {
				t.Fatal(err)
			}
			_, hit = i.made() // the old configuration ends beside the new one
		}
		if hit {
			hits++
			time.Sleep(100 * time.Millisecond) // what it does then
		}
		if err := l.keptWhole(); err != nil {
			t.Error(err)
		}
		t.Logf("%s, the %d.: %v: %t; %q", call, nth, errno, hit, d.journal.since(logged))
		i.set("", 0, 0)
		for _, half := range l.halves(t) {
			if !strings.HasPrefix(call, "unlink") {
				t.Errorf("%s: half a file is left: %s", call, half)
			}
			os.Remove(half)
		}
	})
	if hits < 4 || hits < rounds/2 {
		t.Errorf("%d calls of %d failed", hits, rounds)
	}
	turn()
	eventually(t, func() error {
		text, err := os.ReadFile(l.path)
		if err == nil && !bytes.Contains(text, fmt.Appendf(nil, "v%d.", l.high.Load())) {
			err = errors.New("the newest data is not kept")
		}
		return errors.Join(err, l.keptWhole())
	})
	load.stop(t)
	d.settles(t, before)
	d.tellsNoNumber(t, []*lane{l})
	load.noteAs(t, r, "F38", "each call about files fails once, to keep the last good data", "snapshot", rounds)
}

// halves are the files beside what is kept.
func (l *lane) halves(t *testing.T) []string {
	all, err := filepath.Glob(filepath.Join(filepath.Dir(l.path), ".enumim-*"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// keptWhole returns an error unless what is kept has its end, and that has the checksum of the rest.
func (l *lane) keptWhole() error {
	text, err := os.ReadFile(l.path)
	if err != nil {
		return err
	}
	at := bytes.LastIndexByte(bytes.TrimSuffix(text, []byte("\n")), '\n') + 1
	sum := sha256.Sum256(text[:at])
	if !bytes.Contains(text[at:], []byte(hex.EncodeToString(sum[:]))) {
		return fmt.Errorf("what is kept is not whole: %d octets", len(text))
	}
	return nil
}
