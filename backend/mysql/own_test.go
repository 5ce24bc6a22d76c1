package mysql

import (
	"errors"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/sqlstore"
)

// took counts what a feed brings.
type took struct{ wholes, same int }

func (s *took) Replace(entries iter.Seq2[backend.Entry, error]) error {
	s.wholes++
	for _, err := range entries {
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *took) ReplaceZone(_ func() *backend.Zone, entries iter.Seq2[backend.Entry, error]) error {
	return s.Replace(entries)
}

func (s *took) Apply([]backend.Change) error {
	s.same++
	return nil
}

func (s *took) ApplyLate([]backend.Change, time.Duration) error { return nil }

// ownTable makes a table of an operator with one number, and a file with a statement that reads all of it.
func (d *server) ownTable(t testing.TB, engine string) (tree, all string) {
	t.Helper()
	tree = d.pdnsTables(t, "CHARACTER SET latin1")
	d.exec(t, "CREATE TABLE "+tree+".subscriber (msisdn varchar(15) PRIMARY KEY, sip varchar(255)) ENGINE = "+engine+
		"; INSERT INTO "+tree+".subscriber VALUES ('100', 'sip:a@example.com')")
	all = filepath.Join(t.TempDir(), "all.sql")
	must(t, os.WriteFile(all, []byte("SELECT msisdn AS number, sip AS uri FROM subscriber ORDER BY msisdn"), 0o600))
	return tree, all
}

// Where nothing changed there is nothing to publish: the serial, and the log, would tell of changes that were none.
func TestUnchangedTablesAreNotPublished(t *testing.T) {
	d := start11(t)
	tree, all := d.ownTable(t, "InnoDB")
	d.exec(t, "INSERT INTO "+tree+".domains (name) VALUES ('dial.example'); INSERT INTO "+tree+
		".records (domain_id, name, type, content, ttl) VALUES (1, 'dial.example', 'SOA', 'ns1.example.net hostmaster.example.net 1 10800 3600 604800 600', 300)")
	sql, err := os.ReadFile(all)
	must(t, err)
	for _, c := range []struct {
		name, change string
		read         func(o *options, dialer *dialer, sink backend.Sink) func() error
	}{
		{"all", "UPDATE " + tree + ".subscriber SET sip = 'sip:b@example.com'", func(o *options, dialer *dialer, sink backend.Sink) func() error {
			f := &ownFeed{dialer: dialer, sql: string(sql), codec: &o.Codec, note: &sqlstore.Notes{}}
			return func() error { return f.read(t.Context(), sink) }
		}},
		{"powerdns", "INSERT INTO " + tree + ".records (domain_id, name, type, content) VALUES (1, '1.dial.example', 'TXT', 'x')", func(o *options, dialer *dialer, sink backend.Sink) func() error {
			f := o.powerdnsFeed(dialer, func(backend.Event) {})
			return func() error { return f.read(t.Context(), sink) }
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, sink := parse(t, d.Addr+"/"+tree), &took{}
			read := c.read(o, newDialer(o.hosts, o.database, o.User, o.Options.Options), sink)
			for range 3 {
				must(t, read())
			}
			if sink.wholes != 1 || sink.same != 2 {
				t.Errorf("three readings of one state bring %d trees and %d times no change", sink.wholes, sink.same)
			}
			d.exec(t, c.change)
			must(t, read())
			must(t, read())
			if sink.wholes != 2 || sink.same != 3 {
				t.Errorf("after a change there were %d trees and %d times no change", sink.wholes, sink.same)
			}
		})
	}
}

// A row without a number is told with what is wrong with it, and without what stands there.
func TestRowWithoutNumber(t *testing.T) {
	d := start11(t)
	tree, all := d.ownTable(t, "InnoDB")
	sql, err := os.ReadFile(all)
	must(t, err)
	d.exec(t, "INSERT INTO "+tree+".subscriber VALUES ('0 171', 'sip:b@example.com')")
	o := parse(t, d.Addr+"/"+tree)
	f := &ownFeed{dialer: newDialer(o.hosts, o.database, o.User, o.Options.Options), sql: string(sql), codec: &o.Codec, note: &sqlstore.Notes{}}
	err = f.read(t.Context(), &took{})
	if !errors.Is(err, sqlstore.ErrLost) || !strings.Contains(err.Error(), "without blanks") || strings.Contains(err.Error(), "171") {
		t.Errorf("it is told %v", err)
	}
}

// Tables without transactions are refused: a change of several rows would be seen half-way.
func TestTablesWithoutTransactions(t *testing.T) {
	d := start11(t)
	for _, engine := range []string{"MyISAM", "Aria"} {
		tree, all := d.ownTable(t, engine)
		d.exec(t, "ALTER TABLE "+tree+".records ENGINE = "+engine)
		other := filepath.Join(t.TempDir(), "other.sql")
		must(t, os.WriteFile(other, []byte("SELECT '100' AS number, 'sip:a@example.com' AS uri FROM domains UNION SELECT '101', 'sip:a@example.com'"), 0o600))
		for _, c := range []struct{ line, want string }{
			{"all " + all, "the table subscriber has the engine " + engine},
			{"powerdns", "the table records has the engine " + engine},
			{"query " + query(t, "subscriber"), "the table subscriber has the engine " + engine},
			{"all " + other, ""}, // what it does not read is no matter
		} {
			o := parse(t, d.Addr+"/"+tree, append([]string{c.line}, map[bool][]string{true: {"mode store"}}[strings.HasPrefix(c.line, "query")]...)...)
			r := &recorder{}
			b, err := o.Open(t.Context(), r.observe)
			must(t, err)
			if o.Query != "" {
				eventually(t, "refused", func() bool {
					_, err = lookup(t, b, "100")
					return errors.Is(err, backend.ErrUnavailable) && strings.Contains(err.Error(), c.want)
				})
			} else {
				eventually(t, "told: "+c.want, func() bool {
					for _, e := range r.all() {
						if c.want == "" && e.Kind == backend.Loaded || c.want != "" && e.Err != nil && strings.Contains(e.Err.Error(), c.want) {
							return true
						}
					}
					return false
				})
			}
			must(t, b.Close())
		}
	}
}
