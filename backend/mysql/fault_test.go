package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
)

// killAll ends the sessions of a user.
func (d *server) killAll(t testing.TB, user string) {
	t.Helper()
	rows, err := d.sql.Query("SELECT id FROM information_schema.processlist WHERE user = ?", user)
	must(t, err)
	defer rows.Close()
	var ids []int
	for rows.Next() {
		var id int
		must(t, rows.Scan(&id))
		ids = append(ids, id)
	}
	for _, id := range ids {
		_, _ = d.sql.Exec(fmt.Sprint("KILL ", id)) // it may have gone
	}
}

// Whatever happens to the server, an outage is an error and never the answer that a number does not exist; and it
// heals without a reload.
func TestFaults(t *testing.T) {
	d := start11(t)
	d.exec(t, "CREATE OR REPLACE USER reader@'%' IDENTIFIED BY ''")
	var held *sql.Conn
	for _, fault := range []struct {
		name       string
		hurt, mend func(t *testing.T, tree string)
		errs       string // what the error says; "" where a look-up may succeed meanwhile
	}{
		{
			name: "killed and started again",
			hurt: func(*testing.T, string) { d.Stop() },
			mend: func(*testing.T, string) { d.Start() },
			errs: "connect",
		}, {
			name: "frozen",
			hurt: func(*testing.T, string) { d.Pause() },
			mend: func(*testing.T, string) { d.Resume() },
			errs: "no answer in time",
		}, {
			name: "sessions ended",
			hurt: func(t *testing.T, _ string) { d.killAll(t, "reader") },
			mend: func(*testing.T, string) {},
		}, {
			name: "rights revoked",
			hurt: func(t *testing.T, tree string) {
				d.exec(t, "REVOKE SELECT ON "+tree+".* FROM reader@'%'")
				d.killAll(t, "reader")
			},
			mend: func(t *testing.T, tree string) { d.exec(t, "GRANT SELECT ON "+tree+".* TO reader@'%'") },
			errs: "rights",
		}, {
			name: "table gone",
			hurt: func(t *testing.T, tree string) { d.exec(t, "RENAME TABLE "+tree+".record_change TO "+tree+".other") },
			mend: func(t *testing.T, tree string) { d.exec(t, "RENAME TABLE "+tree+".other TO "+tree+".record_change") },
			errs: "1146",
		}, {
			name: "column gone",
			hurt: func(t *testing.T, tree string) {
				d.exec(t, "ALTER TABLE "+tree+".record_meta CHANGE history h varchar(36), CHANGE format f integer")
			},
			mend: func(t *testing.T, tree string) {
				d.exec(t, "ALTER TABLE "+tree+".record_meta CHANGE h history varchar(36), CHANGE f format integer")
			},
			errs: "1054",
		}, {
			name: "marker gone",
			hurt: func(t *testing.T, tree string) {
				d.exec(t, "CREATE TABLE "+tree+".kept AS SELECT * FROM "+tree+".record_meta; DELETE FROM "+tree+".record_meta")
			},
			mend: func(t *testing.T, tree string) {
				d.exec(t, "INSERT INTO "+tree+".record_meta SELECT * FROM "+tree+".kept; DROP TABLE "+tree+".kept")
			},
			errs: "no enumim data",
		}, {
			name: "locked",
			hurt: func(t *testing.T, tree string) {
				var err error
				held, err = d.sql.Conn(context.Background())
				must(t, err)
				_, err = held.ExecContext(context.Background(), "LOCK TABLES "+tree+".record WRITE, "+tree+".record_meta WRITE, "+tree+".record_change WRITE")
				must(t, err)
			},
			mend: func(t *testing.T, _ string) {
				_, err := held.ExecContext(context.Background(), "UNLOCK TABLES")
				must(t, err)
				must(t, held.Close())
			},
			errs: "in time",
		}, {
			name: "no connection left",
			hurt: func(t *testing.T, _ string) {
				d.exec(t, "ALTER USER reader@'%' ACCOUNT LOCK")
				d.killAll(t, "reader")
			},
			mend: func(t *testing.T, _ string) { d.exec(t, "ALTER USER reader@'%' ACCOUNT UNLOCK") },
			errs: "connect",
		},
	} {
		t.Run(fault.name, func(t *testing.T) {
			tree := d.tree(t)
			d.exec(t, "GRANT SELECT ON "+tree+".* TO reader@'%'; INSERT INTO "+tree+".record (number, uri) VALUES ('100', 'sip:a@example.com')")
			store, _ := d.open(t, tree, "user reader", "mode store")
			feed, _ := d.feed(t, tree, "user reader")
			eventually(t, "served", func() bool { return kind(t, store, "100") == int(backend.Found) })
			fault.hurt(t, tree)
			var last error
			ask := func() {
				for _, digits := range []string{"100", "1001", "2"} {
					ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
					a, err := store.Lookup(ctx, backend.Query{Apex: dial, Name: nameOf(t, digits)})
					cancel()
					if err != nil {
						last = err
						if !errors.Is(err, backend.ErrUnavailable) && !errors.Is(err, backend.ErrBusy) {
							t.Fatalf("%v is none of the errors for an outage", err)
						}
						if strings.Contains(err.Error(), digits+" ") {
							t.Errorf("the error tells a number: %v", err)
						}
					} else if digits == "100" && a.Kind != backend.Found {
						t.Fatalf("100 is answered %v", a.Kind)
					}
				}
				if k := kind(t, feed, "100"); k != int(backend.Found) {
					t.Fatalf("the mirror answers %v", k)
				}
			}
			for until := time.Now().Add(time.Second); time.Now().Before(until); {
				ask()
			}
			if fault.errs != "" {
				eventually(t, "the error that says "+fault.errs, func() bool {
					ask()
					return last != nil && strings.Contains(last.Error(), fault.errs)
				})
			}
			fault.mend(t, tree)
			eventually(t, "healed", func() bool { return kind(t, store, "100") == int(backend.Found) })
			d.exec(t, "INSERT INTO "+tree+".record (number, uri) VALUES ('200', 'sip:a@example.com')")
			eventually(t, "followed again", func() bool { return kind(t, feed, "200") == int(backend.Found) })
		})
	}
}

