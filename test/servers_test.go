package test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/miekg/dns"

	_ "github.com/coredns/coredns/plugin/bind"

	_ "github.com/enumim/enumim"
	_ "github.com/enumim/enumim/backend/file"
)

func init() {
	i := slices.Index(dnsserver.Directives, "hosts")
	dnsserver.Directives = slices.Insert(slices.Clone(dnsserver.Directives), i, "enumim")
	dnsserver.Quiet = true
}

// server is a name server that listens at one address over UDP and TCP.
type server struct {
	name    string
	address string
}

// maxUDP is what all servers are told to send over UDP at most.
const maxUDP = 1232

// loopback is an address of this process alone: CoreDNS and Knot open their sockets with SO_REUSEPORT,
// by which two test programs at one address may come to share a port, and to get each other's queries.
var loopback = func() string {
	if runtime.GOOS != "linux" {
		return "127.0.0.1"
	}
	pid := os.Getpid()
	return fmt.Sprintf("127.%d.%d.%d", 1+pid>>16&0x7f, pid>>8&0xff, pid&0xff)
}()

// freePort returns a port of the loopback address that was free for UDP and TCP a moment ago.
func freePort(tb testing.TB) int {
	tb.Helper()
	for range 100 {
		l, err := net.Listen("tcp", loopback+":0")
		if err != nil {
			tb.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		p, err := net.ListenPacket("udp", l.Addr().String())
		l.Close()
		if err == nil {
			p.Close()
			return port
		}
	}
	tb.Fatal("no port is free")
	return 0
}

// startDaemon runs a program in the foreground until the test ends, and waits until it answers for
// zone.
func startDaemon(tb testing.TB, address, zone, program string, args ...string) {
	tb.Helper()
	var out bytes.Buffer
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	dieWithParent(cmd)
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	tb.Cleanup(func() {
		terminate(cmd)
		select {
		case <-exited:
		case <-time.After(10 * time.Second):
			cmd.Process.Kill()
			<-exited
		}
	})
	r := new(dns.Msg).SetQuestion(zone, dns.TypeSOA)
	client := &dns.Client{Timeout: time.Second}
	for until := time.Now().Add(15 * time.Second); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		select {
		case err := <-exited:
			exited <- err
			tb.Fatalf("%s ended: %v\n%s", program, err, out.String())
		default:
		}
		if m, _, err := client.Exchange(r, address); err == nil && m.Rcode == dns.RcodeSuccess && len(m.Answer) == 1 {
			return
		}
	}
	terminate(cmd)
	<-exited
	exited <- nil
	tb.Fatalf("%s does not answer for %s\n%s", program, zone, out.String())
}

// startNSD starts NSD with zone files by apex.
func startNSD(tb testing.TB, files map[string]string) server {
	tb.Helper()
	dir, port := tb.TempDir(), freePort(tb)
	var conf strings.Builder
	// minimal-responses stays off, so that the additional section can be compared.
	fmt.Fprintf(&conf, `server:
	ip-address: %[6]s@%[1]d
	do-ip6: no
	username: ""
	zonesdir: %[2]q
	database: ""
	pidfile: %[3]q
	xfrdfile: %[4]q
	xfrdir: %[2]q
	zonelistfile: %[5]q
	server-count: 1
	tcp-timeout: 600
	ipv4-edns-size: %[7]d
	minimal-responses: no
	refuse-any: no
	rrl-ratelimit: 0
	rrl-whitelist-ratelimit: 0
remote-control:
	control-enable: no
`, port, dir, filepath.Join(dir, "pid"), filepath.Join(dir, "xfrd"), filepath.Join(dir, "zones"), loopback, maxUDP)
	for zone, file := range files {
		fmt.Fprintf(&conf, "zone:\n\tname: %q\n\tzonefile: %q\n", zone, file)
	}
	path := write(tb, dir, "nsd.conf", conf.String())
	s := server{"NSD", fmt.Sprintf("%s:%d", loopback, port)}
	startDaemon(tb, s.address, anyKey(files), "nsd", "-d", "-c", path)
	return s
}

// startKnot starts Knot DNS with zone files by apex.
func startKnot(tb testing.TB, files map[string]string) server {
	tb.Helper()
	dir, port := tb.TempDir(), freePort(tb)
	var conf strings.Builder
	fmt.Fprintf(&conf, `server:
    rundir: %[1]q
    listen: %[4]s@%[2]d
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
    tcp-idle-timeout: 600
    udp-max-payload: %[3]d
log:
  - target: stderr
    any: warning
database:
    storage: %[1]q
template:
  - id: default
    storage: %[1]q
    semantic-checks: off
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
zone:
`, dir, port, maxUDP, loopback)
	for zone, file := range files {
		fmt.Fprintf(&conf, "  - domain: %q\n    file: %q\n", zone, file)
	}
	path := write(tb, dir, "knot.conf", conf.String())
	s := server{"Knot", fmt.Sprintf("%s:%d", loopback, port)}
	startDaemon(tb, s.address, anyKey(files), "knotd", "-c", path)
	return s
}

// startEnumim starts CoreDNS within the test with what stands between the braces of a server block.
func startEnumim(tb testing.TB, block string) server {
	tb.Helper()
	instance, err := caddy.Start(caddy.CaddyfileInput{
		Filepath: "Corefile", ServerTypeName: "dns",
		Contents: []byte(".:0 {\nbind " + loopback + "\n" + block + "\n}\n"),
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		instance.ShutdownCallbacks()
		instance.Stop()
		instance.Wait()
	})
	begun(tb, instance)
	s := instance.Servers()[0]
	return server{"enumim", s.LocalAddr().String() + " " + s.Addr().String()}
}

// begun waits until the listeners of an instance serve. One that is told to end before it has begun never ends. A message
// without question is refused before any plugin is asked.
func begun(tb testing.TB, instance *caddy.Instance) {
	tb.Helper()
	for _, s := range instance.Servers() {
		for network, at := range map[string]net.Addr{"udp": s.LocalAddr(), "tcp": s.Addr()} {
			c := dns.Client{Net: network, Timeout: patience}
			m, _, err := c.Exchange(new(dns.Msg), at.String())
			if err != nil {
				tb.Fatal(err)
			}
			if m.Rcode != dns.RcodeFormatError {
				tb.Fatalf("a message without question: %v", m)
			}
		}
	}
}

// of returns where the server listens for UDP or TCP.
func (s server) of(network string) string {
	udp, tcp, two := strings.Cut(s.address, " ")
	if two && network == "tcp" {
		return tcp
	}
	return udp
}

func anyKey(files map[string]string) string {
	for key := range files {
		return key
	}
	return "."
}

func write(tb testing.TB, dir, name, contents string) string {
	tb.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(contents), 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}
