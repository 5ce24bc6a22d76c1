package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/enumim/enumim/test/proxy"
)

// names is what a server under test has in place of the /etc/hosts and /etc/resolv.conf of the machine.
type names struct{ hosts string }

// withNames starts the server of a place in a mount namespace of its own. Names that the file of hosts does not have,
// nobody has.
func withNames(t testing.TB, p *place) *names {
	t.Helper()
	if os.Geteuid() != 0 || exec.Command("unshare", "--mount", "true").Run() != nil {
		t.Skip("no mount namespaces here: names cannot be changed for a server alone")
	}
	dir := home(t)
	n := &names{hosts: filepath.Join(dir, "hosts")}
	resolv := write(t, dir, "resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
	n.set(t, "")
	if err := os.Chmod(resolv, 0o644); err != nil {
		t.Fatal(err)
	}
	p.around = func(cmd *exec.Cmd) {
		const script = `mount --bind "$0" /etc/hosts && mount --bind "$1" /etc/resolv.conf && shift &&
			exec setpriv --reuid ` + "65534 --regid 65534" + ` --clear-groups --pdeathsig TERM "$@"`
		inner := append([]string{cmd.Path}, cmd.Args[1:]...)
		around := exec.Command("unshare", append([]string{"--mount", "--propagation", "private", "sh", "-c", script, n.hosts, resolv}, inner...)...)
		cmd.Path, cmd.Args = around.Path, around.Args
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	}
	return n
}

// set gives the name of the store an address; "" for none. The file stays the one that is mounted, and as long as it is: who read it
// half written would go by that for five seconds.
func (n *names) set(t testing.TB, address string) {
	t.Helper()
	text := "127.0.0.1 localhost\n"
	if address != "" {
		text += address + " store.example.net\n"
	}
	f, err := os.OpenFile(n.hosts, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text + strings.Repeat("\n", 100-len(text))); err != nil {
		t.Fatal(err)
	}
}

// withName returns a store whose server has a name, and two addresses that the name may lead to.
func withName(t testing.TB, w way) (l *lane, n *names, first, second *proxy.Proxy) {
	t.Helper()
	l = newStoreLane(t, w, 50)
	p := l.store
	n = withNames(t, p)
	// The same port at two addresses: a name has no port.
	first = proxy.New(t, p.servers[0].Addr)
	_, port, _ := strings.Cut(first.Addr, ":")
	second = proxy.NewAt(t, "127.0.0.2:"+port, p.servers[0].Addr)
	p.via = strings.ReplaceAll(p.line, p.servers[0].Addr, "store.example.net:"+port)
	p.reads = append(p.reads, "tls off")
	return l, n, first, second
}

// TestNameFaults has the name of a store resolve to nothing, and to another address: that never denies a number, and
// the new address is found within ten seconds.
func TestNameFaults(t *testing.T) {
	for _, w := range storeWays {
		if !only("postgres", "redis store", "redis feed", "etcd")(w) {
			continue
		}
		t.Run(strings.ReplaceAll(w.name, " ", "/"), func(t *testing.T) {
			t.Parallel()
			l, n, first, second := withName(t, w)

			// At the start the name is unknown.
			d := launchLanes(t, home(t), []*lane{l})
			eventually(t, func() error { return d.rcode(query{l, 0}, dns.RcodeServerFailure) })
			n.set(t, "127.0.0.1")
			d.awaitStore(t, l, 1)

			// It moves: what was there goes away.
			n.set(t, "127.0.0.2")
			first.Set(proxy.Fault{Reset: true})
			moved := time.Now()
			d.awaitStore(t, l, l.put(t))
			if took := time.Since(moved); took > within(10*time.Second) {
				t.Errorf("the new address is found after %v", took)
			}
			if second.Opened() == 0 {
				t.Error("nobody came to the new address")
			}

			// It is unknown again: connections that stand go on, and what comes then is an outage.
			n.set(t, "")
			d.awaitStore(t, l, l.put(t))
			second.Set(proxy.Fault{Reset: true})
			during := dns.RcodeServerFailure
			if w.feed {
				during = dns.RcodeSuccess
			}
			eventually(t, func() error { return d.rcode(query{l, 0}, during) })
			if err := d.rcode(query{l, 0}, during); err != nil {
				t.Error(err)
			}
			n.set(t, "127.0.0.2")
			second.Set(proxy.Fault{})
			known := time.Now()
			d.awaitStore(t, l, l.put(t))
			if took := time.Since(known); took > within(10*time.Second) {
				t.Errorf("the name is known again, and the store answers after %v", took)
			}
			d.tellsNoNumber(t, []*lane{l})
		})
	}
}

// TestNameLeftFaults has the name of a store lead elsewhere while what was there goes on, as a server does that nobody writes
// to any more: it is left within six minutes, and no query fails for that. It takes that time, and so is part of the long
// form alone.
func TestNameLeftFaults(t *testing.T) {
	if once() {
		t.Skip("it takes six minutes: make faults runs it")
	}
	for _, w := range storeWays {
		if !only("postgres", "mysql", "redis store", "redis feed", "etcd", "http", "ldap")(w) {
			continue
		}
		t.Run(strings.ReplaceAll(w.name, " ", "/"), func(t *testing.T) {
			t.Parallel()
			l, n, first, second := withName(t, w)
			n.set(t, "127.0.0.1")
			d := launchLanes(t, home(t), []*lane{l})
			d.awaitStore(t, l, 1)
			n.set(t, "127.0.0.2")
			moved := time.Now()
			for ; first.Conns() > 0 || second.Conns() == 0; time.Sleep(100 * time.Millisecond) {
				still := second.Opened() == 0
				if err := d.rcode(query{l, 0}, dns.RcodeSuccess); err != nil {
					// Before anybody went elsewhere it is no doing of the name: a machine that is busy makes a store late.
					if !still {
						t.Fatalf("%v after the name leads elsewhere, a query fails: %v\n%s", time.Since(moved), err, d.journal.since(0))
					}
					t.Logf("%v after the name leads elsewhere, and with all connections to where it led before: %v", time.Since(moved), err)
				}
				if time.Since(moved) > 6*time.Minute {
					t.Fatalf("%d connections to the old address, %d to the new one", first.Conns(), second.Conns())
				}
			}
			t.Logf("left after %v", time.Since(moved).Round(time.Second))
			d.awaitStore(t, l, l.put(t))
		})
	}
}
