package test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/test/servers"
)

// edit changes the Corefile that the server would be configured with: lines come to stand in the server block, and blocks
// after it.
func (d *daemon) edit(tb testing.TB, lanes []*lane, lines, blocks string) {
	tb.Helper()
	d.configure(tb, lanes)
	text, err := os.ReadFile(d.corefile)
	if err != nil {
		tb.Fatal(err)
	}
	d.write(tb, strings.Replace(string(text), "\n errors\n", "\n errors\n"+lines+"\n", 1)+blocks)
}

// TestRefusedReloads (F34): a Corefile that cannot be taken, for whatever reason, leaves what serves, and nothing behind; the
// next good one is taken.
func TestRefusedReloads(t *testing.T) {
	dir := home(t)
	lanes := []*lane{newLane(t, dir, 0, 20, false), newLane(t, dir, 1, 20, true)}
	d := startLanes(t, dir, lanes)
	taken, err := net.Listen("tcp", loopback+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	const refused, complete = "[ERROR] SIGUSR1", "[INFO] Reloading complete"
	good := func() { d.configure(t, lanes) }
	faulty := []struct {
		name, want string
		write      func()
	}{
		{"no Corefile", refused, func() { d.write(t, "no Corefile {") }},
		{"unknown option", refused, func() {
			d.edit(t, lanes, " enumim x.example.net. {\n  backend file data {\n   colour red\n  }\n }", "")
		}},
		{"unknown backend", refused, func() { d.edit(t, lanes, " enumim x.example.net. {\n  backend radius\n }", "") }},
		{"port taken", refused, func() {
			d.edit(t, lanes, "", fmt.Sprintf(".:%d {\n bind %s\n enumim x.example.net. {\n  backend file %s\n }\n}\n", port, loopback, lanes[0].path))
		}},
		{"no data file", refused, func() {
			was := lanes[0].path
			lanes[0].path = filepath.Join(dir, "nothing")
			d.configure(t, lanes)
			lanes[0].path = was
		}},
		{"password in a file that is not there", complete, func() {
			store := &place{line: "redis " + loopback + ":1", options: []string{"password file:" + filepath.Join(dir, "nothing")}}
			d.configure(t, []*lane{{apex: lanes[0].apex, size: 1, store: store}, lanes[1]})
		}},
		{"store that is away", complete, func() {
			store := &place{line: "redis " + loopback + ":1", options: []string{"mode feed"}}
			d.configure(t, []*lane{{apex: lanes[0].apex, size: 1, store: store}, lanes[1]})
		}},
	}
	load := startUDP(t, d.at, lanes)
	var before usage
	var theirs int
	r := load.counted()
	for round := range 1 + *faultRounds {
		if round == 1 {
			before, theirs = d.rests(t, lanes), d.pprofListeners(t) // what is there once only is no leak
		}
		for _, f := range faulty {
			f.write()
			d.reload(t, f.want)
			for _, l := range lanes {
				if err := d.serves(l.high.Load(), l.queries()...); err != nil {
					t.Errorf("%s: %v", f.name, err)
				}
			}
			good()
			d.reload(t, complete)
			for _, l := range lanes {
				d.awaitStore(t, l, l.next(t))
			}
		}
	}
	load.stop(t)
	theirs = d.pprofListeners(t) - theirs
	before.goroutines, before.files = before.goroutines+theirs, before.files+theirs
	d.returnsTo(t, before, lanes, 4<<20)
	d.tellsNoNumber(t, lanes)
	r.take(load)
	r.Fault, r.Name, r.Store, r.Rounds = "F34", "Corefiles that are not taken", "file", (1+*faultRounds)*len(faulty)
	t.Logf("%+v", r)
	if !t.Failed() {
		note(t, r)
	}
}

// pprofListeners returns how many listeners the pprof plugin of CoreDNS has: it leaves one behind, and the goroutine that
// listens, at each reload that fails after it has started.
func (d *daemon) pprofListeners(tb testing.TB) (n int) {
	tb.Helper()
	var alike int // goroutines with the stack that follows
	for line := range strings.Lines(d.fetch(tb, d.pprof+"/debug/pprof/goroutine?debug=1")) {
		switch before, _, found := strings.Cut(line, " @ "); {
		case found:
			alike, _ = strconv.Atoi(before)
		case strings.Contains(line, "plugin/pprof.(*handler).Startup"):
			n += alike
		}
	}
	return n
}

// runs starts the server as a process that the test may end in any way.
func (d *daemon) runs(tb testing.TB) (exited <-chan error) {
	tb.Helper()
	d.cmd = exec.Command(built(tb, "coredns"), "-conf", d.corefile)
	d.cmd.Stdout, d.cmd.Stderr = d.journal, d.journal
	dieWithParent(d.cmd)
	if os.Geteuid() == 0 {
		d.cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody, NoSetGroups: true}
	}
	if err := d.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	done, cmd := make(chan error, 1), d.cmd
	go func() { done <- cmd.Wait() }()
	tb.Cleanup(func() { cmd.Process.Kill() })
	return done
}

