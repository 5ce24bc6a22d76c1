package test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// journal is what a program has written so far.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

// since returns what was written behind the first n octets.
func (j *journal) since(n int) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return string(j.buf.Bytes()[n:])
}

func (j *journal) len() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Len()
}

// daemon is the program as users run it, as a process of its own.
type daemon struct {
	at             string // for DNS
	metrics, pprof string
	corefile       string
	cmd            *exec.Cmd
	journal        *journal
}

// nobody is the user that the server runs as when the tests run as root, who may read everything.
const nobody = 65534

// home makes a folder that the server can read, whoever it runs as.
func home(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		tb.Fatal(err)
	}
	return dir
}

// newLane makes a lane with a folder of its own below dir, and writes its first version.
func newLane(tb testing.TB, dir string, n, size int, zone bool) *lane {
	tb.Helper()
	l := &lane{apex: fmt.Sprintf("l%d.example.net.", n), zone: zone, size: size, path: filepath.Join(dir, fmt.Sprint("lane", n), "data")}
	if err := os.Mkdir(filepath.Dir(l.path), 0o755); err != nil {
		tb.Fatal(err)
	}
	l.raise(l.next(tb))
	return l
}

// configure writes the Corefile that serves the lanes.
func (d *daemon) configure(tb testing.TB, lanes []*lane) {
	tb.Helper()
	_, port, _ := strings.Cut(d.at, ":")
	var b strings.Builder
	fmt.Fprintf(&b, ".:%s {\n bind %s\n errors\n prometheus %s\n pprof %s\n", port, loopback, d.metrics, d.pprof)
	for _, l := range lanes {
		p := l.store
		if p == nil {
			p = &place{line: "file " + l.path}
		}
		fmt.Fprintf(&b, " %s\n", p.corefile(l.apex))
	}
	b.WriteString("}\n")
	d.write(tb, b.String())
}

func (d *daemon) write(tb testing.TB, corefile string) {
	tb.Helper()
	if err := os.WriteFile(d.corefile, []byte(corefile), 0o644); err != nil {
		tb.Fatal(err)
	}
}

// startLanes runs cmd/coredns until the test ends, and waits until it answers.
func startLanes(tb testing.TB, dir string, lanes []*lane, env ...string) *daemon {
	tb.Helper()
	d := launchLanes(tb, dir, lanes, env...)
	eventually(tb, func() error {
		for _, l := range lanes {
			if err := d.serves(1, query{l, apexSOA}); err != nil {
				return fmt.Errorf("%w\n%s", err, d.journal.since(0))
			}
		}
		return nil
	})
	return d
}

// launchLanes is startLanes without waiting for answers.
func launchLanes(tb testing.TB, dir string, lanes []*lane, env ...string) *daemon {
	tb.Helper()
	return launch(tb, dir, func(d *daemon) {
		d.configure(tb, lanes)
		for _, l := range lanes {
			if l.store != nil && l.store.around != nil {
				l.store.around(d.cmd)
			}
		}
	}, env...)
}

// launch runs cmd/coredns until the test ends, with the Corefile that prepare writes.
func launch(tb testing.TB, dir string, prepare func(d *daemon), env ...string) *daemon {
	tb.Helper()
	program := built(tb, "coredns")
	on := func() string { return fmt.Sprintf("%s:%d", loopback, freePort(tb)) }
	d := &daemon{at: on(), metrics: on(), pprof: on(), corefile: filepath.Join(dir, "Corefile"), journal: &journal{}}
	d.cmd = exec.Command(program, "-conf", d.corefile)
	d.cmd.Stdout, d.cmd.Stderr = d.journal, d.journal
	d.cmd.Env = append(os.Environ(), env...)
	dieWithParent(d.cmd)
	if os.Geteuid() == 0 {
		d.cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody, NoSetGroups: true}
	}
	prepare(d)
	if err := d.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- d.cmd.Wait() }()
	tb.Cleanup(func() {
		terminate(d.cmd)
		select {
		case err := <-exited:
			if err != nil {
				tb.Errorf("the server ended with %v:\n%s", err, d.journal.since(max(0, d.journal.len()-4000)))
			}
		case <-time.After(20 * time.Second):
			d.cmd.Process.Kill()
			<-exited
			tb.Error("the server does not end")
		}
	})
	return d
}

// askAll asks queries one after the other, each once, and yields the replies.
func (d *daemon) askAll(queries []query, got func(q query, m *dns.Msg) error) error {
	conn, err := dns.DialTimeout("udp", d.at, patience)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.UDPSize = dns.MaxMsgSize
	for i, q := range queries {
		conn.SetDeadline(time.Now().Add(patience))
		if err := conn.WriteMsg(q.message(uint16(i))); err != nil {
			return err
		}
		m, err := conn.ReadMsg()
		if err != nil {
			return fmt.Errorf("no reply to %s: %w", q.key(), err)
		}
		if err := got(q, m); err != nil {
			return err
		}
	}
	return nil
}

