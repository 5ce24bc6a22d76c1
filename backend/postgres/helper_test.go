package postgres

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/test/servers"
)

const dial = "dial.example."

// database is a real server with one schema more for each tree.
type database struct {
	*servers.Server
	sql *pgconn.PgConn // of the superuser

	count atomic.Int32
	mu    sync.Mutex
	w     *writer  // that conformance tests fill trees with
	free  []string // trees that nobody uses any more
}

// borrow returns an empty tree for the time of a test.
func (d *database) borrow(t testing.TB) string {
	t.Helper()
	d.mu.Lock()
	var name string
	if last := len(d.free) - 1; last >= 0 {
		name, d.free = d.free[last], d.free[:last]
	}
	d.mu.Unlock()
	if name == "" {
		name = d.tree(t)
	} else {
		d.exec(t, "TRUNCATE "+name+".record, "+name+".change")
	}
	t.Cleanup(func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.free = append(d.free, name)
	})
	return name
}

func start15(t testing.TB, settings ...string) *database {
	t.Helper()
	d := &database{Server: servers.Postgres(t, settings...)}
	d.sql = d.connect(t)
	t.Cleanup(func() {
		if d.w != nil {
			d.w.Close()
		}
	})
	return d
}

func (d *database) connect(t testing.TB) *pgconn.PgConn {
	t.Helper()
	c, err := pgconn.Connect(context.Background(), "postgres://enumim@"+d.Addr+"/enumim?sslmode=disable")
	must(t, err)
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

// tree makes an empty tree and returns the name of its schema.
func (d *database) tree(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("tree%d", d.count.Add(1))
	d.exec(t, SchemaNamed(name))
	return name
}

func (d *database) exec(t testing.TB, sql string) {
	t.Helper()
	if _, err := d.sql.Exec(context.Background(), sql).ReadAll(); err != nil {
		t.Fatalf("%v\n%.300s", err, sql)
	}
}

// try returns the error of a statement, the name of the constraint where one refuses it.
func (d *database) try(sql string) string {
	_, err := d.sql.Exec(context.Background(), sql).ReadAll()
	if err == nil {
		return ""
	}
	if pg, ok := err.(*pgconn.PgError); ok && pg.ConstraintName != "" {
		return pg.ConstraintName
	}
	return err.Error()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// config is that of a Corefile with these options, "name arg arg".
func config(t testing.TB, address string, lines ...string) backend.Config {
	t.Helper()
	apex, err := e164.ParseApex(dial)
	must(t, err)
	c := backend.Config{Args: []string{address}, Apexes: []e164.Apex{apex}, DialPlan: true}
	for _, line := range lines {
		words := strings.Fields(line)
		c.Options = append(c.Options, backend.Option{Name: words[0], Args: words[1:]})
	}
	return c
}

func (d *database) parse(t testing.TB, schema string, lines ...string) *options {
	t.Helper()
	if schema != "" {
		lines = append(lines, "schema "+schema)
	}
	o, err := Driver{}.Parse(config(t, d.Addr+"/enumim", lines...))
	must(t, err)
	return o.(*options)
}

// recorder keeps events.
type recorder struct {
	mu     sync.Mutex
	events []backend.Event
}

func (r *recorder) observe(e backend.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

func (r *recorder) all() []backend.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

func (r *recorder) count(kind backend.EventKind) (n int) {
	for _, e := range r.all() {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

func (d *database) open(t testing.TB, schema string, lines ...string) (backend.Backend, *recorder) {
	t.Helper()
	r := &recorder{}
	b, err := d.parse(t, schema, lines...).Open(t.Context(), r.observe)
	must(t, err)
	t.Cleanup(func() { b.Close() })
	return b, r
}

func (d *database) writer(t testing.TB, schema string) backend.Writer {
	t.Helper()
	w, err := d.parse(t, schema).OpenWriter(t.Context())
	must(t, err)
	return w
}

// write makes changes with a Writer.
func (d *database) write(t testing.TB, schema string, changes ...backend.Change) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.w == nil || d.w.c.IsClosed() {
		d.w = d.writer(t, schema).(*writer)
	}
	w := d.w
	w.schema = schema
	must(t, w.Write(t.Context(), changesOf(changes), func(int) {}))
}

func changesOf(changes []backend.Change) iter.Seq2[backend.Change, error] {
	return func(yield func(backend.Change, error) bool) {
		for _, c := range changes {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// eventually waits until ok.
func eventually(t testing.TB, within time.Duration, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", within, what)
		}
	}
}

func number(t testing.TB, digits string) e164.Number {
	t.Helper()
	n, err := e164.ParseDigits(digits)
	must(t, err)
	return n
}

// ask looks a number up.
func lookup(t testing.TB, b backend.Backend, digits string) (backend.Answer, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	return b.Lookup(ctx, backend.Query{Apex: dial, Name: e164.Name{Number: number(t, digits)}})
}

// kind is that of the answer for a number; -1 for an error.
func kind(t testing.TB, b backend.Backend, digits string) int {
	t.Helper()
	a, err := lookup(t, b, digits)
	if err != nil {
		return -1
	}
	return int(a.Kind)
}
