package postgres

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/sqlstore"
	"github.com/enumim/enumim/test/proxy"
)

// insert adds a number to a tree.
func (d *database) insert(t testing.TB, tree, digits string) {
	t.Helper()
	d.exec(t, "INSERT INTO "+tree+".record (number, uri) VALUES ('"+digits+"', 'sip:a@example.com')")
}

// awaits waits until something is so at the server.
func (d *database) awaits(t testing.TB, what string) {
	t.Helper()
	eventually(t, 30*time.Second, what, func() bool {
		is := false
		err := each(d.sql.ExecParams(t.Context(), "SELECT "+what, nil, nil, nil, nil), 1, func(row [][]byte) error {
			is = yes(row[0])
			return nil
		})
		return is && err == nil
	})
}

// standby starts a replica that has a number of a tree.
func (d *database) standby(t testing.TB, tree, digits string) *database {
	t.Helper()
	r := &database{Server: d.Standby(t)}
	r.sql = r.connect(t)
	r.awaits(t, "EXISTS (SELECT FROM "+tree+".record WHERE number = '"+digits+"')")
	return r
}

// pause has a replica stay as it is.
func (d *database) pause(t testing.TB) {
	t.Helper()
	d.exec(t, "SELECT pg_wal_replay_pause()")
	d.awaits(t, "pg_get_wal_replay_pause_state() = 'paused'")
}

// left is what a server says when none of our connections is left there.
const left = "NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'enumim')"

// answers waits until a number is found, or is not.
func answers(t testing.TB, b backend.Backend, digits string, found bool, why string) {
	t.Helper()
	eventually(t, 20*time.Second, why, func() bool {
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
	d := start15(t)
	tree := d.tree(t)
	d.insert(t, tree, "1000")
	replica := d.standby(t, tree, "1000")
	replica.pause(t)
	d.insert(t, tree, "1001")
	first := proxy.New(t, d.Addr)
	parsed, err := Driver{}.Parse(config(t, first.Addr+","+replica.Addr+"/enumim", "mode store", "schema "+tree))
	must(t, err)
	b, err := parsed.Open(t.Context(), nil)
	must(t, err)
	t.Cleanup(func() { b.Close() })
	answers(t, b, "1001", true, "the first host answers")

	first.Set(proxy.Fault{Silence: true})
	answers(t, b, "1001", false, "the replica answers")
	goesOn(t, b, "1000", "the replica answers")

	first.Set(proxy.Fault{})
	answers(t, b, "1001", true, "the first host answers again")
	goesOn(t, b, "1001", "the first host answers again")
	replica.awaits(t, left)

	first.Set(proxy.Fault{Silence: true})
	answers(t, b, "1001", false, "the replica answers once more")
	replica.exec(t, "SELECT pg_promote()")
	answers(t, b, "1001", true, "the replica was promoted")
	first.Set(proxy.Fault{})
	goesOn(t, b, "1001", "the replica was promoted")
	replica.insert(t, tree, "1002")
	answers(t, b, "1002", true, "the replica was promoted, and takes changes")
}

// A first host that is a replica takes look-ups back when it has all that the next one has; with tables of an operator's own, where
// that is not known, when it is not far behind.
func TestFirstHostBehind(t *testing.T) {
	t.Parallel()
	d := start15(t)
	tree := d.tree(t)
	d.insert(t, tree, "1000")
	near, far := d.standby(t, tree, "1000"), d.standby(t, tree, "1000")
	query := filepath.Join(t.TempDir(), "query.sql")
	must(t, os.WriteFile(query, []byte("SELECT number, uri FROM "+tree+".record WHERE number = ANY($1::text[])"), 0o600))
	first := proxy.New(t, near.Addr)
	hosts := first.Addr + "," + far.Addr + "/enumim"
	var all []backend.Backend
	for _, lines := range [][]string{{"mode store", "schema " + tree}, {"mode store", "query " + query}} {
		parsed, err := Driver{}.Parse(config(t, hosts, lines...))
		must(t, err)
		b, err := parsed.Open(t.Context(), nil)
		must(t, err)
		t.Cleanup(func() { b.Close() })
		answers(t, b, "1000", true, "the first host answers")
		all = append(all, b)
	}
	d.insert(t, tree, "2000") // so that it is not far behind before its time
	near.awaits(t, "EXISTS (SELECT FROM "+tree+".record WHERE number = '2000')")
	near.pause(t)
	d.insert(t, tree, "1001")
	far.awaits(t, "EXISTS (SELECT FROM "+tree+".record WHERE number = '1001')")
	for i, b := range all {
		first.Set(proxy.Fault{Silence: true})
		time.Sleep(time.Duration(i) * sqlstore.FarBehind)
		answers(t, b, "1001", true, "the second host answers")
		first.Set(proxy.Fault{})
		goesOn(t, b, "1001", "the first host is behind")
	}
	near.exec(t, "SELECT pg_wal_replay_resume()")
	near.awaits(t, "EXISTS (SELECT FROM "+tree+".record WHERE number = '1001')")
	eventually(t, 20*time.Second, "all is asked of the first host", func() bool {
		for _, b := range all {
			kind(t, b, "1001")
		}
		open := true
		must(t, each(far.sql.ExecParams(t.Context(), "SELECT "+left, nil, nil, nil, nil), 1, func(row [][]byte) error {
			open = !yes(row[0])
			return nil
		}))
		return !open
	})
}
