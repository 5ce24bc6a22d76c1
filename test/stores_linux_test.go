package test

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/enumim/enumim/backend"
	_ "github.com/enumim/enumim/backend/bolt"
	_ "github.com/enumim/enumim/backend/etcd"
	_ "github.com/enumim/enumim/backend/http"
	"github.com/enumim/enumim/backend/postgres"
	_ "github.com/enumim/enumim/backend/redis"
	"github.com/enumim/enumim/corefile"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/test/servers"
)

// place is a store that runs, and how a Corefile names it.
type place struct {
	line    string // a backend line without options: "redis 127.0.0.1:6379"
	via     string // what the server under test has in its place, where something stands between; "" for the same
	options []string
	block   []string          // other lines of the enumim block
	reads   []string          // options of the server under test alone: as whom it reads, where that is not who writes
	secret  string            // must not be told
	servers []*servers.Server // none for a store that is a file
	written func()            // called after each change, where there is something to do
	around  func(*exec.Cmd)   // changes how the server under test is started
	// people says that the store is a directory, or written like one: numbers with URIs, and nothing else that entries may
	// have, nor a TTL.
	people bool
	// writes writes to the store where the backend itself does not; nil where it does.
	writes backend.WriterOpener
}

// way is a backend and a mode of it.
type way struct {
	name  string
	feed  bool
	start func(t testing.TB) *place
}

// storeWays are the stores in every mode there is.
var storeWays = []way{
	{"bolt", false, startBolt},
	{"etcd feed", true, startEtcd},
	{"postgres store", false, startPostgres("store")},
	{"postgres feed", true, startPostgres("feed")},
	{"mysql store", false, startMySQL("store")},
	{"mysql feed", true, startMySQL("feed")},
	{"redis store", false, startRedis("store")},
	{"redis feed", true, startRedis("feed")},
	{"redis cluster", true, startCluster},
	{"redis sentinel", false, startSentinel},
	{"http store", false, startHTTP("store")},
	{"http feed", true, startHTTP("feed")},
	{"ldap feed", true, startLDAP},
}

func startBolt(t testing.TB) *place {
	dir := home(t)
	path := filepath.Join(dir, "numbers.bolt")
	return &place{line: "bolt " + path, written: func() {
		if os.Geteuid() != 0 {
			return
		}
		// As an administrator does it: the folder and the file belong to the user of the server.
		for _, path := range []string{dir, path} {
			if err := os.Chown(path, nobody, nobody); err != nil {
				t.Fatal(err)
			}
		}
	}}
}

func startEtcd(t testing.TB) *place {
	s := servers.Etcd(t)
	return &place{line: "etcd " + s.Addr, servers: []*servers.Server{s}}
}

func startPostgres(mode string) func(t testing.TB) *place {
	return func(t testing.TB) *place { return postgresPlace(t, servers.Postgres(t), mode) }
}

// postgresPlace makes the schema in a PostgreSQL, and a role that only reads.
func postgresPlace(t testing.TB, s *servers.Server, mode string) *place {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := pgconn.Connect(ctx, "postgres://enumim@"+s.Addr+"/enumim")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	password, path := secret(t)
	if err := c.Exec(ctx, postgres.Schema+"CREATE ROLE reader LOGIN PASSWORD '"+password+"';"+readerRights).Close(); err != nil {
		t.Fatal(err)
	}
	return &place{line: "postgres " + s.Addr + "/enumim", options: []string{"mode " + mode}, servers: []*servers.Server{s},
		reads: []string{"user reader", "password file:" + path}, secret: password}
}

// readerRights are what docs/postgres.md gives the role of a server.
const readerRights = "GRANT USAGE ON SCHEMA enumim TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA enumim TO reader;"

func startRedis(mode string) func(t testing.TB) *place {
	return func(t testing.TB) *place {
		password, path := secret(t)
		s := servers.Redis(t, "--requirepass", password)
		return &place{line: "redis " + s.Addr, options: []string{"mode " + mode, "password file:" + path}, secret: password, servers: []*servers.Server{s}}
	}
}

func startCluster(t testing.TB) *place {
	all := servers.RedisCluster(t, 3)
	return &place{line: "redis " + all[0].Addr + " " + all[1].Addr, options: []string{"cluster", "mode feed"}, servers: all}
}

func startSentinel(t testing.TB) *place {
	master, replica, sentinel := servers.Sentinel(t)
	return &place{line: "redis " + sentinel.Addr, options: []string{"sentinel mymaster", "mode store"},
		servers: []*servers.Server{master, replica, sentinel}}
}

