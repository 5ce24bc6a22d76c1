package deploy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// machine is a systemd that runs on a copy of this machine's root, in namespaces of its own.
type machine struct {
	init int
	dist string
}

const bootScript = "testdata/boot.sh"

// boot starts one by a script, with folder as its /mnt.
func boot(t testing.TB, folder, script string) *machine {
	t.Helper()
	needSystemd(t)
	work, group := t.TempDir(), group("test")
	cmd := exec.Command("sh", "-euc", `mkdir "$GROUP"; echo $$ >"$GROUP/cgroup.procs"
		exec unshare -m -p -f -n -u -i -C --mount-proc --kill-child sh "$BOOT"`)
	script, err := filepath.Abs(script)
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd.Env = append(os.Environ(), "GROUP="+group, "BOOT="+script, "WORK="+work, "DIST="+folder)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	m, ended := &machine{dist: folder}, make(chan struct{})
	go func() {
		cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		if m.init > 0 {
			syscall.Kill(m.init, syscall.SIGKILL)
		}
		cmd.Process.Kill()
		<-ended
		for range 50 { // until the kernel has seen the last of them go
			if run("/", nil, "find", group, "-depth", "-type", "d", "-exec", "rmdir", "{}", ";"); !exists(group) {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
	for range 900 {
		child, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", cmd.Process.Pid, cmd.Process.Pid))
		if pid, err := strconv.Atoi(strings.TrimSpace(string(child))); err == nil {
			m.init = pid
			if name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); string(name) == "systemd\n" {
				if out, err := m.try("systemctl is-active test.target"); err == nil && out == "active\n" {
					return m
				}
			}
		}
		select {
		case <-ended:
		case <-time.After(200 * time.Millisecond):
			continue
		}
		break
	}
	t.Fatalf("no systemd has started:\n%s", read(t, log.Name()))
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// try runs a script on the machine.
func (m *machine) try(script string) (string, error) {
	return run("/", []string{"DEBIAN_FRONTEND=noninteractive", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"},
		"nsenter", "-t", strconv.Itoa(m.init), "-m", "-p", "-n", "-u", "-i", "-C", "-r", "-w", "sh", "-euc", `
ask() {
	for try in 1 2 3 4 5 6 7 8 9 10; do
		dig +short +tries=1 +time=2 -p "$1" @127.0.0.1 NAPTR 0.0.1.0.5.5.5.2.0.2.1.e164.arpa && return
		sleep 1
	done
	journalctl -u enumim --no-pager
	return 1
}
once() { dig +short +tries=1 +time=5 -p "$1" @127.0.0.1 NAPTR 0.0.1.0.5.5.5.2.0.2.1.e164.arpa; }
process() { systemctl show -P MainPID enumim; }
not() { if "$@"; then return 1; fi; } # a shell that ends where a command fails goes on behind one with a !
`+script)
}

// run runs a script that is not to fail.
func (m *machine) run(t *testing.T, script string) string {
	t.Helper()
	out, err := m.try(script)
	if err != nil {
		t.Fatalf("%s\n%v\n%s", script, err, out)
	}
	return out
}

// exposure is what systemd-analyze makes of the unit at most: of 10, which is a service without any protection.
const exposure = 1.5

func TestDebianPackage(t *testing.T) {
	need(t, "dpkg-deb", "systemd-analyze", "unshare", "nsenter", "dig")
	folder := filepath.Join(t.TempDir(), "packages")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	deb := one(t, dist(t)+"/*_"+runtime.GOARCH+".deb")
	if err := os.Link(deb, filepath.Join(folder, "old.deb")); err != nil {
		t.Fatal(err)
	}
	// The next version, with another Corefile in it.
	if out, err := run(folder, nil, "sh", "-euc", `dpkg-deb -R old.deb tree; sed -i 's/^Version: .*/&+next/' tree/DEBIAN/control
		echo '# next' >>tree/etc/enumim/Corefile; dpkg-deb --root-owner-group -Znone -b tree next.deb; rm -r tree`); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Parallel()
	m := boot(t, folder, bootScript)

	t.Run("install", func(t *testing.T) {
		m.run(t, "dpkg -i /mnt/old.deb; systemctl is-active enumim; systemctl is-enabled enumim")
		wants(t, m.run(t, "ask 1053"), record)
		wants(t, m.run(t, "enumim lint /etc/enumim/numbers.txt >/dev/null || test $? = 1; ls /usr/share/man/man1/enumim-lint.1.gz; enumim --version"), "/usr/share/man/man1/enumim-lint.1.gz", "enumim version ")
		wants(t, m.run(t, "stat -c '%A %U:%G %n' /etc/enumim /etc/enumim/* /var/lib/enumim"),
			"drwxr-x--- root:enumim /etc/enumim\n", "-rw-r----- root:enumim /etc/enumim/Corefile\n", "-rw-r----- root:enumim /etc/enumim/numbers.txt\n", "drwx------ enumim:enumim /var/lib/enumim\n")
		wants(t, m.run(t, "cd /tmp; cp /etc/enumim/numbers.txt own.txt; install -o root -g enumim -m 640 own.txt /etc/enumim/; runuser -u enumim cat /etc/enumim/own.txt; not runuser -u nobody cat /etc/enumim/own.txt; rm /etc/enumim/own.txt"), "12025550100")
		if out := m.run(t, "journalctl -u enumim --no-pager"); strings.Contains(out, "WARNING") || strings.Contains(out, "ERROR") {
			t.Errorf("complaints at the first start:\n%s", out)
		}
	})
	t.Run("sandbox", func(t *testing.T) {
		if out := m.run(t, "systemd-analyze verify --man=yes enumim.service 2>&1"); out != "" {
			t.Errorf("systemd-analyze verify: %s", out)
		}
		out := m.run(t, "systemd-analyze security --no-pager enumim.service")
		found := regexp.MustCompile(`Overall exposure level for enumim\.service: (\S+)`).FindStringSubmatch(out)
		if found == nil {
			t.Fatalf("systemd-analyze security: %s", out)
		}
		if level, err := strconv.ParseFloat(found[1], 64); err != nil || level > exposure {
			t.Errorf("exposure %s, want %v at most\n%s", found[1], exposure, out)
		}
		bind := "0000000000000400"
		wants(t, m.run(t, "cat /proc/$(process)/status"), "CapPrm:\t"+bind, "CapEff:\t"+bind, "CapBnd:\t"+bind, "NoNewPrivs:\t1", "Seccomp:\t2")
		m.run(t, `mkdir -p /home/of; touch /home/of/data /tmp/data; for path in /home/of /tmp/data; do not test -e /proc/$(process)/root/$path; done
			not nsenter -t $(process) -m -r touch /etc/enumim/data; nsenter -t $(process) -m -r touch /var/lib/enumim/data`)
	})
	t.Run("port 53, a data base in a file, a credential", func(t *testing.T) {
		out := m.run(t, `
runuser -u enumim -- enumim import /etc/enumim/numbers.txt 'bolt /var/lib/enumim/numbers.bolt'
mkdir -m 700 /etc/enumim/secrets
(umask 077; echo secret >/etc/enumim/secrets/redis)
mkdir /etc/systemd/system/enumim.service.d
printf '[Service]\nLoadCredential=redis:/etc/enumim/secrets/redis\nMemoryMax=1G\nEnvironment=GOMEMLIMIT=900MiB\n' >/etc/systemd/system/enumim.service.d/redis.conf
cat >/etc/enumim/Corefile <<X
e164.arpa:53 {
    bind lo
    enumim {
        backend bolt /var/lib/enumim/numbers.bolt
        ns ns1.example.net
    }
    errors
}
e164.example.net:53 {
    bind lo
    enumim {
        backend redis 127.0.0.1:6399 {
            password file:{\$CREDENTIALS_DIRECTORY}/redis
        }
        ns ns1.example.net
    }
}
X
systemctl daemon-reload
systemctl restart enumim
ask 53
sleep 1
systemctl show -p MemoryMax enumim
tr '\0' '\n' </proc/$(process)/environ
journalctl -u enumim --no-pager`)
		wants(t, out, record, "MemoryMax=1073741824\n", "GOMEMLIMIT=900MiB\n", "127.0.0.1:6399/enum: is unavailable: redis: nothing listens at its address")
		if strings.Contains(out, "permission denied") {
			t.Errorf("the credential was not read:\n%s", out)
		}
	})
	t.Run("reload", func(t *testing.T) {
		// When it ends, what is new is served.
		out := m.run(t, "before=$(process); sed -i s/:53/:1053/ /etc/enumim/Corefile; systemctl reload enumim; once 1053; test $before = $(process)")
		wants(t, out, record)
		// What cannot be read, and what only shows while it is taken over: an address of another machine, a missing file.
		for change, told := range map[string]string{
			"s/errors/erors/":                    "Unknown directive 'erors'",
			"s/bind lo/bind 192.0.2.1/":          "192.0.2.1",
			"s,bolt /var.*bolt,file absent.txt,": "absent.txt",
		} {
			out = m.run(t, `before=$(process); cp /etc/enumim/Corefile /root/kept; sed -i '`+change+`' /etc/enumim/Corefile; not cmp -s /root/kept /etc/enumim/Corefile
				not systemctl reload enumim; once 1053; test $before = $(process); cp /root/kept /etc/enumim/Corefile; journalctl -u enumim --no-pager`)
			wants(t, out, told, record)
		}
	})
	t.Run("reload with a log elsewhere", func(t *testing.T) {
		// Nothing tells whether it was taken over, and the log says so.
		wants(t, m.run(t, `printf '[Service]\nStandardOutput=append:/var/log/enumim.log\nStandardError=append:/var/log/enumim.log\n' >/etc/systemd/system/enumim.service.d/log.conf
			systemctl daemon-reload; systemctl restart enumim; ask 1053; systemctl reload enumim; cat /var/log/enumim.log
			rm /etc/systemd/system/enumim.service.d/log.conf; systemctl daemon-reload; systemctl restart enumim; ask 1053`),
			"nothing of the reload is in the journal")
	})
	t.Run("upgrade", func(t *testing.T) {
		// The data is the operator's: a Corefile that was changed stays, also beside another one in the package.
		out := m.run(t, "before=$(process); dpkg -i --force-confold /mnt/next.deb 2>&1; cmp /root/kept /etc/enumim/Corefile; ask 1053; test $before != $(process); dpkg-query -W enumim; stat -c %A:%G /etc/enumim/Corefile")
		wants(t, out, record, "+next\n", "-rw-r-----:enumim")
		wants(t, m.run(t, "systemctl disable --now enumim; dpkg -i --force-confold /mnt/next.deb; systemctl is-active enumim || true; systemctl enable --now enumim; ask 1053"), "inactive\n")
	})
	t.Run("upgrade that refuses the Corefile", func(t *testing.T) {
		// An option of which the version in the package knows nothing, an address that this machine has not any more. The old
		// server goes on until somebody mends it.
		for change, told := range map[string]string{"s/ns ns1/nns ns1/": `unknown option "nns"`, "s/bind lo/bind 192.0.2.2/": "192.0.2.2"} {
			out := m.run(t, `before=$(process); sed -i '`+change+`' /etc/enumim/Corefile
				dpkg -i --force-confold /mnt/old.deb 2>&1; ask 1053; test $before = $(process); dpkg-query -W -f '${Status}\n' enumim
				journalctl -u enumim --no-pager -n 50; cp /root/kept /etc/enumim/Corefile; systemctl restart enumim; ask 1053; test $before != $(process)`)
			wants(t, out, "enumim: the Corefile is refused", "install ok installed\n", told, record)
		}
	})
	t.Run("remove and install again", func(t *testing.T) {
		m.run(t, "dpkg -r enumim; not systemctl is-active enumim; test ! -e /usr/bin/enumim; cmp /root/kept /etc/enumim/Corefile; test -s /var/lib/enumim/numbers.bolt")
		wants(t, m.run(t, "dpkg -i --force-confold /mnt/next.deb; ask 1053"), record)
	})
	t.Run("purge", func(t *testing.T) {
		m.run(t, `dpkg -P enumim; test ! -e /etc/enumim/Corefile; test ! -e /usr/lib/enumim
			test -s /var/lib/enumim/numbers.bolt; test -s /etc/enumim/secrets/redis
			test ! -e /etc/systemd/system/enumim.service; test "$(systemctl show -P LoadState enumim)" = not-found
			id enumim; not dpkg -s enumim`)
	})
}

// TestDebianPolicy asks lintian what Debian's policy says of the package.
func TestDebianPolicy(t *testing.T) {
	need(t, "dpkg-deb", "lintian")
	deb := one(t, dist(t)+"/*_"+runtime.GOARCH+".deb")
	t.Parallel()
	if out, err := run(".", nil, "lintian", "--profile", "debian", "--fail-on", "error,warning", deb); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
