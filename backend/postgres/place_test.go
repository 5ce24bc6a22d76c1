package postgres

import (
	"context"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/sqlstore"
)

// counter is a sink that counts.
type counter struct {
	whole, polls, changes atomic.Int32
	refuse                atomic.Bool
	late                  atomic.Int64 // of the last change
}

func (s *counter) Replace(all iter.Seq2[backend.Entry, error]) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	s.whole.Add(1)
	if s.refuse.Load() {
		return backend.ErrShrunk
	}
	return nil
}

func (s *counter) Apply(changes []backend.Change) error { return s.ApplyLate(changes, 0) }

func (s *counter) ApplyLate(changes []backend.Change, late time.Duration) error {
	if len(changes) > 0 {
		s.late.Store(int64(late))
	}
	if late == backend.UnknownLag {
		return nil
	}
	s.polls.Add(1)
	s.changes.Add(int32(len(changes)))
	return nil
}

// run runs a feed for the time of a test.
func (d *database) run(t *testing.T, schema string, s *counter) {
	t.Helper()
	o := d.parse(t, schema)
	to, err := newDialer(o.hosts, o.database, o.User, o.Options.Options)
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- (&feed{dialer: to, schema: o.schema, codec: &o.Codec, note: &sqlstore.Notes{}}).Run(ctx, s)
	}()
	t.Cleanup(func() { cancel(); <-done })
	eventually(t, 10*time.Second, "read", func() bool { return s.whole.Load() > 0 })
}

// polled waits for so many polls that bring nothing new.
func (s *counter) polled(t *testing.T, n int32) {
	t.Helper()
	from := s.polls.Load()
	eventually(t, 20*time.Second, "polled", func() bool { return s.polls.Load() >= from+n })
}

// A place is followed without reading all again and again, whatever transactions are open or were noted elsewhere.
func TestPlaceIsKept(t *testing.T) {
	d := start15(t)
	insert := func(s, digits string) {
		d.exec(t, "INSERT INTO "+s+".record (number, uri) VALUES ('"+digits+"', 'sip:a@example.com')")
	}
	t.Run("the time of a statement", func(t *testing.T) { timeoutOfStatements(t, d) })
	t.Run("forgetting while a transaction is open", func(t *testing.T) {
		s, seen := d.tree(t), &counter{}
		insert(s, "100")
		other := d.connect(t)
		_, err := other.Exec(context.Background(), "BEGIN; SELECT pg_current_xact_id()").ReadAll()
		must(t, err)
		d.run(t, s, seen)
		insert(s, "101")
		insert(s, "102")
		d.exec(t, "SELECT "+s+".prune('0')")
		eventually(t, 10*time.Second, "in doubt once at most", func() bool { return seen.polls.Load() > 3 })
		if n := seen.whole.Load(); n > 2 {
			t.Errorf("read %d times", n)
		}
	})
	t.Run("a dump of a server with more transactions", func(t *testing.T) {
		s, seen := d.tree(t), &counter{}
		insert(s, "100")
		d.exec(t, "INSERT INTO "+s+".change (number) VALUES (NULL); UPDATE "+s+".change SET tx = '5000000'; UPDATE "+s+".meta SET pruned = '4000000'")
		d.run(t, s, seen)
		seen.polled(t, 3)
		insert(s, "101")
		eventually(t, 10*time.Second, "followed", func() bool { return seen.changes.Load() == 1 })
		d.exec(t, "SELECT "+s+".prune('0')")
		seen.polled(t, 3)
		if n := seen.whole.Load(); n != 1 {
			t.Errorf("read %d times", n)
		}
	})
	t.Run("a note of a transaction that was seen", func(t *testing.T) {
		s, seen := d.tree(t), &counter{}
		insert(s, "100")
		d.run(t, s, seen)
		d.exec(t, "BEGIN; SET LOCAL session_replication_role = replica; INSERT INTO "+s+".record (number, uri) VALUES ('200', 'sip:a@example.com');"+
			"INSERT INTO "+s+".change (tx, number, kind) VALUES ('700', '200', 'number'); COMMIT")
		eventually(t, 10*time.Second, "all is read", func() bool { return seen.whole.Load() == 2 })
	})
	t.Run("a tree that is refused", func(t *testing.T) {
		s, seen := d.tree(t), &counter{}
		insert(s, "100")
		seen.refuse.Store(true)
		d.run(t, s, seen)
		insert(s, "101")
		time.Sleep(3 * sqlstore.PollEvery) // nothing tells of what is not done
		if whole, polls := seen.whole.Load(), seen.polls.Load(); whole != 1 || polls != 0 {
			t.Errorf("read %d times and current %d times", whole, polls)
		}
		seen.refuse.Store(false)
		eventually(t, 2*sqlstore.RefusedPause, "taken", func() bool { return seen.whole.Load() == 2 && seen.polls.Load() > 0 })
	})
	t.Run("a replica that receives nothing is not current", func(t *testing.T) { // the last: the server is one from here on
		s, seen := d.tree(t), &counter{}
		insert(s, "100")
		d.exec(t, "CHECKPOINT")
		d.Stop()
		must(t, os.WriteFile(filepath.Join(d.Dir, "standby.signal"), nil, 0o600))
		d.Start()
		d.sql = d.connect(t)
		d.run(t, s, seen)
		time.Sleep(3 * sqlstore.PollEvery) // nothing tells of what is not done
		if whole, polls := seen.whole.Load(), seen.polls.Load(); whole != 1 || polls != 0 {
			t.Errorf("read %d times and current %d times", whole, polls)
		}
	})
}

