package postgres

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/sqlstore"
)

// place is how far a feed has followed a data base: all transactions that snapshot shows, and nothing else. A
// transaction that commits late has changes with ids below those of others; so ids tell no place.
type place struct {
	snapshot string
	id, tx   string // the last change that there was
	identity string // of the tables and of the server: others have another history
	prunes   string // how often changes were forgotten
}

// span is what a poll finds.
type span struct {
	place
	there   bool // the last change of the place before is there still
	pruned  bool // changes that the place before does not show may have been forgotten
	strange bool // transactions are counted in another way than they were
	changed bool // there are changes since the place before
	// late is how far a replica is behind; 0 for the data base itself, and for a replica that has all it got.
	late time.Duration
}

// start is a place before everything.
var start = place{snapshot: "1:1:", id: "9223372036854775807", tx: "0"}

// stateSQL returns the statement that compares the data base with a place: its snapshot ($1), and its last
// change ($2, $3).
func stateSQL(schema string) string {
	change := pgx.Identifier{schema, "change"}.Sanitize()
	return "SELECT m.format, m.tableoid::text || ' ' || m.history::text || ' ' || extract(epoch FROM pg_postmaster_start_time())::text," +
		" pg_current_snapshot()::text, pg_is_in_recovery()," +
		" (SELECT id FROM " + change + " ORDER BY id DESC LIMIT 1), (SELECT tx FROM " + change + " ORDER BY id DESC LIMIT 1)," +
		" EXISTS (SELECT FROM " + change + " WHERE id = $2::bigint AND tx = $3::text::xid8)," +
		" m.pruned >= pg_snapshot_xmin($1::text::pg_snapshot), m.prunes," +
		" pg_snapshot_xmax(pg_current_snapshot()) < pg_snapshot_xmax($1::text::pg_snapshot) OR" +
		" EXISTS (SELECT FROM " + change + " WHERE id > $2::bigint AND (pg_visible_in_snapshot(tx, $1::text::pg_snapshot) OR tx >= pg_snapshot_xmax(pg_current_snapshot())))," +
		" EXISTS (SELECT FROM " + change + since + ")," +
		" " + lateSQL +
		" FROM " + pgx.Identifier{schema, "meta"}.Sanitize() + " m WHERE m.single"
}

// lateSQL is how many seconds a replica is behind.
const lateSQL = "CASE WHEN NOT pg_is_in_recovery() OR EXISTS (SELECT FROM pg_stat_wal_receiver) AND pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn() THEN 0" +
	" ELSE abs(extract(epoch FROM now() - pg_last_xact_replay_timestamp())) END"

// since selects the changes that a place ($1) does not show. Those of transactions that are still to come were
// noted elsewhere: a dump brought them, and a reading of everything has seen them.
const since = " WHERE tx >= pg_snapshot_xmin($1::text::pg_snapshot) AND NOT pg_visible_in_snapshot(tx, $1::text::pg_snapshot)" +
	" AND tx < pg_snapshot_xmax(pg_current_snapshot())"

// look compares the data base with a place.
func look(ctx context.Context, c *pgconn.PgConn, schema string, at place) (s span, err error) {
	marker := false
	err = each(c.ExecParams(ctx, stateSQL(schema), [][]byte{[]byte(at.snapshot), []byte(at.id), []byte(at.tx)}, nil, nil, nil), 12, func(row [][]byte) error {
		marker = true
		if err := meta.Check(row[0], row[4]); err != nil {
			return err
		}
		s.identity, s.snapshot = string(row[1]), string(row[2])
		if yes(row[3]) {
			// A replica does not know which transactions are under way, only from which on there may be some.
			least, _, _ := strings.Cut(s.snapshot, ":")
			s.snapshot = least + ":" + least + ":"
		}
		s.id, s.tx = string(row[4]), string(row[5])
		s.there, s.strange, s.changed, s.late = yes(row[6]), yes(row[9]), yes(row[10]), lag(row[11])
		s.prunes = string(row[8])
		s.pruned = yes(row[7]) && s.prunes != at.prunes
		return nil
	})
	if err == nil && !marker {
		err = errEmpty
	}
	return s, fault("look for changes", err)
}

// lag reads seconds. A replica that has replayed nothing since it was started does not know them.
func lag(b []byte) time.Duration {
	seconds, err := strconv.ParseFloat(string(b), 64)
	if err != nil || !(seconds >= 0 && seconds < backend.UnknownLag.Seconds()) {
		return backend.UnknownLag
	}
	return time.Duration(seconds * float64(time.Second))
}

func yes(b []byte) bool { return string(b) == "t" }

// doubt says why the place before does not lead here, so that everything is to be read anew; "" when it does.
func (s *span) doubt(before place) string {
	switch {
	case s.identity != before.identity:
		return "the tables were made anew, or it is another server"
	case !s.there:
		return "the last change that was seen is gone"
	case s.pruned:
		return "changes were forgotten before they were seen"
	case s.strange:
		return "transactions are not counted on from where they were"
	}
	return ""
}

// history is what the tables have from when they were made, and a copy of them has, too.
func (p place) history() string {
	if parts := strings.Fields(p.identity); len(parts) > 1 {
		return parts[1]
	}
	return ""
}

// lost reports whether changes that there were at the place before are gone: this is an older state of the same tables, or
// one that went on from there.
func (s *span) lost(before place) bool {
	if before.identity == "" || s.history() != before.history() || s.there {
		return false
	}
	now, _ := strconv.ParseInt(s.prunes, 10, 64) // the data base has nothing else there
	then, _ := strconv.ParseInt(before.prunes, 10, 64)
	return now <= then // else the change may have been forgotten
}

// changesSince returns the keys of the entries that changed since a place; all says that everything may have.
func changesSince(ctx context.Context, c *pgconn.PgConn, schema string, at place) (keys map[sqlstore.Key]bool, all bool, err error) {
	keys = map[sqlstore.Key]bool{}
	sql := "SELECT DISTINCT number, kind, min, max FROM " + pgx.Identifier{schema, "change"}.Sanitize() + since + " LIMIT " + strconv.Itoa(sqlstore.MostChanges+1)
	err = each(c.ExecParams(ctx, sql, [][]byte{[]byte(at.snapshot)}, nil, nil, nil), 4, func(row [][]byte) error {
		if row[0] == nil {
			all = true
			return nil
		}
		k, err := sqlstore.KeyOf(row)
		if keys[k] = true; len(keys) > sqlstore.MostChanges+1 { // more than it was asked for
			return sqlstore.ErrColumn
		}
		return err
	})
	return keys, all || len(keys) > sqlstore.MostChanges, fault("follow", err)
}
