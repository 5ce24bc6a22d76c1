package postgres

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
)

// An operator's own tables are asked through statements with named columns.
func TestOwnTables(t *testing.T) {
	d := start15(t)
	d.exec(t, `CREATE TABLE subscriber (msisdn varchar PRIMARY KEY, sip varchar, mail text);
		INSERT INTO subscriber VALUES ('100', 'sip:a@example.com', NULL), ('1011', 'sip:b@example.com', 'x@example.com'), ('103', 'broken', NULL)`)
	dir := t.TempDir()
	file := func(name, sql string) string {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, []byte(sql), 0o600))
		return path
	}
	query := file("query.sql", `SELECT msisdn AS number, sip AS uri FROM subscriber WHERE msisdn = ANY($1::text[])
		UNION ALL SELECT msisdn, 'mailto:' || mail FROM subscriber WHERE msisdn = ANY($1::text[]) AND mail IS NOT NULL`)
	below := file("below.sql", `SELECT d AS number FROM unnest($1::text[]) AS d WHERE EXISTS (
		SELECT FROM subscriber WHERE msisdn COLLATE "C" > d AND msisdn COLLATE "C" < d || ':')`)
	all := file("all.sql", `SELECT msisdn AS number, sip AS uri FROM subscriber ORDER BY msisdn COLLATE "C"`)

	wants := func(t *testing.T, b backend.Backend, digits string, want backend.Kind, records int) {
		t.Helper()
		a, err := lookup(t, b, digits)
		for end := time.Now().Add(10 * time.Second); err != nil && time.Now().Before(end); { // a slow machine may not connect in time
			a, err = lookup(t, b, digits)
		}
		if err != nil || a.Kind != want || len(a.Rules) != records {
			t.Errorf("%s: %v with %d records, %v; want %v with %d", digits, a.Kind, len(a.Rules), err, want, records)
		}
	}
	t.Run("query and below", func(t *testing.T) {
		b, _ := d.open(t, "", "mode store", "query "+query, "below "+below)
		wants(t, b, "100", backend.Found, 1)
		wants(t, b, "101", backend.Descendants, 0)
		wants(t, b, "102", backend.Absent, 0)
	})
	t.Run("without below nothing is denied", func(t *testing.T) {
		b, _ := d.open(t, "", "mode store", "query "+query)
		wants(t, b, "100", backend.Found, 1)
		wants(t, b, "102", backend.Descendants, 0)
	})
	t.Run("a bad row is one number's matter", func(t *testing.T) {
		b, r := d.open(t, "", "mode store", "query "+query, "below "+below)
		if _, err := lookup(t, b, "103"); err == nil {
			t.Error("a broken row is answered")
		}
		wants(t, b, "100", backend.Found, 1)
		if r.count(backend.Finding) == 0 {
			t.Error("nobody is told of the row")
		}
	})
	// What a statement returns for a number in another form may be the number that was asked for.
	for _, c := range []struct{ name, query, below string }{
		{"padded with blanks", "SELECT msisdn::char(15) AS number, sip AS uri FROM subscriber WHERE msisdn = ANY($1::text[])", "SELECT d AS number FROM unnest($1::text[]) AS d WHERE false"},
		{"with a sign", "SELECT '+' || msisdn AS number, sip AS uri FROM subscriber WHERE msisdn = ANY($1::text[])", "SELECT d AS number FROM unnest($1::text[]) AS d WHERE false"},
		{"no number", "SELECT NULL::text AS number, sip AS uri FROM subscriber WHERE msisdn = ANY($1::text[])", "SELECT d AS number FROM unnest($1::text[]) AS d WHERE false"},
		{"none below", "SELECT msisdn AS number, sip AS uri FROM subscriber WHERE msisdn = ANY($1::text[]) AND false", "SELECT NULL::text AS number FROM unnest($1::text[]) AS d"},
		{"a sign below", "SELECT msisdn AS number, sip AS uri FROM subscriber WHERE msisdn = ANY($1::text[]) AND false", "SELECT '+' || d AS number FROM unnest($1::text[]) AS d"},
	} {
		t.Run(c.name+" is no denial", func(t *testing.T) {
			b, _ := d.open(t, "", "mode store", "query "+file("odd.sql", c.query), "below "+file("odd_below.sql", c.below))
			eventually(t, 10*time.Second, "an error", func() bool { // a slow machine may not connect in time
				_, err := lookup(t, b, "100")
				if err == nil {
					t.Fatal("it is answered")
				}
				return errors.Is(err, backend.ErrInvalidData)
			})
		})
	}
	t.Run("a tree with such rows is refused", func(t *testing.T) {
		b, r := d.open(t, "", "all "+file("odd_all.sql", "SELECT msisdn::char(15) AS number, sip AS uri FROM subscriber"))
		eventually(t, 10*time.Second, "told", func() bool { return r.count(backend.Unavailable) > 0 })
		if _, err := lookup(t, b, "100"); err == nil {
			t.Error("a number is denied that stands in the table")
		}
		for _, e := range r.all() {
			if e.Kind == backend.Unavailable && !strings.Contains(e.Err.Error(), "without blanks") {
				t.Errorf("it is told %v", e.Err)
			}
		}
	})
	t.Run("all", func(t *testing.T) {
		b, _ := d.open(t, "", "all "+all, "refresh 1s", "shrink off")
		eventually(t, 5*time.Second, "loaded", func() bool { return kind(t, b, "100") == int(backend.Found) })
		d.exec(t, "INSERT INTO subscriber VALUES ('104', 'sip:a@example.com')")
		eventually(t, 5*time.Second, "refreshed", func() bool { return kind(t, b, "104") == int(backend.Found) })
	})
	for _, c := range []struct{ name, query, below, want string }{
		{"no parameter", "SELECT '1' AS number", "", "$1"},
		{"another type", "SELECT '1' AS number WHERE $1::int > 0", "", "text[]"},
		{"unknown column", "SELECT '1' AS number, '2' AS colour WHERE '1' = ANY($1::text[])", "", "unknown column"},
		{"no number", "SELECT '1' AS uri WHERE '1' = ANY($1::text[])", "", "number is missing"},
		{"syntax", "SELEKT 1", "", "syntax"},
		{"no table", "SELECT number FROM secret WHERE number = ANY($1::text[])", "", "table is missing"},
		{"other columns below", "SELECT '1' AS number WHERE '1' = ANY($1::text[])", "SELECT 1 AS x WHERE '1' = ANY($1::text[])", "one column, number"},
	} {
		t.Run(c.name, func(t *testing.T) {
			lines := []string{"mode store", "query " + file("bad.sql", c.query)}
			if c.below != "" {
				lines = append(lines, "below "+file("bad_below.sql", c.below))
			}
			b, _ := d.open(t, "", lines...)
			var err error
			eventually(t, 10*time.Second, "an error with "+c.want, func() bool { // a slow machine may not connect in time
				_, err = lookup(t, b, "100")
				return err != nil && strings.Contains(err.Error(), c.want)
			})
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error tells more than it should: %v", err)
			}
		})
	}
}
