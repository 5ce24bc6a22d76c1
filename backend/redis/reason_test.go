package redis

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/test/servers"
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

// TestReasonOfTransactions: of a transaction that is refused it is told what is refused in it, which says what to do.
func TestReasonOfTransactions(t *testing.T) {
	t.Parallel()
	s := servers.Redis(t)
	o := opened(t, s.Addr)
	fill(t, o, set(number("12025550100", "a"))...)
	do(t, raw(t, s.Addr), "ACL", "SETUSER", "default", "-@stream")
	_, r := start(t, o)
	eventually(t, 5*time.Second, "true", func() string { return strconv.FormatBool(strings.Contains(r.String(), "denies permission")) })
}
