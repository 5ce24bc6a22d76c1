package mysql

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/sqlstore"
)

// place is how far a feed has followed a data base. Changes are numbered in the order in which their transactions
// committed (schema.sql), so that a number tells a place.
type place struct {
	id, at   string // the last change that there was, and when it was noted: another may come to have its number
	identity string // of the tables and of the server: others have another history
}

// span is what a poll finds.
type span struct {
	place
	there    bool // the last change of the place before is there still
	pruned   bool // the last change of the place before was forgotten, and later ones may have been
	changed  bool // there are changes since the place before
	readOnly bool // this is a replica, or may be one
}

// start is a place before everything.
var start = place{id: "0", at: "1970-01-01"}

// lookSQL compares the data base with a place: its last change.
const lookSQL = "SELECT m.`format`, CONCAT(m.`history`, ' ', @@hostname, ' ', @@port, ' ', @@server_id), m.`pruned` >= ?," +
	" (SELECT c.`id` FROM record_change c ORDER BY c.`id` DESC LIMIT 1), (SELECT CAST(c.`at` AS CHAR) FROM record_change c ORDER BY c.`id` DESC LIMIT 1)," +
	" EXISTS (SELECT 1 FROM record_change c WHERE c.`id` = ? AND CAST(c.`at` AS CHAR) = ?), @@global.read_only FROM record_meta m WHERE m.`single` = 1"

// look compares the data base with a place.
func look(ctx context.Context, s *session, st statement, at place) (p span, err error) {
	marker := false
	err = s.ask(ctx, st, []any{at.id, at.id, at.at}, someColumns(7), func(row [][]byte) error {
		marker = true
		if err := meta.Check(row[0], row[3]); err != nil {
			return err
		}
		if _, err := strconv.ParseInt(string(row[3]), 10, 64); err != nil {
			return sqlstore.ErrColumn
		}
		p.identity, p.id, p.at = string(row[1]), string(row[3]), string(row[4])
		p.pruned, p.there, p.readOnly = string(row[2]) != "0", string(row[5]) == "1", isOn(row[6])
		p.changed = p.place != at
		return nil
	})
	if err == nil && !marker {
		err = errEmpty
	}
	return p, fault("look for changes", err)
}

// isOn reports whether read_only is on, which may be told as a number or as a word.
func isOn(value []byte) bool { return string(value) != "0" && string(value) != "OFF" }

// doubt says why the place before does not lead here, so that everything is to be read anew; "" when it does.
func (s *span) doubt(before place) string {
	switch {
	case s.identity != before.identity:
		return "the tables were made anew, or it is another server"
	case !s.there:
		return "the last change that was seen is gone"
	case s.pruned:
		return "changes were forgotten before they were seen"
	}
	return ""
}

// replicaSQL are the statements that tell of the sources of a replica, of which a server knows one.
var replicaSQL = []string{
	"SHOW ALL REPLICAS STATUS", // MariaDB, where sources may have names
	"SHOW REPLICA STATUS",      // MySQL, which tells of all
	"SHOW SLAVE STATUS",        // MySQL before 8.0.22
}

// late is lateness, which remembers what the server does not say: for this connection that stays so.
func (r *reading) late(ctx context.Context, readOnly bool) (late time.Duration, err error) {
	late, r.ask, err = lateness(ctx, r.s, r.ask, readOnly)
	return late, err
}

// lateness returns how far a server is behind: not at all when it follows no other. One that does not say has all there is,
// unless it is read-only, which is what replicas are. It returns those of the statements that are left to ask.
func lateness(ctx context.Context, s *session, ask []string, readOnly bool) (time.Duration, []string, error) {
	for ; len(ask) > 0; ask = ask[1:] { // it does not know that one, or the user may not ask
		late, err := heard(ctx, s, ask[0], readOnly)
		switch {
		case err == nil:
			return late, ask, nil
		case s.closed:
			return 0, ask, fault("look for changes", err)
		}
	}
	if readOnly {
		return backend.UnknownLag, nil, nil
	}
	return 0, nil, nil
}

// heard returns what a statement says of the sources of a server: how far it is behind the one that it is behind most. One
// that takes writes and whose replication somebody stopped as a whole has been made the source itself.
func heard(ctx context.Context, s *session, sql string, readOnly bool) (late time.Duration, err error) {
	var names []string
	err = s.query(ctx, sql, func(columns []string) error {
		names = columns
		return nil
	}, func(row [][]byte) error {
		behind, running, stopped := -1, 0, 0
		for i, name := range names {
			switch name {
			case "Slave_IO_Running", "Replica_IO_Running", "Slave_SQL_Running", "Replica_SQL_Running":
				switch string(row[i]) {
				case "Yes":
					running++
				case "No":
					stopped++
				}
			case "Seconds_Behind_Master", "Seconds_Behind_Source":
				if n, err := strconv.Atoi(string(row[i])); err == nil {
					behind = n
				}
			}
		}
		switch {
		case running == 2 && behind >= 0:
			late = max(late, time.Duration(behind)*time.Second)
		case stopped != 2 || readOnly:
			late = backend.UnknownLag
		}
		return nil
	})
	return late, err
}

// history is what the tables have from when they were made, and a copy of them has, too.
func (p place) history() string {
	if parts := strings.Fields(p.identity); len(parts) > 0 {
		return parts[0]
	}
	return ""
}

// lost reports whether changes that there were at the place before are gone: this is an older state of the same tables, or
// one that went on from there.
func (s *span) lost(before place) bool {
	return before.identity != "" && s.history() == before.history() && !s.there && !s.pruned
}

// changesSince returns the keys of the entries that changed since a place; all says that everything may have.
func changesSince(ctx context.Context, s *session, at place) (keys map[sqlstore.Key]bool, all bool, err error) {
	keys = map[sqlstore.Key]bool{}
	sql := "SELECT DISTINCT `number`, `kind`, `min`, `max` FROM record_change WHERE `id` > ? LIMIT " + strconv.Itoa(sqlstore.MostChanges+1)
	st, err := s.prepare(ctx, sql)
	if err != nil {
		return nil, false, fault("follow", err)
	}
	err = s.ask(ctx, st, []any{at.id}, someColumns(4), func(row [][]byte) error {
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
	if err == nil {
		err = s.safely(st.Close)
	}
	return keys, all || len(keys) > sqlstore.MostChanges, fault("follow", err)
}

// jsonOf is the digits of the entries that changed, as an array of JSON.
func jsonOf(digits []string) string { return `["` + strings.Join(digits, `","`) + `"]` }
