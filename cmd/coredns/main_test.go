package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
)

func TestPlaceInTheChain(t *testing.T) {
	before := slices.Clone(dnsserver.Directives)
	got, err := withEnumim(dnsserver.Directives)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(dnsserver.Directives, before) {
		t.Error("the order of CoreDNS was changed in place")
	}
	at, guard := slices.Index(got, "enumim"), slices.Index(got, "enumim_guard")
	for _, name := range []string{"acl", "cache", "rewrite", "transfer", "metadata", "errors", "log", "prometheus", "ready", "health", "reload"} {
		if i := slices.Index(got, name); i < 0 || i > at {
			t.Errorf("%s is to act before enumim", name)
		}
	}
	for _, name := range []string{"hosts", "file", "auto", "secondary", "etcd", "forward"} {
		if i := slices.Index(got, name); i < at {
			t.Errorf("enumim is to answer before %s", name)
		}
	}
	if i := slices.Index(got, "cache"); i != guard+1 {
		t.Errorf("cache is to act directly behind enumim_guard: %q", got)
	}
	for _, name := range []string{"acl", "rewrite", "metadata", "log", "prometheus"} {
		if slices.Index(got, name) > guard {
			t.Errorf("%s is to act before enumim_guard", name)
		}
	}
	if again, err := withEnumim(got); err != nil || !slices.Equal(again, got) {
		t.Errorf("a CoreDNS with enumim in its plugin.cfg is to stay as it is: %q, %v", again, err)
	}
	for _, without := range []string{"cache", "hosts"} {
		less := slices.DeleteFunc(slices.Clone(before), func(name string) bool { return name == without })
		if _, err := withEnumim(less); err == nil || !strings.Contains(err.Error(), without) {
			t.Errorf("without %s: %v", without, err)
		}
	}
}

func TestExampleDriver(t *testing.T) {
	for _, c := range []backend.Config{
		{Args: []string{"x"}, Pos: backend.Pos{File: "Corefile", Line: 2}},
		{Options: []backend.Option{{Name: "x", Pos: backend.Pos{File: "Corefile", Line: 3}}}},
	} {
		if _, err := (example{}).Parse(c); err == nil || !strings.HasPrefix(err.Error(), "Corefile:") {
			t.Errorf("got %v", err)
		}
	}
}

func TestLoadCorefile(t *testing.T) {
	t.Chdir(t.TempDir())
	load := func() string {
		in, err := loadCorefile("dns")
		if err != nil {
			t.Fatal(err)
		}
		return string(in.Body())
	}
	if got := load(); got != exampleCorefile {
		t.Errorf("got %q", got)
	}
	defer func(port string) { dnsserver.Port = port }(dnsserver.Port)
	dnsserver.Port = "5300"
	if got := load(); !strings.Contains(got, "e164.arpa:5300 {") {
		t.Errorf("with -p: got %q", got)
	}
	if err := os.WriteFile(caddy.DefaultConfigFile, []byte("own"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := load(); got != "own" {
		t.Errorf("got %q", got)
	}
	if err := os.Remove(caddy.DefaultConfigFile); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(caddy.DefaultConfigFile, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := loadCorefile("dns"); err == nil {
		t.Error("a Corefile that cannot be read is no reason to serve examples")
	}
}

// build builds the program into a folder of the test.
func build(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a CoreDNS")
	}
	path := filepath.Join(t.TempDir(), "coredns")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// process is a running server.
type process struct {
	cmd *exec.Cmd
	out *bytes.Buffer
	end chan error
}

func run(t *testing.T, path, dir string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(path, args...), out: &bytes.Buffer{}, end: make(chan error, 1)}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, p.out, p.out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.end <- p.cmd.Wait() }()
	t.Cleanup(func() { p.cmd.Process.Kill() })
	return p
}

// ask asks until the server has started.
func (p *process) ask(t *testing.T, port int, network, name string, qtype uint16) *dns.Msg {
	t.Helper()
	r := new(dns.Msg)
	r.SetQuestion(name, qtype)
	c := &dns.Client{Net: network, Timeout: time.Second}
	var err error
	for began := time.Now(); time.Since(began) < 20*time.Second; time.Sleep(20 * time.Millisecond) {
		var m *dns.Msg
		if m, _, err = c.Exchange(r, fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return m
		}
	}
	t.Fatal(err)
	return nil
}

// terminate sends SIGTERM and waits for the end.
func (p *process) terminate(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-p.end:
		if err != nil {
			t.Errorf("%v\n%s", err, p.out)
		}
	case <-time.After(20 * time.Second):
		t.Errorf("still running after SIGTERM\n%s", p.out)
	}
}

