package test

import (
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/test/servers"
)

// TestPowerDNSPage does what docs/powerdns.md shows, and compares its list of differences with that of TestPowerDNS.
func TestPowerDNSPage(t *testing.T) {
	needs(t, "psql")
	s := servers.Postgres(t)
	host, port, _ := net.SplitHostPort(s.Addr)
	pdnsSchema(t, "/usr/share/pdns-backend-pgsql/schema/schema.pgsql.sql", "pdns-backend-pgsql")
	page{
		file: "powerdns.md", env: []string{"PGHOST=" + host, "PGPORT=" + port, "PGUSER=enumim"},
		shown: []string{"127.0.0.1/pdns"}, here: []string{s.Addr + "/enumim"},
		command: func(line string) string {
			return strings.ReplaceAll(line, "psql -q pdns", "psql -q enumim")
		},
	}.do(t)

	text, err := os.ReadFile("../docs/powerdns.md")
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for line := range strings.SplitSeq(string(text), "\n") {
		if id, _, ok := strings.Cut(strings.TrimPrefix(line, "| `"), "` |"); ok && strings.HasPrefix(line, "| `") {
			told = append(told, id)
		}
	}
	for _, d := range pdnsDifferences {
		if !slices.Contains(told, d.id) {
			t.Errorf("the page does not tell of %s", d.id)
		}
	}
}
