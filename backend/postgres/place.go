package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/enumim/enumim/backend"
)

// place is how far a feed has followed a data base: all transactions that snapshot shows, and nothing else. A
// transaction that commits late has changes with ids below those of others; so ids tell no place.
type place struct {
	snapshot string
	id, tx   string // the last change that there was
	identity string // of the tables: others have another history
}

// span is what a poll finds.
type span struct {
	place
	there   bool // the last change of the place before is there still
	pruned  bool // changes that the place before does not show may have been forgotten
	changed bool // there are changes since the place before
}

// start is a place before everything.
var start = place{snapshot: "1:1:", id: "0", tx: "0"}

// stateSQL returns the statement that compares the data base with a place: its snapshot ($1), and its last
// change ($2, $3).
func stateSQL(schema string) string {
	change := pgx.Identifier{schema, "change"}.Sanitize()
	return "SELECT m.format, m.tableoid::text || ' ' || m.history::text, pg_current_snapshot()::text, pg_is_in_recovery()," +
		" (SELECT id FROM " + change + " ORDER BY id DESC LIMIT 1), (SELECT tx FROM " + change + " ORDER BY id DESC LIMIT 1)," +
		" EXISTS (SELECT FROM " + change + " WHERE id = $2::bigint AND tx = $3::text::xid8)," +
		" m.pruned >= pg_snapshot_xmin($1::text::pg_snapshot)," +
		" EXISTS (SELECT FROM " + change + since + ")" +
		" FROM " + pgx.Identifier{schema, "meta"}.Sanitize() + " m WHERE m.single"
}

// since selects the changes that a place ($1) does not show.
const since = " WHERE tx >= pg_snapshot_xmin($1::text::pg_snapshot) AND NOT pg_visible_in_snapshot(tx, $1::text::pg_snapshot)"

// look compares the data base with a place.
func look(ctx context.Context, c *pgconn.PgConn, schema string, at place) (s span, err error) {
	marker := false
	err = each(c.ExecParams(ctx, stateSQL(schema), [][]byte{[]byte(at.snapshot), []byte(at.id), []byte(at.tx)}, nil, nil, nil), 9, func(row [][]byte) error {
		marker = true
		if err := checkMeta(row[0], row[4]); err != nil {
			return err
		}
		s.identity, s.snapshot = string(row[1]), string(row[2])
		if yes(row[3]) {
			// A replica does not know which transactions are under way, only from which on there may be some.
			least, _, _ := strings.Cut(s.snapshot, ":")
			s.snapshot = least + ":" + least + ":"
		}
		s.id, s.tx = string(row[4]), string(row[5])
		s.there, s.pruned, s.changed = yes(row[6]), yes(row[7]), yes(row[8])
		return nil
	})
	if err == nil && !marker {
		err = errEmpty
	}
	return s, fault("look for changes", err)
}

func yes(b []byte) bool { return string(b) == "t" }

// doubt says why the place before does not lead here, so that everything is to be read anew; "" when it does.
func (s *span) doubt(before place) string {
	switch {
	case s.identity != before.identity:
		return "the tables were made anew"
	case !s.there:
		return "the last change that was seen is gone"
	case s.pruned:
		return "changes were forgotten before they were seen"
	}
	return ""
}

// key is which entry a change is about.
type key struct {
	number, kind string
	min, max     int
}

// mostChanges is how many changed entries are read one by one; more are all read anew.
const mostChanges = 20000

// changesSince returns the keys of the entries that changed since a place; all says that everything may have.
func changesSince(ctx context.Context, c *pgconn.PgConn, schema string, at place) (keys map[key]bool, all bool, err error) {
	keys = map[key]bool{}
	sql := "SELECT DISTINCT number, kind, min, max FROM " + pgx.Identifier{schema, "change"}.Sanitize() + since + " LIMIT " + strconv.Itoa(mostChanges+1)
	err = each(c.ExecParams(ctx, sql, [][]byte{[]byte(at.snapshot)}, nil, nil, nil), 4, func(row [][]byte) error {
		if row[0] == nil {
			all = true
			return nil
		}
		k := key{number: string(row[0]), kind: string(row[1])}
		for i, to := range []*int{&k.min, &k.max} {
			if row[2+i] != nil {
				v, err := strconv.Atoi(string(row[2+i]))
				if err != nil {
					return fmt.Errorf("%w: follow: a length of a block is no number", backend.ErrUnavailable)
				}
				*to = v
			}
		}
		keys[k] = true
		return nil
	})
	return keys, all || len(keys) > mostChanges, fault("follow", err)
}
