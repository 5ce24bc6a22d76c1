//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/enumim/enumim/backend/postgres"
)

// connect connects to a data base of the server.
func (r *run) connect(database string) (*pgx.Conn, error) {
	return pgx.Connect(r.ctx, fmt.Sprintf("postgres://enumim@%s/%s", r.server.Addr, database))
}

// exec runs statements.
func (r *run) exec(database, text string) error {
	c, err := r.connect(database)
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(r.ctx))
	return c.PgConn().Exec(r.ctx, text).Close()
}

// imported makes the reference schema and fills it with the tool, as people do.
func (r *run) imported() (time.Duration, error) {
	if err := r.exec("enumim", postgres.Schema); err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(r.ctx, r.tool, "import", r.files.Numbers, "postgres "+r.server.Addr+"/enumim")
	began := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("enumim import: %w\n%s", err, out)
	}
	took := time.Since(began)
	return took, r.exec("enumim", "VACUUM ANALYZE")
}

// pdnsSchema is what PowerDNS 4.7 looks up, from schema.pgsql.sql of its package; DNSSEC and supermasters are left out.
const pdnsSchema = `
CREATE TABLE domains (id SERIAL PRIMARY KEY, name VARCHAR(255) NOT NULL, master VARCHAR(128) DEFAULT NULL, last_check INT DEFAULT NULL,
  type TEXT NOT NULL, notified_serial BIGINT DEFAULT NULL, account VARCHAR(40) DEFAULT NULL, options TEXT DEFAULT NULL, catalog TEXT DEFAULT NULL);
CREATE UNIQUE INDEX name_index ON domains(name);
CREATE TABLE records (id BIGSERIAL PRIMARY KEY, domain_id INT DEFAULT NULL, name VARCHAR(255) DEFAULT NULL, type VARCHAR(10) DEFAULT NULL,
  content VARCHAR(65535) DEFAULT NULL, ttl INT DEFAULT NULL, prio INT DEFAULT NULL, disabled BOOL DEFAULT 'f',
  ordername VARCHAR(255), auth BOOL DEFAULT 't');
CREATE TABLE domainmetadata (id SERIAL PRIMARY KEY, domain_id INT, kind VARCHAR(32), content TEXT);
INSERT INTO domains (name, type) VALUES ('e164.arpa', 'NATIVE');
`

const pdnsIndexes = `
CREATE INDEX rec_name_index ON records(name);
CREATE INDEX nametype_index ON records(name, type);
CREATE INDEX domain_id ON records(domain_id);
CREATE INDEX recordorder ON records (domain_id, ordername text_pattern_ops);
CREATE INDEX domainidmetaindex ON domainmetadata(domain_id);
`

// forPowerDNS fills the data base of PowerDNS from the zone file of the set.
func (r *run) forPowerDNS() error {
	if err := r.exec("enumim", "CREATE DATABASE pdns"); err != nil {
		return err
	}
	if err := r.exec("pdns", pdnsSchema); err != nil {
		return err
	}
	c, err := r.connect("pdns")
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(r.ctx))
	f, err := os.Open(r.files.Zone)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = c.CopyFrom(r.ctx, pgx.Identifier{"records"}, []string{"domain_id", "name", "type", "content", "ttl"}, &zoneRows{lines: bufio.NewScanner(f)})
	if err != nil {
		return err
	}
	if err := c.PgConn().Exec(r.ctx, pdnsIndexes).Close(); err != nil {
		return err
	}
	return c.PgConn().Exec(r.ctx, "VACUUM ANALYZE").Close()
}

// zoneRows are the records of a zone file that package data made, which has one a line.
type zoneRows struct {
	lines *bufio.Scanner
	row   []any
}

func (z *zoneRows) Next() bool {
	for z.lines.Scan() {
		name, rest, _ := strings.Cut(z.lines.Text(), " ")
		typ, content, ok := strings.Cut(rest, " ")
		switch {
		case !ok || strings.HasPrefix(name, "$"):
			continue
		case name == "@":
			name = "e164.arpa"
		default:
			name += ".e164.arpa"
		}
		if typ != "NAPTR" {
			content = strings.ReplaceAll(strings.TrimSuffix(content, "."), ". ", " ")
		}
		z.row = []any{1, name, typ, content, 3600}
		return true
	}
	return false
}

func (z *zoneRows) Values() ([]any, error) { return z.row, nil }
func (z *zoneRows) Err() error             { return z.lines.Err() }
