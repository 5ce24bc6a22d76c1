package mysql

import (
	"context"
	"fmt"
	"strings"

	"github.com/enumim/enumim/backend"
)

// enginesSQL lists the tables of the data base whose engine knows no transactions, such as MyISAM and Aria.
const enginesSQL = "SELECT t.table_name, t.engine FROM information_schema.tables t JOIN information_schema.engines e ON e.engine = t.engine" +
	" WHERE t.table_schema = DATABASE() AND COALESCE(e.transactions, 'NO') <> 'YES'"

// checkEngines refuses statements that name a table without transactions: a snapshot does not hold for it, and a change
// of several rows would be seen half-way, as numbers that do not exist.
func checkEngines(ctx context.Context, s *session, statements ...string) error {
	return fault("look at the tables", s.query(ctx, enginesSQL, someColumns(2), func(row [][]byte) error {
		table := string(row[0])
		for _, sql := range statements {
			if names(sql, table) {
				return fmt.Errorf("%w: the table %s has the engine %s, which knows no transactions: ALTER TABLE %s ENGINE = InnoDB", backend.ErrUnavailable, table, row[1], table)
			}
		}
		return nil
	}))
}

// names reports whether a statement has a word.
func names(sql, word string) bool {
	sql, word = strings.ToLower(sql), strings.ToLower(word)
	for {
		before, after, found := strings.Cut(sql, word)
		if !found || word == "" {
			return false
		}
		if strings.TrimRight(before, letters) == before && strings.TrimLeft(after, letters) == after {
			return true
		}
		sql = after
		// What follows begins behind a letter, where no word does.
		sql = strings.TrimLeft(sql, letters)
	}
}
