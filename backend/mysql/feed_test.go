package mysql

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
)

// A mirror follows what is committed with plain SQL, whatever happens to the tables.
func TestFeedFollows(t *testing.T) {
	d := start11(t)
	insert := func(tree, digits, uri string) string {
		return fmt.Sprintf("INSERT INTO %s.record (number, uri) VALUES ('%s', '%s');", tree, digits, uri)
	}
	opened := func(t *testing.T) (backend.Backend, *recorder, string) {
		tree := d.tree(t)
		d.exec(t, insert(tree, "100", "sip:reception@example.com"))
		b, r := d.feed(t, tree, "shrink off")
		return b, r, tree
	}
	within := func(t *testing.T, b backend.Backend, digits string, want backend.Kind) {
		t.Helper()
		eventually(t, "followed", func() bool { return kind(t, b, digits) == int(want) })
	}

	t.Run("each sort of change", func(t *testing.T) {
		b, r, tree := opened(t)
		d.exec(t, insert(tree, "101", "sip:a@example.com"))
		within(t, b, "101", backend.Found)
		d.exec(t, "UPDATE "+tree+".record SET number = '102' WHERE number = '101'")
		within(t, b, "102", backend.Found)
		within(t, b, "101", backend.Absent)
		d.exec(t, "INSERT INTO "+tree+".record (kind, number, min, max, uri) VALUES ('block', '55', 4, 4, 'sip:a@example.com')")
		within(t, b, "5512", backend.Found)
		d.exec(t, "DELETE FROM "+tree+".record WHERE number IN ('102', '55')")
		within(t, b, "102", backend.Absent)
		within(t, b, "5512", backend.Absent)
		if n := r.count(backend.Loaded); n != 1 {
			t.Errorf("all was read %d times", n)
		}
	})

	t.Run("transactions that commit in the other order", func(t *testing.T) {
		b, _, tree := opened(t)
		first, err := d.sql.Conn(t.Context())
		must(t, err)
		defer first.Close()
		run := func(sql string) {
			_, err := first.ExecContext(context.Background(), sql)
			must(t, err)
		}
		run("START TRANSACTION; " + insert(tree, "111", "sip:early@example.com"))
		done := make(chan struct{})
		go func() { // it waits for its turn
			defer close(done)
			_, _ = d.sql.ExecContext(context.Background(), insert(tree, "112", "sip:late@example.com"))
		}()
		eventually(t, "it waits", func() bool {
			var n int
			must(t, d.sql.QueryRow("SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT `format`%FOR UPDATE'").Scan(&n))
			return n > 0
		})
		if kind(t, b, "111") != int(backend.Absent) || kind(t, b, "112") != int(backend.Absent) {
			t.Error("what was not committed is served")
		}
		run("COMMIT")
		<-done
		within(t, b, "111", backend.Found)
		within(t, b, "112", backend.Found)
	})

	t.Run("a rollback changes nothing", func(t *testing.T) {
		b, _, tree := opened(t)
		d.exec(t, "START TRANSACTION; "+insert(tree, "111", "sip:a@example.com")+"ROLLBACK")
		d.exec(t, insert(tree, "112", "sip:a@example.com"))
		within(t, b, "112", backend.Found)
		if kind(t, b, "111") != int(backend.Absent) {
			t.Error("what was rolled back is served")
		}
	})

	for name, sql := range map[string]string{
		"truncated by force": "SET foreign_key_checks = 0; TRUNCATE TREE.record; INSERT INTO TREE.record_change (number) VALUES (NULL); SET foreign_key_checks = 1",
		"older data restored": "SET foreign_key_checks = 0; START TRANSACTION; DELETE FROM TREE.record; DELETE FROM TREE.record_change;" +
			"INSERT INTO TREE.record_change (id, number) VALUES (1, '7'); COMMIT; SET foreign_key_checks = 1",
		"another history": "DELETE FROM TREE.record; DELETE FROM TREE.record_change; UPDATE TREE.record_meta SET history = UUID(); INSERT INTO TREE.record_change (number) VALUES ('7')",
	} {
		t.Run(name, func(t *testing.T) {
			b, _, tree := opened(t)
			d.exec(t, strings.ReplaceAll(sql, "TREE", tree))
			within(t, b, "100", backend.Absent)
			d.exec(t, insert(tree, "100", "sip:again@example.com"))
			within(t, b, "100", backend.Found)
		})
	}

	t.Run("changes that were forgotten", func(t *testing.T) {
		b, _, tree := opened(t)
		d.exec(t, "START TRANSACTION; "+insert(tree, "101", "sip:a@example.com")+insert(tree, "102", "sip:a@example.com")+
			"CALL "+tree+".record_prune(-1); COMMIT")
		within(t, b, "101", backend.Found)
		within(t, b, "102", backend.Found)
	})

	t.Run("a tree that lost too much is held back", func(t *testing.T) {
		tree := d.tree(t)
		d.exec(t, "INSERT INTO "+tree+".record (number, uri) SELECT 2000 + seq, CONCAT('sip:u', seq, '@example.com') FROM seq_1_to_200")
		b, r := d.feed(t, tree)
		d.exec(t, "DELETE FROM "+tree+".record; DELETE FROM "+tree+".record_change; INSERT INTO "+tree+".record_change (number) VALUES (NULL)")
		eventually(t, "refused", func() bool { return r.count(backend.Refused) > 0 })
		if kind(t, b, "2001") != int(backend.Found) {
			t.Error("a tree that is gone is not served any more")
		}
	})

	t.Run("an older state is told, and served", func(t *testing.T) {
		b, r, tree := opened(t)
		var restore string
		for _, table := range []string{"record_change", "record_meta"} {
			d.exec(t, strings.NewReplacer("TREE", tree, "WHAT", table).Replace("CREATE TABLE TREE.kept_WHAT AS SELECT * FROM TREE.WHAT"))
			restore += strings.NewReplacer("TREE", tree, "WHAT", table).Replace("DELETE FROM TREE.WHAT; INSERT INTO TREE.WHAT SELECT * FROM TREE.kept_WHAT;")
		}
		d.exec(t, insert(tree, "101", "sip:a@example.com"))
		within(t, b, "101", backend.Found)
		// What was forgotten is not gone.
		d.exec(t, "START TRANSACTION; "+insert(tree, "102", "sip:a@example.com")+"CALL "+tree+".record_prune(-1); COMMIT")
		within(t, b, "102", backend.Found)
		if n := r.count(backend.Finding); n != 0 {
			t.Errorf("%d findings, and no change is gone", n)
		}
		d.exec(t, "START TRANSACTION; DELETE FROM "+tree+".record WHERE number <> '100';"+restore+"COMMIT")
		within(t, b, "101", backend.Absent)
		eventually(t, "told", func() bool { return r.count(backend.Finding) == 1 })
		for _, e := range r.all() {
			if e.Kind == backend.Finding && e.Rule != "mysql-older" {
				t.Errorf("told %+v", e)
			}
		}
	})

	t.Run("a row that cannot be read is one number's matter", func(t *testing.T) {
		b, r, tree := opened(t)
		d.exec(t, "ALTER TABLE "+tree+".record DROP CONSTRAINT uri_syntax, DROP CONSTRAINT uri_characters;"+insert(tree, "101", "sip:two words@example.com"))
		eventually(t, "an error", func() bool { _, err := lookup(t, b, "101"); return err != nil })
		if kind(t, b, "100") != int(backend.Found) {
			t.Error("its neighbour is not served")
		}
		eventually(t, "told", func() bool { return r.count(backend.Finding) > 0 })
		d.exec(t, "UPDATE "+tree+".record SET uri = 'sip:one@example.com' WHERE number = '101'")
		within(t, b, "101", backend.Found)
	})
}
