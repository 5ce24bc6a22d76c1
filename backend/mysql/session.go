package mysql

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/enumim/enumim/backend/sqlstore"
)

// session is one connection. After an error that is not the server's own it is closed, and never used again: what
// comes next might be for somebody else.
type session struct {
	conn   driver.Conn
	frames *frames
	closed bool
	sum    *sqlstore.Sum // of all that is read from when it is given; may be nil
}

// statement is prepared at the server.
type statement struct {
	driver.Stmt
}

// safely calls f, which calls the client library. A panic of the library is an error: it does not check all
// that a server says.
func (s *session) safely(f func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = errProtocol
		}
		if err == nil {
			return
		}
		if _, said := errors.AsType[*mysql.MySQLError](err); !said {
			if s.frames.failed != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
				err = s.frames.failed
			}
			s.hangUp()
		}
	}()
	if s.closed {
		return io.ErrClosedPipe
	}
	return f()
}

// hangUp closes the connection without waiting for the server.
func (s *session) hangUp() {
	if s.closed {
		return
	}
	s.closed = true
	_ = s.frames.Close()
	defer func() { _ = recover() }() // it is closed
	_ = s.conn.Close()
}

// leaveTime is how long it may take to tell a server that a connection is not needed any more.
const leaveTime = 50 * time.Millisecond

// leave closes a connection that is of use: the server logs one that ends without a word as aborted.
func (s *session) leave() {
	if s.closed {
		return
	}
	s.closed = true
	defer s.frames.Close()
	defer func() { _ = recover() }() // of the library
	_ = s.frames.SetDeadline(time.Now().Add(leaveTime))
	_ = s.conn.Close()
}

// exec runs a statement without result; with arguments, which are text or nil, it is prepared for this once.
func (s *session) exec(ctx context.Context, sql string, args ...any) error {
	if len(args) > 0 {
		st, err := s.prepare(ctx, sql)
		if err != nil {
			return err
		}
		return errors.Join(s.run(ctx, st, args), s.safely(st.Close))
	}
	return s.safely(func() error {
		_, err := s.conn.(driver.ExecerContext).ExecContext(ctx, sql, nil)
		return err
	})
}

func (s *session) prepare(ctx context.Context, sql string) (st statement, err error) {
	err = s.safely(func() error {
		var err error
		st.Stmt, err = s.conn.(driver.ConnPrepareContext).PrepareContext(ctx, sql)
		return err
	})
	return st, err
}

// run runs a prepared statement without result.
func (s *session) run(ctx context.Context, st statement, args []any) error {
	return s.safely(func() error {
		_, err := st.Stmt.(driver.StmtExecContext).ExecContext(ctx, named(args))
		return err
	})
}

// query calls begin with the names of the columns of a result, and row with each row, as text, nil for NULL, which is good
// until the next. An error of theirs ends it, and the connection.
func (s *session) query(ctx context.Context, sql string, begin func(columns []string) error, row func([][]byte) error) error {
	return s.read(begin, row, func() (driver.Rows, error) {
		return s.conn.(driver.QueryerContext).QueryContext(ctx, sql, nil)
	})
}

// ask is query for a prepared statement.
func (s *session) ask(ctx context.Context, st statement, args []any, begin func(columns []string) error, row func([][]byte) error) error {
	return s.read(begin, row, func() (driver.Rows, error) {
		return st.Stmt.(driver.StmtQueryContext).QueryContext(ctx, named(args))
	})
}

func (s *session) read(begin func([]string) error, row func([][]byte) error, start func() (driver.Rows, error)) error {
	var own error // of begin and row, which are not the library
	err := s.safely(func() error {
		rows, err := start()
		if err != nil {
			return err
		}
		columns := rows.Columns()
		if own = begin(columns); own != nil {
			return own
		}
		if s.sum != nil {
			s.sum.Add([][]byte{[]byte(strings.Join(columns, ","))})
		}
		values, cells := make([]driver.Value, len(columns)), make([][]byte, len(columns))
		var numbers []byte
		count := 0
		for ; ; count++ {
			if err = rows.Next(values); err != nil {
				break
			}
			numbers = numbers[:0]
			for i, v := range values {
				if cells[i], numbers, err = textOf(v, numbers); err != nil {
					return err
				}
			}
			if s.sum != nil {
				s.sum.Add(cells)
			}
			if own = row(cells); own != nil {
				return own
			}
		}
		if errors.Is(err, io.EOF) { // of the rows, or of one that is cut
			err = nil
			if !s.frames.whole(len(columns), count) {
				return errProtocol
			}
		}
		return errors.Join(err, rows.Close())
	})
	if own != nil {
		return own
	}
	return err
}

// textOf returns a value as text. Numbers are written to the end of memory.
func textOf(v driver.Value, memory []byte) (text, left []byte, err error) {
	from := len(memory)
	switch v := v.(type) {
	case nil:
		return nil, memory, nil
	case []byte:
		if v == nil {
			v = []byte{}
		}
		return v, memory, nil
	case string:
		memory = append(memory, v...)
	case int64:
		memory = strconv.AppendInt(memory, v, 10)
	case uint64:
		memory = strconv.AppendUint(memory, v, 10)
	case float32:
		memory = strconv.AppendFloat(memory, float64(v), 'g', -1, 32)
	case float64:
		memory = strconv.AppendFloat(memory, v, 'g', -1, 64)
	default:
		return nil, memory, sqlstore.ErrColumn
	}
	return memory[from:len(memory):len(memory)], memory, nil
}

func named(args []any) []driver.NamedValue {
	values := make([]driver.NamedValue, len(args))
	for i, a := range args {
		values[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
	}
	return values
}
