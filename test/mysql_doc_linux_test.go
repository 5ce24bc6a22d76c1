package test

import (
	"net"
	"strings"
	"testing"

	"github.com/enumim/enumim/test/servers"
)

// TestMySQLPage does what docs/mysql.md shows.
func TestMySQLPage(t *testing.T) {
	needs(t, "mariadb")
	s := servers.MariaDB(t)
	host, port, _ := net.SplitHostPort(s.Addr)
	page{
		file: "mysql.md", shown: []string{"localhost/enumim"}, here: []string{s.Addr + "/enumim"},
		command: func(line string) string {
			return strings.ReplaceAll(line, "mariadb enumim", "mariadb --no-defaults -h "+host+" -P "+port+" -u enumim enumim")
		},
		other: func(t *testing.T, language, block string) {
			if language == "sql" {
				mariadb(t, s, block)
			}
		},
	}.do(t)
}
