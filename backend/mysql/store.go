package mysql

import (
	"context"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/backend/sqlstore"
	"github.com/enumim/enumim/e164"
)

// store asks the data base for each batch of look-ups.
type store struct {
	pool  *sqlstore.Pool[*conn]
	codec *notation.Codec
	own   *ownQueries // of the operator's tables; nil for the reference schema
	note  *sqlstore.Notes

	stop context.CancelFunc // of what goes on beside look-ups
	work sync.WaitGroup
}

// The parts of what lookup returns.
const (
	partRecord = "0"
	partBelow  = "1"
	partMeta   = "2"
)

const (
	// digitsTable has the elements of an array of JSON as rows.
	digitsTable = "JSON_TABLE(?, '$[*]' COLUMNS (digits VARCHAR(15) PATH '$')) a"
	// digitsOfTable are those digits in the character set of the column number: an index is not used for another.
	digitsOfTable = "CONVERT(a.digits USING ascii) COLLATE ascii_bin"
)

// lookupSQL returns the statement that asks for so many numbers: as an array (the first ?), with their prefixes (the
// second), and each by itself for what lies below it, since only what is constant makes one probe of an index. It is one
// statement, so that all is from one state of the data base: an entry that moves from below a number to it must not
// be missed at both places. The last row tells the state of the data base and repeats the first number.
func lookupSQL(numbers int) string {
	columns := len(notation.Columns())
	nulls := func(n int) string { return strings.Repeat(", NULL", n) }
	const digits = "CONVERT(? USING ascii) COLLATE ascii_bin"
	record := "SELECT " + partRecord + " AS part, " + quoted("r.") + ", r.`id` AS `id` FROM " + digitsTable +
		" STRAIGHT_JOIN record r FORCE INDEX (record_once) ON r.`number` = " + digitsOfTable + " WHERE r.`kind` "
	below := " UNION ALL SELECT " + partBelow + ", NULL, " + digits + nulls(columns-2) + ", NULL FROM DUAL" +
		" WHERE EXISTS (SELECT 1 FROM record r FORCE INDEX (record_once) WHERE r.`number` > " + digits + " AND r.`number` < " + digits + ")"
	return record + "= 'number' UNION ALL " + record + "<> 'number'" + strings.Repeat(below, numbers) +
		" UNION ALL SELECT " + partMeta + ", CAST(m.`format` AS CHAR), CONVERT(? USING ascii)" + nulls(columns-2) +
		", (SELECT c.`id` FROM record_change c ORDER BY c.`id` LIMIT 1) FROM record_meta m WHERE m.`single` = 1" +
		" ORDER BY part, " + inOrder
}

// lookupArgs are the values of its parameters. There are at least as many as there are numbers: the last one may be
// asked for more than once.
func lookupArgs(a *asked, numbers []e164.Number, most int) []any {
	args := make([]any, 0, 3+3*most)
	args = append(args, a.numbers, a.prefixes)
	for i := range most {
		digits := numbers[min(i, len(numbers)-1)].Digits()
		args = append(args, digits, digits, digits+":")
	}
	return append(args, a.first)
}

// lookupFor returns the statement for so many numbers or more, prepared once for each power of two.
func (c *conn) lookupFor(ctx context.Context, numbers int) (st statement, most int, err error) {
	size := bits.Len(uint(numbers - 1))
	if c.lookups[size].Stmt == nil {
		c.lookups[size], err = c.prepareFor(ctx, lookupSQL(1<<size))
	}
	return c.lookups[size], 1 << size, err
}

// mostAsked is how many numbers one statement asks for.
const mostAsked = 256

// checkSQL asks for the state alone.
const checkSQL = "SELECT m.`format`, (SELECT c.`id` FROM record_change c ORDER BY c.`id` DESC LIMIT 1) FROM record_meta m WHERE m.`single` = 1"

// Find implements backend.Store.
func (s *store) Find(ctx context.Context, numbers []e164.Number) ([]backend.Holding, error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	if len(numbers) > mostAsked {
		first, err := s.Find(ctx, numbers[:mostAsked])
		if err != nil {
			return nil, err
		}
		rest, err := s.Find(ctx, numbers[mostAsked:])
		return append(first, rest...), err
	}
	a := ask(numbers)
	var holdings []backend.Holding
	err := s.pool.Use(ctx, func(ctx context.Context, c *conn) (err error) {
		if s.own != nil {
			holdings, err = s.own.find(ctx, c, s.codec, s.note, &a, numbers)
		} else {
			holdings, err = s.find(ctx, c, &a, numbers)
		}
		return err
	})
	return holdings, err
}

func (s *store) find(ctx context.Context, c *conn, a *asked, numbers []e164.Number) ([]backend.Holding, error) {
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
	st, most, err := c.lookupFor(ctx, len(numbers))
	if err != nil {
		return nil, err
	}
	err = c.ask(ctx, st, lookupArgs(a, numbers, most), someColumns(2+j.Width()), func(row [][]byte) error {
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
		default:
			return sqlstore.ErrColumn
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, fault("look up", err)
	case !marker:
		return nil, errEmpty
	}
	j.End()
	return sqlstore.Hand(numbers, entries, below), nil
}

// errEmpty: the schema is there, and what says that it is ours is not.
var errEmpty = fmt.Errorf("%w: the data base has no enumim data (table record_meta is empty): make the schema anew, then enumim import", backend.ErrUnavailable)

// meta is what the table of that name must say.
var meta = sqlstore.Meta{Format: formatVersion, Doc: "docs/mysql.md"}

// Check implements backend.Store.
func (s *store) Check(ctx context.Context) (serial uint32, err error) {
	err = s.pool.Use(ctx, func(ctx context.Context, c *conn) (err error) {
		serial, err = s.look(ctx, c)
		return err
	})
	return serial, err
}

// look asks for the state of the data; 0 where it is not known.
func (s *store) look(ctx context.Context, c *conn) (serial uint32, err error) {
	if s.own != nil {
		return 0, fault("check", c.query(ctx, "SELECT 1", someColumns(1), func([][]byte) error { return nil }))
	}
	marker := false
	err = c.ask(ctx, c.check, nil, someColumns(2), func(row [][]byte) error {
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

// Close implements backend.Store.
func (s *store) Close() error {
	s.stop()
	s.work.Wait()
	s.pool.Close()
	return nil
}

// prepare makes a new connection ready for look-ups.
func (s *store) prepare(ctx context.Context, c *conn, timeout time.Duration) (err error) {
	if err := c.limit(ctx, timeout); err != nil {
		return err
	}
	if s.own != nil {
		return s.own.prepare(ctx, c)
	}
	if _, _, err = c.lookupFor(ctx, 1); err == nil {
		c.check, err = c.prepareFor(ctx, checkSQL)
	}
	return err
}

func (c *conn) prepareFor(ctx context.Context, sql string) (statement, error) {
	st, err := c.session.prepare(ctx, sql)
	return st, fault("prepare", err)
}
