package mysql

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
)

// An error says what to do: as whom it was tried, which kind of server is expected, and where it is not the schema of
// enumim that is missed it does not advise that.
func TestErrorsSayWhatToDo(t *testing.T) {
	t.Parallel()
	d := start11(t)
	tree := d.pdnsTables(t, "CHARACTER SET latin1")
	d.exec(t, "CREATE OR REPLACE USER locked@'%' IDENTIFIED BY '' ACCOUNT LOCK; CREATE OR REPLACE USER other@'%' IDENTIFIED BY 'secret';"+
		"CREATE OR REPLACE USER poor@'%' IDENTIFIED BY ''; GRANT CREATE TEMPORARY TABLES ON "+tree+".* TO poor@'%'")
	all := filepath.Join(t.TempDir(), "all.sql")
	must(t, os.WriteFile(all, []byte("SELECT number FROM nowhere"), 0o600))
	silent := listen(t, func(net.Conn) { time.Sleep(20 * time.Second) })
	for _, c := range []struct {
		address, line string
		want          []string
	}{
		{d.Addr + "/" + tree, "user locked", []string{"locked", `option user is "locked"`}},
		{d.Addr + "/" + tree, "user other", []string{"1045", `option user is "other"`}},
		{d.Addr + "/nowhere", "user enumim", []string{`no such data base (1049): "nowhere"`}},
		{d.Addr + "/" + tree, "powerdns;user poor", []string{"docs/powerdns.md"}},
		{d.Addr + "/" + tree, "powerdns", []string{"no zone with the name of the apex, dial.example"}},
		{d.Addr + "/" + tree, "all " + all, []string{"table is missing", "look at the statement"}},
		{d.Addr + "/" + tree, "mode store;query " + query(t, "nowhere"), []string{"table is missing", "look at the statement"}},
		{silent + "/" + tree, "mode store", []string{"is it MariaDB or MySQL?"}},
	} {
		r := &recorder{}
		b, err := parse(t, c.address, strings.Split(c.line, ";")...).Open(t.Context(), r.observe)
		must(t, err)
		text := ""
		eventually(t, c.line+" tells "+c.want[0], func() bool {
			if _, err := lookup(t, b, "100"); err != nil {
				text = err.Error()
			}
			for _, e := range r.all() {
				if e.Kind == backend.Unavailable {
					text = e.Err.Error()
				}
			}
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					return false
				}
			}
			return true
		})
		if strings.Contains(text, "enumim schema") || strings.Contains(text, "secret") {
			t.Errorf("%s: %s", c.line, text)
		}
		must(t, b.Close())
	}
}

// query makes a file with a statement that asks a table.
func query(t testing.TB, table string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "query.sql")
	must(t, os.WriteFile(path, []byte("SELECT s.msisdn AS number, s.sip AS uri FROM "+table+" s WHERE JSON_CONTAINS(?, JSON_QUOTE(s.msisdn))"), 0o600))
	return path
}
