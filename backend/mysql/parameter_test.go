package mysql

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
)

// A statement that compares its parameter as if it were one number finds nothing, and would deny numbers that are there: it
// is refused at the start.
func TestParametersAreRead(t *testing.T) {
	for sql, fine := range map[string]bool{
		"SELECT s.msisdn AS number FROM JSON_TABLE(?, '$[*]' COLUMNS (d varchar(15) PATH '$')) a JOIN s ON s.msisdn = a.d":    true,
		"SELECT number FROM json_table (CONVERT(? USING utf8mb4), '$[*]' COLUMNS (d varchar(15) PATH '$')) a":                 true,
		"SELECT number FROM s WHERE JSON_CONTAINS(?, JSON_QUOTE(s.number))":                                                   true,
		"SELECT number FROM s WHERE s.number MEMBER OF(?)":                                                                    true,
		"SELECT number FROM s WHERE JSON_OVERLAPS(s.numbers, ?)":                                                              true,
		"SELECT '?', \"it''s ?\\\" ?\", `?` -- ?\n, 1 # ?\n/* ? */ FROM s WHERE JSON_SEARCH(?, 'one', s.number) IS NOT NULL":  true,
		"SELECT number FROM s WHERE s.msisdn = ?":                                                                             false,
		"SELECT number FROM s WHERE s.msisdn IN (?)":                                                                          false,
		"SELECT number FROM s WHERE s.msisdn = CONVERT(? USING ascii)":                                                        false,
		"SELECT number FROM s WHERE JSON_CONTAINS(s.msisdn, ?)":                                                               false,
		"SELECT number FROM s WHERE s.msisdn = JSON_QUOTE(?)":                                                                 false,
		"SELECT number /* JSON_TABLE( */ FROM s WHERE '(' <> s.msisdn AND s.msisdn = ?":                                       false,
		"SELECT number FROM JSON_TABLE(?, '$[*]' COLUMNS (d varchar(15) PATH '$')) a JOIN s ON s.msisdn = a.d OR s.other = ?": false,
		"SELECT number FROM s WHERE JSON_TABLE + (s.msisdn = ?)":                                                              false,
	} {
		path := filepath.Join(t.TempDir(), "q.sql")
		must(t, os.WriteFile(path, []byte(sql), 0o600))
		for _, lines := range [][]string{{"query " + path}, {"query " + path, "below " + path}} {
			b, err := parse(t, "127.0.0.1:1/d", append(lines, "mode store")...).Open(t.Context(), func(backend.Event) {})
			if err == nil {
				must(t, b.Close())
			}
			if (err == nil) != fine || err != nil && (!strings.Contains(err.Error(), "option query") || !strings.Contains(err.Error(), "JSON_TABLE")) {
				t.Errorf("%s: %v", sql, err)
			}
		}
	}
	good, bad := filepath.Join(t.TempDir(), "good.sql"), filepath.Join(t.TempDir(), "bad.sql")
	must(t, os.WriteFile(good, []byte("SELECT number FROM s WHERE JSON_CONTAINS(?, JSON_QUOTE(s.number))"), 0o600))
	must(t, os.WriteFile(bad, []byte("SELECT number FROM s WHERE s.number > ?"), 0o600))
	if _, err := parse(t, "127.0.0.1:1/d", "mode store", "query "+good, "below "+bad).Open(t.Context(), func(backend.Event) {}); err == nil || !strings.Contains(err.Error(), "option below") {
		t.Errorf("below: %v", err)
	}
}