// The server's own words, which may be data, are never told.
func TestReasons(t *testing.T) {
	d := start11(t)
	tree := d.tree(t)
	s, err := newDialer([]host{host(d.Addr)}, tree, "enumim", parse(t, d.Addr+"/"+tree).Options.Options).connect(t.Context(), false)
	must(t, err)
	defer s.hangUp()
	for _, c := range []struct{ sql, reason string }{
		{"SELECT * FROM secret", "table is missing"},
		{"SELECT secret FROM record", "column is missing"},
		{"SELECT FROM WHERE secret", "syntax"},
		{"INSERT INTO record (number, uri) VALUES ('12025550100 secret', 'x')", "constraint"},
		{"INSERT INTO record (number, uri) VALUES ('12025550100', 'sip:secret@')", "uri_syntax"},
		{"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'secret 12025550100'", "constraint"},
		{"SIGNAL SQLSTATE '08S01' SET MYSQL_ERRNO = 1040, MESSAGE_TEXT = 'secret'", "too many connections"},
		{"SIGNAL SQLSTATE '08S01' SET MYSQL_ERRNO = 9999, MESSAGE_TEXT = 'secret'", "9999"},
	} {
		err := fault("test", s.exec(t.Context(), c.sql))
		if err == nil || !strings.Contains(err.Error(), c.reason) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "1202") {
			t.Errorf("%s: %v, want a reason with %q", c.sql, err, c.reason)
		}
		if !errors.Is(err, backend.ErrUnavailable) && !errors.Is(err, backend.ErrInvalidData) {
			t.Errorf("%s: %v is of no class", c.sql, err)
		}
	}
}