// eachWay runs a test with every store in every mode.
func eachWay(t *testing.T, run func(t *testing.T, w way)) {
	for _, w := range storeWays {
		t.Run(strings.ReplaceAll(w.name, " ", "/"), func(t *testing.T) { run(t, w) })
	}
}

// one returns the backend line as people give it on a command line.
func (p *place) one() string {
	if len(p.options) == 0 {
		return p.line
	}
	return p.line + " { " + strings.Join(p.options, "; ") + " }"
}

// corefile returns an enumim block with the place as its backend.
func (p *place) corefile(apex string) string {
	lines := append([]string{"backend " + cmp.Or(p.via, p.line)}, p.block...)
	if options := slices.Concat(p.options, p.reads); len(options) > 0 {
		lines[0] += " {\n" + strings.Join(options, "\n") + "\n}"
	}
	return "enumim " + apex + " {\n" + strings.Join(lines, "\n") + "\n}"
}

// opener parses the place.
func (p *place) opener(t testing.TB, apex string) backend.Opener {
	t.Helper()
	a, err := e164.ParseApex(apex)
	if err != nil {
		t.Fatal(err)
	}
	_, o, err := corefile.ParseBackend(p.one(), backend.Config{Apexes: []e164.Apex{a}, Root: t.TempDir()})
	if err != nil {
		t.Fatalf("%s: %v", p.one(), err)
	}
	return o
}

// writer returns who writes to the place.
func (p *place) writer(t testing.TB, apex string) backend.WriterOpener {
	t.Helper()
	if p.writes != nil {
		return p.writes
	}
	opener, ok := p.opener(t, apex).(backend.WriterOpener)
	if !ok {
		t.Fatalf("%s cannot be written to", p.one())
	}
	return opener
}

// write changes the data of the place. A store that was started anew may need a moment, as a cluster does whose
// nodes look for each other, and so may a server that has not noticed yet that the writer before has gone; to write the
// same again does no harm.
func (p *place) write(t testing.TB, apex string, changes iter.Seq2[backend.Change, error]) {
	t.Helper()
	opener := p.writer(t, apex)
	eventually(t, func() error {
		err := writeTo(opener, changes)
		if err != nil && !errors.Is(err, backend.ErrUnavailable) && !errors.Is(err, backend.ErrBusy) {
			t.Fatal(err)
		}
		return err
	})
	if p.written != nil {
		p.written()
	}
}

func writeTo(opener backend.WriterOpener, changes iter.Seq2[backend.Change, error]) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	w, err := opener.OpenWriter(ctx)
	if err != nil {
		return err
	}
	return errors.Join(w.Write(ctx, changes, func(int) {}), w.Close())
}

// fill writes entries, in the order of Walk, to an empty place.
func (p *place) fill(t testing.TB, apex string, entries []backend.Entry) {
	t.Helper()
	p.write(t, apex, func(yield func(backend.Change, error) bool) {
		for _, e := range entries {
			if !yield(backend.Change{Entry: e}, nil) {
				return
			}
		}
	})
}

// open opens the place as a server does, and waits until it can answer.
func (p *place) open(t testing.TB, apex string) *backend.Handle {
	t.Helper()
	var last atomic.Value
	b, err := p.opener(t, apex).Open(context.Background(), func(e backend.Event) {
		if e.Err != nil {
			last.Store(e.Err.Error())
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	h := backend.NewHandle(b, backend.Limits{}, nil)
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	eventually(t, func() error {
		if !h.Ready() {
			return fmt.Errorf("%s is not ready: %v", p.one(), last.Load())
		}
		return nil
	})
	return h
}

// secret makes a password and writes it to a file of the server's user, whose path it returns as well.
func secret(t testing.TB) (password, path string) {
	t.Helper()
	password, path = rand.Text(), write(t, home(t), "password", "")
	if os.Geteuid() == 0 {
		if err := os.Chown(path, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return password, path
}

// entriesOf reads a numbers file into entries, in the order of Walk.
func entriesOf(t testing.TB, apex, path string) []backend.Entry {
	t.Helper()
	h := (&place{line: "file " + path}).open(t, apex)
	walker, ok := backend.As[backend.Walker](h.Backend())
	if !ok {
		t.Fatal("a file cannot be walked")
	}
	var all []backend.Entry
	for e, err := range walker.Walk(context.Background(), apex) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}
