package mysql

import (
	"database/sql"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/test/proxy"
	"github.com/enumim/enumim/test/servers"
)

// startWith starts a server of its own for a test.
func startWith(t testing.TB, settings ...string) *server {
	t.Helper()
	d := &server{Server: servers.MariaDB(t, settings...)}
	var err error
	d.sql, err = sql.Open("mysql", "enumim@tcp("+d.Addr+")/?multiStatements=true")
	must(t, err)
	t.Cleanup(func() { d.sql.Close() })
	return d
}

// replicas starts a source with replicas of it, and returns it with a tree that has a number.
func replicas(t testing.TB, names ...string) (source *server, tree string, all []*server) {
	t.Helper()
	source = startWith(t, "--log-bin=log", "--binlog-format=ROW", "--server-id=1")
	host, port, err := net.SplitHostPort(source.Addr)
	must(t, err)
	tree = source.tree(t)
	source.insert(t, tree, "1000")
	for _, id := range names {
		r := startWith(t, "--server-id="+id, "--read-only=1")
		r.exec(t, "CHANGE MASTER TO MASTER_HOST = '"+host+"', MASTER_PORT = "+port+", MASTER_USER = 'enumim', MASTER_USE_GTID = slave_pos; START SLAVE")
		r.awaits(t, has(tree, "1000"))
		all = append(all, r)
	}
	return source, tree, all
}

// insert adds a number to a tree.
func (d *server) insert(t testing.TB, tree, digits string) {
	t.Helper()
	d.exec(t, "INSERT INTO "+tree+".record (number, uri) VALUES ('"+digits+"', 'sip:a@example.com')")
}

// has asks for a number of a tree.
func has(tree, digits string) string {
	return "EXISTS (SELECT 1 FROM " + tree + ".record WHERE number = '" + digits + "')"
}

// awaits waits until something is so at the server.
func (d *server) awaits(t testing.TB, what string) {
	t.Helper()
	eventually(t, what, func() bool {
		is := false
		return d.sql.QueryRowContext(t.Context(), "SELECT "+what).Scan(&is) == nil && is
	})
}

// left is what a server says when nobody but the test is connected to a tree.
func left(tree string) string {
	return "NOT EXISTS (SELECT 1 FROM information_schema.processlist WHERE db = '" + tree + "')"
}

// answers waits until a number is found, or is not.
func answers(t testing.TB, b backend.Backend, digits string, found bool, why string) {
	t.Helper()
	eventually(t, why, func() bool {
		got := kind(t, b, digits)
		return got >= 0 && (got == int(backend.Found)) == found
	})
}

// goesOn fails the test where a number is not found for four seconds.
func goesOn(t testing.TB, b backend.Backend, digits, why string) {
	t.Helper()
	asked, failed := 0, 0
	for end := time.Now().Add(4 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		asked++
		switch got := kind(t, b, digits); got {
		case int(backend.Found):
		case -1:
			failed++ // a busy machine makes a server late
		default:
			t.Fatalf("%s, and a look-up gets %d", why, got)
		}
	}
	if failed > asked/10 {
		t.Errorf("%s, and of %d look-ups %d failed", why, asked, failed)
	}
}

// Look-ups that went over to a replica, since the first host was silent, leave it when that answers again: what the replica has
// may be older than what was answered before. Looking for that costs no look-up anything. Where the replica was promoted
// meanwhile they stay: the first host does not know what is written since.
func TestFirstHostAgain(t *testing.T) {
	t.Parallel()
	d, tree, all := replicas(t, "2")
	replica := all[0]
	replica.exec(t, "STOP SLAVE SQL_THREAD")
	d.insert(t, tree, "1001")
	first := proxy.New(t, d.Addr)
	b, _ := open(t, first.Addr+","+replica.Addr+"/"+tree, "mode store")
	answers(t, b, "1001", true, "the first host answers")

	first.Set(proxy.Fault{Silence: true})
	answers(t, b, "1001", false, "the replica answers")
	goesOn(t, b, "1000", "the replica answers")

	first.Set(proxy.Fault{})
	answers(t, b, "1001", true, "the first host answers again")
	goesOn(t, b, "1001", "the first host answers again")
	replica.awaits(t, left(tree))

	first.Set(proxy.Fault{Silence: true})
	answers(t, b, "1001", false, "the replica answers once more")
	replica.exec(t, "START SLAVE SQL_THREAD")
	replica.awaits(t, has(tree, "1001"))
	replica.exec(t, "STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only = 0")
	first.Set(proxy.Fault{})
	goesOn(t, b, "1001", "the replica was promoted")
	replica.insert(t, tree, "1002")
	answers(t, b, "1002", true, "the replica was promoted, and takes changes")
}

// A first host that is a replica takes look-ups back when it has all that the next one has, and says so; with tables of an
// operator's own, where that is not known, when it is not behind. One that does not say how far it is behind takes none back.
func TestFirstHostBehind(t *testing.T) {
	t.Parallel()
	d, tree, all := replicas(t, "2", "3")
	near, far := all[0], all[1]
	const silent = "CREATE OR REPLACE USER reader@'%' IDENTIFIED BY ''; GRANT SELECT ON *.* TO reader@'%'"
	near.exec(t, silent)
	far.exec(t, silent)
	query := filepath.Join(t.TempDir(), "query.sql")
	must(t, os.WriteFile(query, []byte("SELECT r.number, r.uri FROM record r JOIN JSON_TABLE(?, '$[*]' COLUMNS (number VARCHAR(15) PATH '$')) a"+
		" ON CONVERT(a.number USING ascii) COLLATE ascii_bin = r.number"), 0o600))
	first := proxy.New(t, near.Addr)
	var backends []backend.Backend
	for _, lines := range [][]string{{"mode store"}, {"mode store", "query " + query}, {"mode store", "user reader"}} {
		b, _ := open(t, first.Addr+","+far.Addr+"/"+tree, lines...)
		answers(t, b, "1000", true, "the first host answers")
		backends = append(backends, b)
	}
	near.exec(t, "STOP SLAVE SQL_THREAD")
	d.insert(t, tree, "1001")
	far.awaits(t, has(tree, "1001"))
	first.Set(proxy.Fault{Silence: true})
	for _, b := range backends {
		answers(t, b, "1001", true, "the second host answers")
	}
	first.Set(proxy.Fault{})
	for _, b := range backends {
		goesOn(t, b, "1001", "the first host is behind")
	}
	near.exec(t, "START SLAVE SQL_THREAD")
	near.awaits(t, has(tree, "1001"))
	eventually(t, "all is asked of the first host", func() bool {
		for _, b := range backends {
			kind(t, b, "1001")
		}
		gone := false
		must(t, far.sql.QueryRowContext(t.Context(), "SELECT NOT EXISTS (SELECT 1 FROM information_schema.processlist WHERE db = ? AND user = 'enumim')", tree).Scan(&gone))
		return gone
	})
	goesOn(t, backends[2], "1001", "the second host answers who may not ask the first how far it is")
	stays := false
	must(t, far.sql.QueryRowContext(t.Context(), "SELECT EXISTS (SELECT 1 FROM information_schema.processlist WHERE db = ? AND user = 'reader')", tree).Scan(&stays))
	if !stays {
		t.Error("a first host that did not say how far it is behind was gone back to")
	}
}