// serves returns an error unless all queries are answered from the version v.
func (d *daemon) serves(v uint32, queries ...query) error {
	return d.askAll(queries, func(q query, m *dns.Msg) error {
		is, err := q.version(m)
		if err == nil && (is != 0 && is != v || is == 0 && q.i >= 0 && q.has(v, q.i)) {
			err = fmt.Errorf("%w: not of version %d: %v", errWrong, v, m)
		}
		return err
	})
}

// awaitLog waits for a text in what was logged behind the first n octets.
func (d *daemon) awaitLog(tb testing.TB, n int, texts ...string) {
	tb.Helper()
	eventually(tb, func() error {
		for line := range strings.Lines(d.journal.since(n)) {
			found := true
			for _, text := range texts {
				found = found && strings.Contains(line, text)
			}
			if found {
				return nil
			}
		}
		return fmt.Errorf("the log does not say %q but:\n%s", texts, d.journal.since(n))
	})
}

// fetch gets a page of the server's metrics or profiles.
func (d *daemon) fetch(tb testing.TB, url string) string {
	tb.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	response, err := client.Get("http://" + url)
	if err != nil {
		tb.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		tb.Fatal(url, response.Status, err)
	}
	return string(body)
}

// metric returns the sum of the samples of a metric, on a page of them, whose labels hold the text; 0
// where there is none.
func metric(page, name, label string) (sum float64) {
	for line := range strings.Lines(page) {
		sample, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if is, set, _ := strings.Cut(sample, "{"); is == name && strings.Contains(set, label) {
			v, _ := strconv.ParseFloat(value, 64)
			sum += v
		}
	}
	return sum
}

// usage is what a process holds.
type usage struct {
	goroutines, files, watches int
	heap                       float64 // octets, after a collection
}

func (u usage) String() string {
	return fmt.Sprintf("%d goroutines, %d file descriptors, %d watches, %.1f MiB of heap", u.goroutines, u.files, u.watches, u.heap/(1<<20))
}

func (d *daemon) usage(tb testing.TB) usage {
	tb.Helper()
	d.fetch(tb, d.pprof+"/debug/pprof/heap?gc=1")
	page := d.fetch(tb, d.metrics+"/metrics")
	u := usage{goroutines: int(metric(page, "go_goroutines", "")), heap: metric(page, "go_memstats_heap_alloc_bytes", "")}
	if u.goroutines == 0 || u.heap == 0 {
		tb.Fatal("no metrics")
	}
	fds, err := filepath.Glob(fmt.Sprintf("/proc/%d/fdinfo/*", d.cmd.Process.Pid))
	if err != nil || len(fds) == 0 {
		tb.Fatal("no file descriptors", err)
	}
	u.files = len(fds)
	for _, fd := range fds {
		text, _ := os.ReadFile(fd) // one that is closed by now has none
		u.watches += strings.Count(string(text), "inotify wd:")
	}
	return u
}

// rests waits until the server watches the folders of the lanes and nothing else, and returns what it
// holds then: what a reload replaced lives on for some seconds.
func (d *daemon) rests(tb testing.TB, lanes []*lane) (u usage) {
	tb.Helper()
	eventually(tb, func() error {
		if u = d.usage(tb); u.watches != len(lanes) {
			return fmt.Errorf("%d folders are watched for %d files", u.watches, len(lanes))
		}
		return nil
	})
	return u
}

// returnsTo fails the test unless the server comes to hold what it held before, but for heap octets. A
// scrape has a connection, two goroutines and a file descriptor of its own, which differ by the moment.
func (d *daemon) returnsTo(tb testing.TB, before usage, lanes []*lane, heap float64) {
	tb.Helper()
	eventually(tb, func() error {
		u := d.rests(tb, lanes)
		if u.goroutines > before.goroutines+2 || u.files > before.files+1 || u.heap > before.heap+heap {
			return fmt.Errorf("the server holds %v, before %v\n%s", u, before, d.fetch(tb, d.pprof+"/debug/pprof/goroutine?debug=1"))
		}
		tb.Logf("before: %v; after: %v", before, u)
		return nil
	})
}

// reload sends SIGUSR1 and waits for what the log says of it.
func (d *daemon) reload(tb testing.TB, want string) {
	tb.Helper()
	n := d.journal.len()
	if err := d.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		tb.Fatal(err)
	}
	d.awaitLog(tb, n, want)
}

// tellsNoNumber fails the test when the log holds a number of the lanes, or the greater part of one.
func (d *daemon) tellsNoNumber(tb testing.TB, lanes []*lane) {
	tb.Helper()
	text := d.journal.since(0)
	for _, l := range lanes {
		for i := range l.size {
			digits := l.number(i)
			for _, form := range []string{digits[:7], digits[5:], reversed(digits)[:13], reversed(digits)[10:]} {
				if at := strings.Index(text, form); at >= 0 {
					tb.Fatalf("the log tells %q: ...%s", form, text[max(0, at-200):min(len(text), at+100)])
				}
			}
		}
	}
}
