package test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/miekg/dns"

	"github.com/enumim/enumim/test/servers"
)

// sqlAt runs statements, one after the other, at a PostgreSQL with all rights.
func sqlAt(t testing.TB, s *servers.Server, statements ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := pgconn.Connect(ctx, "postgres://enumim@"+s.Addr+"/enumim")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	for _, statement := range statements {
		if err := c.Exec(ctx, statement).Close(); err != nil {
			t.Fatal(statement, err)
		}
	}
}

// Statements about how far a replica is behind.
const (
	pauseReplay  = "SELECT pg_wal_replay_pause()"
	awaitPause   = "DO $$ BEGIN WHILE pg_get_wal_replay_pause_state() <> 'paused' LOOP PERFORM pg_sleep(0.01); END LOOP; END $$"
	resumeReplay = "SELECT pg_wal_replay_resume()"
	reloadConfig = "SELECT pg_reload_conf()"
)

// startReplicated starts a PostgreSQL and a replica of it; who writes goes to the first, and the server to the replica.
func startReplicated(mode string) func(t testing.TB) *place {
	return func(t testing.TB) *place {
		primary := servers.Postgres(t)
		p := postgresPlace(t, primary, mode)
		replica := primary.Standby(t)
		p.servers = append(p.servers, replica)
		p.via = strings.ReplaceAll(p.line, primary.Addr, replica.Addr)
		return p
	}
}

// TestReplicaFaults: a server that reads a replica answers from older data while that lags, and never from wrong data; what
// was confirmed to who writes comes (F6).
func TestReplicaFaults(t *testing.T) {
	for _, mode := range []string{"store", "feed"} {
		t.Run("postgres/"+mode, func(t *testing.T) {
			t.Parallel()
			w := way{"postgres " + mode, mode == "feed", startReplicated(mode)}
			s := newScene(t, w, sceneSize)
			s.fresh = true
			primary, replica := s.servers()[0], s.servers()[1]
			// behind fails the test when the replica is not behind.
			behind := func(v uint32) {
				if s.serves(v, query{s.lane, 0}) == nil {
					t.Errorf("version %d is served, which the replica was not to have", v)
				}
			}
			paused := func(t testing.TB, s *scene) func() {
				sqlAt(t, replica, pauseReplay, awaitPause)
				v := s.lane.put(t)
				return func() { behind(v); sqlAt(t, replica, resumeReplay) }
			}
			var confirmed uint32
			all := []fault{
				{name: "replica paused", spares: true, inject: paused},
				{name: "replica late", spares: true, inject: func(t testing.TB, s *scene) func() {
					sqlAt(t, replica, "ALTER SYSTEM SET recovery_min_apply_delay = '300ms'", reloadConfig)
					u := s.goOn(t, false)
					return func() {
						u.end()
						confirmed = u.confirmed
						sqlAt(t, replica, "ALTER SYSTEM RESET recovery_min_apply_delay", reloadConfig)
					}
				}, then: func(t testing.TB, s *scene) { s.nothingLost(t, confirmed) }},
				{name: "replica without its source", spares: true, inject: func(t testing.TB, s *scene) func() {
					primary.Stop()
					return primary.Start
				}, late: 10 * time.Second}, // it looks for its source every 5 s
				{name: "replica killed", inject: func(t testing.TB, s *scene) func() {
					replica.Stop()
					return replica.Start
				}},
			}
			if !once() && s.feed {
				all = append(all, fault{name: "replica paused for long", lasts: 25 * time.Second, inject: func(t testing.TB, s *scene) func() {
					heal := paused(t, s)
					return func() {
						if err := s.askAll([]query{{s.lane, 0}}, func(q query, m *dns.Msg) error {
							if !isStale(m) {
								return fmt.Errorf("data of a replica that says nothing is not told to be stale: %v", m)
							}
							return nil
						}); err != nil {
							t.Error(err)
						}
						heal()
					}
				}})
			}
			for _, f := range all {
				t.Run(strings.ReplaceAll(f.name, " ", "-"), func(t *testing.T) {
					f.id = "F6"
					s.run(t, f)
				})
			}
			s.ends(t)
		})
	}
}

// promotions are how far the replica is behind that is promoted.
var promotions = []struct {
	name string
	// lag has the replica fall behind.
	lag func(t testing.TB, replica *servers.Server)
	// lost says that what was written since is gone.
	lost bool
}{
	{"replica promoted that has all", func(testing.TB, *servers.Server) {}, false},
	{"replica promoted that got all", func(t testing.TB, replica *servers.Server) { sqlAt(t, replica, pauseReplay, awaitPause) }, false},
	{"replica promoted that lacks the newest", func(t testing.TB, replica *servers.Server) {
		sqlAt(t, replica, "ALTER SYSTEM SET primary_conninfo = ''", reloadConfig,
			"DO $$ BEGIN WHILE EXISTS (SELECT FROM pg_stat_wal_receiver) LOOP PERFORM pg_sleep(0.01); PERFORM pg_stat_clear_snapshot(); END LOOP; END $$")
	}, true},
}

