package test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/enumim/enumim/backend/postgres"
)

var (
	isPostgres     = only("postgres")
	postgresFeeds  = only("postgres feed")
	postgresStores = only("postgres store")
)

// sql runs statements in the data base of the scene, with all rights.
func (s *scene) sql(t testing.TB, statements string) {
	t.Helper()
	c := s.session(t)
	defer c.Close(context.Background())
	s.do(t, c, statements)
}

// session returns a connection with all rights.
func (s *scene) session(t testing.TB) *pgconn.PgConn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, err := pgconn.Connect(ctx, "postgres://enumim@"+s.servers()[0].Addr+"/enumim")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (s *scene) do(t testing.TB, c *pgconn.PgConn, statements string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := c.Exec(ctx, statements).Close(); err != nil {
		t.Fatal(statements, err)
	}
}

// hangUpAll ends the sessions of the server under test, so that it has to make new ones.
const hangUpAll = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader';"

// sqlFault is done with one statement, and undone with another.
func sqlFault(id, name, hurt, mend, seen string) fault {
	return fault{id: id, name: name, to: isPostgres, seen: seen, inject: func(t testing.TB, s *scene) func() {
		s.sql(t, hurt)
		return func() { s.sql(t, mend) }
	}}
}

// postgresFaults befall PostgreSQL, without that it is killed.
var postgresFaults = []fault{
	{id: "F3", name: "sessions ended again and again", to: isPostgres, spares: true, inject: func(t testing.TB, s *scene) func() {
		c, quit, done := s.session(t), make(chan struct{}), make(chan error, 1)
		go func() {
			for {
				select {
				case <-quit:
					done <- nil
					return
				case <-time.After(50 * time.Millisecond):
				}
				ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
				err := c.Exec(ctx, hangUpAll).Close()
				cancel()
				if err != nil {
					done <- err
					return
				}
			}
		}()
		return func() {
			close(quit)
			if err := errors.Join(<-done, c.Close(context.Background())); err != nil {
				t.Error(err)
			}
		}
	}},
	{id: "F4", name: "table locked", to: isPostgres, silent: true, inject: func(t testing.TB, s *scene) func() {
		c := s.session(t)
		s.do(t, c, "BEGIN; LOCK TABLE enumim.record, enumim.change, enumim.meta IN ACCESS EXCLUSIVE MODE")
		return func() {
			s.do(t, c, "COMMIT")
			if err := c.Close(context.Background()); err != nil {
				t.Error(err)
			}
		}
	}},
	sqlFault("F5", "no connection left", "ALTER ROLE reader CONNECTION LIMIT 0;"+hangUpAll, "ALTER ROLE reader CONNECTION LIMIT -1", "too many connections"),
	sqlFault("F5", "rights revoked", "REVOKE ALL ON ALL TABLES IN SCHEMA enumim FROM reader; REVOKE ALL ON SCHEMA enumim FROM reader", readerRights, "has not the rights"),
	sqlFault("F5", "role without login", "ALTER ROLE reader NOLOGIN;"+hangUpAll, "ALTER ROLE reader LOGIN", "refuses the user or the password"),
	{id: "F5", name: "password changed", to: isPostgres, seen: "refuses the user or the password", inject: func(t testing.TB, s *scene) func() {
		s.sql(t, "ALTER ROLE reader PASSWORD 'another';"+hangUpAll)
		return func() { s.sql(t, fmt.Sprintf("ALTER ROLE reader PASSWORD '%s'", s.lane.store.secret)) }
	}},
	sqlFault("F5", "table renamed", "ALTER TABLE enumim.record RENAME TO other", "ALTER TABLE enumim.other RENAME TO record", ""),
	sqlFault("F5", "column renamed", "ALTER TABLE enumim.record RENAME COLUMN flags TO f", "ALTER TABLE enumim.record RENAME COLUMN f TO flags", ""),
	// What there is of text cannot be made numbers: the type is that of a column that is added.
	sqlFault("F5", "type of a column changed", "ALTER TABLE enumim.record RENAME COLUMN uri TO text; ALTER TABLE enumim.record ADD COLUMN uri bytea[]",
		"ALTER TABLE enumim.record DROP COLUMN uri; ALTER TABLE enumim.record RENAME COLUMN text TO uri", ""),
	sqlFault("F5", "marker lost", "CREATE TABLE enumim.kept AS TABLE enumim.meta; DELETE FROM enumim.meta",
		"INSERT INTO enumim.meta TABLE enumim.kept; DROP TABLE enumim.kept", "no enumim data"),
	{id: "F6", name: "older dump restored", to: postgresStores, inject: func(t testing.TB, s *scene) func() {
		s.restored(t)
		return s.rewritten(t)
	}},
	{id: "F6", name: "older dump restored", to: postgresFeeds, seen: "older data than it had", inject: func(t testing.TB, s *scene) func() {
		s.restored(t)
		return s.rewritten(t)
	}},
	{id: "F10", name: "schema dropped", to: isPostgres, inject: func(t testing.TB, s *scene) func() {
		s.sql(t, "DROP SCHEMA enumim CASCADE")
		return func() {
			s.sql(t, postgres.Schema+readerRights)
			s.lane.put(t)
		}
	}},
	// In mode store numbers that were deleted are gone.
	{id: "F10", name: "all rows deleted", to: postgresFeeds, seen: "", inject: func(t testing.TB, s *scene) func() {
		s.sql(t, "DELETE FROM enumim.record")
		return s.taken(t)
	}},
	{id: "F10", name: "table truncated", to: postgresFeeds, inject: func(t testing.TB, s *scene) func() {
		s.sql(t, "TRUNCATE enumim.record")
		return s.taken(t)
	}},
	{id: "F10", name: "all tables truncated", to: postgresStores, seen: "no enumim data", inject: func(t testing.TB, s *scene) func() {
		// The trigger of TRUNCATE notes that the tree is empty now, which a new marker would bear out.
		s.sql(t, "CREATE TABLE enumim.kept AS TABLE enumim.meta; TRUNCATE enumim.record, enumim.change, enumim.meta; DELETE FROM enumim.change")
		return func() {
			s.sql(t, "INSERT INTO enumim.meta TABLE enumim.kept; DROP TABLE enumim.kept")
			s.lane.put(t)
		}
	}},
}
