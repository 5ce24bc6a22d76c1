package kubernetes

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/miekg/dns"
	"golang.org/x/sys/unix"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// The addresses of the network that the tests run in: one pod, the DNS of its cluster, and a store.
const (
	podIP   = "10.244.0.7"
	storeIP = "10.96.5.5"
)

// inside says, in the environment, that the tests run in namespaces of their own, and where the server is.
const inside = "ENUMIM_POD"

// TestMain runs all tests in a network and a tree of mounts of their own, so that a server can have port 53, the
// addresses of a cluster, and a resolv.conf. Where that is not allowed, what needs it is skipped.
func TestMain(m *testing.M) {
	if os.Getenv(inside) != "" {
		if err := network(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(m.Run())
	}
	if os.Geteuid() != 0 || exec.Command("unshare", "--net", "--mount", "true").Run() != nil {
		os.Exit(m.Run())
	}
	os.Exit(outside())
}

// outside builds the server and runs the tests again, inside.
func outside() int {
	dir, err := os.MkdirTemp("", "kubernetes")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	server := filepath.Join(dir, "coredns")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", server, "./cmd/coredns")
	build.Dir = filepath.Join("..", "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	again := exec.Command("/proc/self/exe", os.Args[1:]...)
	again.Env = append(os.Environ(), inside+"="+server)
	again.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL,
	}
	for _, cmd := range []*exec.Cmd{build, again} {
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Run(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return 0
}

// network brings up the loopback interface with the addresses.
func network() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	// struct ifreq: the name, and 24 octets of what the request is about.
	request := func(name string, code uintptr, value ...byte) error {
		var r [40]byte
		copy(r[:], name)
		copy(r[16:], value)
		if _, _, fault := unix.Syscall(unix.SYS_IOCTL, uintptr(s), code, uintptr(unsafe.Pointer(&r))); fault != 0 {
			return fmt.Errorf("interface %s: %w", name, fault)
		}
		return nil
	}
	fault := request("lo", unix.SIOCSIFFLAGS, unix.IFF_UP|unix.IFF_LOOPBACK)
	for i, a := range []string{podIP, clusterDNS, storeIP, apiIP} {
		address := net.ParseIP(a).To4()
		fault = errors.Join(fault, request(fmt.Sprintf("lo:%d", i+1), unix.SIOCSIFADDR,
			unix.AF_INET, 0, 0, 0, address[0], address[1], address[2], address[3]))
	}
	return fault
}

// needPod skips a test where no pod can be imitated.
func needPod(t testing.TB) {
	t.Helper()
	if os.Getenv(inside) == "" {
		t.Skip("this machine allows no namespaces, or not to this user")
	}
}

// pod is one container of a pod, started as kubelet would: as the user, with the mounts, the environment and the
// resolv.conf that the manifests give it.
type pod struct {
	root      string
	container core.Container
	user      uint32
	env       []string
	cmd       *exec.Cmd
	ended     chan struct{}

	mu  sync.Mutex
	log bytes.Buffer
}

func (p *pod) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.Write(b)
}

func (p *pod) logged() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// start runs the container enumim of the first workload. The secrets are those of the volume of the store.
func start(t testing.TB, b *bundle, secrets map[string]string) *pod {
	t.Helper()
	needPod(t)
	w := b.workloads()[0]
	p := &pod{root: t.TempDir(), container: w.enumim(t)}
	chmod(t, p.root, 0o755)
	sysctls(t, w.template.Spec.SecurityContext)
	if err := os.Link(os.Getenv(inside), filepath.Join(p.root, "coredns")); err != nil {
		copyFile(t, os.Getenv(inside), filepath.Join(p.root, "coredns"))
	}
	p.write(t, "etc/resolv.conf", resolvConf(w.template.Spec.DNSConfig))
	mounts(t, p.root, b, w, p.container, secrets)

	user := p.container.SecurityContext.RunAsUser
	if user == nil {
		user = w.template.Spec.SecurityContext.RunAsUser
	}
	p.user, p.env = uint32(*user), environment(b, p.container)
	p.run(t)
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.ended
		if t.Failed() {
			t.Logf("%.6000s", p.logged())
		}
	})
	return p
}

