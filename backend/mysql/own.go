package mysql

import (
	"context"
	"fmt"
	"slices"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/backend/sqlstore"
	"github.com/enumim/enumim/e164"
)

// ownQueries are the statements of an operator who has tables of his own; "" for those that he did not give.
type ownQueries struct {
	query string // each ? the digits of numbers and of all their prefixes, as an array of JSON; returns their rows
	below string // each ? digits; returns those below which something lies
}

// prepareOwn prepares a statement with one or more parameters. option names it.
func prepareOwn(ctx context.Context, c *conn, sql, option string) (statement, error) {
	st, err := c.prepare(ctx, sql)
	if err != nil {
		return st, ofStatement(fault("option "+option, err))
	}
	if st.NumInput() < 1 {
		return st, fmt.Errorf("%w: the statement of the option %s: it has a parameter, ?, an array of JSON: JSON_TABLE(?, '$[*]' COLUMNS (digits VARCHAR(15) PATH '$'))", backend.ErrUnavailable, option)
	}
	return st, nil
}

// prepare makes a new connection ready for look-ups.
func (q *ownQueries) prepare(ctx context.Context, c *conn) (err error) {
	if err = checkEngines(ctx, c.session, q.query, q.below); err != nil {
		return err
	}
	if c.lookup, err = prepareOwn(ctx, c, q.query, "query"); err != nil || q.below == "" {
		return err
	}
	c.check, err = prepareOwn(ctx, c, q.below, "below")
	return err
}

// same are the values of a statement all of whose parameters have one.
func same(st statement, value string) []any { return slices.Repeat([]any{value}, st.NumInput()) }

// find asks both statements, in one state of the data base. Without below, something may always be below.
func (q *ownQueries) find(ctx context.Context, c *conn, codec *notation.Codec, note *sqlstore.Notes, a *asked, numbers []e164.Number) ([]backend.Holding, error) {
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
	var err error
	if q.below == "" {
		for _, n := range numbers {
			below[n] = true
		}
		err = gather(ctx, c, a, codec, limit, found)
	} else {
		err = c.inSnapshot(ctx, func() error {
			if err := gather(ctx, c, a, codec, limit, found); err != nil {
				return err
			}
			return ofStatement(fault("option below", c.ask(ctx, c.check, same(c.check, a.numbers), onlyNumber, func(row [][]byte) error {
				n, err := e164.ParseDigits(string(row[0]))
				if err != nil || !slices.Contains(numbers, n) {
					return sqlstore.ErrBelow
				}
				below[n] = true
				return nil
			})))
		})
	}
	if err == nil && lost {
		err = sqlstore.ErrLost
	}
	return sqlstore.Hand(numbers, entries, below), fault("look up", err)
}

// onlyNumber is what the statement of the option below returns.
func onlyNumber(columns []string) error {
	if !slices.Equal(columns, []string{"number"}) {
		return fmt.Errorf("%w: the statement of the option below: it returns one column, number", backend.ErrUnavailable)
	}
	return nil
}

// gather makes entries of rows that come in any order.
func gather(ctx context.Context, c *conn, a *asked, codec *notation.Codec, limit *sqlstore.Limit, found func(backend.Entry, bool, error) bool) error {
	var j *sqlstore.Joiner
	var names []string
	var rows [][][]byte
	err := c.ask(ctx, c.lookup, same(c.lookup, a.prefixes), func(columns []string) (err error) {
		names = columns
		j, err = sqlstore.NewJoiner(codec, columns, found)
		return err
	}, func(row [][]byte) error {
		rows = append(rows, sqlstore.Keep(row))
		return limit.Take(row)
	})
	if err != nil {
		return ofStatement(fault("option query", err))
	}
	sqlstore.Sort(rows, names)
	for _, row := range rows {
		j.Add(row)
	}
	j.End()
	return nil
}
