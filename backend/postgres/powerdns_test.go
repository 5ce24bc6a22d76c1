package postgres

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
)

// pdnsTables are the tables that PowerDNS 4.7 comes with, as far as they are read.
const pdnsTables = `CREATE TABLE domains (id SERIAL PRIMARY KEY, name VARCHAR(255) NOT NULL UNIQUE, type TEXT NOT NULL);
CREATE TABLE records (id BIGSERIAL PRIMARY KEY, domain_id INT REFERENCES domains(id) ON DELETE CASCADE, name VARCHAR(255), type VARCHAR(10),
	content VARCHAR(65535), ttl INT, prio INT, disabled BOOL DEFAULT 'f', ordername VARCHAR(255), auth BOOL DEFAULT 't');
INSERT INTO domains (name, type) VALUES ('dial.example', 'NATIVE');
INSERT INTO records (domain_id, name, type, content, ttl) VALUES
	(1, 'dial.example', 'SOA', 'ns1.example.net hostmaster.example.net 7 10800 3600 604800 600', 3600), (1, 'dial.example', 'NS', 'ns1.example.net', 3600),
	(1, '1.1.dial.example', 'NAPTR', '100 10 "u" "E2U+sip" "!^.*$!sip:a@example.com!" .', 60),
	(1, '2.1.dial.example', 'NAPTR', 'garbage', 60);`

// startPowerDNS makes the tables in a schema of their own, and opens them.
func (d *database) startPowerDNS(t *testing.T, schema string) (backend.Backend, *recorder) {
	t.Helper()
	d.exec(t, "CREATE SCHEMA "+schema+"; SET search_path = "+schema+"; "+pdnsTables)
	b, r := d.open(t, schema, "powerdns", "refresh 1s")
	eventually(t, 20*time.Second, "loaded", func() bool { return r.count(backend.Loaded) > 0 })
	return b, r
}

// What is in the tables of PowerDNS is answered, and follows them; a row that cannot be read costs its name alone, and
// tables that nobody wrote to are not read again.
func TestPowerDNS(t *testing.T) {
	t.Parallel()
	d := start15(t)
	d.exec(t, pdnsTables)
	b, r := d.open(t, "", "powerdns", "refresh 1s")
	eventually(t, 20*time.Second, "loaded", func() bool { return r.count(backend.Loaded) > 0 })
	if a, err := lookup(t, b, "11"); err != nil || a.Kind != backend.Found || a.Form != backend.Stored || a.Zone == nil {
		t.Errorf("a number: %+v, %v", a, err)
	}
	if _, err := lookup(t, b, "12"); err == nil {
		t.Error("a row that cannot be read is answered")
	}
	if a, err := lookup(t, b, "13"); err != nil || a.Kind != backend.Absent {
		t.Errorf("a number that is not there: %v, %v", a.Kind, err)
	}
	s, _ := backend.As[backend.Stater](b)
	if state := s.State(); state.Broken != 1 || state.Entries != 2 || state.Serial != 7 {
		t.Errorf("%+v", state)
	}
	was := s.State().Current
	eventually(t, 20*time.Second, "current", func() bool { return s.State().Current.Sub(was) > 2*time.Second })
	if n := r.count(backend.Loaded); n != 1 {
		t.Errorf("tables that did not change were read %d times", n)
	}
	d.exec(t, `UPDATE records SET content = '100 10 "u" "E2U+sip" "!^.*$!sip:b@example.com!" .' WHERE name = '2.1.dial.example'; INSERT INTO records (domain_id, name, type, content) SELECT 1, '*.3.dial.example', type, content FROM records WHERE name = '1.1.dial.example'`)
	eventually(t, 20*time.Second, "changed", func() bool { return kind(t, b, "12") == int(backend.Found) && kind(t, b, "345") == int(backend.Found) })
	d.exec(t, `UPDATE records SET disabled = true WHERE name = '1.1.dial.example'`)
	eventually(t, 20*time.Second, "disabled", func() bool { return kind(t, b, "11") == int(backend.Absent) })
}

