package test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/miekg/dns"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/test/servers"
)

// updates are versions that somebody goes on to write while a store has trouble.
type updates struct {
	// confirmed is the last version of which a writer was told that it is written; from then on it may not be lost.
	confirmed    uint32
	told, failed atomic.Int64
	quit, done   chan struct{}
}

// goOn writes version after version until end is called. atOnce says that who asks then gets what was confirmed.
func (s *scene) goOn(t testing.TB, atOnce bool) *updates {
	u := &updates{quit: make(chan struct{}), done: make(chan struct{})}
	opener := s.lane.store.writer(t, s.lane.apex)
	go func() {
		defer close(u.done)
		for {
			select {
			case <-u.quit:
				return
			case <-time.After(20 * time.Millisecond):
			}
			v := s.lane.high.Add(1)
			err := writeTo(opener, s.lane.changes(v))
			switch {
			case err == nil:
				u.told.Add(1)
				u.confirmed = v
				if atOnce {
					s.lane.raise(v)
				}
			case !errors.Is(err, backend.ErrUnavailable):
				t.Errorf("a writer is told: %v", err)
				return
			default:
				u.failed.Add(1)
				s.lane.keepsQuiet(t, err)
			}
		}
	}()
	return u
}

func (u *updates) end() {
	close(u.quit)
	<-u.done
}

// keepsQuiet fails the test when an error tells a number of the lane.
func (l *lane) keepsQuiet(t testing.TB, err error) {
	if strings.Contains(err.Error(), l.number(0)[:7]) {
		t.Errorf("an error tells a number: %v", err)
	}
}

// nothingLost waits until what was confirmed is served, or what was written later.
func (s *scene) nothingLost(t testing.TB, confirmed uint32) {
	t.Helper()
	eventually(t, func() error {
		return s.askAll(s.lane.queries(), func(q query, m *dns.Msg) error { return q.check(m, confirmed, true) })
	})
	s.lane.raise(confirmed)
}

// fillUp leaves no room on the disk of a store, and returns what gives it back.
func fillUp(t testing.TB, dir string) (give func()) {
	ballast := filepath.Join(dir, "ballast")
	f, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size >= 1; size /= 2 { // down to the last octet
		for piece := make([]byte, size); err == nil; {
			_, err = f.Write(piece)
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("the disk is not full: %v", err)
		}
		err = nil
	}
	return func() {
		if err := os.Remove(ballast); err != nil {
			t.Error(err)
		}
	}
}

// lives reports whether the store serves; PostgreSQL ends where it cannot write its log.
func (s *scene) lives() bool {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	c, err := pgconn.Connect(ctx, "postgres://enumim@"+s.servers()[0].Addr+"/enumim")
	if err != nil {
		return false
	}
	c.Close(ctx)
	return true
}

// diskFaults befall the disk of a store, while somebody goes on to write.
var diskFaults = []struct {
	name  string
	bring func(t testing.TB, s *scene) // does the rest of the fault
}{
	{"disk of the store full", func(testing.TB, *scene) {}},
	{"no room for the log of the store", func(t testing.TB, s *scene) {
		c := s.session(t)
		defer c.Close(context.Background())
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		err := c.Exec(ctx, "SELECT pg_logical_emit_message(false, '', repeat('x', 100000)) FROM generate_series(1, 1000)").Close()
		if err == nil {
			t.Error("there was room")
		}
	}},
	{"killed on a full disk", func(_ testing.TB, s *scene) { s.eachServer((*servers.Server).Stop) }},
}

// TestStoreDiskFaults (F25) fills the disk of a store: what cannot be written is told to who writes, what was confirmed stays,
// and what is answered is right, whether the store goes on to be read or ends.
func TestStoreDiskFaults(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("a disk of its own needs root")
	}
	for _, mode := range []string{"store", "feed"} {
		t.Run("postgres/"+mode, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, way{"postgres " + mode, mode == "feed", func(t testing.TB) *place {
				return postgresPlace(t, servers.Postgres(t, "disk=96m"), mode)
			}}, sceneSize)
			for _, f := range diskFaults {
				t.Run(strings.ReplaceAll(f.name, " ", "-"), func(t *testing.T) {
					var confirmed uint32
					var before, told, failed, ended int64
					s.run(t, fault{id: "F25", name: f.name, inject: func(t testing.TB, s *scene) func() {
						u := s.goOn(t, !s.feed)
						eventually(t, func() error {
							if u.told.Load() < 2 {
								return errors.New("nothing is written")
							}
							return nil
						})
						before += u.told.Load()
						give := fillUp(t, s.servers()[0].Dir)
						f.bring(t, s)
						return func() {
							u.end()
							told, failed = told+u.told.Load(), failed+u.failed.Load()
							confirmed = u.confirmed
							give()
							if !s.lives() {
								ended++
								s.eachServer((*servers.Server).Stop)
								s.eachServer((*servers.Server).Start)
							}
						}
					}, then: func(t testing.TB, s *scene) { s.nothingLost(t, confirmed) }})
					t.Logf("%d updates were confirmed, %d of them on a full disk; %d were refused; the store ended %d times", told, told-before, failed, ended)
					if failed == 0 {
						t.Error("all was written, so that nothing was full")
					}
				})
			}
			s.ends(t)
		})
	}
}
