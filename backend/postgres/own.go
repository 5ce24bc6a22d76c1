package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/backend/sqlstore"
	"github.com/enumim/enumim/e164"
)

// ownQueries are the statements of an operator who has tables of his own; "" for those that he did not give.
type ownQueries struct {
	query string // $1 the digits of numbers and of all their prefixes; returns their rows
	below string // $1 digits; returns those below which something lies

}

// The types of PostgreSQL that $1 may have.
const (
	oidTextArray    = 1009
	oidVarcharArray = 1015
)

// describe prepares a statement and says what is wrong with it. option names it.
func describe(ctx context.Context, c *pgconn.PgConn, name, sql, option string, parameters int) ([]string, error) {
	d, err := c.Prepare(ctx, name, sql, nil)
	if err != nil {
		return nil, ofStatement(fault("option "+option, err))
	}
	wrong := func(what string) error {
		return fmt.Errorf("%w: the statement of the option %s: %s", backend.ErrUnavailable, option, what)
	}
	switch {
	case len(d.ParamOIDs) != parameters && parameters == 0:
		return nil, wrong("it has no parameters")
	case len(d.ParamOIDs) != parameters:
		return nil, wrong("it has one parameter, $1, an array of text: WHERE number = ANY($1::text[])")
	case parameters == 1 && d.ParamOIDs[0] != oidTextArray && d.ParamOIDs[0] != oidVarcharArray:
		return nil, wrong("$1 is an array of text: write $1::text[]")
	case len(d.Fields) == 0:
		return nil, wrong("it returns no columns")
	}
	return columnsOf(d.Fields), nil
}

// prepare makes a new connection ready for look-ups.
func (q *ownQueries) prepare(ctx context.Context, c *pgconn.PgConn) error {
	columns, err := describe(ctx, c, statementLookup, q.query, "query", 1)
	if err != nil {
		return err
	}
	if _, err := sqlstore.NewJoiner(&notation.Codec{}, columns, nil); err != nil {
		return fmt.Errorf("option query: %w", err)
	}
	if q.below == "" {
		return nil
	}
	if columns, err = describe(ctx, c, statementBelow, q.below, "below", 1); err == nil && !slices.Equal(columns, []string{"number"}) {
		err = fmt.Errorf("%w: the statement of the option below: it returns one column, number", backend.ErrUnavailable)
	}
	return err
}

// find asks both statements in one round trip, from one snapshot. Without below, something may always be below.
func (q *ownQueries) find(ctx context.Context, c *pgconn.PgConn, codec *notation.Codec, note *sqlstore.Notes, a *asked, numbers []e164.Number) ([]backend.Holding, error) {
	defer note.Tell()
	var entries []backend.Entry
	lost := false // a row may be one of what was asked for
	found := func(e backend.Entry, known bool, err error) bool {
		if note.Entry(known, err); known {
			entries = append(entries, e)
		} else {
			lost = true
		}
		return true
	}
	below, limit := map[e164.Number]bool{}, sqlstore.LimitFor(len(numbers))
	if q.below == "" {
		for _, n := range numbers {
			below[n] = true
		}
		err := gather(c.ExecPrepared(ctx, statementLookup, [][]byte{a.prefixes}, nil, nil), codec, limit, found)
		if err == nil && lost {
			err = sqlstore.ErrLost
		}
		return sqlstore.Hand(numbers, entries, below), fault("look up", err)
	}
	p := c.StartPipeline(ctx)
	p.SendQueryParams("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", nil, nil, nil, nil)
	p.SendQueryPrepared(statementLookup, [][]byte{a.prefixes}, nil, nil)
	p.SendQueryPrepared(statementBelow, [][]byte{a.numbers}, nil, nil)
	p.SendQueryParams("COMMIT", nil, nil, nil, nil)
	err := p.Sync()
	for step := 0; err == nil && step < 4; step++ {
		var r any
		if r, err = p.GetResults(); err != nil {
			break
		}
		result, ok := r.(*pgconn.ResultReader)
		switch {
		case !ok:
			err = sqlstore.ErrColumn
		case step == 1:
			err = gather(result, codec, limit, found)
		case step == 2:
			err = each(result, 1, func(row [][]byte) error {
				n, err := e164.ParseDigits(string(row[0]))
				if err != nil || !slices.Contains(numbers, n) {
					return sqlstore.ErrBelow
				}
				below[n] = true
				return nil
			})
		default:
			_, err = result.Close()
		}
	}
	if closed := p.Close(); err == nil {
		err = closed
	}
	if err == nil && lost {
		err = sqlstore.ErrLost
	}
	return sqlstore.Hand(numbers, entries, below), fault("look up", err)
}

// gather makes entries of rows that come in any order.
func gather(result *pgconn.ResultReader, codec *notation.Codec, limit *sqlstore.Limit, found func(backend.Entry, bool, error) bool) error {
	columns := columnsOf(result.FieldDescriptions())
	j, err := sqlstore.NewJoiner(codec, columns, found)
	if err != nil {
		_, _ = result.Close()
		return err
	}
	var rows [][][]byte
	if err := each(result, len(columns), func(row [][]byte) error {
		rows = append(rows, sqlstore.Keep(row))
		return limit.Take(row)
	}); err != nil {
		return err
	}
	sqlstore.Sort(rows, columns)
	for _, row := range rows {
		j.Add(row)
	}
	j.End()
	return nil
}