// run starts the container, also one that ended.
func (p *pod) run(t testing.TB) {
	t.Helper()
	ended := make(chan struct{})
	p.ended = ended
	p.cmd = exec.Command("/coredns", p.container.Args...)
	p.cmd.Dir = "/"
	p.cmd.Env = p.env
	p.cmd.Stdout, p.cmd.Stderr = p, p
	// All capabilities go with the user. The tree belongs to root: for this user it is read-only.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{
		Chroot: p.root, Credential: &syscall.Credential{Uid: p.user, Gid: p.user}, Pdeathsig: syscall.SIGKILL,
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func(cmd *exec.Cmd) { cmd.Wait(); close(ended) }(p.cmd)
}

// environment is what the manifests give a container.
func environment(b *bundle, c core.Container) (list []string) {
	list = append(list, "KUBERNETES_SERVICE_HOST="+apiIP, "KUBERNETES_SERVICE_PORT=443")
	for _, e := range c.EnvFrom {
		for name, value := range b.config(e.ConfigMapRef.Name) {
			list = append(list, name+"="+value)
		}
	}
	for _, e := range c.Env {
		list = append(list, e.Name+"="+e.Value)
	}
	return list
}

// sysctls sets what the pod wants, and what a network begins with where it wants nothing.
func sysctls(t testing.TB, s *core.PodSecurityContext) {
	t.Helper()
	values := map[string]string{"net.ipv4.ip_unprivileged_port_start": "1024"}
	if s != nil {
		for _, v := range s.Sysctls {
			values[v.Name] = v.Value
		}
	}
	for name, value := range values {
		path := "/proc/sys/" + strings.ReplaceAll(name, ".", "/")
		if err := os.WriteFile(path, []byte(value), 0); err != nil {
			t.Fatal(err)
		}
	}
}

// resolvConf is what kubelet writes for dnsPolicy None.
func resolvConf(c *core.PodDNSConfig) string {
	if c == nil {
		return "nameserver " + clusterDNS + "\n"
	}
	text := "search " + strings.Join(c.Searches, " ") + "\n"
	for _, n := range c.Nameservers {
		text += "nameserver " + n + "\n"
	}
	for _, o := range c.Options {
		text += "options " + o.Name + ":" + *o.Value + "\n"
	}
	return text
}

// address is where one of the container's ports is from outside the pod.
func (p *pod) address(name string) string {
	number, _ := containerPort(p.container, intstr.FromString(name), core.ProtocolTCP)
	return fmt.Sprintf("%s:%d", podIP, number)
}

// get asks as kubelet and Prometheus do. Without an answer the status is 0.
func (p *pod) get(port, path string) (status int, body string) {
	client := http.Client{Timeout: 5 * time.Second}
	defer client.CloseIdleConnections()
	reply, err := client.Get("http://" + p.address(port) + path)
	if err != nil {
		return 0, err.Error()
	}
	defer reply.Body.Close()
	text, _ := io.ReadAll(reply.Body)
	return reply.StatusCode, string(text)
}

// probe asks what a probe asks. A connection counts as the status 200.
func (p *pod) probe(which *core.Probe) (status int) {
	if s := which.TCPSocket; s != nil {
		conn, err := net.DialTimeout("tcp", p.address(s.Port.StrVal), time.Second)
		if err != nil {
			return 0
		}
		conn.Close()
		return http.StatusOK
	}
	status, _ = p.get(which.HTTPGet.Port.StrVal, which.HTTPGet.Path)
	return status
}

// within waits until something holds.
func within(t testing.TB, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("not within %s: %s", limit, what)
}

// answers says that the application, which kubelet starts now, can resolve. Its ports open one after the other.
func (p *pod) answers(t testing.TB) {
	t.Helper()
	within(t, 250*time.Millisecond, "queries are answered after the start", func() bool {
		_, err := try("udp", resolver, "started.example.com", dns.TypeA)
		return err == nil
	})
}

// started waits for the startup probe, behind which kubelet starts the application.
func (p *pod) started(t testing.TB) {
	t.Helper()
	within(t, 20*time.Second, "the startup probe succeeds", func() bool { return p.probe(p.container.StartupProbe) == 200 })
}
