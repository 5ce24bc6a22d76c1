package servers

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// every is each server that can be started, by its name.
var every = map[string]func(t testing.TB) *Server{
	"postgres": func(t testing.TB) *Server { return Postgres(t) },
	"mariadb":  func(t testing.TB) *Server { return MariaDB(t) },
	"redis":    func(t testing.TB) *Server { return Redis(t) },
	"cluster":  func(t testing.TB) *Server { return RedisCluster(t, 3)[1] },
	"sentinel": func(t testing.TB) *Server { _, _, s := Sentinel(t); return s },
	"etcd":     func(t testing.TB) *Server { return Etcd(t) },
	"slapd":    func(t testing.TB) *Server { return Slapd(t) },
}

// A server that was killed serves again at its address, a paused one keeps its connections and says nothing until
// it goes on.
func TestLife(t *testing.T) {
	for name, start := range every {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			if err := s.kind.ready(s); err != nil {
				t.Fatal(err)
			}
			pids := s.PIDs()
			s.Stop()
			for _, pid := range pids {
				await(t, func() error {
					if !ended(pid) {
						return errors.New("a process outlives Stop")
					}
					return nil
				})
			}
			if conn, err := net.Dial("tcp", s.Addr); err == nil {
				conn.Close()
				t.Fatal("a stopped server takes a connection")
			}
			s.Start()
			if err := s.kind.ready(s); err != nil {
				t.Fatal(err)
			}

			s.Pause()
			for _, pid := range s.PIDs() {
				await(t, func() error {
					if state, _ := stat(pid); state != "T" && !ended(pid) { // one that was ending is not waited for by one that is stopped
						return errors.New("a process of a paused server is in state " + state)
					}
					return nil
				})
			}
			if err := s.kind.ready(s); err == nil {
				t.Error("a paused server answers")
			}
			s.Resume()
			await(t, func() error { return s.kind.ready(s) })
		})
	}
}

// What was written before kill -9 is there afterwards.
func TestDataSurvives(t *testing.T) {
	s := Redis(t)
	if _, err := s.redis(nil, "SET key value"); err != nil {
		t.Fatal(err)
	}
	s.Stop()
	s.Start()
	if value, err := s.redis(nil, "GET key"); err != nil || value != "value\r\n" {
		t.Errorf("%q, %v", value, err)
	}
}

func TestPassword(t *testing.T) {
	args := []string{"--requirepass", "secret of a test"}
	s := Redis(t, args...)
	if _, err := s.redis(nil, "GET key"); err == nil {
		t.Error("the server answers without password")
	}
	if _, err := s.redis(args, "GET key"); err != nil {
		t.Error(err)
	}
}

// Without its master a sentinel makes the replica a master.
func TestFailover(t *testing.T) {
	master, replica, sentinel := Sentinel(t)
	master.Stop()
	await(t, func() error {
		info, err := sentinel.sentinel("INFO sentinel")
		if err == nil && !strings.Contains(info, "address="+replica.Addr) {
			err = errors.New(info)
		}
		return err
	})
}

// A server that cannot start fails its test with what the server says of it.
func TestLogOfFailure(t *testing.T) {
	for name, start := range map[string]func(t testing.TB){
		"postgres": func(t testing.TB) { Postgres(t, "no_such_setting=1") },
		"redis":    func(t testing.TB) { Redis(t, "--no-such-setting", "1") },
		"etcd":     func(t testing.TB) { Etcd(t, "--no-such-setting") },
	} {
		t.Run(name, func(t *testing.T) {
			rec := &recorder{TB: t}
			done := make(chan struct{})
			go func() { defer close(done); start(rec) }()
			<-done
			if text := strings.ReplaceAll(rec.text, "_", "-"); !strings.Contains(text, "such-setting") {
				t.Errorf("the failure says %q", text)
			}
		})
	}
}

// TestMissing holds Missing to its two ways.
func TestMissing(t *testing.T) {
	for _, c := range []struct{ ci, want string }{{"true", "failed"}, {"", "skipped"}} {
		t.Setenv("CI", c.ci)
		rec := &recorder{TB: t}
		done := make(chan struct{})
		go func() { defer close(done); Missing(rec, "absent", "absent-server") }()
		<-done
		if rec.how != c.want || !strings.Contains(rec.text, "apt install absent-server") {
			t.Errorf("with CI=%q the test is %s: %q", c.ci, rec.how, rec.text)
		}
	}
}

// Nothing of a server outlives a test program that is killed, paused processes included.
func TestNothingSurvives(t *testing.T) {
	const variable = "SERVERS_TEST_DIR"
	if path := os.Getenv(variable); path != "" {
		s := Postgres(t)
		s.Pause()
		if err := os.WriteFile(path, []byte(s.base), 0o600); err != nil {
			t.Fatal(err)
		}
		select {} // until it is killed
	}
	if newest("postgres") == "" {
		Missing(t, "postgres", "postgresql")
	}
	path := filepath.Join(t.TempDir(), "dir")
	cmd := exec.Command(os.Args[0], "-test.run=^TestNothingSurvives$")
	cmd.Env = append(os.Environ(), variable+"="+path)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var base string
	await(t, func() error {
		text, err := os.ReadFile(path)
		if err == nil && len(text) == 0 {
			err = errors.New("empty")
		}
		base = string(text)
		return err
	})
	cmd.Process.Kill()
	cmd.Wait()
	await(t, func() error {
		if _, err := os.Stat(base); !errors.Is(err, os.ErrNotExist) {
			return errors.New("the data is still there")
		}
		links, _ := filepath.Glob("/proc/[0-9]*/cwd")
		for _, link := range links {
			if to, _ := os.Readlink(link); strings.HasPrefix(to, base) {
				return errors.New("a process lives on: " + link)
			}
		}
		return nil
	})
}

// The port of a server is not given to others while it is stopped, nor is it afterwards not to be had.
func TestPortsAreKept(t *testing.T) {
	var port string
	t.Run("server", func(t *testing.T) {
		s := Redis(t)
		port = s.kind.fixed[0]
		s.Stop()
		if other, err := claim("port-" + port); err == nil {
			other.Close()
			t.Error("the port of a stopped server can be had")
		}
	})
	other, err := claim("port-" + port)
	if err != nil {
		t.Fatal(err)
	}
	other.Close()
}

// TestAddressInUse holds a start to the port: what took it is waited for.
func TestAddressInUse(t *testing.T) {
	s := Redis(t)
	s.Stop()
	l, err := net.Listen("tcp", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(200*time.Millisecond, func() { l.Close() })
	s.Start()
}

// recorder is a test that records how it ends. It is for a goroutine of its own.
type recorder struct {
	testing.TB
	text, how string
}

func (r *recorder) Helper() {}

func (r *recorder) end(how string, args []any) {
	for _, arg := range args {
		switch arg := arg.(type) {
		case error:
			r.text += arg.Error()
		case string:
			r.text += arg
		}
	}
	r.how = how
	runtime.Goexit()
}

func (r *recorder) Fatal(args ...any) { r.end("failed", args) }
func (r *recorder) Skip(args ...any)  { r.end("skipped", args) }

func (r *recorder) Skipf(format string, args ...any) { r.Skip(fmt.Sprintf(format, args...)) }