// newDaemon makes a server that does not run yet.
func newDaemon(tb testing.TB, dir string) *daemon {
	on := func() string { return fmt.Sprintf("%s:%d", loopback, freePort(tb)) }
	return &daemon{at: on(), metrics: on(), pprof: on(), corefile: filepath.Join(dir, "Corefile"), journal: &journal{}}
}

// ended waits for the end of the process.
func ended(tb testing.TB, exited <-chan error) error {
	tb.Helper()
	select {
	case err := <-exited:
		return err
	case <-time.After(20 * time.Second):
		tb.Fatal("the server does not end")
		return nil
	}
}

// TestEnds (F35): a server that is told to end answers for the time of health's lameduck and loses nothing, also in the
// middle of a reload; one that is killed starts again with its data, and denies no number before it has it.
func TestEnds(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(t *testing.T, d *daemon, lanes []*lane)
	}{
		{"SIGTERM", func(t *testing.T, d *daemon, _ []*lane) { terminate(d.cmd) }},
		{"SIGTERM during a reload", func(t *testing.T, d *daemon, lanes []*lane) {
			d.cmd.Process.Signal(syscall.SIGUSR1)
			time.Sleep(2 * time.Millisecond)
			terminate(d.cmd)
		}},
		{"SIGTERM after two reloads at once", func(t *testing.T, d *daemon, lanes []*lane) {
			d.cmd.Process.Signal(syscall.SIGUSR1)
			d.cmd.Process.Signal(syscall.SIGUSR1)
			d.awaitLog(t, 0, "[INFO] Reloading complete")
			terminate(d.cmd)
		}},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			for range *faultRounds {
				dir := home(t)
				lanes := []*lane{newLane(t, dir, 0, 20, false), newLane(t, dir, 1, 20, true)}
				d := newDaemon(t, dir)
				d.edit(t, lanes, fmt.Sprintf(" health %s:%d {\n  lameduck 2s\n }", loopback, freePort(t)), "")
				exited := d.runs(t)
				for _, l := range lanes {
					d.awaitStore(t, l, 1)
				}
				load := startUDP(t, d.at, lanes)
				r := load.counted()
				time.Sleep(100 * time.Millisecond)
				c.end(t, d, lanes)
				time.Sleep(time.Second)
				load.stop(t)
				if err := ended(t, exited); err != nil {
					t.Errorf("the server ended with %v:\n%s", err, d.journal.since(0))
				}
				r.take(load)
				r.Fault, r.Name, r.Store, r.Rounds = "F35", c.name, "file", 1
				if !t.Failed() {
					note(t, r)
				}
			}
		})
	}
	t.Run("killed", func(t *testing.T) {
		dir := home(t)
		l := newLane(t, dir, 0, 100, false)
		big := filepath.Join(dir, "big")
		var b strings.Builder
		for i := range 200_000 {
			fmt.Fprintf(&b, "+4479460%06d im:u%d@example.com\n", i, i)
		}
		(&lane{path: big}).place(t, b.String()+"$END\n")
		d := newDaemon(t, dir)
		d.edit(t, []*lane{l}, " enumim big.example.net. {\n  backend file "+big+"\n }", "")
		for range 1 + *faultRounds {
			exited := d.runs(t)
			began := time.Now()
			q := new(dns.Msg).SetQuestion(reversed("4479460199999")+".big.example.net.", dns.TypeNAPTR)
			q.SetEdns0(maxUDP, false)
			eventually(t, func() error { // from the first reply on
				m, _, err := (&dns.Client{Timeout: time.Second}).Exchange(q, d.at)
				switch {
				case err != nil:
					return err
				case m.Rcode == dns.RcodeServerFailure && slices.Contains(extended(m), dns.ExtendedErrorCodeNotReady):
					return fmt.Errorf("no data yet: %v", m)
				case m.Rcode != dns.RcodeSuccess || len(m.Answer) != 1:
					t.Fatalf("a number is denied before there is data: %v", m)
				}
				return nil
			})
			t.Logf("answers %v after its start", time.Since(began))
			d.awaitStore(t, l, l.high.Load())
			if err := d.cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			ended(t, exited)
			l.next(t)
		}
		if !t.Failed() {
			note(t, result{Date: today(), Fault: "F35", Name: "killed and started again", Store: "file", Rounds: 1 + *faultRounds})
		}
	})
}

