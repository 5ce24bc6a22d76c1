package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/backend/sqlstore"
	"github.com/enumim/enumim/e164"
)

// store asks the data base for each batch of look-ups.
type store struct {
	pool   *sqlstore.Pool[*conn]
	schema string
	codec  *notation.Codec
	own    *ownQueries // of the operator's tables; nil for the reference schema
	note   *sqlstore.Notes

	stop context.CancelFunc // of what goes on beside look-ups
	work sync.WaitGroup
}

// The parts of what lookup returns.
const (
	partRecord = "0"
	partBelow  = "1"
	partMeta   = "2"
)

// lookupSQL returns the statement that asks for numbers ($1) and their prefixes ($2). It is one, so that all is
// from one snapshot: an entry that moves from below a number to it must not be missed at both places. The last
// row tells the state of the data base and repeats the first number.
func lookupSQL(schema string) string {
	columns := len(notation.Columns())
	nulls := func(n int) string { return strings.Repeat(", NULL", n) }
	table := func(name string) string { return pgx.Identifier{schema, name}.Sanitize() }
	return "SELECT " + partRecord + " AS part, " + recordColumns + ", id FROM " + table("record") + " WHERE number = ANY($1::text[]) AND kind = 'number'" +
		" UNION ALL SELECT " + partRecord + ", " + recordColumns + ", id FROM " + table("record") + " WHERE number = ANY($2::text[]) AND kind <> 'number'" +
		" UNION ALL SELECT " + partBelow + ", NULL, a.digits" + nulls(columns-2) + ", NULL FROM unnest($1::text[]) AS a (digits)" +
		" WHERE EXISTS (SELECT 1 FROM " + table("record") + " r WHERE r.number > a.digits AND r.number < a.digits || ':')" +
		" UNION ALL SELECT " + partMeta + ", format::text, ($1::text[])[1]" + nulls(columns-2) +
		", (SELECT id FROM " + table("change") + " ORDER BY id DESC LIMIT 1) FROM " + table("meta") + " WHERE single" +
		" ORDER BY part, " + inOrder
}

// Find implements backend.Store.
func (s *store) Find(ctx context.Context, numbers []e164.Number) ([]backend.Holding, error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	a := ask(numbers)
	var holdings []backend.Holding
	err := s.pool.Use(ctx, func(ctx context.Context, c *conn) (err error) {
		if s.own != nil {
			holdings, err = s.own.find(ctx, c.PgConn, s.codec, s.note, &a, numbers)
		} else {
			holdings, err = s.find(ctx, c.PgConn, &a, numbers)
		}
		return err
	})
	return holdings, err
}

func (s *store) find(ctx context.Context, c *pgconn.PgConn, a *asked, numbers []e164.Number) ([]backend.Holding, error) {
	var entries []backend.Entry
	below := map[e164.Number]bool{}
	j, err := sqlstore.NewJoiner(s.codec, notation.Columns(), func(e backend.Entry, known bool, err error) bool {
		if s.note.Entry(known, err); known {
			entries = append(entries, e)
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	defer s.note.Tell()
	marker, limit := false, sqlstore.LimitFor(len(numbers))
	result := c.ExecPrepared(ctx, statementLookup, [][]byte{a.numbers, a.prefixes}, nil, nil)
	if err := each(result, 2+j.Width(), func(row [][]byte) error {
		if err := limit.Take(row); err != nil {
			return err
		}
		switch string(row[0]) {
		case partRecord:
			j.Add(row[1 : len(row)-1])
		case partBelow:
			if n, err := e164.ParseDigits(string(row[2])); err == nil {
				below[n] = true
			}
		case partMeta:
			if string(row[2]) != a.first {
				return fmt.Errorf("%w: look up: the answer is for another question", backend.ErrUnavailable)
			}
			marker = true
			return meta.Check(row[1], row[len(row)-1])
		}
		return nil
	}); err != nil {
		return nil, fault("look up", err)
	}
	if !marker {
		return nil, errEmpty
	}
	j.End()
	return sqlstore.Hand(numbers, entries, below), nil
}

// errEmpty: the schema is there, and what says that it is ours is not.
var errEmpty = fmt.Errorf("%w: the data base has no enumim data (table meta is empty): make the schema anew, then enumim import", backend.ErrUnavailable)

// meta is what the table of that name must say.
var meta = sqlstore.Meta{Format: formatVersion, Doc: "docs/postgres.md"}

// Check implements backend.Store.
func (s *store) Check(ctx context.Context) (serial uint32, err error) {
	err = s.pool.Use(ctx, func(ctx context.Context, c *conn) error {
		serial, err = s.check(ctx, c.PgConn)
		return err
	})
	return serial, err
}

// check asks a connection that prepare made ready.
func (s *store) check(ctx context.Context, c *pgconn.PgConn) (serial uint32, err error) {
	if s.own != nil {
		return 0, each(c.ExecParams(ctx, "SELECT 1", nil, nil, nil, nil), 1, func([][]byte) error { return nil })
	}
	marker := false
	err = each(c.ExecPrepared(ctx, statementCheck, nil, nil, nil), 2, func(row [][]byte) error {
		marker = true
		if id, err := strconv.ParseInt(string(row[1]), 10, 64); err == nil {
			serial = max(uint32(id), 1) // 0 says that there is none
		}
		return meta.Check(row[0], row[1])
	})
	if err == nil && !marker {
		err = errEmpty
	}
	return serial, fault("check", err)
}

func checkSQL(schema string) string {
	return "SELECT format, (SELECT id FROM " + pgx.Identifier{schema, "change"}.Sanitize() + " ORDER BY id DESC LIMIT 1) FROM " +
		pgx.Identifier{schema, "meta"}.Sanitize() + " WHERE single"
}

// Close implements backend.Store.
func (s *store) Close() error {
	s.stop()
	s.work.Wait()
	s.pool.Close()
	return nil
}

// The names of prepared statements.
const (
	statementLookup = "enumim_lookup"
	statementCheck  = "enumim_check"
	statementBelow  = "enumim_below"
)

// prepare makes a new connection ready for look-ups.
func (s *store) prepare(ctx context.Context, c *pgconn.PgConn, timeout time.Duration) error {
	if err := configure(ctx, c, timeout); err != nil {
		return err
	}
	if s.own != nil {
		return s.own.prepare(ctx, c)
	}
	for name, sql := range map[string]string{statementLookup: lookupSQL(s.schema), statementCheck: checkSQL(s.schema)} {
		if _, err := c.Prepare(ctx, name, sql, nil); err != nil {
			return fault("prepare", err)
		}
	}
	return nil
}

// each calls f for the rows of a result, which have so many columns.
func each(result *pgconn.ResultReader, columns int, f func(row [][]byte) error) error {
	for result.NextRow() {
		row := result.Values()
		err := sqlstore.ErrColumn
		if len(row) == columns {
			err = f(row)
		}
		if err != nil {
			_, _ = result.Close()
			return err
		}
	}
	_, err := result.Close()
	return err
}
