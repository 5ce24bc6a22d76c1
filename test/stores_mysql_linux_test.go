package test

import (
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend/mysql"
	"github.com/enumim/enumim/test/servers"
)

// startMySQL starts MariaDB with the schema, and a user that only reads.
func startMySQL(mode string) func(t testing.TB) *place {
	return func(t testing.TB) *place {
		needs(t, "mariadb")
		s := servers.MariaDB(t)
		password, path := secret(t)
		mariadb(t, s, mysql.Schema+"CREATE USER reader@'%' IDENTIFIED BY '"+password+"'; GRANT SELECT ON enumim.* TO reader@'%';")
		return &place{line: "mysql " + s.Addr + "/enumim", options: []string{"mode " + mode}, servers: []*servers.Server{s},
			reads: []string{"user reader", "password file:" + path}, secret: password}
	}
}

// mariadb has the client program run SQL in the data base enumim.
func mariadb(t testing.TB, s *servers.Server, sql string) {
	t.Helper()
	if err := tryMariaDB(s, sql); err != nil {
		t.Fatal(err)
	}
}

// tryMariaDB is mariadb for what the data base may refuse.
func tryMariaDB(s *servers.Server, sql string) error {
	host, port, _ := net.SplitHostPort(s.Addr)
	cmd := exec.Command("mariadb", "--no-defaults", "-h", host, "-P", port, "-u", "enumim", "enumim")
	cmd.Stdin = strings.NewReader(sql)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}
