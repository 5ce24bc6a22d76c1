package postgres

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
)

// A mirror follows what is committed with plain SQL: within a second, and whatever happens to the tables.
func TestFeedFollows(t *testing.T) {
	d := start15(t)
	insert := func(schema, digits, uri string) string {
		return fmt.Sprintf("INSERT INTO %s.record (number, uri) VALUES ('%s', '%s');", schema, digits, uri)
	}
	opened := func(t *testing.T) (backend.Backend, *recorder, string) {
		schema := d.tree(t)
		d.exec(t, insert(schema, "100", "sip:reception@example.com"))
		b, r := d.open(t, schema, "shrink off")
		eventually(t, 10*time.Second, "loaded", func() bool { return kind(t, b, "100") == int(backend.Found) })
		return b, r, schema
	}
	within := func(t *testing.T, b backend.Backend, digits string, want backend.Kind) {
		t.Helper()
		eventually(t, 5*time.Second, "followed", func() bool { return kind(t, b, digits) == int(want) })
	}

	t.Run("a commit is seen within a second", func(t *testing.T) {
		b, _, schema := opened(t)
		d.exec(t, insert(schema, "101", "sip:a@example.com"))
		eventually(t, time.Second, "an insert", func() bool { return kind(t, b, "101") == int(backend.Found) })
		d.exec(t, "UPDATE "+schema+".record SET number = '102' WHERE number = '101'")
		eventually(t, time.Second, "an update", func() bool {
			return kind(t, b, "102") == int(backend.Found) && kind(t, b, "101") == int(backend.Absent)
		})
		d.exec(t, "DELETE FROM "+schema+".record WHERE number = '102'")
		eventually(t, time.Second, "a deletion", func() bool { return kind(t, b, "102") == int(backend.Absent) })
	})

	t.Run("without notifications, too", func(t *testing.T) {
		b, _, schema := opened(t)
		d.exec(t, "BEGIN; SET LOCAL session_replication_role = replica;"+insert(schema, "101", "sip:a@example.com")+
			"INSERT INTO "+schema+".change (number, kind) VALUES ('101', 'number'); COMMIT")
		eventually(t, 3*time.Second, "an insert", func() bool { return kind(t, b, "101") == int(backend.Found) })
	})

	t.Run("transactions that commit in the other order", func(t *testing.T) {
		b, _, schema := opened(t)
		first, second := d.connect(t), d.connect(t)
		run := func(c interface{ Close(context.Context) error }, sql string) {
			t.Helper()
			conn := first
			if c == second {
				conn = second
			}
			if _, err := conn.Exec(context.Background(), sql).ReadAll(); err != nil {
				t.Fatal(err)
			}
		}
		run(first, "BEGIN;"+insert(schema, "111", "sip:early@example.com"))
		run(second, "BEGIN;"+insert(schema, "112", "sip:late@example.com")+"COMMIT")
		within(t, b, "112", backend.Found)
		if kind(t, b, "111") != int(backend.Absent) {
			t.Error("what was not committed is served")
		}
		run(first, "COMMIT")
		within(t, b, "111", backend.Found)
	})

	t.Run("a rollback changes nothing", func(t *testing.T) {
		b, _, schema := opened(t)
		d.exec(t, "BEGIN;"+insert(schema, "111", "sip:a@example.com")+"ROLLBACK")
		d.exec(t, insert(schema, "112", "sip:a@example.com"))
		within(t, b, "112", backend.Found)
		if kind(t, b, "111") != int(backend.Absent) {
			t.Error("what was rolled back is served")
		}
	})

	for name, sql := range map[string]string{
		"truncated": "TRUNCATE TREE.record",
		"dropped and made anew": "DROP SCHEMA TREE CASCADE;" + SchemaNamed("NEW") +
			";INSERT INTO TREE.record (number, type) VALUES ('7', 'NONE')",
		"set back": "BEGIN; DELETE FROM TREE.change; SET LOCAL session_replication_role = replica; DELETE FROM TREE.record;" +
			"INSERT INTO TREE.change (number) VALUES ('77'); COMMIT",
		"many at once": "BEGIN; INSERT INTO TREE.record (number, uri) SELECT (2000000 + i)::text, 'sip:u' || i || '@example.com' FROM generate_series(1, 12000) AS i;" +
			"DELETE FROM TREE.record WHERE number = '100'; COMMIT",
	} {
		t.Run(name, func(t *testing.T) {
			b, _, schema := opened(t)
			d.exec(t, strings.NewReplacer("TREE", schema, `"NEW"`, schema).Replace(sql))
			within(t, b, "100", backend.Absent)
			d.exec(t, insert(schema, "100", "sip:again@example.com"))
			within(t, b, "100", backend.Found)
		})
	}

	t.Run("changes that were forgotten", func(t *testing.T) {
		b, _, schema := opened(t)
		d.exec(t, "BEGIN;"+insert(schema, "101", "sip:a@example.com")+insert(schema, "102", "sip:a@example.com")+"DELETE FROM "+schema+".change;"+
			"INSERT INTO "+schema+".change (number) VALUES ('77'); COMMIT")
		within(t, b, "101", backend.Found)
		within(t, b, "102", backend.Found)
	})

	t.Run("an older state is told, and served", func(t *testing.T) {
		b, r, schema := opened(t)
		restore := "SET LOCAL session_replication_role = replica;"
		for _, table := range []string{"meta", "record", "change"} {
			d.exec(t, strings.NewReplacer("TREE", schema, "WHAT", table).Replace("CREATE TABLE TREE.kept_WHAT AS SELECT * FROM TREE.WHAT"))
			if table == "meta" {
				continue
			}
			restore += strings.NewReplacer("TREE", schema, "WHAT", table).Replace("DELETE FROM TREE.WHAT; INSERT INTO TREE.WHAT OVERRIDING SYSTEM VALUE SELECT * FROM TREE.kept_WHAT;")
		}
		d.exec(t, insert(schema, "101", "sip:a@example.com"))
		within(t, b, "101", backend.Found)
		const kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'enumim'"
		d.exec(t, kill)
		d.exec(t, insert(schema, "102", "sip:a@example.com"))
		within(t, b, "102", backend.Found)
		// A connection that was away while changes were forgotten has missed nothing that is gone.
		d.exec(t, "BEGIN; "+kill+"; "+insert(schema, "103", "sip:a@example.com")+"SELECT "+schema+".prune('-1 s'); COMMIT")
		within(t, b, "103", backend.Found)
		if n := r.count(backend.Finding); n != 0 {
			t.Errorf("%d findings, and no change is gone", n)
		}
		// A dump that is loaded makes other tables of the same history.
		restore += strings.ReplaceAll("ALTER TABLE TREE.meta RENAME TO gone; ALTER TABLE TREE.kept_meta RENAME TO meta;", "TREE", schema)
		d.exec(t, "BEGIN; "+kill+"; "+restore+"COMMIT")
		within(t, b, "101", backend.Absent)
		eventually(t, 5*time.Second, "told", func() bool { return r.count(backend.Finding) == 1 })
		for _, e := range r.all() {
			if e.Kind == backend.Finding && e.Rule != "postgres-older" {
				t.Errorf("told %+v", e)
			}
		}
	})

	t.Run("a row that cannot be read is one number's matter", func(t *testing.T) {
		b, r, schema := opened(t)
		d.exec(t, "ALTER TABLE "+schema+".record DROP CONSTRAINT uri_syntax;"+insert(schema, "101", "sip:two words@example.com"))
		eventually(t, 5*time.Second, "an error", func() bool { _, err := lookup(t, b, "101"); return err != nil })
		if kind(t, b, "100") != int(backend.Found) {
			t.Error("its neighbour is not served")
		}
		eventually(t, 5*time.Second, "told", func() bool { return r.count(backend.Finding) > 0 })
		d.exec(t, "UPDATE "+schema+".record SET uri = 'sip:one@example.com' WHERE number = '101'")
		within(t, b, "101", backend.Found)
	})

	t.Run("all sessions ended, again and again", func(t *testing.T) {
		b, _, schema := opened(t)
		for i := range 3 {
			d.exec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'enumim'")
			digits := fmt.Sprint(200 + i)
			d.exec(t, insert(schema, digits, "sip:a@example.com"))
			if k := kind(t, b, "100"); k != int(backend.Found) {
				t.Errorf("the mirror answers %d meanwhile", k)
			}
			within(t, b, digits, backend.Found)
		}
	})
}
