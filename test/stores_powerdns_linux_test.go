package test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/test/servers"
)

// longWays are stores that are read by what others prove in the short form: the long form has faults befall them, too.
var longWays = []way{{"powerdns feed", true, startPDNSRows}}

// startPDNSRows starts PostgreSQL with the tables of PowerDNS, and an empty zone of the name that lanes of scenes have.
func startPDNSRows(t testing.TB) *place {
	const zone = "l0.example.net"
	s := servers.Postgres(t)
	password, path := secret(t)
	w := &zoneRows{server: "postgres://enumim@" + s.Addr + "/enumim", zone: zone}
	err := w.exec(t.Context(), pdnsSchema(t, "/usr/share/pdns-backend-pgsql/schema/schema.pgsql.sql", "pdns-backend-pgsql")+
		"INSERT INTO domains (name, type) VALUES ('"+zone+"', 'NATIVE');"+
		"INSERT INTO records (domain_id, name, type, content, ttl) VALUES (1, '"+zone+"', 'SOA', 'ns.example.net hm.example.net 1 7200 900 1209600 300', 300);"+
		"CREATE ROLE reader LOGIN PASSWORD '"+password+"'; GRANT SELECT ON domains, records TO reader;")
	if err != nil {
		t.Fatal(err)
	}
	return &place{line: "postgres " + s.Addr + "/enumim", secret: password, servers: []*servers.Server{s}, writes: w, people: true,
		options: []string{"powerdns", "refresh 1s"}, reads: []string{"user reader", "password file:" + path}}
}

// zoneRows is who writes rows of PowerDNS.
type zoneRows struct{ server, zone string }

func (z *zoneRows) exec(ctx context.Context, sql string) error {
	c, err := pgconn.Connect(ctx, z.server)
	if err != nil {
		return fmt.Errorf("%w: %w", backend.ErrUnavailable, err)
	}
	return errors.Join(c.Exec(ctx, sql).Close(), c.Close(ctx))
}

// OpenWriter implements backend.WriterOpener.
func (z *zoneRows) OpenWriter(context.Context) (backend.Writer, error) { return z, nil }

// Write implements backend.Writer: all at once.
func (z *zoneRows) Write(ctx context.Context, changes iter.Seq2[backend.Change, error], done func(n int)) error {
	var b strings.Builder
	b.WriteString("BEGIN;")
	n := 0
	for change, err := range changes {
		if err != nil {
			return err
		}
		name := reversed(change.Name.Number.Digits()) + "." + z.zone
		fmt.Fprintf(&b, "DELETE FROM records WHERE name = '%s';", name)
		for _, r := range change.Records {
			fmt.Fprintf(&b, "INSERT INTO records (domain_id, name, type, content, ttl) VALUES (1, '%s', 'NAPTR', '%d %d \"%s\" \"%s\" \"%s\" .', 3600);",
				name, r.Order, r.Preference, r.Flags, r.Services, r.Regexp)
		}
		n++
	}
	b.WriteString("COMMIT")
	if err := z.exec(ctx, b.String()); err != nil {
		return err
	}
	done(n)
	return nil
}

// Walk implements backend.Writer.
func (z *zoneRows) Walk(context.Context) iter.Seq2[backend.Entry, error] {
	return func(yield func(backend.Entry, error) bool) {
		yield(backend.Entry{}, errors.New("nobody reads the tables of PowerDNS with this"))
	}
}

// Atomic implements backend.Writer.
func (z *zoneRows) Atomic() bool { return true }

// Close implements backend.Writer.
func (z *zoneRows) Close() error { return nil }
