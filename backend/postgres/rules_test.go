package postgres

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/enumim/enumim/e164"
)

// What the schema promises, against one server.
func TestRules(t *testing.T) {
	d := start15(t)
	for name, rule := range map[string]func(*testing.T, *database){
		"readers only read": readersOnlyRead, "transactions together": transactionsTogether, "rows of one number": rowsOfOneNumber,
		"locale": locale, "ordinary entries are taken": ordinaryEntriesAreTaken,
	} {
		t.Run(name, func(t *testing.T) { rule(t, d) })
	}
}

// Who may only read has no way to write through what runs with the rights of the owner.
func readersOnlyRead(t *testing.T, d *database) {
	s := d.tree(t)
	d.exec(t, "CREATE ROLE readonly LOGIN; GRANT USAGE ON SCHEMA "+s+" TO readonly; GRANT SELECT ON ALL TABLES IN SCHEMA "+s+" TO readonly;"+
		"CREATE TEMP TABLE other (number text, kind text, min smallint, max smallint)")
	for _, name := range []string{"note_change", "check_entries", "check_servers"} {
		trigger := "CREATE TRIGGER t AFTER INSERT ON pg_temp.mine REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION " + s + "." + name + "()"
		if got := d.try("SET ROLE readonly; CREATE TEMP TABLE mine (number text, kind text, min smallint, max smallint);" + trigger); !strings.Contains(got, "42501") {
			t.Errorf("a trigger with %s: %s", name, got)
		}
		d.exec(t, "RESET ROLE; DROP TABLE IF EXISTS pg_temp.mine")
	}
	d.exec(t, "CREATE TRIGGER t AFTER INSERT ON pg_temp.other REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION "+s+".note_change()")
	if got := d.try("INSERT INTO pg_temp.other VALUES (NULL)"); !strings.Contains(got, "42501") {
		t.Errorf("another table notes changes: %s", got)
	}
}

// Transactions at the same time do not bring in together what each of them may.
func transactionsTogether(t *testing.T, d *database) {
	for _, c := range []struct{ name, before, first, second, refused string }{
		{"two TTLs", "", "INSERT INTO TREE.record (number, uri, ttl) VALUES ('1', 'sip:a@example.com', 60)",
			"INSERT INTO TREE.record (number, uri, ttl) VALUES ('1', 'sip:b@example.com', 30)", "one_ttl"},
		{"a TTL and none", "", "INSERT INTO TREE.record (number, uri) VALUES ('1', 'sip:a@example.com')",
			"INSERT INTO TREE.record (number, uri, ttl) VALUES ('1', 'sip:b@example.com', 30)", "one_ttl"},
		{"the last name servers", "INSERT INTO TREE.record (kind, number, type, data) VALUES ('delegation', '3', 'NS', 'ns1.example.net.'), ('delegation', '3', 'NS', 'ns2.example.net.')," +
			"('delegation', '3', 'DS', '12345 13 2 " + strings.Repeat("ab", 32) + "')",
			"DELETE FROM TREE.record WHERE data = 'ns1.example.net.'", "DELETE FROM TREE.record WHERE data = 'ns2.example.net.'", "delegation_servers"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree := strings.NewReplacer("TREE", d.tree(t))
			if c.before != "" {
				d.exec(t, tree.Replace(c.before))
			}
			d.exec(t, "BEGIN;"+tree.Replace(c.first))
			other, done := d.connect(t), make(chan string, 1)
			go func() {
				_, err := other.Exec(context.Background(), "BEGIN;"+tree.Replace(c.second)+";COMMIT").ReadAll()
				if pg, ok := err.(*pgconn.PgError); ok {
					done <- pg.ConstraintName
					return
				}
				done <- fmt.Sprint(err)
			}()
			waits := fmt.Sprintf("SELECT wait_event_type = 'Lock' OR state LIKE 'idle%%' FROM pg_stat_activity WHERE pid = %d", other.PID())
			eventually(t, 10*time.Second, "the other waits", func() bool {
				r, err := d.sql.Exec(context.Background(), waits).ReadAll()
				return err == nil && len(r[0].Rows) == 1 && (string(r[0].Rows[0][0]) == "t" || len(done) > 0)
			})
			// Rules that are held at the end of a transaction refuse the one that ends last.
			if one, other := d.try("COMMIT"), <-done; (one == c.refused) == (other == c.refused) {
				t.Errorf("one is refused by %q, the other by %q", one, other)
			}
		})
	}
	t.Run("repeatable read", func(t *testing.T) {
		if got := d.try("BEGIN ISOLATION LEVEL REPEATABLE READ; INSERT INTO " + d.tree(t) + ".record (number, uri) VALUES ('1', 'sip:a@example.com'); COMMIT"); got != "isolation" {
			t.Errorf("refused by %q", got)
		}
		d.exec(t, "ROLLBACK")
	})
}

// One number with many rows costs no more than as many numbers, and there is an end to it.
func rowsOfOneNumber(t *testing.T, d *database) {
	s := d.tree(t)
	many := "INSERT INTO " + s + ".record (number, uri) SELECT '100', 'sip:user'||i||'@example.com' FROM generate_series(1, %d) i"
	if got := d.try(fmt.Sprintf(many, 1001)); got != "entry_rows" {
		t.Errorf("refused by %q", got)
	}
	d.exec(t, fmt.Sprintf(many, 1000))
}

// No language of the data base has a say in what is upper case.
func locale(t *testing.T, d *database) {
	d.exec(t, "CREATE DATABASE tr TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR' LOCALE 'C' ENCODING 'UTF8'")
	c, err := pgconn.Connect(context.Background(), "postgres://enumim@"+d.Addr+"/tr?sslmode=disable")
	must(t, err)
	defer c.Close(context.Background())
	other := &database{Server: d.Server, sql: c}
	other.exec(t, Schema)
	other.exec(t, "INSERT INTO enumim.record (number, uri) VALUES ('101', 'SIP:a@example.com'), ('105', 'IM:a@example.com')")
	for _, values := range []string{"'SIP:@@@', 'E2U+x-a'", "'sip:a@example.com', 'E2U+IM'", "'JAVASCRIPT:alert(1)', 'E2U+x-a'"} {
		if got := other.try("INSERT INTO enumim.record (number, uri, services) VALUES ('102', " + values + ")"); !strings.HasPrefix(got, "uri_") {
			t.Errorf("%s: refused by %q", values, got)
		}
	}
}

// An answer is held against the number that is first in the question as it is sent.
func TestFirstOfAsked(t *testing.T) {
	a := ask([]e164.Number{number(t, "12"), number(t, "2"), number(t, "1")})
	if !strings.HasPrefix(string(a.numbers), "{"+a.first+",") {
		t.Errorf("%s is not the first of %s", a.first, a.numbers)
	}
}
