package http

import (
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/backend"
)

// TestAdvice: who gives a server that has something else is told what is wanted.
func TestAdvice(t *testing.T) {
	t.Parallel()
	const like = `in the first line, which is to be such as {"kind":"tree",`
	for _, tt := range []struct {
		name, mode, reply, want string
	}{
		{"a tree without its first line", "feed", reply("200 OK", "", tail(line("4930"))), like},
		{"a page", "feed", reply("200 OK", "text/html", "<!DOCTYPE html>\n<html><body>Welcome</body></html>\n"), like},
		{"a number that is not as the tree has them", "feed", reply("200 OK", "", firstLine+"\n"+line("+4930")+"\n"), `line 2, column 27, "number": this is a dial plan`},
		{"numbers in another order", "feed", reply("200 OK", "", firstLine+"\n"+line("4930")+"\n"+line("4929")+"\n"), "not sorted by the digits of the numbers: line 3"},
		{"a port of TLS, of nginx", "feed", reply("400 Bad Request", "text/html", "The plain HTTP request was sent to HTTPS port"), "write https://"},
		{"no such tree", "feed", reply("404 Not Found", "", ""), "there is no tree at this URL"},
		{"files, of nginx", "store", reply("405 Not Allowed", "text/html", "Welcome"), "write mode feed"},
		{"files, of Python", "store", reply("501 Unsupported method ('POST')", "text/html", "Welcome"), "write mode feed"},
		{"files, of others", "store", reply("404 Not Found", "text/html", "Welcome"), "write mode feed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			url := scripted(t, func(c net.Conn, _ string) bool {
				_, err := c.Write([]byte(tt.reply))
				return err == nil
			})
			o := parse(t, url, "mode "+tt.mode)
			var err error
			if tt.mode == "store" {
				s := &store{client: o.client(1), codec: &o.Codec}
				defer s.Close()
				_, err = s.Check(t.Context())
			} else {
				_, r := open(t, o)
				eventually(t, "it is told", func() bool { return r.count(backend.Unavailable) > 0 })
				i := slices.IndexFunc(r.all(), func(e backend.Event) bool { return e.Kind == backend.Unavailable })
				err = r.all()[i].Err
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || tt.mode == "feed" && strings.Contains(err.Error(), "mode feed") {
				t.Fatalf("it is told %v", err)
			}
			tells(t, err)
		})
	}
}
