package mysql

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/backend/sqlstore"
)

// OpenWriter implements backend.WriterOpener. The schema must be there: to make it is a step of its own, with
// other rights.
func (o *options) OpenWriter(ctx context.Context) (backend.Writer, error) {
	if o.Query != "" || o.All != "" {
		return nil, fmt.Errorf("%w: leave out the options query and all to write to the reference schema", backend.ErrReadOnly)
	}
	if o.PowerDNS {
		return nil, errors.New("the tables of PowerDNS are for servers alone: docs/powerdns.md says how to carry a zone elsewhere")
	}
	s, err := newDialer(o.hosts, o.database, o.User, o.Options.Options).connect(ctx, true)
	if err != nil {
		return nil, err
	}
	w := &writer{s: s, codec: &o.Codec}
	if err := w.check(ctx); err != nil {
		s.hangUp()
		return nil, err
	}
	return w, nil
}

// writer writes to the reference schema: all in one transaction.
type writer struct {
	s     *session
	codec *notation.Codec
}

// check says what is wrong with the schema.
func (w *writer) check(ctx context.Context) error {
	marker := false
	err := w.s.query(ctx, "SELECT `format` FROM record_meta WHERE `single` = 1", someColumns(1), func(row [][]byte) error {
		marker = true
		return meta.Check(row[0], []byte("0")) // an empty data base is there to be filled
	})
	if err == nil && !marker {
		err = errEmpty
	}
	return fault("open", err)
}

// Walk implements backend.Writer. A row that tells no number is a broken entry without one.
func (w *writer) Walk(ctx context.Context) iter.Seq2[backend.Entry, error] {
	return func(yield func(backend.Entry, error) bool) {
		on := true
		err := w.s.inSnapshot(ctx, func() error {
			var failed error
			scan(ctx, w.s, allSQL, w.codec, nil, func(e backend.Entry, known bool, _ error) bool {
				if !known {
					e = backend.Entry{Broken: true}
				}
				on = yield(e, nil)
				return on
			}, func(err error) { failed = err })
			return failed
		})
		if err != nil && on {
			yield(backend.Entry{}, err)
		}
	}
}

// Write implements backend.Writer.
func (w *writer) Write(ctx context.Context, changes iter.Seq2[backend.Change, error], done func(n int)) error {
	columns := "n bigint NOT NULL PRIMARY KEY, gone tinyint NOT NULL, `kind` varchar(10), `number` varchar(15), `min` smallint, `max` smallint, `ttl` bigint, " +
		"`type` varchar(16), `order` integer, `preference` integer, `flags` text, `services` text, `uri` text, `regexp` text, `replacement` text, " +
		"`host` text, `data` text"
	// Tables are made outside of transactions: MySQL with GTIDs wants that.
	for _, sql := range []string{
		"DROP TEMPORARY TABLE IF EXISTS enumim_incoming",
		"CREATE TEMPORARY TABLE enumim_incoming (" + columns + ") ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
		"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", // what is deleted are the rows of now
		"START TRANSACTION",
	} {
		if err := w.s.exec(ctx, sql); err != nil {
			return fault("prepare", err)
		}
	}
	err := w.write(ctx, changes, done)
	if err == nil {
		err = fault("commit", w.s.exec(ctx, "COMMIT"))
	}
	for _, sql := range []string{ // what went wrong before says why
		"ROLLBACK",
		"DROP TEMPORARY TABLE IF EXISTS enumim_incoming",
		"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
	} {
		if !w.s.closed {
			_ = w.s.exec(context.WithoutCancel(ctx), sql)
		}
	}
	return err
}

func (w *writer) write(ctx context.Context, changes iter.Seq2[backend.Change, error], done func(n int)) error {
	if err := w.send(ctx, changes, done); err != nil {
		return err
	}
	for _, step := range []struct{ doing, sql string }{
		{"prepare", "CALL record_prune(3600)"}, // before what is new, so that servers still find the change that they saw last
		{"delete", "DELETE r FROM (SELECT DISTINCT `number`, `kind`, `min`, `max` FROM enumim_incoming) i STRAIGHT_JOIN record r FORCE INDEX (record_once)" +
			" ON r.`number` = CONVERT(i.`number` USING ascii) COLLATE ascii_bin AND r.`kind` = CONVERT(i.`kind` USING ascii) COLLATE ascii_bin" +
			" AND r.`min` <=> i.`min` AND r.`max` <=> i.`max`"},
		{"insert", "INSERT INTO record (" + recordColumns + ") SELECT " + recordColumns + " FROM enumim_incoming WHERE NOT gone ORDER BY n"},
		{"finish", "CALL record_loaded()"},
	} {
		if err := w.s.exec(ctx, step.sql); err != nil {
			return fault(step.doing, err)
		}
	}
	return nil
}

// rowsAtOnce is how many rows one statement inserts.
const rowsAtOnce = 200

// send brings the rows of the changes into the temporary table.
func (w *writer) send(ctx context.Context, changes iter.Seq2[backend.Change, error], done func(n int)) (err error) {
	width := len(notation.Columns()) + 2
	row := "(?" + strings.Repeat(", ?", width-1) + ")"
	sqlOf := func(rows int) string {
		return "INSERT INTO enumim_incoming (n, gone, " + recordColumns + ") VALUES " + row + strings.Repeat(", "+row, rows-1)
	}
	full, err := w.s.prepare(ctx, sqlOf(rowsAtOnce))
	if err != nil {
		return fault("prepare", err)
	}
	defer func() { // with room for all its values, the server keeps more than a MiB for it
		if failed := w.s.safely(full.Close); err == nil {
			err = fault("copy", failed)
		}
	}()
	args, count := make([]any, 0, rowsAtOnce*width), 0
	p := provider{codec: w.codec}
	for c, err := range changes {
		if err != nil {
			return err
		}
		if args, err = p.change(args, &c); err != nil {
			return err
		}
		count++
		for len(args) >= rowsAtOnce*width {
			if err := w.s.run(ctx, full, args[:rowsAtOnce*width]); err != nil {
				return fault("copy", err)
			}
			args = slices.Delete(args, 0, rowsAtOnce*width)
			done(count)
			count = 0
		}
	}
	if len(args) > 0 {
		if err := w.s.exec(ctx, sqlOf(len(args)/width), args...); err != nil {
			return fault("copy", err)
		}
	}
	if count > 0 {
		done(count)
	}
	return nil
}

// provider writes changes as values of the temporary table.
type provider struct {
	codec *notation.Codec
	n     int64 // rows
	cells [][]*string
}

// change appends the rows of a change. Their places are those of recordColumns.
func (p *provider) change(args []any, change *backend.Change) (_ []any, err error) {
	if p.cells, err = sqlstore.AppendRows(p.cells[:0], p.codec, change); err != nil {
		return nil, err
	}
	gone := int64(0)
	if change.Delete {
		gone = 1
	}
	for _, row := range p.cells {
		p.n++
		args = append(args, p.n, gone)
		for _, cell := range row {
			if cell == nil {
				args = append(args, nil)
			} else {
				args = append(args, *cell)
			}
		}
	}
	return args, nil
}

// Atomic implements backend.Writer.
func (w *writer) Atomic() bool { return true }

// Close implements backend.Writer.
func (w *writer) Close() error {
	w.s.hangUp()
	return nil
}