// TestStartsWithoutStores (F36): the server starts within a second while every store is down; numbers get SERVFAIL with the
// reason, and the server says that it is not ready, until the stores are there.
func TestStartsWithoutStores(t *testing.T) {
	dir := home(t)
	var lanes []*lane
	var all []*servers.Server
	feeds := map[*lane]bool{}
	for _, w := range storeWays {
		if strings.Contains(w.name, "cluster") || strings.Contains(w.name, "sentinel") {
			continue // what is behind them is as what is alone
		}
		p := w.start(t)
		if len(p.servers) == 0 {
			continue
		}
		l := &lane{apex: fmt.Sprintf("l%d.example.net.", len(lanes)), size: 20, store: p}
		l.put(t)
		l.raise(1)
		feeds[l] = w.feed
		lanes, all = append(lanes, l), append(all, p.servers...)
	}
	for _, s := range all {
		s.Stop()
	}
	d := newDaemon(t, dir)
	at := fmt.Sprintf("%s:%d", loopback, freePort(t))
	d.edit(t, lanes, " ready "+at, "")
	built(t, "coredns")
	began := time.Now()
	exited := d.runs(t)
	eventually(t, func() error { return d.rcode(query{lanes[0], 0}, dns.RcodeServerFailure) })
	if took := time.Since(began); took > time.Second {
		t.Logf("the first reply came %v after the start", took) // on a busy machine
	}
	for _, l := range lanes {
		want := dns.ExtendedErrorCodeNetworkError
		if feeds[l] {
			want = dns.ExtendedErrorCodeNotReady
		}
		err := d.askAll([]query{{l, 0}, {l, nowhere}}, func(_ query, m *dns.Msg) error {
			if codes := extended(m); m.Rcode != dns.RcodeServerFailure || !slices.Equal(codes, []uint16{want}) {
				return fmt.Errorf("%s: want SERVFAIL for the reason %d: %v", l.store.line, want, m)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	ready := func() int {
		c := http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
		response, err := c.Get("http://" + at + "/ready")
		if err != nil {
			return 0
		}
		defer response.Body.Close()
		io.Copy(io.Discard, response.Body)
		return response.StatusCode
	}
	if code := ready(); code != http.StatusServiceUnavailable {
		t.Errorf("without data the server says of its readiness %d", code)
	}
	for _, s := range all {
		s.Start()
	}
	for _, l := range lanes {
		d.awaitStore(t, l, 1)
	}
	eventually(t, func() error {
		if code := ready(); code != http.StatusOK {
			return fmt.Errorf("with data the server says of its readiness %d", code)
		}
		return nil
	})
	terminate(d.cmd)
	if err := ended(t, exited); err != nil {
		t.Error(err)
	}
	d.tellsNoNumber(t, lanes)
	if !t.Failed() {
		note(t, result{Date: today(), Fault: "F36", Name: "started while every store is down", Store: "all", Rounds: 1})
	}
}

// TestTenants (F47): many zones with the same numbers, each with data of its own, and no answer is ever that of another, also
// not while the Corefile is reloaded and gives zones other files. What a URI tells of its zone is in its checksum.
func TestTenants(t *testing.T) {
	files, rounds := 57, 2**faultRounds
	if *long {
		files = 197
	}
	dir := home(t)
	var lanes []*lane
	for i := range files {
		lanes = append(lanes, newLane(t, dir, i, 5, i%2 == 1))
	}
	for _, w := range storeWays {
		if w.name == "bolt" || w.name == "redis feed" || w.name == "redis store" {
			l := &lane{apex: fmt.Sprintf("l%d.example.net.", len(lanes)), size: 5, store: w.start(t)}
			l.put(t)
			l.raise(1)
			lanes = append(lanes, l)
		}
	}
	d := launchLanes(t, dir, lanes)
	for _, l := range lanes {
		d.awaitStore(t, l, 1)
	}
	load := startUDP(t, d.at, lanes)
	r := load.counted()
	for range rounds {
		for _, l := range lanes {
			if l.store == nil {
				l.path += "'"
				l.next(t)
			}
		}
		d.configure(t, lanes)
		d.reload(t, "[INFO] Reloading complete")
		for _, l := range lanes {
			d.awaitStore(t, l, l.high.Load())
		}
	}
	load.stop(t)
	r.take(load)
	r.Fault, r.Name, r.Store, r.Rounds = "F47", fmt.Sprintf("%d zones with the same numbers", len(lanes)), "all", rounds
	t.Logf("%+v", r)
	if !t.Failed() {
		note(t, r)
	}
}
