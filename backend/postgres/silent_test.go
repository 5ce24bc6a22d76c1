package postgres

import (
	"bytes"
	"sync/atomic"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/test/proxy"
)

// TestSilence: a connection may go silent at each statement of a reading, and no feed waits for ever.
func TestSilence(t *testing.T) {
	t.Parallel()
	d := start15(t)
	d.exec(t, Schema+"; INSERT INTO enumim.record (number, uri) VALUES ('100', 'sip:a@example.com'); CREATE SCHEMA other; SET search_path = other; "+pdnsTables)
	for name, options := range map[string][]string{"feed": {"mode feed"}, "powerdns": {"powerdns", "schema other", "refresh 1s"}} {
		for _, statement := range []string{"BEGIN", "pg_current_snapshot", "COMMIT"} {
			t.Run(name+"/"+statement, func(t *testing.T) {
				t.Parallel()
				p := proxy.New(t, d.Addr)
				var lost atomic.Bool
				p.Set(proxy.Fault{Way: proxy.Requests, Alter: func(piece []byte) []byte {
					if bytes.Contains(piece, []byte(statement)) && lost.CompareAndSwap(false, true) {
						return nil
					}
					return piece
				}})
				o, err := Driver{}.Parse(config(t, p.Addr+"/enumim", options...))
				must(t, err)
				r := &recorder{}
				b, err := o.Open(t.Context(), r.observe)
				must(t, err)
				t.Cleanup(func() { b.Close() })
				eventually(t, 20*time.Second, "told", func() bool { return r.count(backend.Unavailable) > 0 })
				eventually(t, 20*time.Second, "available", func() bool { return r.count(backend.Recovered) > 0 })
			})
		}
	}
}
