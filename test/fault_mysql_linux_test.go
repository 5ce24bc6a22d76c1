package test

import (
	"bufio"
	"fmt"
	"net"
	"os/exec"
	"testing"
	"time"

	"github.com/enumim/enumim/backend/mysql"
)

var isMySQL = only("mysql")

// killAll ends the sessions of the server under test, so that it has to make new ones.
const killAll = "KILL HARD USER reader;"

// mysqlFault is done with one text of SQL, and undone with another.
func mysqlFault(id, name, hurt, mend, seen string) fault {
	return fault{id: id, name: name, to: isMySQL, seen: seen, inject: func(t testing.TB, s *scene) func() {
		mariadb(t, s.servers()[0], hurt)
		return func() { mariadb(t, s.servers()[0], mend) }
	}}
}

// mysqlFaults befall MariaDB, without that it is killed.
var mysqlFaults = []fault{
	{id: "F3", name: "sessions ended again and again", to: isMySQL, spares: true, inject: func(t testing.TB, s *scene) func() {
		quit, done := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			for {
				select {
				case <-quit:
					return
				case <-time.After(50 * time.Millisecond):
				}
				mariadb(t, s.servers()[0], killAll)
			}
		}()
		return func() { close(quit); <-done }
	}},
	{id: "F4", name: "table locked", to: isMySQL, silent: true, inject: func(t testing.TB, s *scene) func() {
		return locked(t, s, "LOCK TABLES record WRITE, record_change WRITE, record_meta WRITE")
	}},
	mysqlFault("F5", "rights revoked", "REVOKE SELECT ON enumim.* FROM reader@'%';"+killAll, "GRANT SELECT ON enumim.* TO reader@'%'", "has no rights"),
	mysqlFault("F5", "account locked", "ALTER USER reader@'%' ACCOUNT LOCK;"+killAll, "ALTER USER reader@'%' ACCOUNT UNLOCK", "locked"),
	{id: "F5", name: "password changed", to: isMySQL, seen: "refuses the user or the password", inject: func(t testing.TB, s *scene) func() {
		mariadb(t, s.servers()[0], "ALTER USER reader@'%' IDENTIFIED BY 'another';"+killAll)
		return func() {
			mariadb(t, s.servers()[0], fmt.Sprintf("ALTER USER reader@'%%' IDENTIFIED BY '%s'", s.lane.store.secret))
		}
	}},
	mysqlFault("F5", "table renamed", "RENAME TABLE record_meta TO other", "RENAME TABLE other TO record_meta", ""),
	mysqlFault("F5", "marker lost", "CREATE TABLE kept AS SELECT * FROM record_meta; DELETE FROM record_meta",
		"INSERT INTO record_meta SELECT * FROM kept; DROP TABLE kept", "no enumim data"),
	{id: "F6", name: "older dump restored", to: only("mysql store"), inject: func(t testing.TB, s *scene) func() {
		s.restored(t)
		return s.rewritten(t)
	}},
	{id: "F6", name: "older dump restored", to: only("mysql feed"), seen: "older data than it had", inject: func(t testing.TB, s *scene) func() {
		s.restored(t)
		return s.rewritten(t)
	}},
	{id: "F10", name: "data base dropped", to: isMySQL, inject: func(t testing.TB, s *scene) func() {
		mariadb(t, s.servers()[0], "DROP DATABASE enumim; CREATE DATABASE enumim")
		return func() {
			mariadb(t, s.servers()[0], mysql.Schema)
			s.lane.put(t)
		}
	}},
	// In mode store numbers that were deleted are gone. The schema lets nobody truncate the table.
	{id: "F10", name: "all rows deleted", to: only("mysql feed"), lasts: 2 * time.Second, inject: func(t testing.TB, s *scene) func() {
		mariadb(t, s.servers()[0], "DELETE FROM record")
		return s.taken(t)
	}},
}

// locked has a session of its own lock tables, and returns what ends it.
func locked(t testing.TB, s *scene, lock string) (unlock func()) {
	t.Helper()
	host, port, _ := net.SplitHostPort(s.servers()[0].Addr)
	cmd := exec.Command("mariadb", "--no-defaults", "--unbuffered", "--skip-column-names", "-h", host, "-P", port, "-u", "enumim", "enumim",
		"-e", lock+"; SELECT CONNECTION_ID(); SELECT SLEEP(600)")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	dieWithParent(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	id, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal("tables are not locked: ", err)
	}
	return func() {
		mariadb(t, s.servers()[0], "KILL HARD "+id)
		cmd.Wait()
	}
}
