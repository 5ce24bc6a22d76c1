package http

import (
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/enumim/enumim/backend"
)

// A cache goes on to answer when the server behind it is gone: what it has kept is no word of the server, so that mirrored
// numbers become stale in their time, and a number that is asked for is not answered.
func TestCache(t *testing.T) {
	ways := []string{"changes", "the tree", "not modified"}
	for _, tt := range []struct {
		age  string
		kept bool
		ways []string // of a mirror
	}{
		{"0", false, nil}, {"5", false, ways}, {"6", true, nil}, {"86400", true, ways}, {"6, 0", true, nil},
		{"0, 86400", false, nil}, {"99999999999999999999", true, nil}, {"old", false, nil},
	} {
		t.Run("asked, "+tt.age, func(t *testing.T) {
			t.Parallel()
			b, _ := open(t, parse(t, scripted(t, func(c net.Conn, _ string) bool {
				c.Write([]byte(reply("200 OK", jsonType, answered, "Age: "+tt.age)))
				return true
			}), "mode store"))
			_, err := lookUp(t, b, "4930", patience)
			if (err != nil) != tt.kept || tt.kept && (!errors.Is(err, backend.ErrUnavailable) || !strings.Contains(err.Error(), "a cache answers")) {
				t.Errorf("%v", err)
			}
		})
		for _, way := range tt.ways {
			t.Run(way+", "+tt.age, func(t *testing.T) {
				t.Parallel()
				var asked atomic.Int32
				var seen atomic.Bool
				aged := func(media, text string, more ...string) string {
					if seen.Load() {
						more = append(more, "Age: "+tt.age)
					}
					return reply("200 OK", media, text, more...)
				}
				b, r := open(t, parse(t, scripted(t, func(c net.Conn, request string) bool {
					asked.Add(1)
					var text string
					switch {
					case strings.Contains(request, "/changes"):
						text = aged(jsonType, `{"format":1,"since":7,"generation":7,"gap":false,"changes":[]}`)
					case strings.Contains(request, "If-None-Match"):
						text = strings.Replace(aged("", "", `ETag: "x"`), "200 OK", "304 Not Modified", 1)
					case way == "not modified":
						text = aged("application/jsonl", treeOf(7, false, line("4930")), `ETag: "x"`)
					default:
						text = aged("application/jsonl", treeOf(7, way == "changes", line("4930")))
					}
					c.Write([]byte(text))
					return true
				}), "mode feed", "refresh 100ms"))
				eventually(t, "loaded", func() bool { return kind(t, b, "4930") == int(backend.Found) })
				stater, _ := backend.As[backend.Stater](b)
				seen.Store(true)
				if !tt.kept {
					before := asked.Load()
					eventually(t, "asked on", func() bool { return asked.Load() > before+3 })
					if r.count(backend.Unavailable) > 0 {
						t.Errorf("%v", r.all())
					}
					return
				}
				eventually(t, "told", func() bool { return r.has(backend.Unavailable, "a cache answers") })
				current, before := stater.State().Current, asked.Load()
				eventually(t, "asked on", func() bool { return asked.Load() > before+2 })
				if now := stater.State(); now.Up || now.Current.After(current) || kind(t, b, "4930") != int(backend.Found) {
					t.Errorf("what a cache has kept confirms data: %+v", now)
				}
			})
		}
	}
}
