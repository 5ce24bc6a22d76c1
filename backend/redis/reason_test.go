package redis

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
)

// TestReasonIsKept: what is wrong with a server is told as well when it shows while a connection is made.
func TestReasonIsKept(t *testing.T) {
	t.Parallel()
	for name, greeting := range map[string]string{
		"a server of another protocol": "Y\x00\x00\x00\n5.5.5-10.11-MariaDB\x00",
		"nothing":                      "",
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			must(t, err)
			defer l.Close()
			go func() {
				for {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					fmt.Fprint(conn, greeting)
					conn.Close()
				}
			}()
			c := opened(t, l.Addr().String()).connect(1)
			defer c.Close()
			err = classify(t.Context(), c.Ping(t.Context()).Err())
			if err == nil || err.Error() == backend.ErrUnavailable.Error() || !strings.Contains(err.Error(), "redis: ") {
				t.Errorf("it is said: %v", err)
			}
		})
	}
}
