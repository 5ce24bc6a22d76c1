package servers

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Postgres starts PostgreSQL with a superuser "enumim" without password, a data base "enumim" (UTF-8, locale C),
// and without waiting for disks (fsync off). Other roles need the password that they were created with. settings
// are added to its configuration, "max_connections=20"; the files that ssl_cert_file, ssl_key_file and ssl_ca_file
// name are copied for it, who must own them, and with ssl_cert_file it speaks TLS. It can be reached through a
// socket as well, in the folder that Sockets returns. With "disk=64m" among the settings its data is on a disk of that
// size.
func Postgres(t testing.TB, settings ...string) *Server {
	t.Helper()
	return (*Network)(nil).Postgres(t, settings...)
}

// Postgres is the function of that name for a server in this network.
func (n *Network) Postgres(t testing.TB, settings ...string) *Server {
	t.Helper()
	o := unprivileged()
	return postgres(t, n, o, settings, func(program string, s *Server) error {
		from, err := template(program, o)
		if err != nil {
			return err
		}
		if out, err := exec.Command("cp", "-a", from+"/.", s.Dir).CombinedOutput(); err != nil {
			return fmt.Errorf("cp: %w\n%s", err, out)
		}
		return nil
	})
}

// Standby starts a replica of a PostgreSQL: it follows what is committed there, and can be promoted.
func (s *Server) Standby(t testing.TB, settings ...string) *Server {
	t.Helper()
	o := unprivileged()
	host, port, _ := net.SplitHostPort(s.Addr)
	return postgres(t, nil, o, settings, func(program string, standby *Server) error {
		cmd := exec.Command(filepath.Join(filepath.Dir(program), "pg_basebackup"), "-D", standby.Dir, "-R", "-X", "stream", "--checkpoint=fast", "--no-sync",
			"-h", host, "-p", port, "-U", "enumim")
		cmd.Dir, cmd.SysProcAttr = standby.Dir, o.attributes()
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("pg_basebackup: %w\n%s", err, out)
		}
		return nil
	})
}

// postgres starts PostgreSQL with the data that fill brings.
func postgres(t testing.TB, n *Network, o owner, settings []string, fill func(program string, s *Server) error) *Server {
	t.Helper()
	program := newest("postgres")
	if program == "" {
		Missing(t, "postgres", "postgresql")
	}
	k := kind{program: program, owner: o, ports: 1, ready: postgresReady, network: n}
	settings = slices.DeleteFunc(slices.Clone(settings), func(setting string) bool {
		size, ok := strings.CutPrefix(setting, "disk=")
		if ok {
			k.disk = size
		}
		return ok
	})
	k.command = func(s *Server, ports []string) []string {
		args := []string{"-D", s.Dir, "-p", ports[0], "-k", s.Sockets(), "-h", strings.Join(n.binds(), ",")}
		for _, setting := range postgresSettings {
			args = append(args, "-c", setting)
		}
		for _, setting := range settings {
			name, value, _ := strings.Cut(setting, "=")
			if postgresFiles[name] {
				value = filepath.Join(s.base, name)
			}
			args = append(args, "-c", name+"="+value)
			if name == "ssl_cert_file" {
				args = append(args, "-c", "ssl=on")
			}
		}
		return args
	}
	return start(t, k, func(s *Server) error {
		if err := fill(program, s); err != nil {
			return err
		}
		for _, setting := range settings {
			if name, value, _ := strings.Cut(setting, "="); postgresFiles[name] {
				if err := o.copy(value, filepath.Join(s.base, name)); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

var postgresFiles = map[string]bool{"ssl_cert_file": true, "ssl_key_file": true, "ssl_ca_file": true}

// What differs from the defaults: no disk is waited for, and the log tells of failures alone.
var postgresSettings = []string{"fsync=off", "full_page_writes=off", "log_min_messages=log", "logging_collector=off", "lc_messages=C", "timezone=UTC"}

const hba = `local all all trust
host all enumim samenet trust
host replication enumim samenet trust
host all all samenet scram-sha-256
`

// Sockets returns the folder with the Unix domain sockets of the server. Its path is short enough for one.
func (s *Server) Sockets() string { return s.base }

// initialised is the data folder that those of all servers of this test program are copies of: making one anew
// takes a second. It is there until the program ends.
var initialised struct {
	sync.Mutex
	dir string
	in  io.Closer // its guard, who takes the folder away when this closes
}

func template(program string, o owner) (dir string, err error) {
	initialised.Lock()
	defer initialised.Unlock()
	if initialised.dir != "" {
		return initialised.dir, nil
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
	if err := run("", filepath.Join(filepath.Dir(program), "initdb"), "-D", dir, "-U", "enumim", "-A", "trust", "--no-sync", "-E", "UTF8",
		"--locale=C", "--wal-segsize=1"); err != nil {
		return "", err
	}
	if err := run("create database enumim\n", program, "--single", "-D", dir, "-c", "fsync=off", "postgres"); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "pg_hba.conf")
	if err := os.WriteFile(path, []byte(hba), 0o600); err != nil {
		return "", err
	}
	initialised.dir, initialised.in = dir, release
	return dir, o.give(path)
}

// copy copies a file for the owner alone.
func (o owner) copy(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.WriteFile(to, text, 0o600); err != nil {
		return err
	}
	return o.give(to)
}

// postgresReady asks "select 1", by which a server that recovers, or shuts down, differs from one that serves.
func postgresReady(s *Server) error {
	conn, err := net.DialTimeout("unix", filepath.Join(s.Sockets(), ".s.PGSQL."+s.kind.fixed[0]), time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Second))
	// PostgreSQL's protocol 3.0: a message of start and one of a query, each with its length.
	hello := []byte("\x00\x03\x00\x00user\x00enumim\x00database\x00enumim\x00\x00")
	query := []byte("select 1\x00")
	message := binary.BigEndian.AppendUint32(nil, uint32(len(hello)+4))
	message = append(message, hello...)
	message = binary.BigEndian.AppendUint32(append(message, 'Q'), uint32(len(query)+4))
	message = append(message, query...)
	if _, err := conn.Write(message); err != nil {
		return err
	}
	for {
		var head [5]byte
		if _, err := io.ReadFull(conn, head[:]); err != nil {
			return err
		}
		body := make([]byte, max(0, min(int(binary.BigEndian.Uint32(head[1:]))-4, 1<<16)))
		if _, err := io.ReadFull(conn, body); err != nil {
			return err
		}
		switch head[0] {
		case 'E':
			return fmt.Errorf("%q", bytes.ReplaceAll(body, []byte{0}, []byte{' '}))
		case 'D':
			if !bytes.Equal(body, []byte("\x00\x01\x00\x00\x00\x011")) {
				return errors.New("select 1 is something else")
			}
			conn.Write([]byte("X\x00\x00\x00\x04")) // it ends the session in order
			return nil
		}
	}
}