// Whatever takes the zone away, a number that was there is never denied for it: what was served is served on.
func TestPowerDNSGone(t *testing.T) {
	t.Parallel()
	d, tree := start15(t), 0
	for name, sql := range map[string]string{
		"SOA":      `DELETE FROM records WHERE type = 'SOA'`,
		"disabled": `UPDATE records SET disabled = true`,
		"records":  `TRUNCATE records`,
		"domain":   `DELETE FROM domains`,
		"renamed":  `UPDATE domains SET name = 'other.example'`,
		"table":    `DROP TABLE records`,
		"column":   `ALTER TABLE records RENAME content TO data`,
		"bad SOA":  `UPDATE records SET content = 'garbage' WHERE type = 'SOA'`,
		"two SOA":  `INSERT INTO records (domain_id, name, type, content) SELECT domain_id, name, type, content FROM records WHERE type = 'SOA'`,
	} {
		t.Run(name, func(t *testing.T) {
			tree++
			schema := "gone" + strconv.Itoa(tree)
			b, r := d.startPowerDNS(t, schema)
			d.exec(t, "SET search_path = "+schema+"; "+sql)
			eventually(t, 20*time.Second, "noticed", func() bool { return r.count(backend.Unavailable) > 0 })
			if a, err := lookup(t, b, "11"); err != nil || a.Kind != backend.Found {
				t.Errorf("a number that was there: %v, %v", a.Kind, err)
			}
			for _, e := range r.all() {
				if e.Err != nil && strings.Contains(strings.ReplaceAll(e.Err.Error(), "the apex, dial.example", ""), "example") {
					t.Errorf("an error tells data: %v", e.Err)
				}
			}
		})
	}
}

// A zone that loses many rows at once is held back.
func TestPowerDNSShrinks(t *testing.T) {
	t.Parallel()
	d := start15(t)
	b, r := d.startPowerDNS(t, "public_too")
	d.exec(t, `SET search_path = public_too; INSERT INTO records (domain_id, name, type, content) SELECT 1, i % 10 || '.' || i / 10 || '.9.dial.example', 'NAPTR', '100 10 "u" "E2U+sip" "!^.*$!sip:a@example.com!" .' FROM generate_series(10, 99) i, generate_series(1, 2);
		INSERT INTO records (domain_id, name, type, content) SELECT 1, i % 10 || '.' || i / 10 || '.8.dial.example', 'NAPTR', '100 10 "u" "E2U+sip" "!^.*$!sip:a@example.com!" .' FROM generate_series(10, 99) i`)
	eventually(t, 20*time.Second, "more", func() bool { return kind(t, b, "955") == int(backend.Found) })
	d.exec(t, `DELETE FROM public_too.records WHERE name LIKE '%.9.dial.example'`)
	eventually(t, 20*time.Second, "refused", func() bool { return r.count(backend.Refused) > 0 })
	if k := kind(t, b, "955"); k != int(backend.Found) {
		t.Errorf("a number that is gone by accident: %d", k)
	}
	if k := kind(t, b, "11"); k != int(backend.Found) {
		t.Errorf("a number that was always there: %d", k)
	}
}

// What does not go together with the option is said when the Corefile is read.
func TestPowerDNSOptions(t *testing.T) {
	t.Parallel()
	for _, lines := range [][]string{
		{"powerdns", "mode store"}, {"powerdns", "all x.sql"}, {"powerdns yes"}, {"powerdns", "snapshot /tmp/x"}, {"powerdns", "powerdns"}, {"powerdns", "refresh 50m"},
	} {
		if _, err := (Driver{}).Parse(config(t, "127.0.0.1/enumim", lines...)); err == nil {
			t.Errorf("%q is taken", lines)
		}
	}
	c := config(t, "127.0.0.1/enumim", "powerdns")
	c.Apexes = append(c.Apexes, c.Apexes[0])
	if _, err := (Driver{}).Parse(c); err == nil {
		t.Error("two apexes are taken")
	}
	o, err := Driver{}.Parse(config(t, "127.0.0.1/enumim", "powerdns"))
	must(t, err)
	if _, err := o.(backend.WriterOpener).OpenWriter(t.Context()); err == nil {
		t.Error("the tables of PowerDNS are written to")
	}
}
