package postgres

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/test/proxy"
)

// A replica whose replay does not wait ends a reading that takes longer. What there is to set is told, and the next reading may
// be fast enough. With hot_standby_feedback no rows that it sees are deleted, and only a lock at the primary ends it.
func TestReplicaThatDoesNotWait(t *testing.T) {
	d := start15(t)
	for _, feedback := range []string{"off", "on"} {
		t.Run("feedback "+feedback, func(t *testing.T) {
			tree := d.tree(t)
			d.exec(t, "INSERT INTO "+tree+".record (number, uri) SELECT (100000 + n)::text, 'sip:a@example.com' FROM generate_series(1, 3000) AS n")
			replica := &database{Server: d.Standby(t, "hot_standby_feedback="+feedback, "max_standby_streaming_delay=200ms", "wal_receiver_status_interval=1s")}
			replica.sql = replica.connect(t)
			count := func(sql string) int {
				n := 0
				err := each(replica.sql.ExecParams(t.Context(), sql, nil, nil, nil, nil), 1, func([][]byte) error {
					n++
					return nil
				})
				must(t, err)
				return n
			}
			between := proxy.New(t, replica.Addr)
			between.Set(proxy.Fault{Rate: 4000, Way: proxy.Replies}) // octets a second
			parsed, err := Driver{}.Parse(config(t, between.Addr+"/enumim", "schema "+tree))
			must(t, err)
			r := &recorder{}
			b, err := parsed.Open(context.Background(), r.observe)
			must(t, err)
			t.Cleanup(func() { b.Close() })
			const reads = "SELECT pid FROM pg_stat_activity WHERE application_name = 'enumim' AND backend_xmin IS NOT NULL"
			eventually(t, 20*time.Second, "a reading begins", func() bool { return count(reads) > 0 })
			time.Sleep(3 * time.Second) // the feedback is there
			d.exec(t, "DELETE FROM "+tree+".record WHERE number < '100400'")
			d.exec(t, "VACUUM "+tree+".record")
			const ended = "SELECT datname FROM pg_stat_database_conflicts WHERE "
			if feedback == "on" {
				time.Sleep(2 * time.Second)
				if count(ended+"confl_snapshot > 0") > 0 || count(reads) == 0 {
					t.Error("the reading was ended")
				}
				d.exec(t, "VACUUM FULL "+tree+".record")
				eventually(t, 20*time.Second, "the reading is ended", func() bool { return count(ended+"confl_lock > 0") > 0 })
			} else {
				eventually(t, 20*time.Second, "the reading is ended", func() bool { return count(ended+"confl_snapshot > 0") > 0 })
			}
			between.Set(proxy.Fault{})
			eventually(t, 30*time.Second, "served", func() bool { return kind(t, b, "102000") == int(backend.Found) })
			eventually(t, 30*time.Second, "the newest is served", func() bool { return kind(t, b, "100200") == int(backend.Absent) })
			if !slices.ContainsFunc(r.all(), func(e backend.Event) bool {
				return e.Kind == backend.Unavailable && strings.Contains(e.Err.Error(), "hot_standby_feedback")
			}) {
				t.Errorf("it is not told: %+v", r.all())
			}
		})
	}
}
