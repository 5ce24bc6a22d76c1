package mysql

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/remote"
	"github.com/enumim/enumim/test/proxy"
)

// Where the name of a server leads elsewhere it is followed, also while the old server goes on, and without an error
// in between. Where nobody knows the name, the connections that stand go on.
func TestNameMoves(t *testing.T) {
	d := start11(t)
	names := proxy.NewNames(t)
	for _, mode := range []remote.Mode{remote.Store, remote.Feed} {
		t.Run(mode.String(), func(t *testing.T) {
			tree := d.tree(t)
			d.exec(t, "INSERT INTO "+tree+".record (number, uri) VALUES ('100', 'sip:a@example.com')")
			first := proxy.New(t, d.Addr)
			_, port, _ := strings.Cut(first.Addr, ":")
			second := proxy.NewAt(t, "127.0.0.2:"+port, d.Addr)
			names.Set("store.example.net", "127.0.0.1")
			o := parse(t, "store.example.net:"+port+"/"+tree, "mode "+mode.String(), "tls off")
			o.every, o.Life = 20*time.Millisecond, 200*time.Millisecond
			r := &recorder{}
			b, err := o.Open(t.Context(), r.observe)
			must(t, err)
			t.Cleanup(func() { b.Close() })
			eventually(t, "served", func() bool { return kind(t, b, "100") == int(backend.Found) })
			lookups := func() {
				if _, err := lookup(t, b, "100"); err != nil {
					t.Fatal(err)
				}
			}
			names.Set("store.example.net", "")
			for end := time.Now().Add(4 * o.Life); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
				lookups()
			}
			if second.Opened() > 0 || first.Conns() == 0 {
				t.Error("a connection was given up since nobody knows the name")
			}
			names.Set("store.example.net", "127.0.0.2")
			eventually(t, "at the new address alone", func() bool {
				lookups()
				return second.Conns() > 0 && first.Conns() == 0
			})
			if n := r.count(backend.Unavailable); n > 0 {
				t.Errorf("the store was told to be away: %+v", r.all())
			}
		})
	}
}

// A connection that has served its life is left as the protocol has it: the server has nothing to log.
func TestLeftPolitely(t *testing.T) {
	d := start11(t)
	tree := d.tree(t)
	d.exec(t, "CREATE OR REPLACE USER leaver@'%' IDENTIFIED BY ''; GRANT SELECT ON "+tree+".* TO leaver@'%';"+
		"INSERT INTO "+tree+".record (number, uri) VALUES ('100', 'sip:a@example.com')")
	status := func(name string) (n int) {
		must(t, d.sql.QueryRow(fmt.Sprintf("SHOW GLOBAL STATUS LIKE '%s'", name)).Scan(new(string), &n))
		return n
	}
	o := parse(t, d.Addr+"/"+tree, "user leaver", "mode store")
	o.Life = 10 * time.Millisecond
	b, err := o.Open(t.Context(), nil)
	must(t, err)
	made, aborted := status("Connections"), status("Aborted_clients")
	eventually(t, "connections are replaced", func() bool {
		if _, err := lookup(t, b, "100"); err != nil {
			t.Fatal(err)
		}
		return status("Connections") > made+5
	})
	b.Close()
	eventually(t, "all are left", func() bool {
		var n int
		must(t, d.sql.QueryRow("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'leaver'").Scan(&n))
		return n == 0
	})
	if now := status("Aborted_clients"); now != aborted {
		t.Errorf("%d connections were aborted", now-aborted)
	}
}
