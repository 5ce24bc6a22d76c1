package postgres

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, c := range []struct{ name, address, lines, want string }{
		{"host", "db.example.net/enum", "", ""},
		{"hosts", "db1:5433,[2001:db8::1]:5432,2001:db8::2,/run/postgresql/enum", "", ""},
		{"url", "postgres://db.example.net:5432/enum", "", ""},
		{"user in the address", "postgres://u:topsecret@db/enum", "", "are options"},
		{"parameters in the address", "db/enum?sslmode=disable", "", "are options"},
		{"no data base", "db.example.net", "", "DATABASE"},
		{"empty data base", "db.example.net/", "", "DATABASE"},
		{"port", "db:0/enum", "", "port"},
		{"port with letters", "db:x/enum", "", "port"},
		{"no host", ",/enum", "", "hosts"},
		{"unknown option", "db/enum", "colour red", "unknown option"},
		{"twice", "db/enum", "user a;user b", "twice"},
		{"query in mode feed", "db/enum", "query q.sql", "mode store"},
		{"below without query", "db/enum", "mode store;below b.sql", "query"},
		{"all in mode store", "db/enum", "mode store;all a.sql", "mode feed"},
		{"refresh without all", "db/enum", "refresh 1m", "all"},
		{"refresh longer than half of stale", "db/enum", "all a.sql;refresh 31m", "stale"},
		{"refresh half of stale", "db/enum", "all a.sql;refresh 30m", ""},
		{"stale shorter than twice the default of refresh", "db/enum", "all a.sql;stale 1m", ""},
		{"schema beside query", "db/enum", "mode store;query q.sql;schema x", "tables"},
		{"plain password", "db/enum", "password topsecret", "file:PATH"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var lines []string
			if c.lines != "" {
				lines = strings.Split(c.lines, ";")
			}
			_, err := Driver{}.Parse(config(t, c.address, lines...))
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("the error is %v, want one with %q", err, c.want)
			case err != nil && strings.Contains(err.Error(), "topsecret"):
				t.Errorf("the error tells a secret: %v", err)
			}
		})
	}
}

// Two configurations that differ in anything do not share a backend, and a key shows no secret.
func TestKey(t *testing.T) {
	seen := map[string]string{}
	for _, lines := range []string{"", "user a", "schema x", "mode store", "mode store;query q.sql", "mode store;query q.sql;below b.sql", "all a.sql", "all a.sql;refresh 2m", "password env:X", "stale 2h"} {
		var split []string
		if lines != "" {
			split = strings.Split(lines, ";")
		}
		o, err := Driver{}.Parse(config(t, "db/enum", split...))
		must(t, err)
		if other, twice := seen[o.Key()]; twice {
			t.Errorf("%q and %q have one key", lines, other)
		}
		seen[o.Key()] = lines
	}
}

// A reload takes a statement that was edited.
func TestKeyOfStatements(t *testing.T) {
	path := filepath.Join(t.TempDir(), "all.sql")
	keys := map[string]bool{}
	for _, sql := range []string{"SELECT 1", "SELECT 2", "SELECT 2"} {
		must(t, os.WriteFile(path, []byte(sql), 0o600))
		o, err := Driver{}.Parse(config(t, "db/enum", "all "+path))
		must(t, err)
		keys[o.Key()] = true
	}
	if len(keys) != 2 {
		t.Errorf("two statements have %d keys", len(keys))
	}
}

// A snapshot of other data is refused: what another user, another schema or another statement reads.
func TestData(t *testing.T) {
	seen := map[string]string{}
	for _, c := range []struct{ line, sql string }{{"user a", ""}, {"user b", ""}, {"schema x", ""}, {"stale 3h", "SELECT 1"}, {"stale 3h", "SELECT 2"}} {
		parsed, err := Driver{}.Parse(config(t, "db/enum", c.line))
		must(t, err)
		data := parsed.(*options).data(c.sql)
		if other, twice := seen[data]; twice {
			t.Errorf("%v and %s have the same data", c, other)
		}
		seen[data] = c.line + c.sql
	}
}

// What the environment says about PostgreSQL does not lead elsewhere.
func TestEnvironment(t *testing.T) {
	d := start15(t)
	schema := d.tree(t)
	d.exec(t, "INSERT INTO "+schema+".record (number, uri) VALUES ('100', 'sip:a@example.com')")
	for name, value := range map[string]string{"PGHOST": "192.0.2.1", "PGPORT": "x", "PGUSER": "nobody", "PGDATABASE": "nothing", "PGOPTIONS": "-c search_path=x -c x",
		"PGSSLMODE": "verify-full", "PGCONNECT_TIMEOUT": "x", "PGTARGETSESSIONATTRS": "x", "PGSSLCERT": "/nowhere", "PGPASSFILE": "/nowhere", "PGREQUIREAUTH": "x", "PGAPPNAME": "x"} {
		t.Setenv(name, value)
	}
	b, _ := d.open(t, schema, "mode store")
	if _, err := lookup(t, b, "100"); err != nil {
		t.Error(err)
	}
	t.Setenv("PGSERVICE", "x")
	if _, err := d.parse(t, schema, "mode store").Open(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "PGSERVICE") {
		t.Errorf("with PGSERVICE: %v", err)
	}
}
