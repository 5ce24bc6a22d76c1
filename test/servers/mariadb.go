package servers

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// MariaDB starts MariaDB with a user "enumim" that may do everything and has no password, a data base "enumim", small
// buffers, and without waiting for disks or a binary log. settings are added to its command line, "--max-connections=20";
// the files that --ssl-cert, --ssl-key and --ssl-ca name are copied for it, who must own them. It can be reached
// through the socket that MariaDBSocket returns as well.
func MariaDB(t testing.TB, settings ...string) *Server {
	t.Helper()
	program := find("mariadbd", "mysqld")
	install := find("mariadb-install-db")
	if program == "" || install == "" {
		Missing(t, "mariadbd", "mariadb-server")
	}
	o := unprivileged()
	from, err := mariadbTemplate(program, install, o)
	if err != nil {
		t.Fatal(err)
	}
	k := kind{program: program, owner: o, ports: 1, ready: mariadbReady}
	k.command = func(s *Server, ports []string) []string {
		args := append([]string{"--no-defaults", "--datadir=" + s.Dir, "--port=" + ports[0], "--socket=" + s.MariaDBSocket(), "--bind-address=127.0.0.1",
			"--pid-file=" + filepath.Join(s.base, "pid"), "--tmpdir=" + s.base}, mariadbSettings...)
		for _, setting := range settings {
			if name, _, ok := strings.Cut(setting, "="); ok && mariadbFiles[name] {
				setting = name + "=" + filepath.Join(s.base, strings.TrimLeft(name, "-"))
			}
			args = append(args, setting)
		}
		return args
	}
	return start(t, k, func(s *Server) error {
		if out, err := exec.Command("cp", "-a", from+"/.", s.Dir).CombinedOutput(); err != nil {
			return fmt.Errorf("cp: %w\n%s", err, out)
		}
		for _, setting := range settings {
			if name, value, _ := strings.Cut(setting, "="); mariadbFiles[name] {
				if err := o.copy(value, filepath.Join(s.base, strings.TrimLeft(name, "-"))); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

var mariadbFiles = map[string]bool{"--ssl-cert": true, "--ssl-key": true, "--ssl-ca": true}

// What differs from the defaults: little memory, no disk is waited for, no names are looked up.
var mariadbSettings = []string{
	"--skip-name-resolve", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=2", "--innodb-flush-method=nosync", "--innodb-buffer-pool-size=64M",
	"--innodb-log-file-size=16M", "--innodb-stats-persistent=1", "--key-buffer-size=1M", "--aria-pagecache-buffer-size=1M",
	"--max-connect-errors=1000000", "--skip-external-locking", "--performance-schema=0", "--log-warnings=1",
}

// MariaDBSocket returns the path of the Unix domain socket of the server.
func (s *Server) MariaDBSocket() string { return filepath.Join(s.base, "mariadb.sock") }

// installed is the data folder that those of all servers of this test program are copies of: making one anew takes
// seconds. It is there until the program ends.
var installed struct {
	sync.Mutex
	dir string
	in  io.Closer // its guard, who takes the folder away when this closes
}

// mariadbUsers makes the user and the data base. Names of users that are empty are for everybody.
const mariadbUsers = `FLUSH PRIVILEGES;
DELETE FROM mysql.global_priv WHERE User = '';
CREATE DATABASE enumim CHARACTER SET utf8mb4;
CREATE USER enumim@'%' IDENTIFIED BY '';
GRANT ALL PRIVILEGES ON *.* TO enumim@'%' WITH GRANT OPTION;
`

func mariadbTemplate(program, install string, o owner) (dir string, err error) {
	installed.Lock()
	defer installed.Unlock()
	if installed.dir != "" {
		return installed.dir, nil
	}
	base, _, release, err := folder(o)
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			release.Close()
		}
	}()
	dir = filepath.Join(base, "data")
	run := func(input, program string, args ...string) error {
		cmd := exec.Command(program, args...)
		cmd.Dir, cmd.SysProcAttr, cmd.Stdin = dir, o.attributes(), strings.NewReader(input)
		cmd.Env = append(os.Environ(), "LC_ALL=C", "TZ=UTC")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", program, err, out)
		}
		return nil
	}
	settings := append([]string{"--no-defaults", "--datadir=" + dir}, mariadbSettings...)
	if err := run("", install, append(settings, "--auth-root-authentication-method=normal", "--skip-test-db", "--tmpdir="+base)...); err != nil {
		return "", err
	}
	if err := run(mariadbUsers, program, append(settings, "--tmpdir="+base, "--bootstrap")...); err != nil {
		return "", err
	}
	installed.dir, installed.in = dir, release
	return dir, nil
}

// mariadbReady reads the greeting, which a server sends when it serves.
func mariadbReady(s *Server) error {
	conn, err := net.DialTimeout("unix", s.MariaDBSocket(), time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Second))
	var head [5]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return err
	}
	if head[4] != 10 { // the version of the protocol
		return errors.New("the server does not greet")
	}
	return nil
}
