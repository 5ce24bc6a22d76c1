package kubernetes

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/sys/unix"
)

// bind lays a folder or file over another one, for this test.
func bind(t testing.TB, from, to string) {
	t.Helper()
	if err := unix.Mount(from, to, "", unix.MS_BIND, ""); err != nil {
		t.Fatalf("%s: %v", to, err)
	}
	t.Cleanup(func() { unix.Unmount(to, unix.MNT_DETACH) })
}

// startKamailio runs the container kamailio of the example with the program of this machine.
func startKamailio(t *testing.T, b *bundle, resolv string) {
	t.Helper()
	w := b.workloads()[0]
	c := w.template.Spec.Containers[0]
	root := t.TempDir()
	chmod(t, root, 0o755)
	mounts(t, root, b, w, c, nil)
	run := filepath.Join(root, "run")
	bind(t, run, "/run")
	bind(t, filepath.Join(root, "etc/kamailio"), "/etc/kamailio")
	bind(t, resolv, "/etc/resolv.conf")

	var log bytes.Buffer
	cmd := exec.Command(c.Command[0], c.Command[1:]...)
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.Dir = "/"
	cmd.WaitDelay = 5 * time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Credential: &syscall.Credential{
			Uid: uint32(*c.SecurityContext.RunAsUser), Gid: uint32(*c.SecurityContext.RunAsGroup),
		},
		Pdeathsig: syscall.SIGTERM,
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
		if t.Failed() {
			t.Logf("%.4000s", log.String())
		}
	})
}

var (
	statusLine = regexp.MustCompile(`^SIP/2\.0 (\d+)`)
	contact    = regexp.MustCompile(`(?m)^Contact: <?([^>;,\s]+)`)
)

// invite calls a number; it returns the status of the answer, and where that says the number is.
func invite(t *testing.T, number string) (status, uri string) {
	t.Helper()
	conn, err := net.Dial("udp", podIP+":5060")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	request := fmt.Sprintf("INVITE sip:%s@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s\r\n"+
		"From: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\nCall-ID: %s@example.com\r\nCSeq: 1 INVITE\r\n"+
		"Contact: <sip:a@example.com>\r\nMax-Forwards: 9\r\nContent-Length: 0\r\n\r\n", number, podIP, conn.LocalAddr(), number[1:], number)
	reply := make([]byte, 1<<16)
	for range 40 {
		if _, err := conn.Write([]byte(request)); err == nil {
			conn.SetReadDeadline(time.Now().Add(time.Second))
			if n, err := conn.Read(reply); err == nil {
				if m := statusLine.FindSubmatch(reply[:n]); m != nil {
					status = string(m[1])
				}
				if m := contact.FindSubmatch(reply[:n]); m != nil {
					uri = string(m[1])
				}
				return status, uri
			}
		}
		time.Sleep(200 * time.Millisecond)
	}
	t.Fatal("Kamailio does not answer")
	return "", ""
}

// TestKamailio runs the worked example: Kamailio with its configuration beside the sidecar, in one pod. And so that its
// resolver tries the search domains, in a tree of another name.
func TestKamailio(t *testing.T) {
	needPod(t)
	t.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin")
	if _, err := exec.LookPath("kamailio"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("this test needs kamailio")
	}
	t.Run("as it is", func(t *testing.T) { calls(t, render(t, "examples/kamailio")) })
	t.Run("with search domains", func(t *testing.T) {
		b := render(t, "examples/kamailio")
		b.edit(t, "kamailio.cfg", "dns_use_search_list=no", "dns_use_search_list=yes")
		b.edit(t, "kamailio.cfg", `"e164.arpa."`, `"enum.example.com"`)
		b.edit(t, "enumim.conf", "e164.arpa", "enum.example.com")
		calls(t, b)
	})
}

// calls calls numbers through Kamailio; the DNS of the cluster gets to know none of them.
func calls(t *testing.T, b *bundle) {
	c, w := startCluster(t), listen(t)
	p := start(t, b, nil)
	p.started(t)
	startKamailio(t, b, filepath.Join(p.root, "etc/resolv.conf"))
	for number, want := range map[string][2]string{
		"+12025550100":  {"302", "sip:alice@example.com"},
		"+12025550101":  {"302", "sip:bob@example.com"},
		"+12025550177":  {"302", "sip:+12025550177@gw.example.net"},
		"+442079460000": {"404", ""},
	} {
		status, uri := invite(t, number)
		if got := [2]string{status, uri}; got != want {
			t.Errorf("a call to %s: %q, want %q", number, got, want)
		}
	}
	if conn, err := net.Dial("tcp", podIP+":5060"); err != nil {
		t.Errorf("the readiness probe of Kamailio: %v", err)
	} else {
		conn.Close()
	}
	if names := slices.Concat(c.heard("e164"), c.heard("5.5.5"), c.heard("0.0.0")); len(names) > 0 {
		t.Errorf("the DNS of the cluster was told %q", names)
	}
	ask(t, "udp", resolver, "last.example.net", dns.TypeA)
	within(t, 5*time.Second, "all packets are seen", func() bool { return w.carried("last.example.net") })
	if w.carried("0.0.0.0.6.4.9.7.0.2.4.4") {
		t.Error("a number left the pod")
	}
}
