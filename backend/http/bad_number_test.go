package http

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
)

// One number for which a server says 500, or nothing at all, is asked for by a client that tries for ever: all others are answered.
func TestBadNumber(t *testing.T) {
	for _, silent := range []bool{false, true} {
		t.Run(fmt.Sprint("silent ", silent), func(t *testing.T) {
			t.Parallel()
			b, r := open(t, parse(t, scripted(t, func(c net.Conn, request string) bool {
				switch {
				case !strings.Contains(request, `"4931"`):
					_, n, _ := strings.Cut(request, `"numbers":[`)
					text := `{"format":1,"generation":17,"answers":[]}`
					if !strings.HasPrefix(n, "]") {
						text = answered
					}
					c.Write([]byte(reply("200 OK", jsonType, text)))
				case !silent:
					c.Write([]byte(reply("500 Internal Server Error", "", "")))
				}
				return true
			}), "mode store", "connections 8"))
			h := backend.NewHandle(b, backend.Limits{Timeout: 2 * time.Second}, r.observe)
			defer h.Close()
			ask := func(digits string) error {
				var a backend.Answer
				q := backend.Query{Apex: dial}
				q.Name.Number = number(t, digits)
				return h.Lookup(t.Context(), q, &a)
			}
			eventually(t, "ready", h.Ready)
			stop := make(chan struct{})
			done := make(chan struct{})
			go func() {
				defer close(done)
				for {
					select {
					case <-stop:
						return
					case <-time.After(10 * time.Millisecond):
						if err := ask("4931"); !errors.Is(err, backend.ErrUnavailable) {
							t.Errorf("the bad number: %v", err)
						}
					}
				}
			}()
			for range 40 {
				if err := ask("4930"); err != nil {
					t.Error(err)
				}
				time.Sleep(100 * time.Millisecond)
			}
			close(stop)
			<-done
			if r.count(backend.Unavailable) > 0 {
				t.Errorf("%v", r.all())
			}
		})
	}
}