// A statement has the time of the configuration, not what the first to use the connection had left.
func timeoutOfStatements(t *testing.T, d *database) {
	to, err := newDialer(d.parse(t, "").hosts, "enumim", "enumim", d.parse(t, "").Options.Options)
	must(t, err)
	p := newPool(to, 1, configure)
	defer p.Close()
	for _, c := range []struct {
		left time.Duration
		want string
	}{{400 * time.Millisecond, "400ms"}, {2 * time.Second, "2s"}, {300 * time.Millisecond, "2s"}} {
		ctx, cancel := context.WithTimeout(t.Context(), c.left)
		var got string
		err := p.Use(ctx, func(ctx context.Context, c *conn) error {
			return each(c.ExecParams(ctx, "SHOW statement_timeout", nil, nil, nil, nil), 1, func(row [][]byte) error {
				got = string(row[0])
				return nil
			})
		})
		cancel()
		if err == nil && got != c.want || err != nil && c.left > time.Second {
			t.Errorf("with %v left: %s, %v; want %s", c.left, got, err, c.want)
		}
	}
}

// Changes that come from a replica late are told to be late, by so much, and in time again when it is not behind any more.
func TestReplicaThatLags(t *testing.T) {
	d := start15(t)
	replica := &database{Server: d.Standby(t)}
	s, seen := d.tree(t), &counter{}
	insert := func(i int) {
		d.exec(t, "INSERT INTO "+s+".record (number, uri) VALUES ('"+strconv.Itoa(1000+i)+"', 'sip:a@example.com')")
	}
	insert(0)
	replica.sql = replica.connect(t)
	eventually(t, 30*time.Second, "replicated", func() bool {
		found := false
		err := each(replica.sql.ExecParams(t.Context(), "SELECT number FROM "+s+".record", nil, nil, nil, nil), 1, func([][]byte) error {
			found = true
			return nil
		})
		return found && err == nil
	})
	replica.run(t, s, seen)
	replica.exec(t, "ALTER SYSTEM SET recovery_min_apply_delay = '3s'")
	replica.exec(t, "SELECT pg_reload_conf()")
	time.Sleep(time.Second)
	seen.late.Store(-1)
	for i := 1; seen.changes.Load() < 20; i++ {
		insert(i)
		time.Sleep(50 * time.Millisecond)
		if late := time.Duration(seen.late.Load()); late >= 0 && (late < 2*time.Second || late > 20*time.Second) {
			t.Fatalf("a change is late by %v", late)
		}
	}
	replica.exec(t, "ALTER SYSTEM SET recovery_min_apply_delay = 0")
	replica.exec(t, "SELECT pg_reload_conf()")
	eventually(t, 30*time.Second, "in time", func() bool {
		insert(int(time.Now().UnixNano() % 1e12))
		return time.Duration(seen.late.Load()) < 2*time.Second
	})
}
