package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

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
	d, err := newDialer(o.hosts, o.database, o.User, o.Options.Options)
	if err != nil {
		return nil, err
	}
	c, err := d.connect(ctx, true)
	if err != nil {
		return nil, err
	}
	w := &writer{c: c, schema: o.schema, codec: &o.Codec}
	if err := w.check(ctx); err != nil {
		hangUp(c)
		return nil, err
	}
	return w, nil
}

// writer writes to the reference schema: all in one transaction.
type writer struct {
	c      *pgconn.PgConn
	schema string
	codec  *notation.Codec
}

// check says what is wrong with the schema.
func (w *writer) check(ctx context.Context) error {
	if err := configure(ctx, w.c, 0); err != nil {
		return err
	}
	marker := false
	err := each(w.c.ExecParams(ctx, "SELECT format FROM "+w.table("meta")+" WHERE single", nil, nil, nil, nil), 1, func(row [][]byte) error {
		marker = true
		return meta.Check(row[0], []byte("0")) // an empty data base is there to be filled
	})
	if err == nil && !marker {
		err = errEmpty
	}
	return fault("open", err)
}

func (w *writer) table(name string) string { return pgx.Identifier{w.schema, name}.Sanitize() }

// exec runs a statement without result.
func (w *writer) exec(ctx context.Context, doing, sql string) error {
	return fault(doing, run(ctx, w.c, sql))
}

// Walk implements backend.Writer. A row that tells no number is a broken entry without one.
func (w *writer) Walk(ctx context.Context) iter.Seq2[backend.Entry, error] {
	return func(yield func(backend.Entry, error) bool) {
		on := true
		err := inSnapshot(ctx, w.c, func() error {
			var failed error
			sql := "SELECT " + recordColumns + " FROM " + w.table("record") + " ORDER BY " + inOrder
			scan(ctx, w.c, sql, w.codec, nil, func(e backend.Entry, known bool, _ error) bool {
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
	if err := w.exec(ctx, "begin", "BEGIN ISOLATION LEVEL READ COMMITTED"); err != nil {
		return err
	}
	if err := w.write(ctx, changes, done); err != nil {
		if !w.c.IsClosed() {
			_ = w.exec(context.WithoutCancel(ctx), "roll back", "ROLLBACK") // the first error says why
		}
		return err
	}
	if err := w.exec(ctx, "commit", "COMMIT"); err != nil {
		return err
	}
	// Whoever is not the owner may not, and autovacuum does it later.
	return w.exec(ctx, "analyze", "ANALYZE "+w.table("record"))
}

const incoming = "pg_temp.enumim_incoming"

func (w *writer) write(ctx context.Context, changes iter.Seq2[backend.Change, error], done func(n int)) error {
	columns := "n bigint, gone boolean, kind text COLLATE \"C\", number text COLLATE \"C\", min smallint, max smallint, ttl integer, type text, \"order\" integer, " +
		"preference integer, flags text, services text, uri text, regexp text, replacement text, host text, data text"
	if err := w.exec(ctx, "prepare", "CREATE TEMPORARY TABLE enumim_incoming ("+columns+") ON COMMIT DROP"); err != nil {
		return err
	}
	if err := w.send(ctx, changes, done); err != nil {
		return err
	}
	record := w.table("record")
	same := "i.number = r.number AND i.kind = r.kind AND i.min IS NOT DISTINCT FROM r.min AND i.max IS NOT DISTINCT FROM r.max"
	for _, step := range []struct{ doing, sql string }{
		{"prepare", "ANALYZE " + incoming},
		{"delete", "DELETE FROM " + record + " r USING (SELECT DISTINCT number, kind, min, max FROM " + incoming + ") i WHERE " + same},
		{"insert", "INSERT INTO " + record + " (" + recordColumns + ") SELECT " + recordColumns + " FROM " + incoming + " WHERE NOT gone ORDER BY n"},
		{"finish", "SELECT " + w.table("loaded") + "() WHERE NOT EXISTS (SELECT FROM " + w.table("change") + ")"},
		{"finish", "SELECT " + w.table("prune") + "()"},
	} {
		if err := w.exec(ctx, step.doing, step.sql); err != nil {
			return err
		}
	}
	return nil
}

// send copies the rows of the changes into the temporary table.
func (w *writer) send(ctx context.Context, changes iter.Seq2[backend.Change, error], done func(n int)) error {
	const some = 1000 // changes between two calls of done
	out, in := io.Pipe()
	copied := make(chan error, 1)
	go func() { // it ends when the pipe does
		_, err := w.c.CopyFrom(ctx, out, "COPY "+incoming+" FROM STDIN")
		out.CloseWithError(errCopied)
		copied <- err
	}()
	given := func() error {
		row, count := copier{codec: w.codec}, 0
		for c, err := range changes {
			if err != nil {
				return err
			}
			if err := row.change(&c); err != nil {
				return err
			}
			if count++; count%some == 0 {
				if _, err := in.Write(row.take()); err != nil {
					return err
				}
				done(some)
			}
		}
		_, err := in.Write(row.take())
		if err == nil && count%some > 0 {
			done(count % some)
		}
		return err
	}()
	in.CloseWithError(given)
	err := <-copied
	if given != nil && !errors.Is(given, errCopied) {
		return given
	}
	return fault("copy", err)
}

// errCopied ends the pipe to the server from its end.
var errCopied = errors.New("the server takes no more rows")

// copier writes changes in the text format of COPY.
type copier struct {
	codec *notation.Codec
	n     int // rows
	text  []byte
	cells [][]*string
}

// take returns what was written, which is good until the next change.
func (c *copier) take() []byte {
	text := c.text
	c.text = c.text[:0]
	return text
}

// change appends the rows of a change. Their places are those of recordColumns.
func (c *copier) change(change *backend.Change) (err error) {
	if c.cells, err = sqlstore.AppendRows(c.cells[:0], c.codec, change); err != nil {
		return err
	}
	for _, row := range c.cells {
		c.n++
		c.text = fmt.Appendf(c.text, "%d\t%t", c.n, change.Delete)
		for _, cell := range row {
			c.text = append(c.text, '\t')
			if cell == nil {
				c.text = append(c.text, `\N`...)
			} else {
				c.text = appendCell(c.text, *cell)
			}
		}
		c.text = append(c.text, '\n')
	}
	return nil
}

// appendCell escapes what the text format of COPY has a meaning for.
func appendCell(b []byte, cell string) []byte {
	for i := range len(cell) {
		switch c := cell[i]; c {
		case '\\':
			b = append(b, `\\`...)
		case '\t':
			b = append(b, `\t`...)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		default:
			b = append(b, c)
		}
	}
	return b
}

// Atomic implements backend.Writer.
func (w *writer) Atomic() bool { return true }

// Close implements backend.Writer.
func (w *writer) Close() error {
	hangUp(w.c)
	return nil
}
