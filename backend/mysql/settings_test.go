package mysql

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/naptr"
)

// Whatever a server has as its defaults, a tree is read as a whole, its changes are seen, and it can be written: they
// could cut results, keep a transaction open for ever, or give texts another meaning.
func TestSettingsOfServers(t *testing.T) {
	d := start11(t)
	common := map[string]string{
		"sql_select_limit": "2", "max_join_size": "3", "max_sort_length": "64", "autocommit": "0", "tx_isolation": "'READ-UNCOMMITTED'",
		"sql_mode":             "'ANSI,PAD_CHAR_TO_FULL_LENGTH,NO_BACKSLASH_ESCAPES,EMPTY_STRING_IS_NULL,SIMULTANEOUS_ASSIGNMENT'",
		"character_set_client": "latin1", "character_set_results": "ucs2", "collation_connection": "'latin1_german2_ci'", "sql_auto_is_null": "1", "time_zone": "'+13:00'",
		"old_mode": "'ZERO_DATE_TIME_CAST'", "div_precision_increment": "0", "group_concat_max_len": "4", "query_cache_size": "1048576", "query_cache_type": "1", "lock_wait_timeout": "1",
	}
	for _, completion := range []string{"CHAIN", "RELEASE"} {
		t.Run(completion, func(t *testing.T) {
			tree := d.tree(t)
			for n := range 20 {
				d.exec(t, fmt.Sprintf("INSERT INTO %s.record (number, uri) VALUES ('1%02d', 'sip:a@example.com')", tree, n))
			}
			c, err := d.sql.Conn(t.Context()) // which has its settings from before
			must(t, err)
			t.Cleanup(func() { c.Close() })
			exec := func(sql string) {
				_, err := c.ExecContext(context.Background(), sql)
				must(t, err)
			}
			set := func(name, value string) {
				var old string
				must(t, c.QueryRowContext(t.Context(), "SELECT @@global."+name).Scan(&old))
				exec("SET GLOBAL " + name + " = " + value)
				if strings.Trim(old, "0123456789") != "" || old == "" {
					old = "'" + old + "'"
				}
				t.Cleanup(func() { exec("SET GLOBAL " + name + " = " + old) })
			}
			for name, value := range common {
				set(name, value)
			}
			set("completion_type", "'"+completion+"'")
			found := func(b backend.Backend, digits string) func() bool {
				return func() bool { return kind(t, b, digits) == int(backend.Found) }
			}
			b, _ := d.feed(t, tree, "shrink off")
			for n := range 20 {
				if digits := fmt.Sprintf("1%02d", n); !found(b, digits)() {
					t.Errorf("%s is not found in the mirror", digits)
				}
			}
			s, _ := d.open(t, tree, "mode store")
			eventually(t, "found in the store", found(s, "105"))
			for _, digits := range []string{"200", "201"} { // the first change is read in a transaction, which the next is not to see
				w := d.writer(t, tree)
				e := backend.Entry{Name: nameOf(t, digits)}
				e.Records = []naptr.Record{{Order: 100, Preference: 10, Flags: "u", Services: "E2U+sip", Regexp: "!^.*$!sip:a@example.com!", Replacement: "\x00"}}
				must(t, w.Write(t.Context(), changesOf([]backend.Change{{Entry: e}}), func(int) {}))
				w.Close()
				eventually(t, "the change "+digits, found(b, digits))
				eventually(t, "the change in the store", found(s, digits))
			}
			if got := kind(t, s, "300"); got != int(backend.Absent) {
				t.Errorf("what is not there: %d", got)
			}
		})
	}
}

// A server is current when it has heard of each source that it follows, also of those that have a name. One that takes
// writes and whose replication was stopped as a whole follows none any more; one that does not say may be a replica only
// when it is read-only.
func TestSources(t *testing.T) {
	d := start11(t)
	tree := d.tree(t)
	d.exec(t, "CREATE OR REPLACE USER reader@'%' IDENTIFIED BY ''; GRANT SELECT ON "+tree+".* TO reader@'%';"+
		"CREATE OR REPLACE USER watcher@'%' IDENTIFIED BY ''; GRANT SELECT ON "+tree+".* TO watcher@'%'; GRANT REPLICA MONITOR ON *.* TO watcher@'%'")
	current := func(user, state string, readOnly, want bool) {
		t.Helper()
		o := parse(t, d.Addr+"/"+tree, "user "+user)
		s, err := newDialer(o.hosts, o.database, o.User, o.Options.Options).connect(t.Context(), false)
		must(t, err)
		defer s.leave()
		r := &reading{s: s, ask: replicaSQL}
		for range 2 { // also when it is asked again
			if late, err := r.late(t.Context(), readOnly); (late == 0) != want || late != 0 && late != backend.UnknownLag || err != nil {
				t.Errorf("%s, asked by %s, read_only %t: late by %v, %v", state, user, readOnly, late, err)
			}
		}
	}
	both := func(state string, writable, readOnly bool) {
		t.Helper()
		current("enumim", state, false, writable)
		current("enumim", state, true, readOnly)
	}
	both("follows none", true, true)
	d.exec(t, "CHANGE MASTER 'one' TO MASTER_HOST = '127.0.0.1', MASTER_PORT = 1, MASTER_USER = 'nobody'")
	t.Cleanup(func() { d.exec(t, "STOP SLAVE 'one'; RESET SLAVE 'one' ALL") })
	both("stopped", true, false)
	d.exec(t, "START SLAVE 'one'")
	both("its source is away", false, false)
	current("watcher", "its source is away", false, false)
	current("reader", "its source is away", false, true)
	current("reader", "its source is away", true, false)

	// A feed says the same.
	d.exec(t, "INSERT INTO "+tree+".record (number, uri) VALUES ('100', 'sip:a@example.com')")
	b, _ := d.feed(t, tree)
	stater, _ := backend.As[backend.Stater](b)
	confirmed := func() bool {
		before := stater.State().Current
		time.Sleep(300 * time.Millisecond)
		return stater.State().Current.After(before)
	}
	if confirmed() {
		t.Error("the data of a replica whose source is away is confirmed")
	}
	d.exec(t, "STOP SLAVE 'one'")
	eventually(t, "confirmed", confirmed)
}
