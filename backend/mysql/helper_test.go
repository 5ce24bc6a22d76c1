package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	client "github.com/go-sql-driver/mysql"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/test/servers"
)

const dial = "dial.example."

// server is a real one with one data base more for each tree.
type server struct {
	*servers.Server
	sql *sql.DB // of the user who may do everything

	count atomic.Int32
	mu    sync.Mutex
	free  []string // trees that nobody uses any more
}

// common is the server that all tests share: what one does to it, it mends.
var common struct {
	sync.Mutex
	d   *server
	end []func()
}

// keeper has a server outlive the test that needed it first.
type keeper struct{ testing.TB }

func (keeper) Cleanup(f func()) { common.end = append(common.end, f) }

func TestMain(m *testing.M) {
	code := m.Run()
	for _, f := range slices.Backward(common.end) {
		f()
	}
	os.Exit(code)
}

func start11(t testing.TB) *server {
	t.Helper()
	common.Lock()
	defer common.Unlock()
	if common.d == nil {
		d := &server{Server: servers.MariaDB(keeper{t})}
		var err error
		d.sql, err = sql.Open("mysql", "enumim@tcp("+d.Addr+")/?multiStatements=true")
		must(t, err)
		d.sql.SetMaxIdleConns(2)
		common.d, common.end = d, append(common.end, func() { d.sql.Close() })
	}
	return common.d
}

// borrow returns an empty tree for the time of a test.
func (d *server) borrow(t testing.TB) string {
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
		d.exec(t, "DELETE FROM "+name+".record; DELETE FROM "+name+".record_change")
	}
	t.Cleanup(func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.free = append(d.free, name)
	})
	return name
}

// tree makes an empty tree and returns the name of its data base.
func (d *server) tree(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("tree%d", d.count.Add(1))
	d.exec(t, "CREATE DATABASE "+name)
	c, err := d.sql.Conn(t.Context())
	must(t, err)
	defer c.Close()
	for _, sql := range append([]string{"USE " + name}, statements(Schema)...) {
		if _, err := c.ExecContext(t.Context(), sql); err != nil {
			t.Fatalf("%v\n%.300s", err, sql)
		}
	}
	return name
}

// statements are those of a text that is written for the client programs.
func statements(text string) (all []string) {
	for i, part := range strings.Split(text, "DELIMITER ") {
		mark, rest := ";\n", part
		if i > 0 {
			mark, rest, _ = strings.Cut(part, "\n")
		}
		for one := range strings.SplitSeq(rest, mark) {
			if strings.TrimSpace(one) != "" {
				all = append(all, one)
			}
		}
	}
	return all
}

func (d *server) exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	if _, err := d.sql.ExecContext(context.Background(), sql, args...); err != nil {
		t.Fatalf("%v\n%.300s", err, sql)
	}
}

// try returns the error of a statement, the name of the constraint where one refuses it.
func (d *server) try(sql string) string {
	_, err := d.sql.ExecContext(context.Background(), sql)
	if err == nil {
		return ""
	}
	if said, ok := errors.AsType[*client.MySQLError](err); ok && (said.Number == 1406 || said.Number == 1366 || said.Number == 1265) {
		return "column" // it does not fit into
	} else if ok && constraintErrors[said.Number] {
		if name := strings.Trim(constraintOf(said.Message), " ()"); name != "" {
			return name
		}
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

func parse(t testing.TB, address string, lines ...string) *options {
	t.Helper()
	o, err := Driver{}.Parse(config(t, address, lines...))
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

func open(t testing.TB, address string, lines ...string) (backend.Backend, *recorder) {
	t.Helper()
	r := &recorder{}
	o := parse(t, address, lines...)
	o.every = 20 * time.Millisecond // it is not the time that is tested
	b, err := o.Open(t.Context(), r.observe)
	must(t, err)
	t.Cleanup(func() { b.Close() })
	return b, r
}

func (d *server) open(t testing.TB, tree string, lines ...string) (backend.Backend, *recorder) {
	t.Helper()
	return open(t, d.Addr+"/"+tree, lines...)
}

// feed opens a feed that has its data.
func (d *server) feed(t testing.TB, tree string, lines ...string) (backend.Backend, *recorder) {
	t.Helper()
	b, r := d.open(t, tree, lines...)
	eventually(t, "loaded", func() bool { return r.count(backend.Loaded) > 0 })
	return b, r
}

func (d *server) writer(t testing.TB, tree string) backend.Writer {
	t.Helper()
	w, err := parse(t, d.Addr+"/"+tree).OpenWriter(t.Context())
	must(t, err)
	t.Cleanup(func() { w.Close() })
	return w
}

// write makes changes with a Writer.
func (d *server) write(t testing.TB, tree string, changes ...backend.Change) {
	t.Helper()
	w := d.writer(t, tree)
	must(t, w.Write(t.Context(), changesOf(changes), func(int) {}))
	must(t, w.Close())
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
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

func nameOf(t testing.TB, digits string) e164.Name {
	t.Helper()
	n, err := e164.ParseDigits(digits)
	must(t, err)
	return e164.Name{Number: n}
}

// lookup looks a number up.
func lookup(t testing.TB, b backend.Backend, digits string) (backend.Answer, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return b.Lookup(ctx, backend.Query{Apex: dial, Name: nameOf(t, digits)})
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
