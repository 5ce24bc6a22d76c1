package postgres

import (
	"context"
	"errors"

	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
)

// Whatever happens to the server, an outage is an error and never the answer that a number does not exist; and it
// heals without a reload.
func TestFaults(t *testing.T) {
	d, all := start15(t), t
	for _, fault := range []struct {
		name       string
		hurt, mend func(t *testing.T, schema string)
		errs       string // what the error says; "" where a look-up may succeed meanwhile
	}{
		{
			name: "killed and started again",
			hurt: func(*testing.T, string) { d.Stop() },
			mend: func(*testing.T, string) { d.Start(); d.sql = d.connect(all) },
			errs: "connect",
		}, {
			name: "frozen",
			hurt: func(*testing.T, string) { d.Pause() },
			mend: func(*testing.T, string) { d.Resume() },
			errs: "no answer in time",
		}, {
			name: "sessions ended",
			hurt: func(t *testing.T, _ string) {
				d.exec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'enumim'")
			},
			mend: func(*testing.T, string) {},
		}, {
			name: "rights revoked",
			hurt: func(t *testing.T, schema string) { d.exec(t, "REVOKE USAGE ON SCHEMA "+schema+" FROM reader") },
			mend: func(t *testing.T, schema string) { d.exec(t, "GRANT USAGE ON SCHEMA "+schema+" TO reader") },
			errs: "42501",
		}, {
			name: "table gone",
			hurt: func(t *testing.T, schema string) { d.exec(t, "ALTER TABLE "+schema+".record RENAME TO other") },
			mend: func(t *testing.T, schema string) { d.exec(t, "ALTER TABLE "+schema+".other RENAME TO record") },
			errs: "42P01",
		}, {
			name: "type of a column changed",
			hurt: func(t *testing.T, schema string) {
				d.exec(t, "ALTER TABLE "+schema+".record RENAME COLUMN data TO data1; ALTER TABLE "+schema+".record ADD COLUMN data point")
			},
			mend: func(t *testing.T, schema string) {
				d.exec(t, "ALTER TABLE "+schema+".record DROP COLUMN data; ALTER TABLE "+schema+".record RENAME COLUMN data1 TO data")
			},
		}, {
			name: "column gone",
			hurt: func(t *testing.T, schema string) { d.exec(t, "ALTER TABLE "+schema+".record RENAME COLUMN flags TO f") },
			mend: func(t *testing.T, schema string) { d.exec(t, "ALTER TABLE "+schema+".record RENAME COLUMN f TO flags") },
			errs: "42703",
		}, {
			name: "marker gone",
			hurt: func(t *testing.T, schema string) {
				d.exec(t, "CREATE TABLE "+schema+".kept AS TABLE "+schema+".meta; DELETE FROM "+schema+".meta")
			},
			mend: func(t *testing.T, schema string) {
				d.exec(t, "INSERT INTO "+schema+".meta TABLE "+schema+".kept; DROP TABLE "+schema+".kept")
			},
			errs: "no enumim data",
		}, {
			name: "locked",
			hurt: func(t *testing.T, schema string) {
				d.exec(t, "BEGIN; LOCK TABLE "+schema+".record IN ACCESS EXCLUSIVE MODE")
			},
			mend: func(t *testing.T, _ string) { d.exec(t, "COMMIT") },
			errs: "in time",
		},
	} {
		t.Run(fault.name, func(t *testing.T) {
			schema := d.tree(t)
			d.exec(t, "DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA "+schema+" TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA "+schema+" TO reader;"+
				"INSERT INTO "+schema+".record (number, uri) VALUES ('100', 'sip:a@example.com')")
			t.Cleanup(func() {
				d.exec(t, "REVOKE ALL ON ALL TABLES IN SCHEMA "+schema+" FROM reader; REVOKE ALL ON SCHEMA "+schema+" FROM reader; DROP ROLE reader")
			})
			asReader := func(mode string) backend.Backend {
				b, _ := d.openAs(t, "reader", schema, mode)
				return b
			}
			feed, store := asReader("feed"), asReader("store")
			eventually(t, 10*time.Second, "loaded", func() bool {
				return kind(t, feed, "100") == int(backend.Found) && kind(t, store, "100") == int(backend.Found)
			})
			fault.hurt(t, schema)
			began := time.Now()
			var last error
			seen := fault.errs == ""
			// On a busy machine a store may seem silent at first.
			for n := 0; time.Since(began) < 1200*time.Millisecond || !seen && time.Since(began) < 20*time.Second; n++ {
				for _, digits := range []string{"100", "1001", "2"} {
					a, err := lookup(t, store, digits)
					if err != nil {
						last, seen = err, strings.Contains(err.Error(), fault.errs)
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
			if !seen {
				t.Errorf("the error is %v, want one with %q", last, fault.errs)
			}
			fault.mend(t, schema)
			eventually(t, 5*time.Second, "healed", func() bool { return kind(t, store, "100") == int(backend.Found) })
			d.exec(t, "INSERT INTO "+schema+".record (number, uri) VALUES ('200', 'sip:a@example.com')")
			eventually(t, 5*time.Second, "followed again", func() bool { return kind(t, feed, "200") == int(backend.Found) })
		})
	}
}

// openAs is open for another role, by a socket, where no password is asked for.
func (d *database) openAs(t testing.TB, user, schema, mode string) (backend.Backend, *recorder) {
	t.Helper()
	_, port, _ := strings.Cut(d.Addr, ":")
	o, err := Driver{}.Parse(config(t, d.Sockets()+":"+port+"/enumim", "user "+user, "schema "+schema, "mode "+mode))
	must(t, err)
	r := &recorder{}
	b, err := o.Open(t.Context(), r.observe)
	must(t, err)
	t.Cleanup(func() { b.Close() })
	return b, r
}

// Each class of SQLSTATE has a reason, and none of the server's own words, which may be data.
func TestReasons(t *testing.T) {
	d := start15(t)
	for _, c := range []struct{ sql, reason string }{
		{"SELECT 1/0", "cannot be converted"},
		{"SELECT '+12025550100'::int8range", "cannot be converted"},
		{"SELECT * FROM secret", "table is missing"},
		{"SELECT secret FROM pg_class", "column is missing"},
		{"SELECT secret(1)", "types"},
		{"SELECT FROM WHERE", "syntax"},
		{"DO $$BEGIN RAISE 'secret' USING ERRCODE = '57P03'; END$$", "starts or shuts down"},
		{"DO $$BEGIN RAISE 'secret' USING ERRCODE = '53300'; END$$", "too many connections"},
		{"DO $$BEGIN RAISE 'secret' USING ERRCODE = '28P01'; END$$", "password"},
		{"DO $$BEGIN RAISE 'secret' USING ERRCODE = '40001'; END$$", "try again"},
		{"DO $$BEGIN RAISE 'secret' USING ERRCODE = 'ZZ999'; END$$", "SQLSTATE ZZ999"},
	} {
		_, err := d.sql.Exec(context.Background(), c.sql).ReadAll()
		err = fault("test", err)
		if err == nil || !strings.Contains(err.Error(), c.reason) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "1202") {
			t.Errorf("%s: %v, want a reason with %q", c.sql, err, c.reason)
		}
		if !errors.Is(err, backend.ErrUnavailable) && !errors.Is(err, backend.ErrInvalidData) {
			t.Errorf("%s: %v is of no class", c.sql, err)
		}
	}
}