// freePort returns a port that nobody uses over UDP and TCP.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

const example0 = "0.0.1.0.5.5.5.2.0.2.1.e164.arpa."

func TestBinary(t *testing.T) {
	path := build(t)
	t.Run("version", func(t *testing.T) {
		out, err := exec.Command(path, "-version").Output()
		if want := regexp.MustCompile(`^CoreDNS-1\.15\.0\+enumim-(devel|\d+\.\d+\.\d+\S*)\nlinux/\w+, go1\.\S+, ([0-9a-f]{40}(\+dirty)?)?\n$`); err != nil || !want.Match(out) {
			t.Errorf("got %q, %v", out, err)
		}
	})
	t.Run("plugins", func(t *testing.T) {
		out, err := exec.Command(path, "-plugins").Output()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
			got = append(got, strings.TrimSpace(lines.Text()))
		}
		for _, name := range []string{
			"enumim", "enumim_guard", "cache", "file", "forward", "metadata", "prometheus", "rewrite", "secondary", "tls", "transfer",
		} {
			if !slices.Contains(got, name) {
				t.Errorf("%s is missing", name)
			}
		}
	})
	t.Run("without a Corefile", func(t *testing.T) {
		port := freePort(t)
		p := run(t, path, t.TempDir(), "-p", fmt.Sprint(port))
		for _, network := range []string{"udp", "tcp"} {
			m := p.ask(t, port, network, example0, dns.TypeNAPTR)
			if len(m.Answer) == 0 || !m.Authoritative {
				t.Fatalf("%s: got %v", network, m)
			}
			if got := m.Answer[0].(*dns.NAPTR); got.Service != "E2U+im" || got.Regexp != "!^.*$!im:user@example.com!" {
				t.Errorf("%s: got %v, want RFC 5028's example", network, got)
			}
		}
		p.terminate(t)
	})
	t.Run("with a Corefile", func(t *testing.T) {
		port, dir := freePort(t), t.TempDir()
		write := func(name, text string) {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write("numbers.txt", "+12025550100 im:carol@example.com\n")
		write("Corefile", fmt.Sprintf("e164.arpa:%d {\n bind 127.0.0.1\n enumim {\n backend file numbers.txt\n }\n cache\n errors\n log\n prometheus 127.0.0.1:0\n}\n", port))
		p := run(t, path, dir)
		m := p.ask(t, port, "udp", example0, dns.TypeNAPTR)
		if len(m.Answer) != 1 || m.Answer[0].(*dns.NAPTR).Regexp != "!^.*$!im:carol@example.com!" {
			t.Errorf("got %v", m)
		}
		p.terminate(t)
	})
	t.Run("the guard stands before the cache", func(t *testing.T) {
		port, dir := freePort(t), t.TempDir()
		corefile := fmt.Sprintf("e164.arpa:%d {\n bind 127.0.0.1\n enumim_guard {\n inspect annotate\n rule S10 error\n }\n cache\n enumim {\n backend example\n }\n}\n", port)
		if err := os.WriteFile(filepath.Join(dir, "Corefile"), []byte(corefile), 0o600); err != nil {
			t.Fatal(err)
		}
		p := run(t, path, dir)
		p.ask(t, port, "udp", example0, dns.TypeNAPTR)
		r := new(dns.Msg).SetQuestion(example0, dns.TypeNAPTR)
		r.SetEdns0(1232, false)
		m, err := dns.Exchange(r, fmt.Sprintf("127.0.0.1:%d", port)) // out of the cache
		if err != nil {
			t.Fatal(err)
		}
		told := false
		if opt := m.IsEdns0(); opt != nil {
			for _, o := range opt.Option {
				ede, ok := o.(*dns.EDNS0_EDE)
				told = told || ok && strings.Contains(ede.ExtraText, "S10")
			}
		}
		if !told {
			t.Errorf("the client is not told that im alone is found by few (S10): %v", m)
		}
		p.terminate(t)
	})
	t.Run("a Corefile with an error", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "Corefile"), []byte("e164.arpa:0 {\n enumim {\n backend radius\n }\n}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(path)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if want := `plugin/enumim: Corefile:3: unknown backend "radius"; compiled in: bolt, etcd, example, file, http, kubernetes, ldap, mysql, postgres, redis`; err == nil || !strings.Contains(string(out), want) {
			t.Errorf("got %q, %v, want %q", out, err, want)
		}
	})
}
