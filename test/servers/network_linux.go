package servers

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// Network is that of another machine: a network namespace, and two links between it and the one of the test. The first is
// for who is tested, and may be hurt; the second is for the test. All of it goes with the process of the test.
type Network struct {
	// Addr and Aside are where servers in it are reached, through the one link and the other.
	Addr, Aside string
	// Here and There are the ends of the first link, and At is the address of the near one.
	Here, There, At string

	space *os.File
}

// NewNetwork makes a network. Where the machine does not allow that to anybody, the test is skipped.
func NewNetwork(t testing.TB) *Network {
	t.Helper()
	if find("ip") == "" {
		Missing(t, "ip", "iproute2")
	}
	lacks(t, "network namespaces", "unshare", "--net", "true")
	lacks(t, "links between networks", "unshare", "--net", find("ip"), "link", "add", "here", "type", "veth", "peer", "name", "there")
	n := &Network{There: "hurt"}
	err := n.enter(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return err
		}
		var err error
		n.space, err = os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.space.Close() })
	// Of those for benchmarks (RFC 2544), which are nobody's but of other tests.
	var a, b int
	for range 1000 {
		a, b = rand.IntN(256), rand.IntN(32)
		if held, err := claim(fmt.Sprintf("net-%d-%d", a, b)); err == nil {
			t.Cleanup(func() { held.Close() })
			break
		}
	}
	address := func(i int) string { return fmt.Sprintf("198.18.%d.%d", a, 8*b+i) }
	mark := rand.Uint32()
	n.Here, n.At, n.Addr, n.Aside = fmt.Sprintf("en%xa", mark), address(1), address(2), address(6)
	if err := errors.Join(n.link(n.Here, n.At, n.There, n.Addr), n.link(fmt.Sprintf("en%xb", mark), address(5), "aside", n.Aside), n.IP("link", "set", "lo", "up")); err != nil {
		t.Fatal(err)
	}
	return n
}

// lacks skips a test where the machine does not let anybody do what a command does that has nothing of ours in it. What
// fails all the same is a fault here.
func lacks(t testing.TB, what string, probe ...string) {
	t.Helper()
	if out, err := exec.Command(probe[0], probe[1:]...).CombinedOutput(); err != nil {
		t.Skipf("this machine has no %s: %q: %v: %s", what, probe, err, out)
	}
}

// link joins the networks. Each packet goes by itself: what is joined into larger ones would pass whatever the MTU is.
func (n *Network) link(here, at, there, addr string) error {
	space := fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), n.space.Fd())
	err := IP("link", "add", here, "gso_max_segs", "1", "type", "veth", "peer", "name", there, "gso_max_segs", "1", "netns", space)
	if err != nil {
		return err
	}
	return errors.Join(IP("addr", "add", at+"/30", "dev", here), IP("link", "set", here, "up"),
		n.IP("addr", "add", addr+"/30", "dev", there), n.IP("link", "set", there, "up"))
}

// IP has the program ip change the network of the test.
func IP(args ...string) error { return (*Network)(nil).IP(args...) }

// IP has the program ip change this network, by default that of the test.
func (n *Network) IP(args ...string) error {
	var out []byte
	cmd := exec.Command(find("ip"), args...)
	err := n.enter(func() (err error) { out, err = cmd.CombinedOutput(); return err })
	if err != nil {
		err = fmt.Errorf("ip %q: %w: %s", args, err, out)
	}
	return err
}

// enter calls f on a thread of its own whose network is this one, where there is one: processes that f starts are in it.
func (n *Network) enter(f func() error) error {
	if n == nil {
		return f()
	}
	done := make(chan error)
	go func() {
		// Processes end with the thread that started them (Pdeathsig), so that it has to go on: it goes back to where it was.
		runtime.LockOSThread()
		home, err := os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
		if err == nil && n.space != nil {
			err = unix.Setns(int(n.space.Fd()), unix.CLONE_NEWNET)
		}
		if err == nil {
			err = f()
			if back := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); back != nil {
				done <- errors.Join(err, back)
				return // and the thread ends
			}
		}
		runtime.UnlockOSThread()
		done <- errors.Join(err, home.Close())
	}()
	return <-done
}

// host is the address of servers in the network.
func (n *Network) host() string {
	if n == nil {
		return "127.0.0.1"
	}
	return n.Aside
}

// binds are the addresses that servers in the network listen at.
func (n *Network) binds() []string {
	if n == nil {
		return []string{"127.0.0.1"}
	}
	return []string{n.Aside, n.Addr}
}
