package postgres

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
)

// hostile is a server that accepts everybody, and then answers as answer says.
func hostile(t *testing.T, answer func(c net.Conn, b *pgproto3.Backend)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(5 * time.Second))
				b := pgproto3.NewBackend(c, c)
				if _, err := b.ReceiveStartupMessage(); err != nil {
					return
				}
				answer(c, b)
			}()
		}
	}()
	return l.Addr().String()
}

// welcome says that the session is open.
func welcome(b *pgproto3.Backend) {
	b.Send(&pgproto3.AuthenticationOk{})
	b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	b.Flush()
}

// A server that talks nonsense, or nothing, is an outage: an error in time, and never an answer.
func TestHostileServers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	garbage := make([]byte, 4096)
	for i := range garbage {
		garbage[i] = byte(r.Uint32())
	}
	// obey answers all messages of a client, with these rows for each Execute.
	obey := func(columns int, rows ...[][]byte) func(net.Conn, *pgproto3.Backend) {
		return func(_ net.Conn, b *pgproto3.Backend) {
			welcome(b)
			fields := make([]pgproto3.FieldDescription, columns)
			for i := range fields {
				fields[i].Name = []byte("c")
			}
			for {
				m, err := b.Receive()
				if err != nil {
					return
				}
				switch m := m.(type) {
				case *pgproto3.Parse:
					b.Send(&pgproto3.ParseComplete{})
				case *pgproto3.Bind:
					b.Send(&pgproto3.BindComplete{})
				case *pgproto3.Describe:
					if m.ObjectType == 'S' {
						b.Send(&pgproto3.ParameterDescription{ParameterOIDs: []uint32{oidTextArray, oidTextArray}})
					}
					b.Send(&pgproto3.RowDescription{Fields: fields})
				case *pgproto3.Execute:
					for _, row := range rows {
						b.Send(&pgproto3.DataRow{Values: row})
					}
					b.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")})
				case *pgproto3.Sync:
					b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
					b.Flush()
				case *pgproto3.Terminate:
					return
				}
			}
		}
	}
	width := len(notation.Columns()) + 2
	row := func(part, kind, number, last string) [][]byte {
		cells := make([][]byte, width)
		cells[0], cells[1], cells[2], cells[width-1] = []byte(part), []byte(kind), []byte(number), []byte(last)
		return cells
	}
	for name, answer := range map[string]func(net.Conn, *pgproto3.Backend){
		"silent":             func(net.Conn, *pgproto3.Backend) { time.Sleep(time.Second) },
		"closes":             func(net.Conn, *pgproto3.Backend) {},
		"garbage at once":    func(c net.Conn, _ *pgproto3.Backend) { c.Write(garbage) },
		"garbage later":      func(c net.Conn, b *pgproto3.Backend) { welcome(b); c.Write(garbage) },
		"a message of 2 GiB": func(c net.Conn, b *pgproto3.Backend) { welcome(b); c.Write([]byte("D\x7f\xff\xff\xff")) },
		"an error with a text": func(_ net.Conn, b *pgproto3.Backend) {
			b.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: "x", Message: "+12025550100"})
			b.Flush()
		},
		"no rows":          obey(width),
		"fewer columns":    obey(3, [][]byte{[]byte("2"), []byte("1"), []byte("100")}),
		"no marker":        obey(width, row("0", "number", "100", "1")),
		"another question": obey(width, row("2", "1", "200", "1")),
		"another format":   obey(width, row("2", "12", "100", "1")),
	} {
		t.Run(name, func(t *testing.T) {
			o, err := Driver{}.Parse(config(t, hostile(t, answer)+"/enumim", "mode store"))
			must(t, err)
			b, err := o.Open(t.Context(), func(backend.Event) {})
			must(t, err)
			defer b.Close()
			for range 3 {
				start := time.Now()
				a, err := lookup(t, b, "100")
				if !errors.Is(err, backend.ErrUnavailable) {
					t.Errorf("answered %v, %v", a.Kind, err)
				}
				if err != nil && strings.Contains(err.Error(), "1202") {
					t.Errorf("the error tells a number: %v", err)
				}
				if took := time.Since(start); took > 2*time.Second {
					t.Errorf("it takes %v", took)
				}
			}
		})
	}
	t.Run("feed", func(t *testing.T) {
		o, err := Driver{}.Parse(config(t, hostile(t, obey(9))+"/enumim"))
		must(t, err)
		b, err := o.Open(t.Context(), func(backend.Event) {})
		must(t, err)
		defer b.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		<-ctx.Done()
		if a, err := lookup(t, b, "100"); err == nil {
			t.Errorf("a mirror of nothing answers %v", a.Kind)
		}
	})
}
