package mysql

import (
	"bytes"
	"sync/atomic"
	"testing"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/test/proxy"
)

// TestSilence: a connection may go silent where a transaction begins and where it ends, and no feed waits for ever.
func TestSilence(t *testing.T) {
	t.Parallel()
	d := start11(t)
	tree := d.tree(t)
	d.exec(t, "INSERT INTO "+tree+".record (number, uri) VALUES ('100', 'sip:a@example.com')")
	for _, statement := range []string{"START TRANSACTION", "COMMIT"} {
		t.Run(statement, func(t *testing.T) {
			t.Parallel()
			p := proxy.New(t, d.Addr)
			var lost atomic.Bool
			p.Set(proxy.Fault{Way: proxy.Requests, Alter: func(piece []byte) []byte {
				if bytes.Contains(piece, []byte(statement)) && lost.CompareAndSwap(false, true) {
					return nil
				}
				return piece
			}})
			_, r := open(t, p.Addr+"/"+tree, "mode feed")
			eventually(t, "told", func() bool { return r.count(backend.Unavailable) > 0 })
			eventually(t, "available", func() bool { return r.count(backend.Recovered) > 0 })
		})
	}
}