// TestPromotionFaults (F6): a server knows two machines of PostgreSQL. The first one dies, and its replica, which may lag, is
// promoted: answers are of what the replica has, and of what is written to it from then on; a mirror tells when that is older.
func TestPromotionFaults(t *testing.T) {
	for _, mode := range []string{"store", "feed"} {
		t.Run("postgres/"+mode, func(t *testing.T) {
			t.Parallel()
			for _, p := range promotions {
				t.Run(strings.ReplaceAll(p.name, " ", "-"), func(t *testing.T) {
					r := result{Kind: "fault", Date: today(), Fault: "F6", Name: p.name, Store: "postgres " + mode, Rounds: *faultRounds}
					for i := range *faultRounds {
						t.Run(fmt.Sprint(i), func(t *testing.T) { promote(t, mode, p.lag, p.lost, &r) })
					}
					t.Logf("%+v", r)
					if !t.Failed() {
						note(t, r)
					}
				})
			}
		})
	}
}

// promote does it once, and adds to the result.
func promote(t *testing.T, mode string, lag func(testing.TB, *servers.Server), lost bool, r *result) {
	var primary, replica *servers.Server
	s := newScene(t, way{"postgres " + mode, mode == "feed", func(t testing.TB) *place {
		p := startReplicated(mode)(t)
		primary, replica = p.servers[0], p.servers[1]
		p.line, p.via = strings.ReplaceAll(p.line, primary.Addr, primary.Addr+","+replica.Addr), ""
		return p
	}}, sceneSize)
	s.fresh = true
	l := s.load
	eventually(t, func() error { return truth(replica, "SELECT count(*) > 0 FROM enumim.record") })
	seen := l.counted()
	// From here on a server in mode store that finds the first machine slow answers from the second one, as far as that is.
	l.outage.Store(true)
	s.lane.goesBack(1)
	lag(t, replica)
	v := s.lane.put(t)
	eventually(t, func() error { return s.serves(v, s.lane.queries()...) })
	logged := s.journal.len()
	if !lost {
		eventually(t, func() error { return received(replica, primary) })
	}
	primary.Stop()
	time.Sleep(within(time.Second) / 3)
	sqlAt(t, replica, "SELECT pg_promote(false)") // who waits for the rest of the replay is in its way
	eventually(t, func() error { return truth(replica, "SELECT NOT pg_is_in_recovery()") })
	began := time.Now()
	if !lost {
		// What was confirmed is there.
		s.nothingLost(t, v)
	}
	s.awaitStore(t, s.lane, s.lane.put(t))
	took := time.Since(began)
	l.outage.Store(false)
	if told := strings.Contains(s.journal.since(logged), "older data than it had"); lost && mode == "feed" && !told {
		t.Errorf("the log does not say that data is older:\n%s", s.journal.since(logged))
	}
	s.awaitStore(t, s.lane, s.lane.put(t))
	seen.take(l)
	if seen.Wrong > 0 || seen.Lost > 0 {
		t.Errorf("%d replies are wrong, %d queries got none: %v", seen.Wrong, seen.Lost, l.faults)
	}
	if took > within(2*time.Second) {
		t.Errorf("data as it is came after %v", took)
	}
	r.Queries, r.Failed, r.Stale = r.Queries+seen.Queries, r.Failed+seen.Failed, r.Stale+seen.Stale
	r.Wrong, r.Lost = r.Wrong+seen.Wrong, r.Lost+seen.Lost
	r.Slowest, r.Recovery = max(r.Slowest, seen.Slowest), max(r.Recovery, took.Milliseconds())
	s.ends(t)
}

// received returns an error unless a replica got all that its source wrote.
func received(replica, primary *servers.Server) error {
	at, err := value(primary, "SELECT pg_current_wal_lsn()")
	if err != nil {
		return err
	}
	return truth(replica, "SELECT pg_last_wal_receive_lsn() >= '"+at+"'")
}

func truth(s *servers.Server, sql string) error {
	is, err := value(s, sql)
	if err == nil && is != "t" {
		err = errors.New("it is not so yet: " + sql)
	}
	return err
}

// value returns what a statement selects.
func value(s *servers.Server, sql string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, err := pgconn.Connect(ctx, "postgres://enumim@"+s.Addr+"/enumim")
	if err != nil {
		return "", err
	}
	defer c.Close(ctx)
	r := c.ExecParams(ctx, sql, nil, nil, nil, nil).Read()
	if r.Err != nil || len(r.Rows) != 1 {
		return "", fmt.Errorf("%s: %w", sql, r.Err)
	}
	return string(r.Rows[0][0]), nil
}
